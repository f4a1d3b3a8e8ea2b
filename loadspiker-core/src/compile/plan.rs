//! [`Plan`]: a compiled simulation, ready to be run by any number of shards.

use std::any::TypeId;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::assertion::{Assertion, Guard, NameDoubt};
use crate::compile::hooks::{self, Attributes};
use crate::compile::limits;
use crate::compile::lower::Lowering;
use crate::compile::program::{Op, Pc, Program};
use crate::compile::protocols;
use crate::compile::sequence::{self, Predecessor};
use crate::dsl::{Population, Simulation};
use crate::error::{Error, Mistake, Mistakes};
use crate::expression::Functions;
use crate::feeder::RunFeeders;
use crate::format::precise;
use crate::inject::{Profile, Throttle};
use crate::metrics::Reserved;
use crate::metrics::SampleLogPlan;
use crate::pool::RunPools;
use crate::protocol::{BoundProtocol, CompileContext, Gathered, KnownProtocols, RendezVous};
use crate::protocol::{Protocol, RunStates};
use crate::session::{Secrets, Slot};
use crate::spelling::{meant, nearest};

/// A compiled simulation. [`Display`](std::fmt::Display) prints it for people: what will be run, step by step.
pub struct Plan {
    pub(crate) name: String,
    pub(crate) populations: Vec<CompiledPopulation>,
    pub(crate) protocols: Vec<Arc<dyn Protocol>>,
    pub(crate) request_names: Arc<[Arc<str>]>,
    pub(crate) scenario_names: Arc<[Arc<str>]>,
    pub(crate) attributes: Vec<Arc<str>>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) rendez_vous: Vec<Arc<RendezVous>>,
    pub(crate) turns: usize,
    pub(crate) assertions: Vec<Assertion>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) warm_up: Option<Duration>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) maximum_users: Option<u64>,
    /// The end of the throttle, if that is earlier than what the simulation says.
    pub(crate) max_duration: Option<Duration>,
    pub(crate) grace_period: Duration,
    pub(crate) seed: u64,
    pub(crate) shards: usize,
    pub(crate) simulated_clock: bool,
    /// The command line by which the run was started.
    pub(crate) command: Vec<String>,
    /// Where to write the journal of the run.
    pub(crate) journal: Option<PathBuf>,
    /// Where to write every sample.
    pub(crate) sample_log: SampleLogPlan,
    pub(crate) before: Option<Arc<Plan>>,
    pub(crate) after: Option<Arc<Plan>>,
    /// What `before` has set, once it has run.
    pub(crate) given: OnceLock<Attributes>,
    /// For steps that make their requests during the run.
    pub(crate) functions: Functions,
    pub(crate) known_protocols: KnownProtocols,
    pub(crate) feeders: Arc<RunFeeders>,
    pub(crate) pools: Arc<RunPools>,
    /// What names made during the run are to keep clear of.
    pub(crate) reserved: Arc<Reserved>,
    pub(crate) warnings: Vec<Mistake>,
    pub(crate) states: RunStates,
}

impl Plan {
    /// The name of the simulation.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long the injection profiles let users start, one population after another where they follow each other (with
    /// the delays in between), and at most until the end of a throttle and `max_duration`. The run lasts longer by what
    /// its last users take. `None` if all of them start at once.
    pub fn injection(&self) -> Option<Duration> {
        let end = sequence::ends(&self.populations).into_iter().max().unwrap_or_default();
        let end = self.max_duration.map_or(end, |limit| end.min(limit));
        (!end.is_zero()).then_some(end)
    }

    /// What can be run, but is probably not what the user meant, each with scenario, step and place: a profile without
    /// users, weights of a `random_switch` that look like fractions, an attribute that only code of the user's can set and
    /// whose name is near to one that a step sets. Shown by `--check` and in the report.
    pub fn warnings(&self) -> &[Mistake] {
        &self.warnings
    }

    /// What is planned for each scenario, in the order of the simulation.
    pub fn scenarios(&self) -> Vec<PlannedScenario> {
        let ends = sequence::ends(&self.populations);
        let named = self.scenario_names.iter().zip(&self.populations).zip(ends);
        let planned = |((name, population), end): ((&Arc<str>, &CompiledPopulation), Duration)| PlannedScenario {
            name: name.to_string(),
            users: population.profile.users(),
            from: end.saturating_sub(population.profile.duration()),
            to: end,
        };
        named.map(planned).collect()
    }

    /// The step at this operation of a population, the scenario that it is in, and where it was written.
    pub(crate) fn step_at(&self, population: usize, pc: Pc) -> Option<String> {
        let step = self.populations.get(population)?.program.step_at(pc)?;
        Some(format!("{step} in scenario \"{}\"", self.scenario_names.get(population)?))
    }

    /// Without any throttle, and so with no other end than this.
    pub(crate) fn unthrottled(mut self, max_duration: Option<Duration>) -> Plan {
        self.throttle = None;
        self.populations.iter_mut().for_each(|population| population.throttle = None);
        self.max_duration = max_duration;
        self
    }
}

/// What is planned for a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedScenario {
    /// Its name.
    pub name: String,
    /// How many users an open profile starts; `None` for a closed one, where it depends on how long users stay.
    pub users: Option<u64>,
    /// When its profile begins, counted from the start of the run. Where it follows other scenarios that is the earliest
    /// moment: it waits for their last users.
    pub from: Duration,
    /// When its profile ends, if it begins then.
    pub to: Duration,
}

/// A population, compiled.
pub(crate) struct CompiledPopulation {
    pub(crate) program: Arc<Program>,
    pub(crate) profile: Profile,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) maximum_users: Option<u64>,
    /// The populations that must be done before this one starts.
    pub(crate) after: Vec<Predecessor>,
    pub(super) steps: Vec<String>,
    /// The protocols that its steps use, for people.
    pub(super) protocols: Vec<String>,
    /// Where the protocols are that the user gave, if a step makes requests during the run.
    pub(super) given: Vec<(TypeId, usize)>,
}

/// Compiles a simulation for this number of shards and this seed. `alone` if each population is of one user who tries
/// it out.
pub(crate) fn compile(simulation: &Simulation, shards: usize, seed: u64, alone: bool) -> Result<Plan, Error> {
    let mut gathered = Gathered::new(shards, seed);
    gathered.bindings.alone = alone;
    let mut populations = Vec::new();
    let mut scenario_names = Vec::new();
    if simulation.populations.is_empty() {
        gathered
            .symbols
            .mistakes
            .push(general("it has no users: give it a scenario with `.with(scenario.inject([…]))`"));
    }
    gathered.symbols.functions = simulation.functions.clone();
    gathered.symbols.mistakes.extend(simulation.functions.mistakes().into_iter().map(general));
    for assertion in &simulation.assertions {
        gathered.symbols.mistakes.extend(assertion.mistakes().into_iter().map(general));
    }
    for guard in &simulation.guards {
        gathered.symbols.mistakes.extend(guard.criterion.mistakes().into_iter().map(general));
    }
    gathered.symbols.mistakes.extend(protocols::doubled(simulation).into_iter().map(general));
    gathered.symbols.mistakes.extend(warm_up_mistake(simulation).map(general));
    gathered.symbols.mistakes.extend(limits::mistakes_of_simulation(simulation).into_iter().map(general));
    gathered.symbols.warnings.extend(limits::no_time(simulation).map(general));
    let before = simulation.hooks.before.as_ref().map(|hook| hooks::compile(hook, simulation, &mut gathered, seed));
    for population in &simulation.populations {
        add(population, Vec::new(), simulation, &mut gathered, &mut populations, &mut scenario_names);
    }
    sequence::resolve(&simulation.populations, &mut populations, &scenario_names, &mut gathered.symbols.mistakes);
    let clashes = gathered.bindings.names.book.clashes();
    gathered.symbols.mistakes.extend(clashes);
    name_mistakes(simulation, &scenario_names, &mut gathered);
    let attributes = gathered.symbols.schema.names().to_vec();
    let secrets = Arc::new(gathered.symbols.secrets.clone());
    let after = simulation.hooks.after.as_ref().map(|hook| hooks::compile(hook, simulation, &mut gathered, seed));
    let bound = gathered.bindings.protocols.iter().map(|bound| &bound.protocol);
    gathered.symbols.mistakes.extend(protocols::unsimulated(simulation, bound).into_iter().map(general));
    if !gathered.symbols.mistakes.is_empty() {
        return Err(Error::Simulation(Mistakes(gathered.symbols.mistakes)));
    }
    let known_protocols =
        gathered.bindings.known_protocols(populations.iter().map(|population| population.given.clone()));
    let feeders = Arc::new(gathered.bindings.run_feeders());
    let pools = Arc::new(gathered.bindings.run_pools());
    let protocols: Vec<_> = gathered.bindings.protocols.into_iter().map(|bound| bound.protocol).collect();
    Ok(Plan {
        name: simulation.name.clone(),
        functions: simulation.functions.clone(),
        known_protocols,
        populations,
        before: before.map(|plan| plan.hooked(&protocols, &feeders, &pools)),
        after: after.map(|plan| plan.hooked(&protocols, &feeders, &pools)),
        given: OnceLock::new(),
        feeders,
        pools,
        reserved: Arc::new(gathered.bindings.names.book.reserved()),
        warnings: gathered.symbols.warnings,
        states: RunStates::default(),
        protocols,
        request_names: gathered.bindings.names.into_vec().into(),
        scenario_names: scenario_names.into(),
        attributes,
        secrets,
        rendez_vous: gathered.bindings.rendez_vous,
        turns: gathered.bindings.turns,
        assertions: simulation.assertions.clone(),
        guards: simulation.guards.clone(),
        warm_up: simulation.warm_up,
        throttle: simulation.throttle.clone(),
        maximum_users: simulation.maximum_users,
        max_duration: limits::longest_run(simulation),
        grace_period: simulation.grace_period,
        seed,
        shards,
        simulated_clock: simulation.simulated_clock,
        command: Vec::new(),
        journal: None,
        sample_log: SampleLogPlan::default(),
    })
}

/// Finds assertions and criteria about names that do not occur.
fn name_mistakes(simulation: &Simulation, scenario_names: &[Arc<str>], gathered: &mut Gathered) {
    let known = gathered.bindings.names.book.known(scenario_names, &gathered.symbols.checks);
    let of_windows = simulation.guards.iter().map(|guard| guard.criterion.name_doubt(&known));
    let doubts = simulation.assertions.iter().map(|assertion| assertion.name_doubt(&known)).chain(of_windows);
    for doubt in doubts.flatten() {
        match doubt {
            NameDoubt::Wrong(message) => gathered.symbols.mistakes.push(general(message)),
            NameDoubt::Perhaps(message) => gathered.symbols.warnings.push(general(message)),
        }
    }
}

fn warm_up_mistake(simulation: &Simulation) -> Option<String> {
    let warm_up = simulation.warm_up?;
    if warm_up.is_zero() {
        return Some("the warm-up is 0 s; give a longer one, or leave it out".to_owned());
    }
    let limit = simulation.max_duration.filter(|limit| warm_up >= *limit)?;
    let (warm_up, limit) = (precise(warm_up), precise(limit));
    Some(format!("nothing would be measured: the warm-up is {warm_up} and the run lasts at most {limit}; shorten it"))
}

fn general(message: impl Into<String>) -> Mistake {
    Mistake { scenario: String::new(), step: String::new(), place: None, message: message.into() }
}

/// Compiles `population` and those that follow it; returns the indices of all of them.
fn add(
    population: &Population,
    after: Vec<usize>,
    simulation: &Simulation,
    gathered: &mut Gathered,
    populations: &mut Vec<CompiledPopulation>,
    scenario_names: &mut Vec<Arc<str>>,
) -> Vec<usize> {
    let scenario = &population.scenario;
    let given: Vec<_> = population.protocols.iter().rev().chain(&simulation.protocols).cloned().collect();
    let mut cx = CompileContext::new(gathered, &scenario.name, &given);
    cx.place = Some(scenario.place);
    if scenario.name.trim().is_empty() {
        cx.mistake("the name of the scenario is empty; give it one that can be found in a report");
    }
    if scenario_names.iter().any(|name| **name == *scenario.name) {
        cx.mistake("another scenario has the same name; names tell scenarios apart in the report, give it another one");
    }
    if scenario.chain.steps.is_empty() {
        cx.mistake("it has no steps; add some, such as `.exec(…)`");
    }
    cx.place = Some(population.place);
    for mistake in population.profile.mistakes().into_iter().chain(limits::mistakes_of_population(population)) {
        cx.mistake(mistake);
    }
    if let Some(warning) = limits::nobody(&population.profile) {
        cx.warning(warning);
    }
    cx.crowd = limits::most_users(population, simulation);
    let mut lowering = Lowering::new(&mut cx);
    let of_all = &simulation.hooks.users;
    lowering.headed("on_user_start of all scenarios", &of_all.start);
    lowering.headed("on_user_start", &scenario.users.start);
    lowering.chain(&scenario.chain);
    let end = lowering.here();
    if !(scenario.users.end.steps.is_empty() && of_all.end.steps.is_empty()) {
        lowering.ops.push(Op::Retire);
    }
    lowering.headed("on_user_end", &scenario.users.end);
    lowering.headed("on_user_end of all scenarios", &of_all.end);
    let (mut ops, steps, places) = (lowering.ops, lowering.plan, lowering.steps);
    ops.push(Op::End);
    report_unknown_attributes(&mut cx);
    (cx.step, cx.place) = (String::new(), Some(population.place));
    let given = if cx.imperative { cx.bind_given() } else { Vec::new() };
    let protocols = used_protocols(&cx, population);

    let index = populations.len();
    scenario_names.push(scenario.name.as_str().into());
    populations.push(CompiledPopulation {
        program: Arc::new(Program {
            ops,
            pauses: population.pauses.unwrap_or(simulation.pauses),
            end,
            witness: None,
            steps: places,
        }),
        profile: population.profile.clone(),
        throttle: population.throttle.clone(),
        maximum_users: population.maximum_users,
        after: after.into_iter().map(|population| Predecessor { population, delay: Duration::ZERO }).collect(),
        steps,
        protocols,
        given,
    });
    let mut all = vec![index];
    let mut level = vec![index];
    for next in population.next.iter().filter(|next| !next.is_empty()) {
        let before = std::mem::take(&mut level);
        for population in next {
            level.extend(add(population, before.clone(), simulation, gathered, populations, scenario_names));
        }
        all.extend(&level);
    }
    all
}

/// The protocols that the steps of a population use, and who gave them.
fn used_protocols(cx: &CompileContext<'_>, population: &Population) -> Vec<String> {
    let bound = cx.bound.iter().map(|index| &cx.bindings.protocols[*index]);
    let describe = |bound: &BoundProtocol| {
        let source = match () {
            _ if bound.is_default => "default settings",
            _ if population.protocols.iter().any(|own| Arc::ptr_eq(own, &bound.written)) => "given to the population",
            _ => "given to the simulation",
        };
        format!("{}, {source}", bound.protocol.describe())
    };
    bound.map(describe).collect()
}

/// An attribute that an expression reads and no step sets is a mistake. Where code of the user's may set it, or a feeder that
/// cannot be opened, it is told only if its name is near to one that is set: of code as a warning.
pub(super) fn report_unknown_attributes(cx: &mut CompileContext<'_>) {
    let mut told = Vec::new();
    for (Slot(slot), step, place) in std::mem::take(&mut cx.used) {
        if cx.defined.contains(&slot) || told.contains(&slot) {
            continue;
        }
        told.push(slot);
        let names = cx.table.schema.names();
        let name = &names[slot as usize];
        let there: Vec<&str> = cx.defined.iter().map(|slot| &*names[*slot as usize]).collect();
        if cx.opaque || cx.fields_unknown {
            // Names that differ by a number alone are meant to differ.
            let near = nearest(name, there.iter().copied()).filter(|near| without_digits(near) != without_digits(name));
            let Some(near) = near else { continue };
            if cx.opaque {
                let message = format!("no step is seen to set the attribute \"{name}\"; did you mean \"{near}\"?");
                (cx.step, cx.place) = (step, place);
                cx.warning(message);
                continue;
            }
            // One more mistake does no harm where a feeder that cannot be opened is one.
        }
        let message = match there[..] {
            [] => format!("no step sets the attribute \"{name}\"; feed it, save it with a check or set it in exec_fn"),
            _ => {
                let meant = meant(name, there.iter().copied());
                format!("no step sets the attribute \"{name}\"{meant} (there are: {})", there.join(", "))
            }
        };
        (cx.step, cx.place) = (step, place);
        cx.mistake(message);
    }
}

fn without_digits(name: &str) -> String {
    name.chars().filter(|c| !c.is_ascii_digit()).collect()
}
