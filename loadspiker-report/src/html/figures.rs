//! Figures of requests, groups and users as the page reads them. Times are microseconds with a tenth.

use std::time::Duration;

use loadspiker_core::metrics::{ErrorGroup, TimeStatistics, UserStatistics};
use loadspiker_core::report::{GroupReport, Statistics};
use serde::Serialize;

/// Number, minimum, mean, standard deviation, the [percentiles](PERCENTILES), maximum.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Times([f64; 12]);

/// Those that a row of the table has.
const PERCENTILES: [f64; 7] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99];

impl Times {
    pub(super) fn of(times: &TimeStatistics) -> Self {
        let [p50, p75, p90, p95, p99, p999, p9999] = times.percentiles(PERCENTILES).map(micros);
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
        let number = times.count() as f64;
        let [min, mean, deviation, max] = [times.min(), times.mean(), times.std_dev(), times.max()].map(micros);
        Times([number, min, mean, deviation, p50, p75, p90, p95, p99, p999, p9999, max])
    }

    fn some(times: &TimeStatistics) -> Option<Self> {
        (!times.is_empty()).then(|| Times::of(times))
    }
}

pub(super) fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e7).round() / 10.0
}

/// Errors of one kind: the message or its template, how many, the first and the last second, and an example if they
/// differ.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Failure((String, u64, Option<u64>, Option<u64>, Option<String>));

fn failures(groups: Vec<ErrorGroup>) -> Vec<Failure> {
    let failure = |group: ErrorGroup| {
        let example = group.varies.then(|| group.example.to_string());
        Failure((group.text().to_owned(), group.count, group.first_second, group.last_second, example))
    };
    groups.into_iter().map(failure).collect()
}

/// A row of the table: all requests, a group, a request, a scenario.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    kind: &'static str,
    path: Vec<&'a str>,
    ok: u64,
    failed: u64,
    rate: f64,
    response: Times,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<Times>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lag: Option<Times>,
    #[serde(skip_serializing_if = "Option::is_none")]
    throttle: Option<Times>,
    /// Of a group: from entering to leaving.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<Times>,
    phases: Vec<(&'a str, Times)>,
    status: Vec<(u16, u64)>,
    errors: Vec<Failure>,
    /// How many failed by each kind of failure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<(String, u64)>,
    sent: u64,
    received: u64,
}

impl<'a> Row<'a> {
    pub(super) fn of(kind: &'static str, path: Vec<&'a str>, all: &'a Statistics) -> Self {
        Row {
            kind,
            path,
            ok: all.ok_count(),
            failed: all.failed_count(),
            rate: all.requests_per_sec(),
            response: Times::of(all.response_time()),
            service: Times::some(all.service_time()),
            lag: Times::some(all.start_lag()),
            throttle: Times::some(all.throttle_wait()),
            duration: None,
            phases: all.phases().iter().map(|(name, times)| (name, Times::of(times))).collect(),
            status: all.status_codes().iter().map(|(code, count)| (*code, *count)).collect(),
            errors: failures(all.error_groups()),
            kinds: all.failure_kinds().iter().map(|(kind, count)| (kind.to_string(), *count)).collect(),
            sent: all.bytes_sent(),
            received: all.bytes_received(),
        }
    }

    /// Its own figures count passes, all others the requests inside.
    pub(super) fn of_group(group: &'a GroupReport) -> Self {
        Row {
            ok: group.ok_count(),
            failed: group.failed_count(),
            rate: group.requests_per_sec(),
            response: Times::of(group.response_time()),
            duration: Times::some(group.duration()),
            ..Row::of("group", group.groups().collect(), group.requests())
        }
    }
}

/// What became of users.
#[derive(Serialize)]
pub(super) struct Users {
    started: u64,
    ended: u64,
    failed: u64,
    interrupted: u64,
    requests_interrupted: u64,
    dropped: u64,
    dropped_late: u64,
    panics: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrival_lag: Option<Times>,
    errors: Vec<Failure>,
}

impl Users {
    pub(super) fn of(users: &UserStatistics) -> Self {
        Users {
            started: users.started,
            ended: users.ended,
            failed: users.failed,
            interrupted: users.interrupted,
            requests_interrupted: users.requests_interrupted,
            dropped: users.dropped,
            dropped_late: users.dropped_late,
            panics: users.panics,
            arrival_lag: Times::some(&users.arrival_lag),
            errors: failures(users.step_error_groups()),
        }
    }
}
