//! [`Plan`]: a compiled simulation, ready to be run by any number of shards.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::assertion::Assertion;
use crate::compile::context::{CompileContext, Gathered};
use crate::compile::lower::Lowering;
use crate::compile::program::{Op, Program, RendezVous};
use crate::dsl::{Population, Simulation};
use crate::error::{Error, Mistake, Mistakes};
use crate::inject::Profile;
use crate::protocol::Protocol;
use crate::report::format::precise;
use crate::session::Slot;

/// A compiled simulation. [`Display`](fmt::Display) prints it for people: what will be run, step by step.
pub struct Plan {
    pub(crate) name: String,
    pub(crate) populations: Vec<CompiledPopulation>,
    pub(crate) protocols: Vec<Arc<dyn Protocol>>,
    pub(crate) request_names: Arc<[Arc<str>]>,
    pub(crate) scenario_names: Arc<[Arc<str>]>,
    pub(crate) attributes: Vec<Arc<str>>,
    pub(crate) rendez_vous: Vec<Arc<RendezVous>>,
    pub(crate) turns: usize,
    pub(crate) assertions: Vec<Assertion>,
    pub(crate) max_duration: Option<Duration>,
    pub(crate) grace_period: Duration,
    pub(crate) seed: u64,
    pub(crate) shards: usize,
    pub(crate) simulated_clock: bool,
}

impl Plan {
    /// The name of the simulation.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long the injection profiles let users start, one population after another where they follow each other, and
    /// at most `max_duration`. The run lasts longer by what its last users take. `None` if all of them start at once.
    pub fn injection(&self) -> Option<Duration> {
        let mut ends: Vec<Duration> = Vec::with_capacity(self.populations.len());
        for population in &self.populations {
            // Those before it in time come before it in the list, too.
            let begin = population.after.iter().filter_map(|before| ends.get(*before)).max();
            ends.push(begin.copied().unwrap_or_default().saturating_add(population.profile.duration()));
        }
        let end = ends.into_iter().max().unwrap_or_default();
        let end = self.max_duration.map_or(end, |limit| end.min(limit));
        (!end.is_zero()).then_some(end)
    }
}

/// A population, compiled.
pub(crate) struct CompiledPopulation {
    pub(crate) program: Arc<Program>,
    pub(crate) profile: Profile,
    /// The populations that must be done before this one starts.
    pub(crate) after: Vec<usize>,
    steps: Vec<String>,
}

/// Compiles a simulation for this number of shards and this seed.
pub(crate) fn compile(simulation: &Simulation, shards: usize, seed: u64) -> Result<Plan, Error> {
    let mut gathered = Gathered::new(shards, seed);
    let mut populations = Vec::new();
    let mut scenario_names = Vec::new();
    if simulation.populations.is_empty() {
        gathered.mistakes.push(general("it has no users: give it a scenario with `.with(scenario.inject([…]))`"));
    }
    gathered.functions = simulation.functions.clone();
    gathered.mistakes.extend(simulation.functions.mistakes().into_iter().map(general));
    for assertion in &simulation.assertions {
        gathered.mistakes.extend(assertion.mistakes().into_iter().map(general));
    }
    for population in &simulation.populations {
        add(population, Vec::new(), simulation, &mut gathered, &mut populations, &mut scenario_names);
    }
    if !gathered.mistakes.is_empty() {
        return Err(Error::Simulation(Mistakes(gathered.mistakes)));
    }
    Ok(Plan {
        name: simulation.name.clone(),
        populations,
        protocols: gathered.protocols.into_iter().map(|bound| bound.protocol).collect(),
        request_names: gathered.names.into_vec().into(),
        scenario_names: scenario_names.into(),
        attributes: gathered.schema.names().to_vec(),
        rendez_vous: gathered.rendez_vous,
        turns: gathered.turns,
        assertions: simulation.assertions.clone(),
        max_duration: simulation.max_duration,
        grace_period: simulation.grace_period,
        seed,
        shards,
        simulated_clock: simulation.simulated_clock,
    })
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
    for mistake in population.profile.mistakes() {
        cx.mistake(mistake);
    }
    let mut lowering = Lowering::new(&mut cx);
    lowering.chain(&scenario.chain);
    let (mut ops, steps) = (lowering.ops, lowering.plan);
    ops.push(Op::End);
    report_unknown_attributes(&mut cx);

    let index = populations.len();
    scenario_names.push(scenario.name.as_str().into());
    populations.push(CompiledPopulation {
        program: Arc::new(Program { ops, pauses: population.pauses.unwrap_or(simulation.pauses) }),
        profile: population.profile.clone(),
        after,
        steps,
    });
    let mut all = vec![index];
    let mut level = vec![index];
    for next in &population.next {
        level = add(next, level, simulation, gathered, populations, scenario_names);
        all.extend(&level);
    }
    all
}

/// An attribute that an expression reads and no step sets is a mistake, unless code of the user's may set it.
fn report_unknown_attributes(cx: &mut CompileContext<'_>) {
    if cx.opaque {
        return;
    }
    let mut told = Vec::new();
    for (Slot(slot), step, place) in std::mem::take(&mut cx.used) {
        if cx.defined.contains(&slot) || told.contains(&slot) {
            continue;
        }
        told.push(slot);
        let names = cx.gathered.schema.names();
        let name = &names[slot as usize];
        let there: Vec<&str> = cx.defined.iter().map(|slot| &*names[*slot as usize]).collect();
        let message = match there[..] {
            [] => format!("no step sets the attribute \"{name}\"; feed it, save it with a check or set it in exec_fn"),
            _ => format!("no step sets the attribute \"{name}\" (there are: {})", there.join(", ")),
        };
        (cx.step, cx.place) = (step, place);
        cx.mistake(message);
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "simulation \"{}\" (seed {}, shards {})", self.name, self.seed, self.shards)?;
        for (population, name) in self.populations.iter().zip(self.scenario_names.iter()) {
            writeln!(f, "\nscenario \"{name}\"")?;
            if !population.after.is_empty() {
                let parents: Vec<&str> = population.after.iter().map(|index| &*self.scenario_names[*index]).collect();
                writeln!(f, "  after {}", parents.join(", "))?;
            }
            writeln!(f, "  inject {}", population.profile)?;
            population.steps.iter().try_for_each(|step| writeln!(f, "  {step}"))?;
        }
        if let Some(duration) = self.max_duration {
            writeln!(f, "\nat most {}, then {} of grace", precise(duration), precise(self.grace_period))?;
        }
        if !self.assertions.is_empty() {
            writeln!(f, "\nassertions")?;
            self.assertions.iter().try_for_each(|assertion| writeln!(f, "  {assertion}"))?;
        }
        Ok(())
    }
}
