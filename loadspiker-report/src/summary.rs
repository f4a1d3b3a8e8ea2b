//! [`Summary`]: a whole run on one page of text.

use std::fmt;

use loadspiker_core::metrics::TimeStatistics;
use loadspiker_core::report::format::{count as thousands, human};
use loadspiker_core::report::{RunReport, Statistics};

use crate::table::{Table, bytes, rate};

/// Prints a run report for people: what was asked, how long it took, what went wrong, whether it passed.
#[derive(Debug)]
pub struct Summary<'a>(&'a RunReport);

/// How many error messages are shown.
const ERRORS_SHOWN: usize = 20;

impl<'a> Summary<'a> {
    /// A summary of this report.
    pub fn new(report: &'a RunReport) -> Self {
        Summary(report)
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        head(report, f)?;
        requests(report, f)?;
        groups(report, f)?;
        phases(report, f)?;
        outcomes(report, f)?;
        generator(report, f)?;
        assertions(report, f)
    }
}

fn head(report: &RunReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "\n{}: {} after {}", report.info().simulation, report.info().end, human(report.info().duration))?;
    write!(f, "  users     {} started, {} done", thousands(report.users_started()), thousands(report.users_ended()))?;
    for (count, what) in [
        (report.users_failed(), "failed"),
        (report.users_interrupted(), "interrupted"),
        (report.users_dropped(), "not started"),
    ] {
        if count > 0 {
            write!(f, ", {} {what}", thousands(count))?;
        }
    }
    let all = report.global();
    writeln!(
        f,
        "\n  requests  {} ok, {} failed, {}/s, {} sent, {} received",
        thousands(all.ok_count()),
        thousands(all.failed_count()),
        rate(all.requests_per_sec()),
        bytes(all.bytes_sent()),
        bytes(all.bytes_received()),
    )
}

fn statistics_row(name: &str, statistics: &Statistics) -> Vec<String> {
    let mut row = vec![
        name.to_owned(),
        thousands(statistics.count()),
        thousands(statistics.failed_count()),
        rate(statistics.requests_per_sec()),
    ];
    row.extend(spread(statistics.response_time()));
    row
}

/// The columns of [`TIMES`].
fn spread(times: &TimeStatistics) -> [String; 8] {
    let [p50, p75, p95, p99, p999] = times.percentiles([50.0, 75.0, 95.0, 99.0, 99.9]);
    [times.min(), times.mean(), p50, p75, p95, p99, p999, times.max()].map(human)
}

const TIMES: [&str; 8] = ["min", "mean", "p50", "p75", "p95", "p99", "p99.9", "max"];

fn requests(report: &RunReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut table = Table::new(1, ["request", "count", "failed", "/s"].into_iter().chain(TIMES));
    for request in report.requests() {
        table.row(statistics_row(&request.path(), request.statistics()));
    }
    if table.is_empty() {
        return writeln!(f, "\n  no requests were made");
    }
    table.row(statistics_row("all requests", report.global()));
    write!(f, "\nresponse times, from the moment a user meant to send to the last byte\n{table}")
}

fn groups(report: &RunReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut table = Table::new(2, ["group", "", "count", "failed"].into_iter().chain(TIMES));
    for group in report.groups() {
        let mut row = vec![group.path(), "duration".to_owned()];
        row.extend([group.count(), group.failed_count()].map(thousands));
        row.extend(spread(group.duration()));
        table.row(row);
        let mut row = ["", "in requests", "", ""].map(str::to_owned).to_vec();
        row.extend(spread(group.response_time()));
        table.row(row);
    }
    if table.is_empty() { Ok(()) } else { write!(f, "\n{table}") }
}

fn phases(report: &RunReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut table = Table::new(1, ["phase", "count", "mean", "p50", "p95", "p99", "max"]);
    for (name, times) in report.global().phases().iter() {
        if times.is_empty() {
            continue;
        }
        let [p50, p95, p99] = times.percentiles([50.0, 95.0, 99.0]);
        let mut row = vec![name.to_owned(), thousands(times.count())];
        row.extend([times.mean(), p50, p95, p99, times.max()].map(human));
        table.row(row);
    }
    if table.is_empty() { Ok(()) } else { write!(f, "\n{table}") }
}

fn outcomes(report: &RunReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let codes: Vec<String> =
        report.global().status_codes().iter().map(|(code, count)| format!("{code}: {}", thousands(*count))).collect();
    if !codes.is_empty() {
        writeln!(f, "\n  status codes  {}", codes.join("  "))?;
    }
    let requests = report.global().errors();
    let steps = report.step_errors();
    if requests.is_empty() && steps.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n  errors")?;
    let all: Vec<_> = requests.iter().chain(&steps).collect();
    for (text, count) in all.iter().take(ERRORS_SHOWN) {
        writeln!(f, "  {:>10}  {text}", thousands(*count))?;
    }
    match all.len().checked_sub(ERRORS_SHOWN) {
        Some(more @ 1..) => writeln!(f, "              and {more} others"),
        _ => Ok(()),
    }
}

fn generator(report: &RunReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let lag = report.start_lag();
    let [p50, p99] = lag.percentiles([50.0, 99.0]);
    write!(f, "\n  load generator  start lag p50 {}, p99 {}", human(p50), human(p99))?;
    write!(f, ", max {}", human(lag.max()))?;
    if let Some(share) = report.info().cpu_share() {
        write!(f, "; CPU {:.0} % of {} shards", share * 100.0, report.info().shards)?;
    }
    writeln!(f, "; seed {}", report.info().seed)?;
    report.warnings().iter().try_for_each(|warning| writeln!(f, "  ! {warning}"))
}

fn assertions(report: &RunReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if report.assertions().is_empty() {
        return Ok(());
    }
    writeln!(f, "\n  assertions")?;
    report.assertions().iter().try_for_each(|result| writeln!(f, "  {result}"))
}
