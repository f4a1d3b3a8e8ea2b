//! Which populations follow which: the names given to `start_after` become indices, and circles are found.

use std::sync::Arc;
use std::time::Duration;

use crate::compile::plan::CompiledPopulation;
use crate::dsl::Population;
use crate::error::Mistake;
use crate::format::precise;
use crate::inject::Throttle;

/// A population that must be done before another one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Predecessor {
    pub(crate) population: usize,
    /// How long after its end the other one starts.
    pub(crate) delay: Duration,
}

/// Longer than any run.
const MAX_DELAY: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Adds to each population those it starts after. `written` are the populations as the user wrote them, in the order in
/// which they were compiled: each before those that follow it.
pub(crate) fn resolve(
    written: &[Population],
    compiled: &mut [CompiledPopulation],
    names: &[Arc<str>],
    mistakes: &mut Vec<Mistake>,
) {
    let written = in_order(written);
    for (index, population) in written.iter().enumerate() {
        for awaited in &population.start_after {
            let mut mistake = |message: String| {
                mistakes.push(Mistake {
                    scenario: population.scenario.name.clone(),
                    step: format!("start_after \"{}\"", awaited.scenario),
                    place: Some(awaited.place),
                    message,
                });
            };
            if awaited.delay > MAX_DELAY {
                mistake(format!("{} is longer than ten years; give a shorter delay", precise(awaited.delay)));
            }
            match names.iter().position(|name| **name == *awaited.scenario) {
                None => mistake(format!("there is no such scenario (there are: {})", list(names, index))),
                Some(found) if found == index => {
                    mistake("it cannot start after itself; name another scenario".to_owned());
                }
                Some(found) => compiled[index].after.push(Predecessor { population: found, delay: awaited.delay }),
            }
        }
    }
    let mut free = vec![false; compiled.len()];
    while let Some(circle) = next_circle(compiled, &mut free) {
        let first = circle[0];
        let others = circle[1..].iter().map(|index| format!("\"{}\"", names[*index]));
        let others: Vec<_> = others.collect();
        mistakes.push(Mistake {
            scenario: names[first].to_string(),
            step: String::new(),
            place: Some(written[first].place),
            message: format!(
                "it starts after {}, which starts after \"{}\": none of them would ever start; take out one of these \
                 dependencies",
                others.join(", which starts after "),
                names[first]
            ),
        });
        circle.into_iter().for_each(|index| free[index] = true);
    }
}

/// All populations, each before those that follow it.
fn in_order(written: &[Population]) -> Vec<&Population> {
    let mut waiting: Vec<_> = written.iter().rev().collect();
    let mut all = Vec::new();
    while let Some(population) = waiting.pop() {
        all.push(population);
        waiting.extend(population.next.iter().flatten().rev());
    }
    all
}

/// The names of all scenarios but the one at `index`.
fn list(names: &[Arc<str>], index: usize) -> String {
    let others = names.iter().enumerate().filter(|(other, _)| *other != index);
    let others: Vec<_> = others.map(|(_, name)| format!("\"{name}\"")).collect();
    if others.is_empty() { "no other".to_owned() } else { others.join(", ") }
}

/// A circle of populations each of which waits for the next. `free` are those that are known to start.
fn next_circle(populations: &[CompiledPopulation], free: &mut [bool]) -> Option<Vec<usize>> {
    loop {
        let freed = (0..populations.len())
            .filter(|index| !free[*index] && populations[*index].after.iter().all(|before| free[before.population]));
        let freed: Vec<usize> = freed.collect();
        if freed.is_empty() {
            break;
        }
        freed.into_iter().for_each(|index| free[index] = true);
    }
    // Whoever is left waits for somebody who is left, too: following them leads into a circle.
    let mut path = vec![free.iter().position(|free| !free)?];
    loop {
        let last = *path.last()?;
        let next = populations[last].after.iter().find(|before| !free[before.population])?.population;
        if let Some(begin) = path.iter().position(|index| *index == next) {
            // It begins with the one that was written first.
            let mut circle = path.split_off(begin);
            let first = circle.iter().enumerate().min_by_key(|(_, index)| **index).map_or(0, |(at, _)| at);
            circle.rotate_left(first);
            return Some(circle);
        }
        path.push(next);
    }
}

/// When each population's profile ends, if users take no time: those it follows come before.
pub(crate) fn ends(populations: &[CompiledPopulation]) -> Vec<Duration> {
    let mut ends: Vec<Option<Duration>> = vec![None; populations.len()];
    // One pass for each population that follows another; there are no circles.
    while ends.contains(&None) {
        let known = ends.clone();
        for (end, population) in ends.iter_mut().zip(populations) {
            let begins =
                population.after.iter().map(|before| Some(known[before.population]?.saturating_add(before.delay)));
            let begins: Option<Vec<Duration>> = begins.collect();
            if let Some(begins) = begins {
                let begin = begins.into_iter().max().unwrap_or_default();
                let throttled = population.throttle.as_ref().map_or(Duration::MAX, Throttle::duration);
                *end = Some(begin.saturating_add(population.profile.duration().min(throttled)));
            }
        }
        if ends == known {
            break;
        }
    }
    ends.into_iter().map(Option::unwrap_or_default).collect()
}
