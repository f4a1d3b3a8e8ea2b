//! [`Criterion`]: a condition on every window of a run.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::{Assertion, Claim};
use crate::format::precise;

/// The longest window. Every second of it is kept in memory.
const LONGEST: Duration = Duration::from_secs(3600);

/// A metric over sliding windows, waiting for a condition. Created by [`Metric::over`].
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a metric alone does nothing; add a condition such as `.lt(…)`"]
pub struct Windowed<Q> {
    pub(super) metric: Metric<Q>,
    pub(super) window: Duration,
}

/// A condition on a metric over sliding windows, such as
/// `global().failed_requests().percent().over(10.secs()).gt(50)`.
///
/// With [`Simulation::assert`](crate::dsl::Simulation::assert), it must hold in every window. With
/// [`stop_when`](crate::dsl::Simulation::stop_when) and [`fail_when`](crate::dsl::Simulation::fail_when), it ends the run in
/// the first window in which it holds.
///
/// # Windows
///
/// - Windows slide. A window of 10 s ends with each second of the run, once all shards have reported that second. The first
///   window ends when 10 s have passed since the start of the run, or since the end of its
///   [warm-up](crate::dsl::Simulation::warm_up).
/// - A window without requests has no times and percentages, and is skipped for those. Counts and rates are 0. A rate is the
///   number of requests that ended in the window, divided by its length.
/// - No window contains the last, incomplete second of a run, or anything after the run was told to end (`max_duration`, a
///   stop, Ctrl-C), since rates drop while users leave. They also drop at the end of a profile, so set a `max_duration` if
///   a criterion requires a minimum rate.
/// - [`for_all`](super::for_all) looks at each request separately, from the first second in which it occurs. As an
///   assertion, the condition must hold for each request; `stop_when` and `fail_when` end the run as soon as it holds for
///   any of them.
///
/// Memory: counts for each second of the window and, if the criterion is about times, each distinct time with its count.
/// Criteria add no cost to requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use = "a criterion does nothing until it is passed to a simulation"]
pub struct Criterion {
    pub(super) assertion: Assertion,
    pub(super) window: Duration,
}

impl Criterion {
    /// The length of each window.
    pub fn window(&self) -> Duration {
        self.window
    }

    /// The mistakes in the criterion itself: a window that is not whole seconds, and the
    /// [mistakes](Assertion::mistakes) of an assertion. Empty if it is valid.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.assertion.problems();
        let window = precise(self.window);
        if self.window.is_zero() || self.window.subsec_nanos() > 0 {
            mistakes.push(format!("the window is {window}; give one of whole seconds, at least 1 s"));
        } else if self.window > LONGEST {
            mistakes.push(format!("the window is {window}; give one of at most {}", precise(LONGEST)));
        }
        mistakes.into_iter().map(|mistake| format!("criterion \"{self}\": {mistake}")).collect()
    }

    pub(super) fn claim(&self) -> &Claim {
        &self.assertion.claim
    }

    /// As it reads of one place, such as a request of many.
    pub(super) fn at(&self, place: &str) -> String {
        let claim = self.claim();
        format!("{place}: {} over {} {}", claim.metric(), precise(self.window), claim.condition())
    }
}

impl fmt::Display for Criterion {
    /// `global: percentage of failed requests over 10 s > 50 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.at(&self.assertion.place.to_string()))
    }
}

/// The argument of [`Simulation::assert`](crate::dsl::Simulation::assert): a condition on the whole run, or on every window
/// of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Requirement {
    /// On the whole run.
    WholeRun(Assertion),
    /// On every window.
    EveryWindow(Criterion),
}

impl From<Assertion> for Requirement {
    fn from(assertion: Assertion) -> Self {
        Requirement::WholeRun(assertion)
    }
}

impl From<Criterion> for Requirement {
    fn from(criterion: Criterion) -> Self {
        Requirement::EveryWindow(criterion)
    }
}

/// What a criterion is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// It must hold in every window.
    Assert,
    /// The run ends when it holds.
    Stop,
    /// The run ends and has failed when it holds.
    Fail,
}

/// A criterion of a simulation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Guard {
    pub(crate) purpose: Purpose,
    pub(crate) criterion: Criterion,
}
