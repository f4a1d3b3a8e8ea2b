//! [`LiveView`]: how the run goes, for a display of its progress.

use std::time::Duration;

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
    /// Each request, in the order of the report.
    pub requests: Vec<LiveRequest>,
    /// Up to ten errors, those of the last second first, then the most frequent.
    pub errors: Vec<LiveError>,
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
