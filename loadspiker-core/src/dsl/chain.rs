//! [`Chain`]: a sequence of steps, not yet compiled.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::error::StepError;
use crate::expression::{Arg, PauseArg, ValueArg};
use crate::feeder::Feeder;
use crate::pool::Pool;
use crate::protocol::{ActionBuilder, BlockBuilder, Journey};
use crate::session::Session;

/// A part of a scenario without a name: steps in order.
///
/// The free functions ([`exec`](crate::dsl::exec), [`pause`](crate::dsl::pause), [`repeat`](crate::dsl::repeat) …)
/// begin one, the methods of [`Steps`](crate::dsl::Steps) go on. Chains are values: clone them, pass them to
/// functions, store them, use one in several scenarios. Clones share their steps, so that they cost little.
#[derive(Clone, Debug, Default)]
#[must_use = "a chain does nothing until a scenario executes it"]
pub struct Chain {
    pub(crate) steps: Vec<Step>,
}

impl Chain {
    /// A chain without steps.
    pub fn new() -> Self {
        Chain::default()
    }

    /// A chain of one request. Protocol crates use it to turn their request builders into chains.
    ///
    /// ```
    /// # use loadspiker_core::{compile::CompileContext, dsl::Chain, protocol::{Action, ActionBuilder}};
    /// # struct PingRequest;
    /// # impl ActionBuilder for PingRequest {
    /// #     fn describe(&self) -> String { String::new() }
    /// #     fn compile(&self, _: &mut CompileContext<'_>) -> Box<dyn Action> { unimplemented!() }
    /// # }
    /// impl From<PingRequest> for Chain {
    ///     #[track_caller]
    ///     fn from(request: PingRequest) -> Chain {
    ///         Chain::action(request)
    ///     }
    /// }
    /// ```
    #[track_caller]
    pub fn action(builder: impl ActionBuilder + 'static) -> Self {
        Chain { steps: vec![Step::here(StepKind::Action(Arc::new(builder)))] }
    }
}

impl Chain {
    /// A chain of one step, in which a protocol opens something before `body` and closes it behind, such as a transaction.
    /// It is closed by the outcome of `body` itself, also when the user exits within it or the run is stopped.
    #[track_caller]
    pub fn block(builder: impl BlockBuilder + 'static, body: impl Into<Chain>) -> Self {
        Chain { steps: vec![Step::here(StepKind::Block { builder: Arc::new(builder), body: body.into() })] }
    }

    /// A chain of one imperative step.
    #[track_caller]
    pub(crate) fn code(name: String, timed: bool, code: Arc<dyn Journey>) -> Self {
        Chain { steps: vec![Step::here(StepKind::Async { name, timed, code })] }
    }
}

impl Drop for Chain {
    /// Step by step, not by recursion: however deep chains are nested, the stack does not grow.
    fn drop(&mut self) {
        let mut waiting = std::mem::take(&mut self.steps);
        while let Some(step) = waiting.pop() {
            // What others share is left to them.
            if let Some(mut kind) = Arc::into_inner(step.kind) {
                kind.for_each_chain(|chain| waiting.append(&mut chain.steps));
            }
        }
    }
}

/// One step and the place in the user's source where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) kind: Arc<StepKind>,
    pub(crate) place: &'static Location<'static>,
}

impl Step {
    #[track_caller]
    pub(crate) fn here(kind: StepKind) -> Self {
        Step { kind: Arc::new(kind), place: Location::caller() }
    }
}

pub(crate) type SessionFn = Arc<dyn Fn(&mut Session) -> Result<(), StepError> + Send + Sync>;

#[derive(Clone)]
pub(crate) enum StepKind {
    Action(Arc<dyn ActionBuilder>),
    Call(SessionFn),
    /// Async code; `timed` if it is a request sample itself.
    Async {
        name: String,
        timed: bool,
        code: Arc<dyn Journey>,
    },
    Pause(PauseArg),
    Pace(PauseArg),
    RendezVous(u64),
    Feed {
        feeder: Feeder,
        count: Option<Arg<u64>>,
    },
    CheckOut(Pool),
    CheckIn(Pool),
    Loop {
        kind: LoopKind,
        counter: Option<String>,
        exit_asap: bool,
        body: Chain,
    },
    If {
        condition: Arg<bool>,
        then: Chain,
        otherwise: Chain,
    },
    IfEquals {
        left: ValueArg,
        right: ValueArg,
        then: Chain,
        otherwise: Chain,
    },
    Switch {
        value: ValueArg,
        cases: Vec<(ValueArg, Chain)>,
        otherwise: Option<Chain>,
    },
    RandomSwitch {
        cases: Vec<(f64, Chain)>,
        otherwise: Option<Chain>,
    },
    UniformSwitch(Vec<Chain>),
    RoundRobinSwitch(Vec<Chain>),
    WeightedSwitch(Vec<(f64, Chain)>),
    Markov {
        states: Vec<(String, Chain)>,
        matrix: Vec<Vec<f64>>,
    },
    Parallel(Vec<Chain>),
    Try {
        attempts: Arg<u64>,
        body: Chain,
        name: &'static str,
    },
    /// A chain that a protocol opens and closes something around.
    Block {
        builder: Arc<dyn BlockBuilder>,
        body: Chain,
    },
    Group {
        name: String,
        body: Chain,
    },
    Exit(Exit),
    Stop {
        why: String,
        condition: Option<Arg<bool>>,
        crash: bool,
    },
    /// `.exit_asap(…)` on something that is no loop; told when the simulation is compiled.
    Misplaced(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) enum LoopKind {
    Repeat(Arg<u64>),
    Foreach {
        list: ValueArg,
        element: String,
    },
    /// While the condition holds and the time is not over; at least one of both is there, or it goes on for ever.
    While {
        condition: Option<Arg<bool>>,
        during: Option<Arg<std::time::Duration>>,
        test_first: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Exit {
    Always,
    If(Arg<bool>),
    IfFailed,
}

impl fmt::Debug for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl StepKind {
    /// The chains in it, one after the other.
    fn for_each_chain(&mut self, mut f: impl FnMut(&mut Chain)) {
        match self {
            StepKind::Loop { body, .. }
            | StepKind::Try { body, .. }
            | StepKind::Block { body, .. }
            | StepKind::Group { body, .. } => f(body),
            StepKind::If { then, otherwise, .. } | StepKind::IfEquals { then, otherwise, .. } => {
                f(then);
                f(otherwise);
            }
            StepKind::Switch { cases, otherwise, .. } => {
                cases.iter_mut().for_each(|(_, chain)| f(chain));
                otherwise.iter_mut().for_each(f);
            }
            StepKind::RandomSwitch { cases, otherwise } => {
                cases.iter_mut().for_each(|(_, chain)| f(chain));
                otherwise.iter_mut().for_each(f);
            }
            StepKind::WeightedSwitch(cases) => cases.iter_mut().for_each(|(_, chain)| f(chain)),
            StepKind::Markov { states, .. } => states.iter_mut().for_each(|(_, chain)| f(chain)),
            StepKind::UniformSwitch(chains) | StepKind::RoundRobinSwitch(chains) | StepKind::Parallel(chains) => {
                chains.iter_mut().for_each(f);
            }
            StepKind::Action(_)
            | StepKind::Call(_)
            | StepKind::Async { .. }
            | StepKind::Pause(_)
            | StepKind::Pace(_)
            | StepKind::RendezVous(_)
            | StepKind::Feed { .. }
            | StepKind::CheckOut(_)
            | StepKind::CheckIn(_)
            | StepKind::Exit(_)
            | StepKind::Stop { .. }
            | StepKind::Misplaced(_) => {}
        }
    }

    /// The step in one line, for the plan and for mistakes.
    pub(crate) fn describe(&self) -> String {
        match self {
            StepKind::Action(builder) => format!("exec {}", builder.describe()),
            StepKind::Call(_) => "exec_fn".to_owned(),
            StepKind::Async { name, timed: true, .. } => format!("exec_async \"{name}\""),
            StepKind::Async { name, .. } => format!("exec journey \"{name}\""),
            StepKind::Pause(arg) => format!("pause {arg:?}"),
            StepKind::Pace(arg) => format!("pace {arg:?}"),
            StepKind::RendezVous(users) => format!("rendez_vous {users}"),
            StepKind::Feed { feeder, count: None } => format!("feed {feeder}"),
            StepKind::Feed { feeder, count: Some(n) } => format!("feed {n:?} of {feeder}"),
            StepKind::Loop { kind, counter, exit_asap, .. } => {
                let asap =
                    if *exit_asap == kind.exits_asap() { String::new() } else { format!(", exit_asap({exit_asap})") };
                format!("{}{asap}", kind.describe(counter.as_deref()))
            }
            StepKind::CheckOut(pool) => format!("checkout {pool}"),
            StepKind::CheckIn(pool) => format!("checkin \"{}\"", pool.name()),
            StepKind::If { condition, .. } => format!("do_if {condition:?}"),
            StepKind::IfEquals { left, right, .. } => format!("do_if_equals {left:?} {right:?}"),
            StepKind::Switch { value, .. } => format!("do_switch {value:?}"),
            StepKind::RandomSwitch { .. } => "random_switch".to_owned(),
            StepKind::UniformSwitch(_) => "uniform_random_switch".to_owned(),
            StepKind::RoundRobinSwitch(_) => "round_robin_switch".to_owned(),
            StepKind::WeightedSwitch(_) => "weighted".to_owned(),
            StepKind::Markov { .. } => "markov".to_owned(),
            StepKind::Parallel(_) => "parallel".to_owned(),
            StepKind::Try { attempts, name: name @ "try_max", .. } => format!("{name} {attempts:?}"),
            StepKind::Try { name, .. } => (*name).to_owned(),
            StepKind::Block { builder, .. } => builder.describe(),
            StepKind::Group { name, .. } => format!("group \"{name}\""),
            StepKind::Exit(Exit::Always) => "exit_here".to_owned(),
            StepKind::Exit(Exit::If(condition)) => format!("exit_here_if {condition:?}"),
            StepKind::Exit(Exit::IfFailed) => "exit_here_if_failed".to_owned(),
            StepKind::Stop { why, condition, crash } => {
                let verb = if *crash { "crash" } else { "stop" };
                match condition {
                    None => format!("{verb}_load_generator \"{why}\""),
                    Some(condition) => format!("{verb}_load_generator_if \"{why}\" {condition:?}"),
                }
            }
            StepKind::Misplaced(what) => (*what).to_owned(),
        }
    }
}

impl LoopKind {
    /// Whether it is left as soon as possible, unless the user says otherwise.
    pub(crate) fn exits_asap(&self) -> bool {
        matches!(self, LoopKind::While { during: Some(_), .. })
    }

    /// With the attribute that counts its passes, if there is one.
    fn describe(&self, counter: Option<&str>) -> String {
        let counted = if counter.is_some() { "_counted" } else { "" };
        let counter = counter.map(|counter| format!(", counter \"{counter}\"")).unwrap_or_default();
        match self {
            LoopKind::Repeat(times) => format!("repeat{counted} {times:?}{counter}"),
            LoopKind::Foreach { list, element } => format!("foreach{counted} {list:?} as \"{element}\"{counter}"),
            LoopKind::While { condition, during, test_first } => {
                let verb = if *test_first { "as_long_as" } else { "do_while" };
                match (condition, during) {
                    (None, None) => format!("forever{counted}{counter}"),
                    (None, Some(time)) => format!("during{counted} {time:?}{counter}"),
                    (Some(condition), None) => format!("{verb}{counted} {condition:?}{counter}"),
                    (Some(condition), Some(time)) => format!("{verb}_during{counted} {condition:?} {time:?}{counter}"),
                }
            }
        }
    }
}
