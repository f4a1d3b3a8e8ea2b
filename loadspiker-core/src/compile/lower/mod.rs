//! Lowering: a chain of steps becomes a list of operations, and a page of plan to read.

mod branch;
mod imperative;
mod markov;
mod parallel;

use std::panic::Location;
use std::sync::Arc;

use crate::compile::program::{Kind, Loop, Op, Pc, SwitchBy, Test};
use crate::dsl::{Chain, Exit, LoopKind, Step, StepKind};
use crate::expression::Arg;
use crate::protocol::GroupNode;
use crate::protocol::{CompileContext, RendezVous};
use crate::value::Value;

/// Lowers one scenario.
///
/// Steps within steps are put off ([`nested`](Self::nested)), and so is what comes behind them
/// ([`then`](Self::then)): however deep a scenario is nested, the stack does not grow.
pub(crate) struct Lowering<'a, 'b, 'c> {
    pub(crate) cx: &'a mut CompileContext<'b>,
    pub(crate) ops: Vec<Op>,
    /// The plan: one line a step, indented by its nesting.
    pub(crate) plan: Vec<String>,
    /// Where each step begins, and where it was written.
    pub(crate) steps: Vec<(Pc, String, &'static Location<'static>)>,
    /// What is still to be lowered; the last comes first.
    waiting: Vec<Work<'c>>,
    /// Where the parts of the steps around begin, of which there may be several.
    marks: Vec<Pc>,
    depth: usize,
    /// How many loops there are around.
    loops: u32,
    paces: u32,
}

/// Something to be lowered, and what is around it.
struct Work<'c> {
    depth: usize,
    loops: u32,
    group: GroupNode,
    what: What<'c>,
}

enum What<'c> {
    Steps(&'c [Step]),
    Then(Behind<'c>),
}

/// What comes behind the steps that were put off.
type Behind<'c> = Box<dyn FnOnce(&mut Lowering<'_, '_, 'c>) + 'c>;

/// From this depth on, steps are no longer indented: their lines say how deep they are.
const DEEPEST_INDENT: usize = 32;

impl<'a, 'b, 'c> Lowering<'a, 'b, 'c> {
    pub(crate) fn new(cx: &'a mut CompileContext<'b>) -> Self {
        Lowering {
            cx,
            ops: Vec::new(),
            plan: Vec::new(),
            steps: Vec::new(),
            waiting: Vec::new(),
            marks: Vec::new(),
            depth: 0,
            loops: 0,
            paces: 0,
        }
    }

    pub(crate) fn here(&self) -> Pc {
        Pc::try_from(self.ops.len()).unwrap_or(Pc::MAX)
    }

    fn line(&mut self, text: &str) {
        let indent = 2 * self.depth.min(DEEPEST_INDENT);
        self.plan.push(match self.depth {
            ..=DEEPEST_INDENT => format!("{:indent$}{text}", ""),
            depth => format!("{:indent$}[level {depth}] {text}", ""),
        });
    }

    /// The checks of the request that was compiled last, one step further to the right than the request.
    fn checks(&mut self) {
        self.depth += 1;
        for check in std::mem::take(&mut self.cx.listed) {
            self.line(&format!("check {check}"));
        }
        self.depth -= 1;
    }

    /// A chain under a heading in the plan; nothing if it has no steps.
    pub(crate) fn headed(&mut self, heading: &str, chain: &'c Chain) {
        if !chain.steps.is_empty() {
            self.line(heading);
            self.nested(chain);
            self.work();
        }
    }

    /// A chain, with all that is nested in it.
    pub(crate) fn chain(&mut self, chain: &'c Chain) {
        self.put_off(What::Steps(&chain.steps));
        self.work();
    }

    /// Lowers all that was put off.
    fn work(&mut self) {
        while let Some(Work { depth, loops, group, what }) = self.waiting.pop() {
            (self.depth, self.loops, self.cx.group) = (depth, loops, group);
            let mut put_off = self.waiting.len();
            match what {
                What::Steps([step, rest @ ..]) => {
                    if !rest.is_empty() {
                        self.put_off(What::Steps(rest));
                        put_off += 1;
                    }
                    self.step(step);
                }
                What::Steps([]) => {}
                What::Then(behind) => behind(self),
            }
            // What was put off first comes first.
            self.waiting[put_off..].reverse();
        }
        (self.depth, self.loops, self.cx.group) = (0, 0, GroupNode::ROOT);
    }

    fn put_off(&mut self, what: What<'c>) {
        self.waiting.push(Work { depth: self.depth, loops: self.loops, group: self.cx.group, what });
    }

    /// A nested chain, one step further to the right in the plan. It is lowered behind the current step, and before what
    /// is put off from now on.
    fn nested(&mut self, chain: &'c Chain) {
        self.depth += 1;
        self.put_off(What::Steps(&chain.steps));
        self.depth -= 1;
    }

    /// Puts off what comes behind the chains that were put off before.
    fn then(&mut self, behind: impl FnOnce(&mut Lowering<'_, '_, 'c>) + 'c) {
        self.put_off(What::Then(Box::new(behind)));
    }

    /// One of several parts of a step: its address is marked, and it has a heading in the plan.
    fn part(&mut self, heading: String, chain: &'c Chain) {
        self.depth += 1;
        self.then(move |lowering| {
            lowering.mark();
            lowering.line(&heading);
        });
        self.nested(chain);
        self.depth -= 1;
    }

    /// One of several parts of a step begins here.
    fn mark(&mut self) {
        self.marks.push(self.here());
    }

    /// Where the last `count` parts began.
    fn marked(&mut self, count: usize) -> Vec<Pc> {
        self.marks.split_off(self.marks.len().saturating_sub(count))
    }

    fn step(&mut self, step: &'c Step) {
        self.cx.step = step.kind.describe();
        self.cx.place = Some(step.place);
        let line = self.cx.step.clone();
        self.line(&line);
        self.steps.push((self.here(), line, step.place));
        match &*step.kind {
            StepKind::Action(builder) => {
                let action = builder.compile(self.cx);
                self.checks();
                self.ops.push(Op::Action(action));
            }
            StepKind::Call(function) => {
                self.cx.opaque();
                self.ops.push(Op::Call(function.clone()));
            }
            StepKind::Async { name, timed, code } => {
                let step = self.async_step(name, *timed, code);
                self.ops.push(Op::Async(step));
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
                let meeting = self.rendez_vous(*users);
                self.ops.push(Op::RendezVous(meeting));
            }
            StepKind::Feed { feeder, count } => {
                let count = count.as_ref().map(|count| count.compile(self.cx));
                if let Some(feeder) = self.cx.feeder(feeder) {
                    self.ops.push(Op::Feed(feeder, count));
                }
            }
            StepKind::CheckOut(pool) => {
                if let Some(pool) = self.cx.pool(pool) {
                    self.ops.push(Op::CheckOut(pool));
                }
            }
            StepKind::CheckIn(pool) => {
                if let Some(pool) = self.cx.pool(pool) {
                    self.ops.push(Op::CheckIn(pool));
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
                let chains = cases.iter().map(|(_, chain)| chain).collect();
                self.switch(labels, chains, otherwise.as_ref(), |targets| {
                    SwitchBy::Value(value, keys.into_iter().zip(targets).collect())
                });
            }
            StepKind::RandomSwitch { cases, otherwise } => self.random_switch(cases, otherwise.as_ref()),
            StepKind::UniformSwitch(cases) => self.uniform_switch(cases),
            StepKind::RoundRobinSwitch(cases) => self.round_robin_switch(cases),
            StepKind::WeightedSwitch(cases) => self.weighted(cases),
            StepKind::Markov { states, matrix } => self.markov(states, matrix),
            StepKind::Parallel(branches) => self.parallel(branches),
            StepKind::Try { attempts, body, .. } => {
                if matches!(attempts, Arg::Value(0)) {
                    self.cx.mistake("0 attempts try nothing; 1 is the first alone");
                }
                let attempts = attempts.compile(self.cx);
                self.check_body(body);
                let enter = self.ops.len();
                self.ops.push(Op::TryEnter { attempts, end: 0 });
                self.nested(body);
                self.then(move |lowering| {
                    lowering.ops.push(Op::TryLeave);
                    lowering.point(enter);
                });
            }
            StepKind::Group { name, body } => {
                if name.trim().is_empty() {
                    self.cx.mistake("the name of a group is empty; give it one that can be found in a report");
                }
                let name = self.cx.text(name);
                self.check_body(body);
                let inside = self.cx.group_named(&name);
                self.ops.push(Op::GroupEnter(name));
                let around = std::mem::replace(&mut self.cx.group, inside);
                self.nested(body);
                self.cx.group = around;
                self.then(|lowering| lowering.ops.push(Op::GroupLeave));
            }
            StepKind::Block { builder, body } => {
                self.check_body(body);
                let block = builder.compile(self.cx);
                self.checks();
                let enter = self.here();
                self.ops.push(Op::BlockEnter { block, end: 0 });
                self.nested(body);
                self.then(move |lowering| {
                    lowering.point(enter as usize);
                    lowering.ops.push(Op::BlockLeave(enter));
                });
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

    fn rendez_vous(&mut self, users: u64) -> Arc<RendezVous> {
        if users == 0 {
            self.cx.mistake("a rendez_vous of 0 users waits for nobody; give it the number of users to wait for");
        }
        let alone = self.cx.bindings.alone;
        if let Some(crowd) = self.cx.crowd.filter(|crowd| *crowd < users && !alone) {
            self.cx.mistake(format!(
                "{users} users never come together, as the population has no more than {crowd} at a time: all would wait \
                 for ever; give a smaller number, or inject more users"
            ));
        }
        let index = self.cx.bindings.rendez_vous.len();
        let meeting = Arc::new(RendezVous::new(index, if alone { users.min(1) } else { users }));
        self.cx.bindings.rendez_vous.push(meeting.clone());
        meeting
    }

    fn check_body(&mut self, body: &Chain) {
        if body.steps.is_empty() {
            self.cx.mistake("there are no steps in it; give it a chain with at least one");
        }
    }

    fn a_loop(&mut self, kind: &LoopKind, counter: Option<&str>, exit_asap: bool, body: &'c Chain) {
        self.check_body(body);
        let kind = match kind {
            LoopKind::Repeat(times) => Kind::Repeat(times.compile(self.cx)),
            LoopKind::Foreach { list, element } => {
                let list = list.compile(self.cx);
                if list.as_constant().is_some_and(|value| !matches!(value, Value::List(_))) {
                    self.cx.mistake(format!(
                        "{list} is no list; give an expression such as \"#{{items}}\", or the items: [1, 2, 3]"
                    ));
                }
                Kind::Foreach { list, element: self.cx.define(element) }
            }
            LoopKind::While { condition, during, test_first } => Kind::While {
                condition: condition.as_ref().map(|condition| condition.compile(self.cx)),
                during: during.as_ref().map(|during| during.compile(self.cx)),
                test_first: *test_first,
            },
        };
        let counter = counter.map(|counter| self.cx.define(counter));
        let enter = self.here();
        let is_outermost_forever = self.loops == 0 && matches!(kind, Kind::While { condition: None, during: None, .. });
        self.ops.push(Op::LoopEnter(Box::new(Loop { kind, counter, exit_asap, is_outermost_forever, end: 0 })));
        self.loops += 1;
        self.nested(body);
        self.loops -= 1;
        self.then(move |lowering| {
            lowering.ops.push(Op::LoopNext(enter));
            lowering.point(enter as usize);
        });
    }
}
