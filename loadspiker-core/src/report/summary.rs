//! [`Summary`]: the figures of a report that people and scripts ask for first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::group::GroupReport;
use super::metric::{CheckReport, MetricReport};
use super::run_report::RunReport;
use super::statistics::Statistics;
use super::tag::TagReport;
use crate::failure::FailureKind;
use crate::metrics::{ErrorGroup, MetricFigures, MetricKind, TimeStatistics};

/// The figures of a report that people and scripts ask for first. Times are in milliseconds.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    global: Requests<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warm_up: Option<Requests<'a>>,
    scenarios: Vec<Requests<'a>>,
    groups: Vec<Group>,
    requests: Vec<Requests<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<TaggedRequests<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Requests<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    connections: Vec<Requests<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<Metric<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Check<'a>>,
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
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    status_texts: &'a BTreeMap<Arc<str>, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    failure_kinds: &'a BTreeMap<FailureKind, u64>,
    errors: Vec<Error>,
    bytes_sent: u64,
    bytes_received: u64,
}

/// The requests with a tag.
#[derive(Serialize)]
struct TaggedRequests<'a> {
    tag: &'a str,
    value: &'a str,
    #[serde(flatten)]
    figures: Requests<'a>,
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
struct Metric<'a> {
    name: &'a str,
    kind: MetricKind,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'a str,
    #[serde(flatten)]
    figures: Figures,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tagged: Vec<Tagged>,
}

/// What was recorded with a combination of tags.
#[derive(Serialize)]
struct Tagged {
    tags: String,
    #[serde(flatten)]
    figures: Figures,
}

/// Figures of a custom metric; those that its kind does not have are left out.
#[derive(Serialize)]
struct Figures {
    count: u64,
    per_sec: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    std_dev: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p50: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p75: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p95: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_9: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    count: u64,
    passed: u64,
    failed: u64,
}

#[derive(Serialize)]
struct Error {
    /// The example, if all messages are the same, or else the template.
    text: String,
    count: u64,
    template: Arc<str>,
    example: Arc<str>,
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
            tags: report.tags().iter().map(tagged_requests_of).collect(),
            messages: report.messages().iter().map(|one| requests_of(one.path(), one.statistics())).collect(),
            connections: report.connections().iter().map(|one| requests_of(one.path(), one.statistics())).collect(),
            metrics: report.metrics.iter().map(metric_of).collect(),
            checks: report.checks.iter().map(check_of).collect(),
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
        status_texts: statistics.status_texts(),
        failure_kinds: statistics.failure_kinds(),
        errors: statistics.error_groups().into_iter().map(error_of).collect(),
        bytes_sent: statistics.bytes_sent(),
        bytes_received: statistics.bytes_received(),
    }
}

fn tagged_requests_of(tag: &TagReport) -> TaggedRequests<'_> {
    TaggedRequests { tag: tag.name(), value: tag.value(), figures: requests_of(String::new(), tag.statistics()) }
}

fn error_of(group: ErrorGroup) -> Error {
    let text = group.text().to_owned();
    Error { text, count: group.count, template: group.template, example: group.example }
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

fn metric_of(metric: &MetricReport) -> Metric<'_> {
    let tagged = metric.parts().filter(|_| metric.is_tagged());
    Metric {
        name: metric.name(),
        kind: metric.kind(),
        unit: metric.unit(),
        figures: figures_of(metric.figures()),
        tagged: tagged.map(|(tags, figures)| Tagged { tags, figures: figures_of(&figures) }).collect(),
    }
}

fn figures_of(figures: &MetricFigures) -> Figures {
    let percentiles = figures.trend().map(|trend| trend.percentiles([50.0, 75.0, 95.0, 99.0, 99.9]));
    let percentile = |place: usize| percentiles.map(|values| values[place]);
    Figures {
        count: figures.count(),
        per_sec: figures.per_sec(),
        last: figures.last(),
        percent: figures.percent(),
        sum: figures.sum(),
        min: figures.min(),
        mean: figures.mean(),
        std_dev: figures.std_dev(),
        p50: percentile(0),
        p75: percentile(1),
        p95: percentile(2),
        p99: percentile(3),
        p99_9: percentile(4),
        max: figures.max(),
    }
}

fn check_of(check: &CheckReport) -> Check<'_> {
    Check { name: check.name(), count: check.count(), passed: check.passed_count(), failed: check.failed_count() }
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
