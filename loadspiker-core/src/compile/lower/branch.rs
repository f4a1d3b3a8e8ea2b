//! Lowering of conditions and switches: tests, jumps, and where they lead.

use crate::compile::lower::Lowering;
use crate::compile::program::{Op, Pc, Switch, SwitchBy, Test};
use crate::dsl::Chain;

impl Lowering<'_, '_> {
    pub(super) fn branch(&mut self, test: Test, then: &Chain, otherwise: &Chain) {
        self.check_body(then);
        let branch = self.ops.len();
        self.ops.push(Op::Unless(test, 0));
        self.nested(then);
        if otherwise.steps.is_empty() {
            self.point(branch);
            return;
        }
        let jump = self.ops.len();
        self.ops.push(Op::Jump(0));
        self.point(branch);
        self.line("else");
        self.nested(otherwise);
        self.point(jump);
    }

    /// Lets the jump at `index` lead to here.
    fn point(&mut self, index: usize) {
        let here = self.here();
        match self.ops.get_mut(index) {
            Some(Op::Jump(target) | Op::Unless(_, target)) => *target = here,
            Some(Op::Switch(switch)) => switch.otherwise = here,
            _ => {}
        }
    }

    pub(super) fn switch(
        &mut self,
        labels: &[String],
        cases: Vec<&Chain>,
        otherwise: Option<&Chain>,
        by: impl FnOnce(Vec<Pc>) -> SwitchBy,
    ) {
        if cases.is_empty() {
            self.cx.mistake("there are no cases in it; give it at least one");
        }
        let switch = self.ops.len();
        // A placeholder: the cases must be lowered before their addresses are known.
        self.ops.push(Op::Jump(0));
        let (mut targets, mut jumps) = (Vec::new(), Vec::new());
        for (label, case) in labels.iter().zip(cases) {
            targets.push(self.here());
            self.line(label);
            self.nested(case);
            jumps.push(self.ops.len());
            self.ops.push(Op::Jump(0));
        }
        let fallback = self.here();
        if let Some(chain) = otherwise {
            self.line("else");
            self.nested(chain);
        }
        self.ops[switch] = Op::Switch(Box::new(Switch { by: by(targets), otherwise: fallback }));
        for jump in jumps {
            self.point(jump);
        }
    }

    pub(super) fn random_switch(&mut self, cases: &[(f64, Chain)], otherwise: Option<&Chain>) {
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
        let labels: Vec<_> = cases.iter().map(|(percent, _)| format!("{percent} %")).collect();
        self.switch(&labels, cases.iter().map(|(_, chain)| chain).collect(), otherwise, |targets| {
            SwitchBy::Chance(bounds.into_iter().zip(targets).collect())
        });
    }

    pub(super) fn uniform_switch(&mut self, cases: &[Chain]) {
        let share = 100.0 / as_f64(cases.len());
        let labels: Vec<_> = cases.iter().map(|_| format!("{share:.1} %")).collect();
        self.switch(&labels, cases.iter().collect(), None, |targets| {
            // The last bound is beyond 100, lest rounding lets a draw fall through.
            let bound = |i: usize| if i + 1 == targets.len() { 101.0 } else { share * as_f64(i + 1) };
            SwitchBy::Chance(targets.iter().enumerate().map(|(i, pc)| (bound(i), *pc)).collect())
        });
    }

    pub(super) fn round_robin_switch(&mut self, cases: &[Chain]) {
        let index = self.cx.gathered.turns;
        self.cx.gathered.turns += 1;
        let labels: Vec<_> = (1..=cases.len()).map(|n| format!("turn {n}")).collect();
        self.switch(&labels, cases.iter().collect(), None, |targets| SwitchBy::Turn(index, targets));
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of cases are small")]
fn as_f64(n: usize) -> f64 {
    n as f64
}
