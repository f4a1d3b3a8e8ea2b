//! [`Criterion`]: what is said of every window of a run, and what follows from it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::{Assertion, Claim};
use crate::format::precise;

/// The longest window: each second of it is kept.
const LONGEST: Duration = Duration::from_secs(3600);

/// A figure of each window of some seconds, that a condition is to be put to. Made by [`Metric::over`].
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a metric alone says nothing; go on with a condition such as `.lt(…)`"]
pub struct Windowed<Q> {
    pub(super) metric: Metric<Q>,
    pub(super) window: Duration,
}

/// A condition on a figure of windows, such as `global().failed_requests().percent().over(10.secs()).gt(50)`.
///
/// Given to [`Simulation::assert`](crate::dsl::Simulation::assert) it must hold in every window; with
/// [`stop_when`](crate::dsl::Simulation::stop_when) and [`fail_when`](crate::dsl::Simulation::fail_when) it ends the
/// run in the first window in which it holds.
///
/// # Windows
///
/// - Windows slide: one of 10 s ends with each second of the run, when all shards have told of that second. The first
///   ends when so much time has passed since the beginning of the run, or since the end of its
///   [warm-up](crate::dsl::Simulation::warm_up).
/// - A window without requests says nothing of times and percentages and is left out; counts and rates are 0 in it. A
///   rate is the number of requests that ended in the window, by its length.
/// - The last second of a run, which is not a whole one, is in no window, nor is anything after the run was told to
///   end (`max_duration`, a stop, Ctrl-C): when users leave, rates fall. Where a profile merely comes to its end, they
///   fall too; give a `max_duration` if a criterion asks for a least rate.
/// - [`for_all`](super::for_all) looks at each request by itself, from the first second in which it occurs: asserted, it
///   must hold for each; a run ends as soon as it holds for any of them.
///
/// What a criterion looks at is kept per second of its window, and of times each different one with its number. Nothing
/// is done for it while a request runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use = "a criterion does nothing until it is given to a simulation"]
pub struct Criterion {
    pub(super) assertion: Assertion,
    pub(super) window: Duration,
}

impl Criterion {
    /// How long each window is.
    pub fn window(&self) -> Duration {
        self.window
    }

    /// What is wrong with the criterion itself, whatever the run: a window that is not of whole seconds, and what is wrong
    /// with [assertions](Assertion::mistakes). Empty if nothing is.
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

/// What [`Simulation::assert`](crate::dsl::Simulation::assert) takes: something that must hold of the whole run, or of
/// every window of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Requirement {
    /// Of the whole run.
    WholeRun(Assertion),
    /// Of every window.
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
