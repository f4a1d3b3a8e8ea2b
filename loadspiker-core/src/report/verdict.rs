//! Why a run has not passed, as a text for a failed test.

use std::fmt::Write;

use super::info::EndReason;
use super::run_report::RunReport;
use crate::format::{count, human};

/// How many errors are listed.
const ERRORS: usize = 10;

/// Failed assertions, totals, the most frequent errors, failed checks and warnings of a run that has not passed.
pub(super) fn failure(report: &RunReport) -> String {
    let failed: Vec<_> = report.assertions().iter().filter(|result| !result.passed).collect();
    let mut text = format!("load test \"{}\" has not passed", report.info().simulation);
    if let EndReason::Aborted(_) = report.info().end {
        push(&mut text, format_args!(": {}", report.info().end));
    }
    if let Some(cause) = &report.info().after_error {
        push(&mut text, format_args!(": after failed: {cause}"));
    }
    if !failed.is_empty() {
        push(&mut text, format_args!("\n{} of {} assertions failed:", failed.len(), report.assertions().len()));
        for result in failed {
            push(&mut text, format_args!("\n  {result}"));
            result.look_at.iter().for_each(|line| push(&mut text, format_args!("\n      {line}")));
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
            push(&mut text, format_args!("\n  {:>9}  {error}", count(*times)));
        }
    }
    let mut checks: Vec<_> = report.checks().iter().filter(|check| check.failed_count() > 0).collect();
    checks.sort_by_key(|check| std::cmp::Reverse(check.failed_count()));
    if !checks.is_empty() {
        push(&mut text, format_args!("\nfailed checks:"));
        for check in checks.iter().take(ERRORS) {
            let (failed, all) = (count(check.failed_count()), count(check.count()));
            push(&mut text, format_args!("\n  {failed:>9} of {all}  {}", check.name()));
        }
    }
    report.warnings().iter().for_each(|warning| push(&mut text, format_args!("\nwarning: {warning}")));
    text
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(part);
}
