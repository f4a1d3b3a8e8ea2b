//! [`RunInfo`]: what run a report is about.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::load::{HostLoad, StuckStep};
use super::planned::PlannedLoad;
#[cfg(doc)]
use super::run_report::RunReport;
use crate::metrics::SampleLogInfo;
use crate::metrics::{Holds, RunEvent, TimeStatistics};
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
    /// The name of the machine that ran it; empty if that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// The command line by which it was started, the program first and secrets masked; empty if it is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
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
    /// The injection profiles of its scenarios.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load: Vec<PlannedLoad>,
    /// Why it ended.
    pub end: EndReason,
    /// How often, over all shards, and for how long a shard stood still while something was due: the process was
    /// stopped, the machine slept, code of the user's blocked. Times of up to a second are not counted.
    /// [`SeriesPoint::stalled`](crate::metrics::SeriesPoint::stalled) marks the seconds in which it did.
    #[serde(skip_serializing_if = "TimeStatistics::is_empty")]
    pub stalls: TimeStatistics,
    /// By step, how often and for how long its code held up a shard; see [`Holds`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub holds: BTreeMap<Arc<str>, Holds>,
    /// Turns that held up a shard for more than a second, up to 20 of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stuck: Vec<StuckStep>,
    /// How many cores the process may use; 0 if it is not known.
    pub cores: usize,
    /// What the machine did to the load generator, if the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_load: Option<HostLoad>,
    /// Processor time that the load generator used, if it is known. On the simulated clock it is not.
    #[serde(rename = "cpu_secs", with = "optional_seconds")]
    pub cpu: Option<Duration>,
    /// What was said of the plan before the run; see [`Plan::warnings`](crate::compile::Plan::warnings).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plan_warnings: Vec<String>,
    /// Over what time that was measured: the run, and what is to be done when it has ended.
    #[serde(rename = "cpu_over_secs", with = "optional_seconds", skip_serializing_if = "Option::is_none")]
    pub cpu_over: Option<Duration>,
    /// Why what is done [after](crate::dsl::Simulation::after) the run failed, if it did. Such a run has not passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_error: Option<String>,
    /// Whether assertions say how many panics of the user's code there may be, of each scenario in which there were any. If
    /// not, panics fail the run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub panics_asserted: bool,
    /// What happened to the run, in the order of time; at most 1000 events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<RunEvent>,
    /// What became of its sample log, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_log: Option<SampleLogInfo>,
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

    /// The time by which rates are counted, such as requests per second: that for which users were [planned](Self::planned)
    /// to start, and longer if the last of them took longer; without the warm-up.
    ///
    /// The last user of 10 a second for 5 s starts at 4.9 s. If it is done at once, the run is over before its profile
    /// is, and it is 50 requests in 5 s all the same. A run that ended before its time (stopped, interrupted, aborted) counts
    /// for as long as it lasted, and so does one whose profile has no duration, such as `at_once_users`.
    pub fn rate_window(&self) -> Duration {
        match self.warm_up {
            // What was left to measure is nothing, planned or not.
            Some(_) if self.measured().is_zero() => Duration::ZERO,
            warm_up => self.whole_window().saturating_sub(warm_up.unwrap_or_default()),
        }
    }

    /// The same with the warm-up.
    pub(super) fn whole_window(&self) -> Duration {
        match (&self.end, self.planned) {
            // A pause puts off what is planned.
            (EndReason::Completed | EndReason::MaxDuration, Some(planned)) => {
                self.duration.max(planned.saturating_add(self.paused))
            }
            _ => self.duration,
        }
    }

    /// The share of its cores that the load generator used, from 0 to 1 (a little above is possible: a process has
    /// more threads than its shards). `None` if it is not known, or the run was shorter than a tenth of a second: then it is
    /// mostly what it takes to begin and to end.
    pub fn cpu_share(&self) -> Option<f64> {
        let over = self.cpu_over.unwrap_or(self.duration);
        let available = over.as_secs_f64() * f64::from(u32::try_from(self.used_cores()).ok()?);
        (over >= Duration::from_millis(100) && available > 0.0).then_some(self.cpu?.as_secs_f64() / available)
    }

    /// How many cores its shards had.
    pub(super) fn used_cores(&self) -> usize {
        if self.cores > 0 { self.shards.min(self.cores) } else { self.shards }
    }

    /// Which part (0 to 1) of the time of its shards steps held up.
    pub(super) fn held_share(&self) -> f64 {
        let shards = u32::try_from(self.shards).unwrap_or(u32::MAX);
        let available = self.cpu_over.unwrap_or(self.duration).as_secs_f64() * f64::from(shards);
        let held: Duration = self.holds.values().map(Holds::total).sum();
        if available > 0.0 { held.as_secs_f64() / available } else { 0.0 }
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
    /// The process died before the run was over: the report was made from its [journal](RunReport::from_journal). Such
    /// a run has not passed.
    Unfinished,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndReason::Completed => f.write_str("completed"),
            EndReason::MaxDuration => f.write_str("stopped at its maximum duration"),
            EndReason::Stopped(why) => write!(f, "stopped: {why}"),
            EndReason::Interrupted => f.write_str("interrupted by the user"),
            EndReason::Aborted(why) => write!(f, "aborted: {why}"),
            EndReason::Unfinished => f.write_str("unfinished, as its process died"),
        }
    }
}

pub(super) mod optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(in crate::report) fn serialize<S: Serializer>(
        time: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_some(&time.as_secs_f64()),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        seconds.map(Duration::try_from_secs_f64).transpose().map_err(de::Error::custom)
    }
}
