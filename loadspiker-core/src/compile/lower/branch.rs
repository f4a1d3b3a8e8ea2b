//! Lowering of conditions and switches: tests, jumps, and where they lead.

use crate::compile::lower::Lowering;
use crate::compile::program::{Op, Pc, Switch, SwitchBy, Test};
use crate::dsl::Chain;

impl<'c> Lowering<'_, '_, 'c> {
    pub(super) fn branch(&mut self, test: Test, then: &'c Chain, otherwise: &'c Chain) {
        self.check_body(then);
        let branch = self.ops.len();
        self.ops.push(Op::Unless(test, 0));
        self.nested(then);
        if otherwise.steps.is_empty() {
            self.then(move |lowering| lowering.point(branch));
            return;
        }
        self.then(move |lowering| {
            lowering.mark();
            lowering.ops.push(Op::Jump(0));
            lowering.point(branch);
            lowering.line("else");
        });
        self.nested(otherwise);
        self.then(|lowering| lowering.marked(1).into_iter().for_each(|jump| lowering.point(jump as usize)));
    }

    /// Lets the operation at `index` lead to here.
    pub(super) fn point(&mut self, index: usize) {
        let here = self.here();
        match self.ops.get_mut(index) {
            Some(
                Op::Jump(target)
                | Op::Unless(_, target)
                | Op::TryEnter { end: target, .. }
                | Op::BlockEnter { end: target, .. },
            ) => *target = here,
            Some(Op::LoopEnter(entered)) => entered.end = here,
            _ => {}
        }
    }

    pub(super) fn switch(
        &mut self,
        labels: Vec<String>,
        cases: Vec<&'c Chain>,
        otherwise: Option<&'c Chain>,
        by: impl FnOnce(Vec<Pc>) -> SwitchBy + 'c,
    ) {
        if cases.is_empty() {
            self.cx.mistake("there are no cases in it; give it at least one");
        }
        let (switch, count) = (self.ops.len(), cases.len());
        // A placeholder: the cases must be lowered before their addresses are known.
        self.ops.push(Op::Jump(0));
        for (label, case) in labels.into_iter().zip(cases) {
            self.part(label, case);
            self.then(|lowering| lowering.ops.push(Op::Jump(0)));
        }
        match otherwise {
            Some(chain) => self.part("else".to_owned(), chain),
            None => self.then(|lowering| lowering.mark()),
        }
        self.then(move |lowering| {
            let mut targets = lowering.marked(count + 1);
            let fallback = targets.pop().unwrap_or_default();
            // Before each part but the first stands the jump with which the one before ends.
            let jumps = targets.iter().skip(1).chain([&fallback]).map(|behind| *behind as usize - 1);
            jumps.for_each(|jump| lowering.point(jump));
            lowering.ops[switch] = Op::Switch(Box::new(Switch { by: by(targets), otherwise: fallback }));
        });
    }

    pub(super) fn random_switch(&mut self, cases: &'c [(f64, Chain)], otherwise: Option<&'c Chain>) {
        let mut bounds = Vec::new();
        let mut sum = 0.0;
        for (percent, _) in cases {
            if !(*percent >= 0.0 && percent.is_finite()) {
                self.cx.mistake(format!("{percent} is no percentage; give a number from 0 to 100"));
            }
            sum += percent;
            bounds.push(sum);
        }
        if sum > 100.0 + 1e-6 {
            self.cx.mistake(format!("the percentages add up to {sum}, more than 100; lower them"));
        } else if sum > 100.0 - 1e-6
            && let Some(last) = bounds.last_mut()
        {
            // They are meant to be all: rounding must not let a draw fall through.
            *last = 101.0;
        }
        if cases.len() > 1 && sum > 0.0 && sum < 1.0 + 1e-6 {
            let (others, rest) = (if otherwise.is_some() { "take the other chain" } else { "take none" }, 100.0 - sum);
            self.cx.warning(format!(
                "the percentages add up to {sum}: they are percent, so {rest} % of users {others}; write 60 instead of \
                 0.6, or use weighted([…]), whose weights are any numbers"
            ));
        }
        let labels: Vec<_> = cases.iter().map(|(percent, _)| format!("{percent} %")).collect();
        self.switch(labels, cases.iter().map(|(_, chain)| chain).collect(), otherwise, |targets| {
            SwitchBy::Chance(bounds.into_iter().zip(targets).collect())
        });
    }

    pub(super) fn uniform_switch(&mut self, cases: &'c [Chain]) {
        let share = 100.0 / as_f64(cases.len());
        let labels: Vec<_> = cases.iter().map(|_| format!("{share:.1} %")).collect();
        self.switch(labels, cases.iter().collect(), None, move |targets| {
            // The last bound is beyond 100, lest rounding lets a draw fall through.
            let bound = |i: usize| if i + 1 == targets.len() { 101.0 } else { share * as_f64(i + 1) };
            SwitchBy::Chance(targets.iter().enumerate().map(|(i, pc)| (bound(i), *pc)).collect())
        });
    }

    pub(super) fn round_robin_switch(&mut self, cases: &'c [Chain]) {
        let index = self.cx.bindings.turns;
        self.cx.bindings.turns += 1;
        let labels: Vec<_> = (1..=cases.len()).map(|n| format!("turn {n}")).collect();
        self.switch(labels, cases.iter().collect(), None, move |targets| SwitchBy::Turn(index, targets));
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of cases are small")]
fn as_f64(n: usize) -> f64 {
    n as f64
}
