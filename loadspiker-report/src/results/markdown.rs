//! `summary.md`: a run in Markdown, for a comment on a change or a page of a wiki.

use std::fmt::Write;

use loadspiker_core::format::{count, human};
use loadspiker_core::report::{RunReport, Statistics};

use crate::folder::civil;
use crate::html::sentence::sentence;
use crate::text::rate;

/// How many requests, and how many errors, are listed.
const MOST: usize = 50;

/// Verdict, assertions, requests, errors and warnings.
pub(super) fn summary(report: &RunReport) -> String {
    let info = report.info();
    let verdict = if report.passed() { "✅ passed" } else { "❌ failed" };
    let [year, month, day, hour, minute, second] = civil(info.started_at_ms / 1000);
    let mut text = format!(
        "# {}: {verdict}\n\n{}\n\n{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC, {}, {} users, {}, \
         LoadSpiker {}\n",
        escaped(&info.simulation),
        escaped(&sentence(report)),
        human(info.duration),
        count(report.users_started()),
        escaped(&info.end.to_string()),
        escaped(&info.version),
    );
    assertions(&mut text, report);
    requests(&mut text, report);
    errors(&mut text, report);
    let warnings = report.warnings();
    if !warnings.is_empty() {
        text.push_str("\n## Warnings\n\n");
        warnings.iter().for_each(|warning| put(&mut text, format_args!("- {}\n", escaped(warning))));
    }
    text
}

fn assertions(text: &mut String, report: &RunReport) {
    if report.assertions().is_empty() {
        return;
    }
    text.push_str("\n## Assertions\n\n");
    for result in report.assertions() {
        let mark = if result.passed { "✅" } else { "❌" };
        put(text, format_args!("- {mark} {}: **{}**\n", escaped(&result.description), escaped(&result.message)));
        if !result.passed {
            result.look_at.iter().for_each(|line| put(text, format_args!("  - {}\n", escaped(line))));
        }
    }
}

fn requests(text: &mut String, report: &RunReport) {
    text.push_str(
        "\n## Requests\n\n| | count | failed | per second | p50 | p95 | p99 | max |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    row(text, "**all**", report.global());
    for request in report.requests().iter().take(MOST) {
        row(text, &escaped(&request.path()), request.statistics());
    }
    more(text, report.requests().len());
}

fn row(text: &mut String, name: &str, all: &Statistics) {
    let [p50, p95, p99] = all.response_time().percentiles([50.0, 95.0, 99.0]).map(human);
    put(
        text,
        format_args!(
            "| {name} | {} | {} | {} | {p50} | {p95} | {p99} | {} |\n",
            count(all.count()),
            count(all.failed_count()),
            rate(all.requests_per_sec()),
            human(all.response_time().max()),
        ),
    );
}

fn errors(text: &mut String, report: &RunReport) {
    let mut errors = report.global().errors();
    errors.extend(report.step_errors());
    errors.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    if errors.is_empty() {
        return;
    }
    text.push_str("\n## Errors\n\n| count | error |\n|---:|---|\n");
    for (error, times) in errors.iter().take(MOST) {
        put(text, format_args!("| {} | {} |\n", count(*times), escaped(error)));
    }
    more(text, errors.len());
}

fn more(text: &mut String, all: usize) {
    if all > MOST {
        put(text, format_args!("\n… and {} more\n", all - MOST));
    }
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Into memory it does not fail.
    let _ = text.write_fmt(what);
}

/// A text that is neither markup nor the end of a cell.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => escaped.extend(['\\', c]),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A mention of somebody, in a comment, would send them a message.
            '@' => escaped.push_str("&#64;"),
            _ if c.is_control() || c.is_whitespace() => escaped.push(' '),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_make_no_markup() {
        assert_eq!(escaped("a|b\n<img> *x* @you"), "a\\|b &lt;img&gt; \\*x\\* &#64;you");
    }
}
