//! [`RunInfo`]: what run a report is about.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::metrics::TimeStatistics;
use crate::numbers::seconds;

/// What run a report is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunInfo {
    /// The name of the simulation.
    pub simulation: String,
    /// The version of LoadSpiker that ran it.
    pub version: String,
    /// The seed of its random numbers.
    pub seed: u64,
    /// How many shards (threads, each on a core of its own) ran it.
    pub shards: usize,
    /// When it began, in milliseconds since the beginning of 1970 (UTC).
    pub started_at_ms: u64,
    /// How long it took, from its beginning to the end of the last user.
    #[serde(rename = "duration_secs", with = "seconds")]
    pub duration: Duration,
    /// How much of its beginning is left out of the figures, if any.
    #[serde(rename = "warm_up_secs", with = "optional_seconds")]
    pub warm_up: Option<Duration>,
    /// For how much of that it was paused; see [`RunHandle::pause`](crate::engine::RunHandle::pause).
    #[serde(rename = "paused_secs", with = "seconds")]
    pub paused: Duration,
    /// How long users were meant to start; see [`Plan::injection`](crate::compile::Plan::injection).
    #[serde(rename = "planned_secs", with = "optional_seconds")]
    pub planned: Option<Duration>,
    /// Why it ended.
    pub end: EndReason,
    /// How often, over all shards, and for how long a shard stood still while something was due: the process was
    /// stopped, the machine slept, code of the user's blocked. Times of up to a second are not counted.
    /// [`SeriesPoint::stalled`](crate::metrics::SeriesPoint::stalled) marks the seconds in which it did.
    #[serde(skip_serializing_if = "TimeStatistics::is_empty")]
    pub stalls: TimeStatistics,
    /// Processor time that the load generator used, if it is known. On the simulated clock it is not.
    #[serde(rename = "cpu_secs", with = "optional_seconds")]
    pub cpu: Option<Duration>,
    /// Why what is done [after](crate::dsl::Simulation::after) the run failed, if it did. Such a run has not passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_error: Option<String>,
}

impl RunInfo {
    /// About a simulation of this name run by this version of LoadSpiker; all else is to be filled in.
    pub fn new(simulation: impl Into<String>) -> Self {
        RunInfo { simulation: simulation.into(), version: env!("CARGO_PKG_VERSION").to_owned(), ..RunInfo::default() }
    }

    /// How long the part of it took that the figures are about: the duration without the warm-up.
    pub fn measured(&self) -> Duration {
        self.duration.saturating_sub(self.warm_up.unwrap_or_default())
    }

    /// The share of its cores that the load generator used, from 0 to 1 (a little above is possible: a process has
    /// more threads than its shards). `None` if it is not known.
    pub fn cpu_share(&self) -> Option<f64> {
        let cores = u32::try_from(self.shards).ok().filter(|shards| *shards > 0)?;
        let available = self.duration.as_secs_f64() * f64::from(cores);
        (available > 0.0).then_some(self.cpu?.as_secs_f64() / available)
    }
}

/// Why a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "why", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// All users came to their end.
    #[default]
    Completed,
    /// The maximum duration was over, or the throttle of the simulation.
    MaxDuration,
    /// A step of the simulation or a criterion stopped it, or somebody with a [`RunHandle`](crate::engine::RunHandle);
    /// the reason they gave.
    Stopped(String),
    /// The user stopped it: Ctrl-C or a signal to terminate.
    Interrupted,
    /// It had to be given up; why. Such a run has not passed.
    Aborted(String),
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndReason::Completed => f.write_str("completed"),
            EndReason::MaxDuration => f.write_str("stopped at its maximum duration"),
            EndReason::Stopped(why) => write!(f, "stopped: {why}"),
            EndReason::Interrupted => f.write_str("interrupted by the user"),
            EndReason::Aborted(why) => write!(f, "aborted: {why}"),
        }
    }
}

mod optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_some(&time.as_secs_f64()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        seconds.map(Duration::try_from_secs_f64).transpose().map_err(de::Error::custom)
    }
}
