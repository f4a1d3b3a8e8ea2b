//! Lowering: a chain of steps becomes a list of operations, and a page of plan to read.

use std::sync::Arc;

use crate::compile::context::CompileContext;
use crate::compile::program::{Kind, Loop, Op, Pc, RendezVous, Switch, SwitchBy, Test};
use crate::dsl::{Chain, Exit, LoopKind, Step, StepKind};

/// Lowers one scenario.
pub(crate) struct Lowering<'a, 'b> {
    pub(crate) cx: &'a mut CompileContext<'b>,
    pub(crate) ops: Vec<Op>,
    /// The plan: one line a step, indented by its nesting.
    pub(crate) plan: Vec<String>,
    depth: usize,
    paces: u32,
}

impl<'a, 'b> Lowering<'a, 'b> {
    pub(crate) fn new(cx: &'a mut CompileContext<'b>) -> Self {
        Lowering { cx, ops: Vec::new(), plan: Vec::new(), depth: 0, paces: 0 }
    }

    fn here(&self) -> Pc {
        Pc::try_from(self.ops.len()).unwrap_or(Pc::MAX)
    }

    fn line(&mut self, text: &str) {
        self.plan.push(format!("{:indent$}{text}", "", indent = 2 * self.depth));
    }

    /// A nested chain, one step further to the right in the plan.
    fn nested(&mut self, chain: &Chain) {
        self.depth += 1;
        self.chain(chain);
        self.depth -= 1;
    }

    pub(crate) fn chain(&mut self, chain: &Chain) {
        for step in &chain.steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        self.cx.step = step.kind.describe();
        self.cx.place = Some(step.place);
        let line = self.cx.step.clone();
        self.line(&line);
        match &step.kind {
            StepKind::Action(builder) => {
                let action = builder.compile(self.cx);
                self.ops.push(Op::Action(action));
            }
            StepKind::Call(function) => {
                self.cx.opaque();
                self.ops.push(Op::Call(function.clone()));
            }
            StepKind::Pause(pause) => {
                let pause = pause.compile(self.cx);
                self.ops.push(Op::Pause(pause));
            }
            StepKind::Pace(period) => {
                let period = period.compile(self.cx);
                self.ops.push(Op::Pace(self.paces, period));
                self.paces += 1;
            }
            StepKind::RendezVous(users) => {
                if *users == 0 {
                    self.cx
                        .mistake("a rendez_vous of 0 users waits for nobody; give it the number of users to wait for");
                }
                let index = self.cx.gathered.rendez_vous.len();
                let meeting = Arc::new(RendezVous::new(index, *users));
                self.cx.gathered.rendez_vous.push(meeting.clone());
                self.ops.push(Op::RendezVous(meeting));
            }
            StepKind::Feed { feeder, count } => {
                let count = count.as_ref().map(|count| count.compile(self.cx));
                if let Some(feeder) = self.cx.feeder(feeder) {
                    self.ops.push(Op::Feed(feeder, count));
                }
            }
            StepKind::Loop { kind, counter, exit_asap, body } => {
                self.a_loop(kind, counter.as_deref(), *exit_asap, body);
            }
            StepKind::If { condition, then, otherwise } => {
                let test = Test::Condition(condition.compile(self.cx));
                self.branch(test, then, otherwise);
            }
            StepKind::IfEquals { left, right, then, otherwise } => {
                let test = Test::Equal(left.compile(self.cx), right.compile(self.cx));
                self.branch(test, then, otherwise);
            }
            StepKind::Switch { value, cases, otherwise } => {
                let value = value.compile(self.cx);
                let keys: Vec<_> = cases.iter().map(|(key, _)| key.compile(self.cx)).collect();
                let labels: Vec<_> = cases.iter().map(|(key, _)| format!("case {key:?}")).collect();
                self.switch(&labels, cases.iter().map(|(_, chain)| chain).collect(), otherwise.as_ref(), |targets| {
                    SwitchBy::Value(value, keys.into_iter().zip(targets).collect())
                });
            }
            StepKind::RandomSwitch { cases, otherwise } => self.random_switch(cases, otherwise.as_ref()),
            StepKind::UniformSwitch(cases) => {
                let share = 100.0 / as_f64(cases.len());
                let labels: Vec<_> = cases.iter().map(|_| format!("{share:.1} %")).collect();
                self.switch(&labels, cases.iter().collect(), None, |targets| {
                    // The last bound is beyond 100, lest rounding lets a draw fall through.
                    let bound = |i: usize| if i + 1 == targets.len() { 101.0 } else { share * as_f64(i + 1) };
                    SwitchBy::Chance(targets.iter().enumerate().map(|(i, pc)| (bound(i), *pc)).collect())
                });
            }
            StepKind::RoundRobinSwitch(cases) => {
                let index = self.cx.gathered.turns;
                self.cx.gathered.turns += 1;
                let labels: Vec<_> = (1..=cases.len()).map(|n| format!("turn {n}")).collect();
                self.switch(&labels, cases.iter().collect(), None, |targets| SwitchBy::Turn(index, targets));
            }
            StepKind::Try { attempts, body, .. } => {
                let attempts = attempts.compile(self.cx);
                self.check_body(body);
                let enter = self.ops.len();
                self.ops.push(Op::TryEnter { attempts, end: 0 });
                self.nested(body);
                self.ops.push(Op::TryLeave);
                let behind = self.here();
                if let Some(Op::TryEnter { end, .. }) = self.ops.get_mut(enter) {
                    *end = behind;
                }
            }
            StepKind::Group { name, body } => {
                if name.trim().is_empty() {
                    self.cx.mistake("the name of a group is empty; give it one that can be found in a report");
                }
                let name = self.cx.text(name);
                self.check_body(body);
                self.ops.push(Op::GroupEnter(name));
                self.nested(body);
                self.ops.push(Op::GroupLeave);
            }
            StepKind::Exit(exit) => {
                let test = match exit {
                    Exit::Always => None,
                    Exit::If(condition) => Some(Test::Condition(condition.compile(self.cx))),
                    Exit::IfFailed => Some(Test::Failed),
                };
                self.ops.push(Op::Exit(test));
            }
            StepKind::Stop { why, condition, crash } => {
                let condition = condition.as_ref().map(|condition| Test::Condition(condition.compile(self.cx)));
                self.ops.push(Op::Stop { why: why.as_str().into(), condition, crash: *crash });
            }
            StepKind::Misplaced(what) => {
                self.cx.mistake(format!("{what} stands behind a step that is no loop; write it right behind the loop"));
            }
        }
    }

    fn check_body(&mut self, body: &Chain) {
        if body.steps.is_empty() {
            self.cx.mistake("there are no steps in it; give it a chain with at least one");
        }
    }

    fn a_loop(&mut self, kind: &LoopKind, counter: Option<&str>, exit_asap: bool, body: &Chain) {
        self.check_body(body);
        let kind = match kind {
            LoopKind::Repeat(times) => Kind::Repeat(times.compile(self.cx)),
            LoopKind::Foreach { list, element } => {
                Kind::Foreach { list: list.compile(self.cx), element: self.cx.define(element) }
            }
            LoopKind::While { condition, during, test_first } => Kind::While {
                condition: condition.as_ref().map(|condition| condition.compile(self.cx)),
                during: during.as_ref().map(|during| during.compile(self.cx)),
                test_first: *test_first,
            },
        };
        let counter = counter.map(|counter| self.cx.define(counter));
        let enter = self.here();
        self.ops.push(Op::LoopEnter(Box::new(Loop { kind, counter, exit_asap, end: 0 })));
        self.nested(body);
        self.ops.push(Op::LoopNext(enter));
        let behind = self.here();
        if let Some(Op::LoopEnter(entered)) = self.ops.get_mut(enter as usize) {
            entered.end = behind;
        }
    }

    fn branch(&mut self, test: Test, then: &Chain, otherwise: &Chain) {
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

    fn switch(
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

    fn random_switch(&mut self, cases: &[(f64, Chain)], otherwise: Option<&Chain>) {
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
}

#[expect(clippy::cast_precision_loss, reason = "numbers of cases are small")]
fn as_f64(n: usize) -> f64 {
    n as f64
}
