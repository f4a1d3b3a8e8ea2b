//! The chains before and after a run: each becomes a plan of its own, for one user on one shard.

use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::compile::lower::Lowering;
use crate::compile::plan::{CompiledPopulation, Plan, report_unknown_attributes};
use crate::compile::program::{Op, Pc, Program};
use crate::dsl::{Hook, Simulation};
use crate::error::Mistake;
use crate::feeder::RunFeeders;
use crate::inject::{Profile, at_once_users};
use crate::metrics::SampleLogPlan;
use crate::numbers::mix;
use crate::pool::RunPools;
use crate::protocol::{CompileContext, Gathered};
use crate::protocol::{Protocol, RunStates};
use crate::session::Session;
use crate::shown::plain;
use crate::value::Value;

/// Attributes and their values.
pub(crate) type Attributes = Vec<(Arc<str>, Value)>;

/// Sees what the user of a hook does, so that something is known of it even if it is cut off.
pub(crate) struct Witness {
    steps: Vec<(Pc, String, &'static Location<'static>)>,
    seen: Mutex<Seen>,
}

/// What a [`Witness`] has seen.
#[derive(Default)]
pub(crate) struct Seen {
    /// The attributes of the user when it last came to something that takes time, or to its end.
    pub(crate) attributes: Attributes,
    /// The first steps that failed, with their errors.
    pub(crate) failures: Vec<String>,
}

/// How many failures of steps are kept.
const FAILURES: usize = 3;

impl Witness {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what the user knows.
    #[cold]
    pub(crate) fn keep(&self, session: &Session) {
        let attributes = session.names().filter_map(|name| Some((name.into(), session.value(name)?.clone())));
        self.seen().attributes = attributes.collect();
    }

    /// A step failed just before the operation at `pc`.
    #[cold]
    pub(crate) fn step_failed(&self, pc: Pc, message: &str) {
        let failure = match self.steps.iter().rev().find(|(begin, ..)| *begin < pc) {
            Some((_, step, place)) => format!("{step} at {place}: {}", plain(message)),
            None => plain(message).into_owned(),
        };
        let failures = &mut self.seen().failures;
        if failures.len() < FAILURES && !failures.contains(&failure) {
            failures.push(failure);
        }
    }

    /// Takes what was seen.
    pub(crate) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen())
    }
}

impl Plan {
    /// The plan of a hook, for the protocols, feeders and pools of the whole simulation.
    pub(super) fn hooked(
        mut self,
        protocols: &[Arc<dyn Protocol>],
        feeders: &Arc<RunFeeders>,
        pools: &Arc<RunPools>,
    ) -> Arc<Self> {
        self.feeders = feeders.clone();
        self.pools = pools.clone();
        self.protocols = protocols.to_vec();
        Arc::new(self)
    }

    /// The attributes that every session begins with.
    pub(crate) fn given(&self) -> &[(Arc<str>, Value)] {
        self.given.get().map_or(&[], Vec::as_slice)
    }

    /// Who sees what the user of this hook does.
    pub(crate) fn witness(&self) -> Option<&Witness> {
        self.populations.first()?.program.witness.as_ref()
    }
}

/// Compiles a hook. What it defines is known to all that is compiled after it, and so are its protocols and feeders;
/// its requests and meetings are its own.
pub(super) fn compile(hook: &Hook, simulation: &Simulation, gathered: &mut Gathered, seed: u64) -> Plan {
    let (told, warned) = (gathered.symbols.mistakes.len(), gathered.symbols.warnings.len());
    let others = (
        std::mem::take(&mut gathered.bindings.names),
        std::mem::take(&mut gathered.bindings.rendez_vous),
        std::mem::take(&mut gathered.bindings.turns),
    );
    let mut cx = CompileContext::new(gathered, hook.name, &simulation.protocols);
    cx.place = Some(hook.place);
    if hook.chain.steps.is_empty() {
        cx.mistake("it has no steps; add some, or leave it out");
    }
    let mut lowering = Lowering::new(&mut cx);
    lowering.chain(&hook.chain);
    let end = lowering.here();
    let (mut ops, lines, steps) = (lowering.ops, lowering.plan, lowering.steps);
    ops.push(Op::End);
    report_unknown_attributes(&mut cx);
    let meetings = cx.bindings.rendez_vous.iter().map(|meeting| meeting.users).filter(|users| *users > 1);
    for users in meetings.collect::<Vec<_>>() {
        (cx.step, cx.place) = (format!("rendez_vous {users}"), Some(hook.place));
        cx.mistake("a hook has one user, who would wait for others until its time is over; leave the rendez_vous out");
    }
    let given = if cx.imperative { cx.bind_given() } else { Vec::new() };
    let (defined, opaque, fields_unknown) = (std::mem::take(&mut cx.defined), cx.opaque, cx.fields_unknown);
    (gathered.bindings.inherited, gathered.bindings.inherited_opaque) = (defined, opaque);
    gathered.bindings.inherited_fields_unknown = fields_unknown;
    gathered.symbols.mistakes.iter_mut().skip(told).for_each(|mistake| place(hook.name, mistake));
    gathered.symbols.warnings.iter_mut().skip(warned).for_each(|warning| place(hook.name, warning));
    let names = std::mem::replace(&mut gathered.bindings.names, others.0);
    let rendez_vous = std::mem::replace(&mut gathered.bindings.rendez_vous, others.1);
    let turns = std::mem::replace(&mut gathered.bindings.turns, others.2);
    let witness = Some(Witness { steps: steps.clone(), seen: Mutex::default() });
    let population = CompiledPopulation {
        program: Arc::new(Program { ops, pauses: simulation.pauses, end, witness, steps }),
        profile: Profile::from_steps([at_once_users(1)]),
        throttle: None,
        maximum_users: None,
        after: Vec::new(),
        steps: lines,
        protocols: Vec::new(),
        given,
    };
    let known_protocols = gathered.bindings.known_protocols([population.given.clone()]);
    Plan {
        name: simulation.name.clone(),
        populations: vec![population],
        protocols: Vec::new(),
        request_names: names.into_vec().into(),
        scenario_names: [Arc::from(hook.name)].into(),
        attributes: gathered.symbols.schema.names().to_vec(),
        secrets: Arc::new(gathered.symbols.secrets.clone()),
        rendez_vous,
        turns,
        assertions: Vec::new(),
        guards: Vec::new(),
        warm_up: None,
        throttle: None,
        maximum_users: None,
        max_duration: Some(simulation.hooks.time_limit),
        grace_period: Duration::ZERO,
        // What it draws is not what the first user of the run draws.
        seed: mix(seed, u64::MAX - u64::from(hook.name == "after")),
        shards: 1,
        simulated_clock: simulation.simulated_clock,
        command: Vec::new(),
        journal: None,
        sample_log: SampleLogPlan::default(),
        before: None,
        after: None,
        given: OnceLock::new(),
        functions: simulation.functions.clone(),
        known_protocols,
        feeders: Arc::default(),
        pools: Arc::default(),
        reserved: Arc::default(),
        warnings: Vec::new(),
        states: RunStates::default(),
    }
}

/// A mistake in a hook is in no scenario; its place is the name of the hook.
fn place(hook: &str, mistake: &mut Mistake) {
    mistake.scenario.clear();
    mistake.step = if mistake.step.is_empty() { hook.to_owned() } else { format!("{hook}, {}", mistake.step) };
}
