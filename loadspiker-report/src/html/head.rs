//! The first block of data: all figures, in a form that a script reads without unpacking.

use loadspiker_core::metrics::MetricFigures;
use loadspiker_core::report::{Bottleneck, EndReason, PlannedLoad, RunReport};
use serde::Serialize;

use super::figures::{Row, Users};
use super::sentence::sentence;
use super::{DATA_VERSION, series};

#[derive(Serialize)]
pub(super) struct Head<'a> {
    version: u32,
    run: Run<'a>,
    passed: bool,
    sentence: String,
    warnings: Vec<String>,
    bottleneck: Option<Bottleneck>,
    assertions: &'a [loadspiker_core::assertion::AssertionResult],
    users: Users,
    scenarios: Vec<Scenario<'a>>,
    /// All requests first, then groups and requests.
    rows: Vec<Row<'a>>,
    warm_up: Option<Row<'a>>,
    series: series::Columns,
    /// Of each scenario the users that were active, if there are several scenarios.
    active: Vec<Vec<u64>>,
    metrics: Vec<Metric<'a>>,
    checks: Vec<(&'a str, u64, u64)>,
    waits: Vec<Wait<'a>>,
    planned: &'a [PlannedLoad],
    /// Second, what, and more of it.
    events: Vec<(f64, String, &'a str)>,
    /// Of each tag, whose name and value are the path, the requests with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    simulation: &'a str,
    version: &'a str,
    /// As a text: a script's numbers end at 2^53.
    seed: String,
    shards: usize,
    started_at_ms: u64,
    duration: f64,
    measured: f64,
    warm_up: Option<f64>,
    paused: f64,
    planned: Option<f64>,
    end: String,
    cut_short: bool,
    cpu: Option<f64>,
    cpu_share: Option<f64>,
    stalls: (u64, f64),
    after_error: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    host: &'a str,
    command: &'a [String],
    /// The sample log, and how many samples it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_log: Option<(&'a str, u64)>,
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    users: Users,
    row: Row<'a>,
}

#[derive(Serialize)]
struct Metric<'a> {
    name: &'a str,
    kind: String,
    unit: &'a str,
    figures: Figures,
    parts: Vec<(String, Figures)>,
    series: series::Columns,
}

/// Figures that its kind does not have are left out.
#[derive(Serialize)]
struct Figures {
    count: u64,
    rate: f64,
    last: Option<f64>,
    percent: Option<f64>,
    min: Option<f64>,
    mean: Option<f64>,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

#[derive(Serialize)]
struct Wait<'a> {
    name: &'a str,
    taken: u64,
    waited: u64,
    given_up: u64,
    longest: f64,
}

impl<'a> Head<'a> {
    pub(super) fn of(report: &'a RunReport) -> Self {
        let groups = report.groups().iter().map(Row::of_group);
        let requests = report.requests().iter().map(|request| {
            let path = request.groups().chain([request.name()]).collect();
            Row::of("request", path, request.statistics())
        });
        let scenarios = report.scenarios().iter().map(|scenario| Scenario {
            name: scenario.name(),
            users: Users::of(scenario.users()),
            row: Row::of("scenario", vec![scenario.name()], scenario.statistics()),
        });
        let checks = report.checks().iter().map(|check| (check.name(), check.passed_count(), check.failed_count()));
        let tags = report.tags().iter().map(|tag| Row::of("tag", vec![tag.name(), tag.value()], tag.statistics()));
        let events = report.info().events.iter();
        let events = events.map(|event| (event.at.as_secs_f64(), event.kind.to_string(), event.text.as_str()));
        let waits = report.all_record_waits().map(|(name, waits)| Wait {
            name,
            taken: waits.taken(),
            waited: waits.waited(),
            given_up: waits.given_up(),
            longest: waits.longest().as_secs_f64(),
        });
        Head {
            version: DATA_VERSION,
            run: run(report),
            passed: report.passed(),
            sentence: sentence(report),
            warnings: report.warnings(),
            bottleneck: report.bottleneck(),
            assertions: report.assertions(),
            users: Users::of(report.users()),
            scenarios: scenarios.collect(),
            rows: std::iter::once(Row::of("all", Vec::new(), report.global())).chain(groups).chain(requests).collect(),
            warm_up: report.warm_up().map(|warm_up| Row::of("all", Vec::new(), warm_up.statistics())),
            series: series::of_run(report.series()),
            active: series::active(report.series(), report.scenarios().len()),
            metrics: metrics(report),
            checks: checks.collect(),
            waits: waits.collect(),
            planned: &report.info().load,
            events: events.collect(),
            tags: tags.collect(),
        }
    }
}

fn run(report: &RunReport) -> Run<'_> {
    let info = report.info();
    Run {
        simulation: &info.simulation,
        version: &info.version,
        seed: info.seed.to_string(),
        shards: info.shards,
        started_at_ms: info.started_at_ms,
        duration: info.duration.as_secs_f64(),
        measured: info.measured().as_secs_f64(),
        warm_up: info.warm_up.map(|time| time.as_secs_f64()),
        paused: info.paused.as_secs_f64(),
        planned: info.planned.map(|time| time.as_secs_f64()),
        end: info.end.to_string(),
        cut_short: matches!(info.end, EndReason::Aborted(_) | EndReason::Interrupted | EndReason::Unfinished),
        cpu: info.cpu.map(|time| time.as_secs_f64()),
        cpu_share: info.cpu_share(),
        stalls: (info.stalls.count(), info.stalls.max().as_secs_f64()),
        after_error: info.after_error.as_deref(),
        host: &info.host,
        command: &info.command,
        sample_log: info.sample_log.as_ref().map(|log| (log.path.as_str(), log.written)),
    }
}

fn metrics(report: &RunReport) -> Vec<Metric<'_>> {
    let metric = report.metrics().iter().map(|metric| Metric {
        name: metric.name(),
        kind: metric.kind().to_string(),
        unit: metric.unit(),
        figures: figures(metric.figures()),
        parts: if metric.is_tagged() {
            metric.parts().map(|(tags, part)| (tags, figures(&part))).collect()
        } else {
            Vec::new()
        },
        series: series::of_metric(metric.series()),
    });
    metric.collect()
}

fn figures(of: &MetricFigures) -> Figures {
    Figures {
        count: of.count(),
        rate: of.per_sec(),
        last: of.last(),
        percent: of.percent(),
        min: of.min(),
        mean: of.mean(),
        p50: of.percentile(50.0),
        p95: of.percentile(95.0),
        p99: of.percentile(99.0),
        max: of.max(),
    }
}
