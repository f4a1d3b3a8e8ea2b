//! `requests.csv` and `series.csv`: comma-separated values (RFC 4180) for spreadsheets and scripts. Times are
//! milliseconds, with the microsecond as their last digit. New columns are only ever added at the end.

use std::time::Duration;

use csv::Writer;
use loadspiker_core::metrics::{RequestPoint, SeriesPoint, TimeStatistics};
use loadspiker_core::report::{GroupReport, RunReport, Statistics};

const PERCENTILES: [(&str, f64); 7] =
    [("p50", 50.0), ("p75", 75.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0), ("p99_9", 99.9), ("p99_99", 99.99)];

/// A row for all requests, for each scenario, each group and each request. Of a group the counts and the response time are
/// those of passes through it.
pub(super) fn requests(report: &RunReport) -> String {
    let mut names: Vec<String> =
        ["kind", "name", "count", "ok", "failed", "failed_percent", "per_sec"].map(str::to_owned).to_vec();
    for time in ["response_time", "service_time"] {
        let figures = ["min", "mean", "std_dev"].into_iter().chain(PERCENTILES.map(|(name, _)| name)).chain(["max"]);
        names.extend(figures.map(|figure| format!("{time}_{figure}_ms")));
    }
    names.extend(["start_lag_p99_ms", "bytes_sent", "bytes_received"].map(str::to_owned));
    let mut rows = vec![row("all", "", report.global())];
    rows.extend(report.scenarios().iter().map(|scenario| row("scenario", scenario.name(), scenario.statistics())));
    rows.extend(report.groups().iter().map(group));
    rows.extend(report.requests().iter().map(|request| row("request", &request.path(), request.statistics())));
    table(std::iter::once(names).chain(rows))
}

fn row(kind: &str, name: &str, all: &Statistics) -> Vec<String> {
    let counts = [all.ok_count(), all.failed_count()];
    cells(kind, name, counts, all.requests_per_sec(), all.response_time(), all)
}

fn group(group: &GroupReport) -> Vec<String> {
    let counts = [group.ok_count(), group.failed_count()];
    cells("group", &group.path(), counts, group.requests_per_sec(), group.response_time(), group.requests())
}

fn cells(
    kind: &str,
    name: &str,
    [ok, failed]: [u64; 2],
    per_sec: f64,
    response: &TimeStatistics,
    inside: &Statistics,
) -> Vec<String> {
    let count = ok + failed;
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no sixteen digits")]
    let percent = if count == 0 { 0.0 } else { failed as f64 * 100.0 / count as f64 };
    let mut cells = vec![kind.to_owned(), name.to_owned(), count.to_string(), ok.to_string(), failed.to_string()];
    cells.extend([format!("{percent:.4}"), format!("{per_sec:.3}")]);
    cells.extend([response, inside.service_time()].into_iter().flat_map(times));
    cells.push(millis(inside.start_lag().percentile(99.0)));
    cells.extend([inside.bytes_sent().to_string(), inside.bytes_received().to_string()]);
    cells
}

/// Empty without values: a time that is not known is not zero.
fn times(times: &TimeStatistics) -> Vec<String> {
    if times.is_empty() {
        return vec![String::new(); 4 + PERCENTILES.len()];
    }
    let mut cells = [times.min(), times.mean(), times.std_dev()].map(millis).to_vec();
    cells.extend(times.percentiles(PERCENTILES.map(|(_, percent)| percent)).map(millis));
    cells.push(millis(times.max()));
    cells
}

/// Columns of `series.csv`.
const SERIES_COLUMNS: usize = 27;

/// A row for each point of the run, with no name, then those of each request.
pub(super) fn series(report: &RunReport) -> String {
    let names: [&str; SERIES_COLUMNS] = [
        "name",
        "second",
        "span",
        "ok",
        "failed",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "max_ms",
        "warm_up",
        "stalled",
        "errors",
        "users_started",
        "users_ended",
        "users_dropped",
        "users_active",
        "start_lag_p99_ms",
        "bytes_sent",
        "bytes_received",
        "connected",
        "status_2xx",
        "status_3xx",
        "status_4xx",
        "status_5xx",
        "throttle_wait_p99_ms",
        "generator_cpu_ms",
        "generator_memory_bytes",
    ];
    let run = report.series().iter().map(run_point);
    let requests = report.requests().iter().flat_map(|request| {
        let name = request.path();
        request.series().iter().map(move |point| request_point(&name, point)).collect::<Vec<_>>()
    });
    let header = names.map(str::to_owned).to_vec();
    table(std::iter::once(header).chain(run).chain(requests))
}

fn run_point(point: &SeriesPoint) -> Vec<String> {
    let mut cells = vec![String::new()];
    cells.extend([point.second, point.span, point.ok, point.failed].map(|n| n.to_string()));
    let answered = point.ok + point.failed > 0;
    cells.extend([point.p50, point.p95, point.p99, point.max].map(|time| known(answered, time)));
    cells.extend([point.warm_up, point.stalled].map(|so| so.to_string()));
    let users = [point.users_started, point.users_ended, point.users_dropped, point.users_active];
    cells.extend(std::iter::once(point.errors).chain(users).map(|n| n.to_string()));
    cells.push(known(answered, point.start_lag_p99));
    cells.extend([point.bytes_sent, point.bytes_received, point.connected].map(|n| n.to_string()));
    cells.extend([2, 3, 4, 5].map(|class| point.statuses.get(&class).copied().unwrap_or_default().to_string()));
    let measured = |time: Duration| known(!time.is_zero(), time);
    cells.extend([point.throttle_wait_p99, point.generator_cpu].map(measured));
    cells.push(if point.generator_memory > 0 { point.generator_memory.to_string() } else { String::new() });
    cells
}

/// What is counted of the run alone stays empty.
fn request_point(name: &str, point: &RequestPoint) -> Vec<String> {
    let mut cells = vec![name.to_owned()];
    cells.extend([point.second, point.span, point.ok, point.failed].map(|n| n.to_string()));
    let answered = point.ok + point.failed > 0;
    cells.extend([point.p50, point.p95, point.p99, point.max].map(|time| known(answered, time)));
    cells.push(point.warm_up.to_string());
    cells.resize(SERIES_COLUMNS, String::new());
    cells
}

fn known(is_known: bool, time: Duration) -> String {
    if is_known { millis(time) } else { String::new() }
}

fn millis(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}

fn table(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    for row in rows {
        // Into memory, with as many cells in each row: neither fails.
        let _ = writer.write_record(&row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_comma_or_a_quote_is_quoted() {
        let text = table([vec!["a,b".to_owned(), "say \"x\"\n".to_owned()]]);
        assert_eq!(text, "\"a,b\",\"say \"\"x\"\"\n\"\n");
    }

    #[test]
    fn points_have_a_cell_for_each_column() {
        let run = run_point(&SeriesPoint::default());
        let request = request_point("a", &RequestPoint::default());
        assert_eq!((run.len(), request.len()), (SERIES_COLUMNS, SERIES_COLUMNS));
        assert_eq!(run[5], "", "without a request there is no time");
    }
}
