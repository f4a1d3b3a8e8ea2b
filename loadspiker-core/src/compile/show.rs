//! What a [`Plan`] looks like to people: what will be run, before it is.

use std::fmt;
use std::time::Duration;

use crate::assertion::Purpose;
use crate::compile::plan::{CompiledPopulation, Plan};
use crate::compile::sequence::Predecessor;
use crate::dsl::PauseType;
use crate::format::printable;
use crate::format::{count, precise};
use crate::inject::Profile;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "simulation \"{}\" (seed {}, shards {})", self.name, self.seed, self.shards)?;
        self.hook(f, "before", self.before.as_deref())?;
        for (population, name) in self.populations.iter().zip(self.scenario_names.iter()) {
            writeln!(f, "\nscenario \"{}\"", printable(name))?;
            self.population(f, population)?;
        }
        self.hook(f, "after", self.after.as_deref())?;
        self.limits(f)?;
        section(f, "doubtful load", self.doubtful_load())?;
        let criteria = |purpose| {
            let guards = self.guards.iter().filter(move |guard| guard.purpose == purpose);
            guards.map(|guard| guard.criterion.to_string())
        };
        section(f, "stop when", criteria(Purpose::Stop))?;
        section(f, "fail when", criteria(Purpose::Fail))?;
        let assertions = self.assertions.iter().map(ToString::to_string);
        section(f, "assertions", assertions.chain(criteria(Purpose::Assert)))?;
        section(f, "warnings", &self.warnings)
    }
}

impl Plan {
    fn hook(&self, f: &mut fmt::Formatter<'_>, name: &str, hook: Option<&Plan>) -> fmt::Result {
        let Some(hook) = hook else { return Ok(()) };
        let limit = hook.max_duration.map(|limit| format!(", at most {}", precise(limit))).unwrap_or_default();
        section(f, &format!("{name}{limit}"), hook.populations.iter().flat_map(|population| &population.steps))
    }

    fn population(&self, f: &mut fmt::Formatter<'_>, population: &CompiledPopulation) -> fmt::Result {
        let (at_once, later): (Vec<_>, Vec<_>) = population.after.iter().partition(|after| after.delay.is_zero());
        let name = |after: &Predecessor| &*self.scenario_names[after.population];
        if !at_once.is_empty() {
            writeln!(f, "  after {}", at_once.iter().map(name).collect::<Vec<_>>().join(", "))?;
        }
        later.iter().try_for_each(|after| writeln!(f, "  {} after {}", precise(after.delay), name(after)))?;
        written(f, "  ", "inject", &population.profile.written())?;
        writeln!(f, "  users: {}", users(&population.profile))?;
        if let Some(most) = population.maximum_users {
            writeln!(f, "  maximum_users {most}")?;
        }
        if let Some(throttle) = &population.throttle {
            written(f, "  ", "throttle", &throttle.written())?;
        }
        if population.program.pauses != PauseType::Constant {
            writeln!(f, "  pauses {:?}", population.program.pauses)?;
        }
        population.protocols.iter().try_for_each(|protocol| writeln!(f, "  protocol {protocol}"))?;
        writeln!(f, "  steps")?;
        population.steps.iter().try_for_each(|step| writeln!(f, "    {}", printable(step)))
    }

    fn limits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(most) = self.maximum_users {
            writeln!(f, "\nmaximum_users {most}")?;
        }
        if let Some(throttle) = &self.throttle {
            writeln!(f)?;
            written(f, "", "throttle", &throttle.written())?;
        }
        if let Some(duration) = self.max_duration {
            writeln!(f, "\nat most {}, then {} of grace", precise(duration), precise(self.grace_period))?;
        }
        if let Some(warm_up) = self.warm_up {
            writeln!(f, "\nwarm-up: the first {} are left out of the figures", precise(warm_up))?;
        }
        Ok(())
    }
}

/// A heading and what stands under it; nothing if that is nothing.
fn section(
    f: &mut fmt::Formatter<'_>,
    heading: &str,
    lines: impl IntoIterator<Item = impl fmt::Display>,
) -> fmt::Result {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        writeln!(f, "\n{heading}")?;
    }
    lines.try_for_each(|line| writeln!(f, "  {line}"))
}

/// What was given as a list of steps: one behind its name, several each on a line of its own.
fn written(f: &mut fmt::Formatter<'_>, indent: &str, name: &str, steps: &[String]) -> fmt::Result {
    if let [step] = steps {
        return writeln!(f, "{indent}{name} {step}");
    }
    writeln!(f, "{indent}{name}")?;
    steps.iter().try_for_each(|step| writeln!(f, "{indent}  {step}"))
}

/// How many users a profile brings, and how long.
fn users(profile: &Profile) -> String {
    let duration = profile.duration();
    match (profile.users(), profile.most_users().unwrap_or_default()) {
        (Some(users), _) if duration == Duration::ZERO => format!("{}, all at once", count(users)),
        (Some(users), _) => format!("{} within {}", count(users), precise(duration)),
        (None, most) => format!("at most {} at a time, for {}", count(most), precise(duration)),
    }
}
