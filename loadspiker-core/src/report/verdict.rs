//! Whether a run has passed: in one line, and as a text for a failed test.

use std::fmt::Write;

use super::info::EndReason;
use super::run_report::RunReport;
use crate::format::printable;
use crate::format::{count, human};

/// How many errors are listed.
const ERRORS: usize = 10;

/// Whether it has passed, and what there is to know about that.
pub(super) fn line(report: &RunReport) -> String {
    let all = report.assertions().len();
    let failed = report.assertions().iter().filter(|result| !result.passed).count();
    let text = match (&report.info().end, failed, all) {
        (end @ (EndReason::Interrupted | EndReason::Aborted(_) | EndReason::Unfinished), ..) => {
            format!("not passed: {end}")
        }
        (_, 0, _) if report.info().after_error.is_some() => "not passed: what is done after the run failed".to_owned(),
        (_, 0, _) if report.panics_count() => format!("not passed: {}", panics(report)),
        (_, 0, 0) => "passed: nothing was asserted".to_owned(),
        (_, 0, 1) => "passed: the assertion holds".to_owned(),
        (_, 0, _) => format!("passed: all {all} assertions hold"),
        (_, _, _) => format!("not passed: {failed} of {all} assertions failed"),
    };
    users(report).into_iter().fold(text, |text, users| format!("{text}; {users}"))
}

fn panics(report: &RunReport) -> String {
    match report.panics() {
        1 => "a step panicked".to_owned(),
        panics => format!("steps panicked {} times", count(panics)),
    }
}

/// What is to be known of users, whatever was asserted.
pub(super) fn users(report: &RunReport) -> Option<String> {
    let (ended, failed) = (report.users_ended(), report.users_failed());
    // Whoever was on a shard that never came back is missing from the figures.
    if report.users_started() == 0 && report.info().stuck.is_empty() {
        return Some("no user started".to_owned());
    }
    match failed {
        0 => None,
        failed if failed == ended && ended == 1 => Some("the only user that ended failed".to_owned()),
        failed if failed == ended => Some(format!("all {} users that ended failed", count(ended))),
        failed => Some(format!("{} of {} users failed", count(failed), count(ended))),
    }
}

/// Failed assertions, totals, the most frequent errors, failed checks and warnings of a run that has not passed.
pub(super) fn failure(report: &RunReport) -> String {
    let failed: Vec<_> = report.assertions().iter().filter(|result| !result.passed).collect();
    let is_cut = matches!(report.info().end, EndReason::Aborted(_) | EndReason::Interrupted | EndReason::Unfinished);
    if report.panics_count() && failed.is_empty() && !is_cut && report.info().after_error.is_none() {
        return panicked(report);
    }
    let mut text = format!("load test \"{}\" has not passed", printable(&report.info().simulation));
    if let EndReason::Aborted(_) | EndReason::Unfinished = report.info().end {
        add_printable(&mut text, &format!(": {}", report.info().end));
    }
    if let Some(cause) = &report.info().after_error {
        add_printable(&mut text, &format!(": after failed: {cause}"));
    }
    if !failed.is_empty() {
        push(&mut text, format_args!("\n{} of {} assertions failed:", failed.len(), report.assertions().len()));
        for result in failed {
            text.push_str("\n  ");
            add_printable(&mut text, &result.to_string());
            result.look_at.iter().for_each(|place| push(&mut text, format_args!("\n      {}", printable(place))));
        }
    }
    if report.panics_count() {
        push(&mut text, format_args!("\n{}", panics(report)));
    }
    if let Some(users) = users(report) {
        push(&mut text, format_args!("\n{users}"));
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

/// The panics of the user's code, where nothing else is wrong: closures of a test assert things as any test does.
fn panicked(report: &RunReport) -> String {
    let panics = report.panics();
    let plural = if panics == 1 { "" } else { "s" };
    let simulation = printable(&report.info().simulation);
    let mut text = format!("load test \"{simulation}\": {panics} panic{plural} in its steps; their errors:");
    let mut errors = report.step_errors();
    if errors.is_empty() {
        // A closure of a check panics in its request.
        errors = report.global().errors();
    }
    for (error, times) in errors.into_iter().take(ERRORS) {
        push(&mut text, format_args!("\n  {:>9}  {}", count(times), printable(error)));
    }
    if let Some(users) = users(report) {
        push(&mut text, format_args!("\n{users}"));
    }
    text
}

/// Adds what is printed as the message of a panic, and so must be harmless.
fn add_printable(text: &mut String, part: &str) {
    text.push_str(&printable(part));
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(part);
}
