//! Assertions: conditions that a run must meet to pass.
//!
//! An assertion reads like a sentence: a scope ([`global`], [`for_all`], [`details`], [`scenario_details`]), a statistic, a
//! metric and a condition. Each step offers only what makes sense after the previous one, so invalid combinations do not
//! compile. The whole run and scenarios also have statistics of users, such as [`failed_users`](Scope::failed_users).
//! [`check_details`] is about checks with a given name, and [`metric()`] about a
//! [custom metric](crate::metrics#custom-metrics).
//!
//! ```
//! use loadspiker_core::DurationExt;
//! use loadspiker_core::assertion::{details, for_all, global};
//!
//! let assertions = [
//!     global().response_time().percentile(95.0).lt(800.millis()),
//!     global().failed_requests().percent().lte(1),
//!     global().requests_per_sec().gt(100),
//!     for_all().failed_requests().count().is(0),
//!     details("shop / login").response_time().max().between(1.millis(), 2.secs()),
//!     global().status(500..600).count().is(0),
//! ];
//! assert!(assertions.iter().all(|assertion| assertion.mistakes().is_empty()));
//! assert_eq!(assertions[0].to_string(), "global: 95th percentile of response time < 800 ms");
//! ```
//!
//! [`over`](Metric::over) applies the condition to every window of some seconds instead of the whole run. The result is a
//! [`Criterion`]: it can be asserted, and it can end a run.
//!
//! ```
//! use loadspiker_core::DurationExt;
//! use loadspiker_core::assertion::global;
//! use loadspiker_core::dsl::Simulation;
//!
//! let simulation = Simulation::new("shop")
//!     .assert(global().response_time().percentile(95.0).over(10.secs()).lt(500.millis()))
//!     .stop_when(global().requests_per_sec().over(10.secs()).lt(900))
//!     .fail_when(global().failed_requests().percent().over(10.secs()).gt(50));
//! ```
//!
//! A time cannot be compared with a number:
//!
//! ```compile_fail
//! use loadspiker_core::assertion::global;
//!
//! global().response_time().max().lt(800);
//! ```

mod condition;
mod criterion;
mod evaluate;
mod failures;
mod known;
mod look;
mod measured;
mod metric;
mod names;
mod scope;
mod spot;
mod status;
mod unfinished;
mod value;
mod watch;
mod window;

#[cfg(test)]
mod tests;

use std::fmt;

pub use crate::report::AssertionResult;
pub use criterion::{Criterion, Requirement, Windowed};
pub use failures::FailureKinds;
pub use measured::{CheckCount, CheckScope, MetricName, MetricScope, check_details, metric};
pub use metric::Metric;
pub use scope::{
    EventCount, RequestCount, Requests, RequestsAndUsers, ResponseTime, Scope, UserCount, connection_details, details,
    for_all, global, message_details, scenario_details, tagged,
};
use serde::{Deserialize, Serialize};
pub use status::StatusCodes;
pub use unfinished::{IntoCriterion, IntoRequirement, SingleFigure};
pub use value::{Number, Percent, Quantity};

pub(crate) use criterion::{Guard, Purpose};
pub(crate) use known::{KnownNames, NameDoubt};
pub(crate) use watch::{SavedWatches, Watches};

use condition::Condition;
use metric::Measure;
use scope::{MetricPlace, Place, what};

/// A condition that a run must meet. Created by [`global`], [`details`] and similar functions; see the [module](self).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use = "an assertion does nothing until it is passed to a simulation or evaluated"]
pub struct Assertion {
    place: Place,
    claim: Claim,
}

/// What must hold, wherever it is looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Claim {
    Time(Measure, Condition<std::time::Duration>),
    Count(Measure, Condition<u64>),
    Percent(Measure, Condition<Percent>),
    Number(Measure, Condition<Number>),
}

impl Assertion {
    /// The mistakes in the assertion itself, such as percentiles outside of 0 to 100, thresholds that are not numbers, and empty
    /// ranges. Empty if it is valid.
    pub fn mistakes(&self) -> Vec<String> {
        self.problems().into_iter().map(|mistake| format!("assertion \"{self}\": {mistake}")).collect()
    }

    /// Whether it says how many panics there may be in this scenario.
    pub(crate) fn judges_panics_of(&self, scenario: &str) -> bool {
        let is_there = match &self.place {
            Place::Global => true,
            Place::Scenario(name) => name == scenario,
            _ => false,
        };
        is_there && matches!(self.claim.measure(), Measure::Panics)
    }

    /// The same, without saying of which assertion.
    fn problems(&self) -> Vec<String> {
        let mut mistakes = match &self.claim {
            Claim::Time(_, condition) => condition.mistakes(),
            Claim::Count(_, condition) => condition.mistakes(),
            Claim::Percent(_, condition) => condition.mistakes(),
            Claim::Number(_, condition) => condition.mistakes(),
        };
        match self.claim.measure() {
            Measure::Percentile(percent) if !(0.0..=100.0).contains(percent) => {
                mistakes.push(format!("the percentile is {percent}; give one from 0 to 100"));
            }
            Measure::Status(codes) if codes.is_empty() => {
                mistakes.push("no status code is given; name one, such as 404 or 500..600".to_owned());
            }
            Measure::Failures(kinds) if kinds.is_empty() => {
                mistakes.push("no kind of failure is meant; give one, such as FailureKind::Refused".to_owned());
            }
            _ => {}
        }
        let (name, remedy) = match &self.place {
            Place::Details(path) => (Some(("request", path)), "give one, or use global()"),
            Place::Scenario(name) => (Some(("scenario", name)), "give one, or use global()"),
            Place::Check(name) => (Some(("check", name)), "give the one that .name(…) was given"),
            Place::Metric(place) => (Some(("metric", &place.name)), "give one, or the metric itself"),
            Place::Tagged(name, _) => (Some(("tag", name)), "give the one that .tag(…) was given"),
            Place::Event(kind, path) => (Some((what(*kind), path)), "give one"),
            Place::Global | Place::ForAll => (None, ""),
        };
        if let Some((what, name)) = name
            && name.trim().is_empty()
        {
            mistakes.push(format!("the name of the {what} is empty; {remedy}"));
        }
        if let Place::Metric(MetricPlace { kind: Some(kind), .. }) = &self.place {
            mistakes.extend(evaluate::unfit(self.claim.measure(), *kind));
        }
        mistakes
    }
}

impl fmt::Display for Assertion {
    /// `global: 95th percentile of response time < 800 ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.claim)
    }
}

impl Claim {
    fn measure(&self) -> &Measure {
        match self {
            Claim::Time(measure, _)
            | Claim::Count(measure, _)
            | Claim::Percent(measure, _)
            | Claim::Number(measure, _) => measure,
        }
    }

    /// The metric, as a text.
    fn metric(&self) -> String {
        match self {
            Claim::Time(measure, _) => format!("{measure} of response time"),
            Claim::Count(Measure::Recorded, _) => Measure::Recorded.to_string(),
            Claim::Count(measure, _) => format!("count of {measure}"),
            Claim::Percent(measure, _) => format!("percentage of {measure}"),
            Claim::Number(measure, _) => measure.to_string(),
        }
    }

    /// The condition, as a text.
    fn condition(&self) -> String {
        match self {
            Claim::Time(_, condition) => condition.to_string(),
            Claim::Count(_, condition) => condition.to_string(),
            Claim::Percent(_, condition) => condition.to_string(),
            Claim::Number(_, condition) => condition.to_string(),
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.metric(), self.condition())
    }
}
