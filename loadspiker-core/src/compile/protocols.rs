//! Mistakes in which protocols a simulation is given.

use std::sync::Arc;

use crate::dsl::{Population, Simulation};
use crate::protocol::Protocol;

/// Configurations that take each other's place.
pub(super) fn doubled(simulation: &Simulation) -> Vec<String> {
    let mut mistakes = same(&simulation.protocols, "the simulation");
    let mut waiting: Vec<&Population> = simulation.populations.iter().collect();
    while let Some(population) = waiting.pop() {
        mistakes.extend(same(&population.protocols, &format!("the population of \"{}\"", population.scenario.name)));
        waiting.extend(population.next.iter().flatten());
    }
    mistakes
}

fn same(protocols: &[Arc<dyn Protocol>], whose: &str) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (index, protocol) in protocols.iter().enumerate() {
        let is_same = |other: &&Arc<dyn Protocol>| {
            (***other).type_id() == (**protocol).type_id() && other.key() == protocol.key()
        };
        // Each pair once; three of a kind are told twice.
        if protocols[..index].iter().any(|other| is_same(&other)) {
            let (name, key) = (protocol.name(), protocol.key());
            let which = if key.is_empty() { "without a name".to_owned() } else { format!("named \"{key}\"") };
            mistakes.push(format!(
                "{whose} has two {name} protocols {which}; tell them apart with .named(\"…\"), or leave one out"
            ));
        }
    }
    mistakes
}

/// Protocols that do not work on the simulated clock.
pub(super) fn unsimulated<'a>(
    simulation: &Simulation,
    bound: impl IntoIterator<Item = &'a Arc<dyn Protocol>>,
) -> Vec<String> {
    let bound = bound.into_iter().filter(|protocol| simulation.simulated_clock && protocol.needs_real_time());
    let told = bound.map(|protocol| {
        let name = protocol.name();
        format!("{name} waits for what is outside of the process, which needs real time; leave out simulated_clock()")
    });
    told.collect()
}
