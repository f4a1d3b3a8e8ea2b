//! How a [`RunReport`] is written and read: JSON with a version of its schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::assertion_result::AssertionResult;
use super::bottleneck::Bottleneck;
use super::group::GroupReport;
use super::info::RunInfo;
use super::metric::{CheckReport, MetricReport};
use super::request::RequestReport;
use super::run_report::{RunReport, SCHEMA_VERSION};
use super::scenario::ScenarioReport;
use super::summary::Summary;
use super::tag::{Apart, TagReport};
use super::warm_up::WarmUp;
use crate::metrics::{KeptExchange, RecordWaits, SeriesPoint, Windows};
use crate::shown::printable;

/// What is written. `passed`, `warnings`, `bottleneck` and `summary` follow from the rest and are not read again.
#[derive(Serialize)]
pub(super) struct Written<'a> {
    schema_version: u32,
    run: &'a RunInfo,
    passed: bool,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bottleneck: Option<Bottleneck>,
    assertions: &'a [AssertionResult],
    summary: Summary<'a>,
    scenarios: &'a [ScenarioReport],
    requests: &'a [RequestReport],
    groups: &'a [GroupReport],
    metrics: &'a [MetricReport],
    checks: &'a [CheckReport],
    folded: u64,
    folded_metrics: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    warm_up: Option<&'a WarmUp>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [TagReport],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    messages: &'a [RequestReport],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    connections: &'a [RequestReport],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    record_waits: &'a BTreeMap<Arc<str>, RecordWaits>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    exchanges: &'a [KeptExchange],
    series: &'a [SeriesPoint],
    #[serde(skip_serializing_if = "Windows::is_empty")]
    windows: &'a Windows,
}

impl<'a> Written<'a> {
    pub(super) fn of(report: &'a RunReport) -> Self {
        Written {
            schema_version: SCHEMA_VERSION,
            run: &report.info,
            passed: report.passed(),
            warnings: report.warnings(),
            bottleneck: report.bottleneck(),
            assertions: &report.assertions,
            summary: Summary::of(report),
            scenarios: &report.scenarios,
            requests: &report.requests,
            groups: &report.groups,
            metrics: &report.metrics,
            checks: &report.checks,
            folded: report.folded,
            folded_metrics: report.folded_metrics,
            warm_up: report.warm_up.as_ref(),
            tags: report.tags(),
            messages: report.messages(),
            connections: report.connections(),
            record_waits: &report.record_waits,
            exchanges: &report.exchanges,
            series: &report.series,
            windows: &report.windows,
        }
    }
}

/// What is read.
#[derive(Deserialize)]
struct Document {
    schema_version: u32,
    run: RunInfo,
    assertions: Vec<AssertionResult>,
    scenarios: Vec<ScenarioReport>,
    requests: Vec<RequestReport>,
    groups: Vec<GroupReport>,
    #[serde(default)]
    metrics: Vec<MetricReport>,
    #[serde(default)]
    checks: Vec<CheckReport>,
    folded: u64,
    #[serde(default)]
    folded_metrics: u64,
    #[serde(default)]
    warm_up: Option<WarmUp>,
    #[serde(default)]
    tags: Vec<TagReport>,
    #[serde(default)]
    messages: Vec<RequestReport>,
    #[serde(default)]
    connections: Vec<RequestReport>,
    #[serde(default)]
    record_waits: BTreeMap<Arc<str>, RecordWaits>,
    #[serde(default)]
    exchanges: Vec<KeptExchange>,
    series: Vec<SeriesPoint>,
    #[serde(default)]
    windows: Windows,
}

/// What is in every version of the schema.
#[derive(Deserialize)]
struct Version {
    schema_version: u32,
    /// Says who wrote the report, if it is there in a form that we know.
    #[serde(default)]
    run: serde_json::Value,
}

/// Reads a report. Its version is looked at first, as a report of another one may differ in anything else.
pub(super) fn read(json: &str) -> Result<RunReport, String> {
    let Version { schema_version, run } =
        serde_json::from_str(json).map_err(|error| format!("no run report: {error}"))?;
    check(schema_version, run["version"].as_str())?;
    serde_json::from_str(json).map_err(|error| error.to_string())
}

fn check(version: u32, writer: Option<&str>) -> Result<(), String> {
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    let writer =
        writer.map_or_else(|| "another LoadSpiker".to_owned(), |writer| format!("LoadSpiker {}", printable(writer)));
    let age = if version < SCHEMA_VERSION { "older" } else { "newer" };
    Err(format!(
        "written by {writer} with the {age} schema version {version}, it cannot be read: LoadSpiker {} reads schema \
         version {SCHEMA_VERSION}; read it with the LoadSpiker that wrote it, or run the load test again",
        env!("CARGO_PKG_VERSION")
    ))
}

impl Serialize for RunReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written::of(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RunReport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        let (metrics, checks, folded_metrics) = (document.metrics, document.checks, document.folded_metrics);
        let Document {
            schema_version,
            run,
            assertions,
            scenarios,
            requests,
            groups,
            folded,
            mut warm_up,
            record_waits,
            exchanges,
            tags,
            messages,
            connections,
            series,
            windows,
            ..
        } = document;
        check(schema_version, Some(&run.version)).map_err(de::Error::custom)?;
        if let Some(warm_up) = &mut warm_up {
            warm_up.derive(run.whole_window());
        }
        let mut report = RunReport::from_parts(run, scenarios, requests, groups, series, folded, assertions);
        report.warm_up = warm_up;
        report.measured(metrics, checks, folded_metrics);
        (report.record_waits, report.exchanges) = (record_waits, exchanges);
        report.windows = windows;
        Ok(report.with_apart(Apart { tags, messages, connections }))
    }
}
