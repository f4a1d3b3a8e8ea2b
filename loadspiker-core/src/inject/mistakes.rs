//! Validation of injection profiles before the run.

use std::fmt::Display;
use std::time::Duration;

use super::closed::{self, ClosedStep};
use super::curve::whole;
use super::open::{self, OpenStep};
use super::profile::Profile;
use super::shown_duration::ShownDuration;
use super::stairs::MAX_LEVELS;

/// More users than any run starts.
pub(super) const MAX_USERS: u64 = 1_000_000_000_000;
/// More users at the same time than memory holds anywhere.
const MAX_CONCURRENT: u64 = 1_000_000_000;
/// A user a nanosecond, the resolution of the clock.
pub(super) const MAX_RATE: f64 = 1e9;
/// Ten years.
pub(super) const MAX_DURATION: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

impl Profile {
    /// The mistakes in the profile. Each names the step as written, the value and the remedy. Empty if the profile is valid.
    pub fn mistakes(&self) -> Vec<String> {
        let mut found = Vec::new();
        match self {
            Profile::Open(steps) => steps.iter().for_each(|step| open_step(&mut Step::new(step, &mut found), step)),
            Profile::Closed(steps) => steps.iter().for_each(|step| closed_step(&mut Step::new(step, &mut found), step)),
        }
        if matches!(self, Profile::Open(steps) if steps.is_empty())
            || matches!(self, Profile::Closed(steps) if steps.is_empty())
        {
            found.push("the injection profile has no steps; give at least one, such as at_once_users(1)".to_owned());
        }
        if found.is_empty() {
            self.check_totals(&mut found);
        }
        found
    }

    fn check_totals(&self, found: &mut Vec<String>) {
        if let Some(users) = self.users().filter(|users| *users > MAX_USERS) {
            found.push(format!(
                "the injection profile starts {users} users, more than {MAX_USERS}; lower the rates or shorten the \
                 steps of {self}"
            ));
        }
        if self.duration() > MAX_DURATION {
            found.push(format!("the injection profile lasts longer than ten years; shorten the steps of {self}"));
        }
    }
}

/// Where mistakes of one step are told.
struct Step<'a> {
    step: &'a dyn Display,
    found: &'a mut Vec<String>,
}

impl<'a> Step<'a> {
    fn new(step: &'a dyn Display, found: &'a mut Vec<String>) -> Self {
        Step { step, found }
    }

    fn mistake(&mut self, message: impl Display) {
        self.found.push(format!("{}: {message}", self.step));
    }

    fn rate(&mut self, what: &str, rate: f64) {
        if !rate.is_finite() || rate < 0.0 {
            self.mistake(format_args!("{what} is {rate} users a second; give a number from 0 on"));
        } else if rate > MAX_RATE {
            self.mistake(format_args!("{what} is {rate} users a second; no more than {MAX_RATE} can be told apart"));
        }
    }

    fn users(&mut self, users: u64, most: u64) {
        if users > most {
            self.mistake(format_args!("{users} users are more than {most}; give a smaller number"));
        }
    }

    fn lasts(&mut self, duration: Duration) {
        if duration > MAX_DURATION {
            self.mistake("it lasts longer than ten years; give a shorter duration");
        }
    }

    /// A step that cannot do in no time what it is for.
    fn takes_time(&mut self, duration: Duration, what: impl Display) {
        self.lasts(duration);
        if duration.is_zero() {
            self.mistake(format_args!("{what}in zero time; give a duration above 0"));
        }
    }

    /// Increments and starts are checked by the caller.
    fn stairs(&mut self, levels: u32, lasting: Duration, ramps: Option<Duration>, from_zero: bool) {
        if levels == 0 {
            self.mistake("it has no levels; give .times(…) a number from 1 on");
        } else if levels > MAX_LEVELS {
            self.mistake(format_args!("{levels} levels are more than {MAX_LEVELS}; give .times(…) a smaller number"));
        }
        self.takes_time(lasting, "a level cannot be held");
        let ramps = ramps.unwrap_or_default();
        self.lasts(ramps);
        if levels == 1 && from_zero && ramps.is_zero() {
            self.mistake(
                "its only level is empty; give it a .starting_from(…), .separated_by_ramps_lasting(…), or more levels",
            );
        }
    }

    /// Options of staircases on another step.
    fn no_stairs(&mut self, ramps: Option<Duration>, start: Option<&dyn Display>, stairs: &str) {
        if let Some(ramps) = ramps {
            let ramps = ShownDuration(ramps);
            self.mistake(format_args!(
                "it has no levels to be separated; leave out .separated_by_ramps_lasting({ramps}) or use {stairs}(…)"
            ));
        }
        if let Some(start) = start {
            self.mistake(format_args!("it has no levels; leave out .starting_from({start}) or use {stairs}(…)"));
        }
    }
}

fn open_step(found: &mut Step<'_>, step: &OpenStep) {
    use open::Shape;
    match step.shape {
        Shape::NothingFor(during) => found.lasts(during),
        Shape::AtOnce(users) => found.users(users, MAX_USERS),
        Shape::Ramp { users, during } | Shape::Peak { users, during } => {
            found.users(users, MAX_USERS);
            found.lasts(during);
        }
        Shape::Constant { rate, during } => {
            found.rate("the rate", rate);
            if rate > 0.0 {
                found.takes_time(during, format_args!("{rate} users a second cannot arrive"));
            }
        }
        Shape::RampRate { from, to, during } => {
            found.rate("the first rate", from);
            found.rate("the second rate", to);
            if from > 0.0 || to > 0.0 {
                found.takes_time(during, format_args!("from {from} to {to} users a second cannot be ramped"));
            }
        }
        Shape::Stairs { increment, levels, lasting } => {
            let start = step.start.unwrap_or(0.0);
            found.rate("the increment", increment);
            found.rate("the start", start);
            let top = start + increment * f64::from(levels);
            if increment <= MAX_RATE && start <= MAX_RATE && top > MAX_RATE {
                found.rate("the highest level", top);
            }
            found.stairs(levels, lasting, step.ramps, start == 0.0);
        }
    }
    if step.randomized && !matches!(step.shape, Shape::Constant { .. } | Shape::RampRate { .. }) {
        found.mistake(
            "it cannot be randomized; leave out .randomized(), or use constant_users_per_sec(…) or \
             ramp_users_per_sec(…)",
        );
    }
    if !matches!(step.shape, Shape::Stairs { .. }) {
        let start = step.start.as_ref().map(|start| start as &dyn Display);
        found.no_stairs(step.ramps, start, "increment_users_per_sec");
    }
}

fn closed_step(found: &mut Step<'_>, step: &ClosedStep) {
    use closed::Shape;
    match step.shape {
        Shape::Constant { users, during } => {
            found.users(users, MAX_CONCURRENT);
            found.takes_time(during, format_args!("{users} users cannot be kept"));
        }
        Shape::Ramp { from, to, during } => {
            found.users(from.max(to), MAX_CONCURRENT);
            found.takes_time(during, format_args!("from {from} to {to} users cannot be ramped"));
        }
        Shape::Stairs { increment, levels, lasting } => {
            let start = step.start.unwrap_or(0);
            found.users(start.saturating_add(whole(increment * f64::from(levels))), MAX_CONCURRENT);
            found.stairs(levels, lasting, step.ramps, start == 0);
        }
    }
    if !matches!(step.shape, Shape::Stairs { .. }) {
        let start = step.start.as_ref().map(|start| start as &dyn Display);
        found.no_stairs(step.ramps, start, "increment_concurrent_users");
    }
}
