//! Limits of a simulation and its populations beside their profiles: throttles, numbers of users.

use std::time::Duration;

use crate::dsl::{Population, Simulation};
use crate::inject::Profile;

/// What is wrong with the limits of the simulation itself.
pub(super) fn mistakes_of_simulation(simulation: &Simulation) -> Vec<String> {
    let mut found = simulation.throttle.as_ref().map(|throttle| throttle.mistakes()).unwrap_or_default();
    found.extend(no_users(simulation.maximum_users));
    found
}

/// What is wrong with the limits of a population.
pub(super) fn mistakes_of_population(population: &Population) -> Vec<String> {
    let mut found = population.throttle.as_ref().map(|throttle| throttle.mistakes()).unwrap_or_default();
    found.extend(no_users(population.maximum_users));
    if let (Some(most), Profile::Closed(_)) = (population.maximum_users, &population.profile) {
        found.push(format!(
            "maximum_users({most}) is for open profiles, whose arrivals it drops; a closed one says itself how many \
             users there are: leave it out"
        ));
    }
    found
}

fn no_users(most: Option<u64>) -> Option<String> {
    let message = "maximum_users(0) lets no user start; give it a number from 1 on, or leave it out";
    (most == Some(0)).then(|| message.to_owned())
}

/// What is to be said of a profile that can be run, but brings nobody.
pub(super) fn nobody(profile: &Profile) -> Option<String> {
    let most = profile.users().or(profile.most_users()).unwrap_or_default();
    (most == 0).then(|| format!("nobody runs it: the profile {profile} has no users; give it some, or leave it out"))
}

/// What is to be said of a run that may last no time.
pub(super) fn no_time(simulation: &Simulation) -> Option<String> {
    let message =
        "max_duration is 0 s, so the run ends before anybody has done anything; give it more, or leave it out";
    simulation.max_duration.is_some_and(|limit| limit.is_zero()).then(|| message.to_owned())
}

/// How many users of a population there can be at the same time, if nobody ends.
pub(super) fn most_users(population: &Population, simulation: &Simulation) -> Option<u64> {
    let profile = &population.profile;
    let come = profile.users().or(profile.most_users());
    let allowed = [population.maximum_users, simulation.maximum_users.filter(|_| profile.users().is_some())];
    come.into_iter().chain(allowed.into_iter().flatten()).min()
}

/// When the run ends at the latest: the end of the simulation's throttle is one as `max_duration` is.
pub(super) fn longest_run(simulation: &Simulation) -> Option<Duration> {
    let throttled = simulation.throttle.as_ref().map(|throttle| throttle.duration());
    simulation.max_duration.into_iter().chain(throttled).min()
}

impl Simulation {
    /// How many shards can have a user each at the same time, as far as the simulation says.
    pub(crate) fn useful_shards(&self) -> usize {
        let mut least = self.maximum_users;
        let mut waiting: Vec<_> = self.populations.iter().collect();
        while let Some(population) = waiting.pop() {
            least = least.into_iter().chain(population.maximum_users).min();
            waiting.extend(population.next.iter().flatten());
        }
        least.map_or(usize::MAX, |users| usize::try_from(users).unwrap_or(usize::MAX).max(1))
    }
}
