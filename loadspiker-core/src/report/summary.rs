//! [`Summary`]: the figures of a report that people and scripts ask for first.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::group::GroupReport;
use super::run_report::RunReport;
use super::statistics::Statistics;
use crate::metrics::TimeStatistics;

/// The figures of a report that people and scripts ask for first. Times are in milliseconds.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    global: Requests<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warm_up: Option<Requests<'a>>,
    scenarios: Vec<Requests<'a>>,
    groups: Vec<Group>,
    requests: Vec<Requests<'a>>,
}

#[derive(Serialize)]
struct Requests<'a> {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    count: u64,
    ok: u64,
    failed: u64,
    requests_per_sec: f64,
    response_time_ms: Times,
    service_time_ms: Times,
    start_lag_ms: Times,
    #[serde(skip_serializing_if = "Option::is_none")]
    throttle_wait_ms: Option<Times>,
    status_codes: &'a BTreeMap<u16, u64>,
    errors: Vec<Error<'a>>,
    bytes_sent: u64,
    bytes_received: u64,
}

#[derive(Serialize)]
struct Group {
    name: String,
    count: u64,
    ok: u64,
    failed: u64,
    duration_ms: Times,
    response_time_ms: Times,
}

#[derive(Serialize)]
struct Error<'a> {
    text: &'a str,
    count: u64,
}

#[derive(Serialize)]
struct Times {
    min: f64,
    mean: f64,
    std_dev: f64,
    p50: f64,
    p75: f64,
    p95: f64,
    p99: f64,
    p99_9: f64,
    max: f64,
}

impl<'a> Summary<'a> {
    pub(super) fn of(report: &'a RunReport) -> Self {
        let scenarios = report.scenarios.iter();
        let requests = report.requests.iter();
        Summary {
            global: requests_of(String::new(), report.global()),
            warm_up: report.warm_up().map(|warm_up| requests_of(String::new(), warm_up.statistics())),
            scenarios: scenarios.map(|one| requests_of(one.name().to_owned(), one.statistics())).collect(),
            groups: report.groups.iter().map(group_of).collect(),
            requests: requests.map(|one| requests_of(one.path(), one.statistics())).collect(),
        }
    }
}

fn requests_of(name: String, statistics: &Statistics) -> Requests<'_> {
    Requests {
        name,
        count: statistics.count(),
        ok: statistics.ok_count(),
        failed: statistics.failed_count(),
        requests_per_sec: statistics.requests_per_sec(),
        response_time_ms: times_of(statistics.response_time()),
        service_time_ms: times_of(statistics.service_time()),
        start_lag_ms: times_of(statistics.start_lag()),
        throttle_wait_ms: Some(statistics.throttle_wait()).filter(|waits| !waits.is_empty()).map(times_of),
        status_codes: statistics.status_codes(),
        errors: statistics.errors().into_iter().map(|(text, count)| Error { text, count }).collect(),
        bytes_sent: statistics.bytes_sent(),
        bytes_received: statistics.bytes_received(),
    }
}

fn group_of(group: &GroupReport) -> Group {
    Group {
        name: group.path(),
        count: group.count(),
        ok: group.ok_count(),
        failed: group.failed_count(),
        duration_ms: times_of(group.duration()),
        response_time_ms: times_of(group.response_time()),
    }
}

fn times_of(times: &TimeStatistics) -> Times {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let [p50, p75, p95, p99, p99_9] = times.percentiles([50.0, 75.0, 95.0, 99.0, 99.9]).map(ms);
    Times {
        min: ms(times.min()),
        mean: ms(times.mean()),
        std_dev: ms(times.std_dev()),
        p50,
        p75,
        p95,
        p99,
        p99_9,
        max: ms(times.max()),
    }
}
