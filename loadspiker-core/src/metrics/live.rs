//! [`LiveView`]: how the run goes, for a display of its progress.

use std::time::Duration;

use super::custom::MetricKind;

/// How the run goes, as of the last second that all shards have told of.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LiveView {
    /// How much of the run it tells of, in whole seconds.
    pub elapsed: Duration,
    /// Whether the warm-up is still on. Its requests are in the figures here, but not in those of the report.
    pub warm_up: bool,
    /// Whether the run is paused; see [`RunHandle::pause`](crate::engine::RunHandle::pause).
    pub is_paused: bool,
    /// Virtual users that are active.
    pub users_active: u64,
    /// Virtual users that have started.
    pub users_started: u64,
    /// Virtual users that have ended or were cut off.
    pub users_done: u64,
    /// Arrivals that were dropped.
    pub users_dropped: u64,
    /// Requests that ended well.
    pub ok: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests in the last second.
    pub requests_per_sec: u64,
    /// Failed requests and errors of other steps in the last second.
    pub errors_per_sec: u64,
    /// Median of the response time in the last second.
    pub p50: Duration,
    /// 95th percentile of the response time in the last second.
    pub p95: Duration,
    /// 99th percentile of the response time in the last second.
    pub p99: Duration,
    /// Longest response time in the last second.
    pub max: Duration,
    /// 99th percentile of the start lag in the last second.
    pub start_lag_p99: Duration,
    /// Each scenario, in the order of the simulation.
    pub scenarios: Vec<LiveScenario>,
    /// Each request, in the order of the report.
    pub requests: Vec<LiveRequest>,
    /// Each custom metric in which something was recorded, all tags together, in the order of the report.
    pub metrics: Vec<LiveMetric>,
    /// Up to ten errors, those of the last second first, then the most frequent.
    pub errors: Vec<LiveError>,
}

/// How the users of a scenario go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveScenario {
    /// Its name.
    pub name: String,
    /// Its users that are active.
    pub users_active: u64,
    /// Those that have started.
    pub users_started: u64,
    /// Those that have ended or were cut off.
    pub users_done: u64,
    /// Those that have ended and failed.
    pub users_failed: u64,
}

/// How the requests of one name go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveRequest {
    /// `group / name`.
    pub path: String,
    /// Requests that ended well.
    pub ok: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests in the last second.
    pub requests_per_sec: u64,
    /// Median of the response time in the last second.
    pub p50: Duration,
    /// 95th percentile of the response time in the last second.
    pub p95: Duration,
    /// 99th percentile of the response time in the last second.
    pub p99: Duration,
}

/// How a custom metric goes, all of its tags together. Figures that its kind does not have, or of which there is no value,
/// are `None`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LiveMetric {
    /// Its name.
    pub name: String,
    /// Its unit; empty if it has none.
    pub unit: String,
    /// Its kind.
    pub kind: MetricKind,
    /// What a counter has counted; of other kinds, how many values were recorded.
    pub count: u64,
    /// The same in the last second.
    pub per_sec: u64,
    /// Of a gauge: the value set last.
    pub last: Option<f64>,
    /// Of a rate: the share of values that were not zero, in percent.
    pub percent: Option<f64>,
    /// Of a trend: the median of the last second in which something was recorded.
    pub p50: Option<f64>,
    /// Of a trend: the 95th percentile of the last second in which something was recorded.
    pub p95: Option<f64>,
}

impl LiveMetric {
    /// A metric in which nothing has been recorded, without a unit.
    pub fn new(name: &str, kind: MetricKind) -> Self {
        LiveMetric {
            name: name.to_owned(),
            unit: String::new(),
            kind,
            count: 0,
            per_sec: 0,
            last: None,
            percent: None,
            p50: None,
            p95: None,
        }
    }
}

/// An error text and how often it occurred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveError {
    /// The text.
    pub text: String,
    /// How often in the whole run.
    pub count: u64,
    /// How often in the last second.
    pub last_second: u64,
}
