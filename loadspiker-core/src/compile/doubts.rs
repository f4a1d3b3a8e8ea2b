//! Loads that can hardly be meant: more users than a machine starts or holds.

use crate::compile::Plan;
use crate::format::count;
use crate::inject::Profile;

/// More users a second than one shard starts.
const RATE: f64 = 1_000_000.0;

/// More users at the same time than memory usually holds: some 400 bytes each, before they do anything.
const CROWD: u64 = 100_000_000;

impl Plan {
    /// What is doubtful about the load: steps of injection profiles that bring more users than can be started or held. They
    /// are no mistakes, but hardly meant. Each names the scenario, the step, the value and the remedy.
    pub fn doubtful_load(&self) -> Vec<String> {
        let populations = self.populations.iter().zip(self.scenario_names.iter());
        let doubts = populations.flat_map(|(population, scenario)| {
            let doubts = doubts(&population.profile, self.shards);
            doubts.into_iter().map(move |doubt| format!("scenario \"{scenario}\", {doubt}"))
        });
        doubts.collect()
    }
}

fn doubts(profile: &Profile, shards: usize) -> Vec<String> {
    let shards_f64 = u32::try_from(shards).map_or(f64::from(u32::MAX), f64::from);
    let mut found = Vec::new();
    for step in profile.alone() {
        let written = step.written().join(", ");
        let users = step.users().unwrap_or_else(|| step.most_users().unwrap_or_default());
        let secs = step.duration().as_secs_f64();
        let rate = approximate(users) / secs;
        if step.users().is_some() && secs > 0.0 && rate > RATE * shards_f64 {
            found.push(format!(
                "{written}: {} users a second are more than {} can start; lower the number of users, or make the step longer",
                count(exact(rate)),
                if shards == 1 { "one shard".to_owned() } else { format!("{shards} shards") },
            ));
        } else if users > CROWD && (step.users().is_none() || secs <= 0.0) {
            found.push(format!(
                "{written}: {} users at the same time need {} GB of memory before they do anything; lower the number of users",
                count(users),
                count(users / 2_500_000),
            ));
        }
    }
    found
}

#[expect(clippy::cast_precision_loss, reason = "compared with a round number")]
fn approximate(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate that is shown; saturating is wanted"
)]
fn exact(rate: f64) -> u64 {
    rate.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DurationExt;
    use crate::dsl::{Simulation, Steps, dummy, scenario};
    use crate::engine::RunOptions;
    use crate::inject::*;

    #[test]
    fn more_users_than_can_be_started_or_held_are_questioned() {
        let of = |profile: Profile| doubts(&profile, 2).join("\n");
        let ramp = of(Profile::from_steps([at_once_users(1000), ramp_users(1_000_000_000).during(10.secs())]));
        assert!(ramp.starts_with("ramp_users(1000000000).during(10.secs()): 100,000,000 users a second"), "{ramp}");
        assert!(ramp.contains("more than 2 shards can start"), "{ramp}");
        assert!(of(Profile::from_steps([at_once_users(1_000_000_000)])).contains("need 400 GB of memory"));
        let closed = Profile::from_steps([constant_concurrent_users(500_000_000).during(10.secs())]);
        assert!(of(closed).contains("500,000,000 users at the same time"));
        for sane in [
            Profile::from_steps([at_once_users(1_000_000), constant_users_per_sec(100_000).during(1.hours())]),
            Profile::from_steps([constant_concurrent_users(10_000_000).during(1.hours())]),
        ] {
            assert_eq!(of(sane), "");
        }
    }

    #[test]
    fn a_plan_shows_what_is_doubtful_about_its_load() {
        let visit = scenario("Visit").exec(dummy("d", 1)).inject([ramp_users(10).during(10.secs())]);
        let options = RunOptions { users_factor: Some(1e9), ..RunOptions::default() };
        let plan = Simulation::new("x").with(visit).plan(&options).unwrap().to_string();
        assert!(plan.contains("\ndoubtful load\n  scenario \"Visit\", ramp_users(10000000000)"), "{plan}");
    }
}
