//! Why a run has not passed, as a text for a failed test.

use std::fmt::Write;

use super::format::{count, human, printable};
use super::info::EndReason;
use super::run_report::RunReport;

/// How many errors are listed.
const ERRORS: usize = 10;

/// Failed assertions, totals, the most frequent errors, failed checks and warnings of a run that has not passed.
pub(super) fn failure(report: &RunReport) -> String {
    let failed: Vec<_> = report.assertions().iter().filter(|result| !result.passed).collect();
    let mut text = format!("load test \"{}\" has not passed", printable(&report.info().simulation));
    if let EndReason::Aborted(_) = report.info().end {
        line(&mut text, &format!(": {}", report.info().end));
    }
    if let Some(cause) = &report.info().after_error {
        line(&mut text, &format!(": after failed: {cause}"));
    }
    if !failed.is_empty() {
        push(&mut text, format_args!("\n{} of {} assertions failed:", failed.len(), report.assertions().len()));
        for result in failed {
            text.push_str("\n  ");
            line(&mut text, &result.to_string());
            result.look_at.iter().for_each(|place| push(&mut text, format_args!("\n      {}", printable(place))));
        }
    }
    let global = report.global();
    let [p50, p95, p99] = global.response_time().percentiles([50.0, 95.0, 99.0]).map(human);
    push(
        &mut text,
        format_args!(
            "\n{} requests, {} failed, in {}; response time p50 {p50}, p95 {p95}, p99 {p99}, max {}",
            count(global.count()),
            count(global.failed_count()),
            human(report.info().duration),
            human(global.response_time().max()),
        ),
    );
    let mut errors = global.errors();
    errors.extend(report.step_errors());
    errors.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    if !errors.is_empty() {
        push(&mut text, format_args!("\nmost frequent errors:"));
        for (error, times) in errors.iter().take(ERRORS) {
            push(&mut text, format_args!("\n  {:>9}  {}", count(*times), printable(error)));
        }
    }
    let mut checks: Vec<_> = report.checks().iter().filter(|check| check.failed_count() > 0).collect();
    checks.sort_by_key(|check| std::cmp::Reverse(check.failed_count()));
    if !checks.is_empty() {
        push(&mut text, format_args!("\nfailed checks:"));
        for check in checks.iter().take(ERRORS) {
            let (failed, all) = (count(check.failed_count()), count(check.count()));
            push(&mut text, format_args!("\n  {failed:>9} of {all}  {}", printable(check.name())));
        }
    }
    report.warnings().iter().for_each(|warning| push(&mut text, format_args!("\nwarning: {}", printable(warning))));
    text
}

/// Adds what is printed as the message of a panic, and so must be harmless.
fn line(text: &mut String, part: &str) {
    text.push_str(&printable(part));
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(part);
}
