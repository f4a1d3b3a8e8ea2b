//! What came of it: status codes, errors, assertions.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use loadspiker_core::format::count;
use loadspiker_core::metrics::ErrorGroup;
use loadspiker_core::report::RunReport;

use super::label;
use crate::screen::{Screen, Tone};
use crate::table::{WIDEST, shorten};

/// How many error messages are shown.
const ERRORS: usize = 20;
/// Columns of the name of a place on a terminal.
const PLACE: usize = 40;
/// How many places are named in which an error occurred.
const PLACES: usize = 3;

pub(super) fn status_codes(report: &RunReport, screen: Screen) -> Vec<String> {
    let codes = report.global().status_codes();
    let codes = codes.iter().map(|(code, number)| format!("{code}: {}", count(*number)));
    let texts = report.global().status_texts().iter().map(|(text, number)| format!("{text}: {}", count(*number)));
    let all: Vec<_> = codes.chain(texts).collect();
    if all.is_empty() { all } else { vec![format!("{}{}", label(screen, "status codes"), all.join("  "))] }
}

/// Errors of one template, and the requests and scenarios in which they occurred.
struct Found {
    count: u64,
    example: Arc<str>,
    varies: bool,
    places: Vec<String>,
}

/// Each message with the requests it was about; of other steps, with the scenario. Messages that differ only in a value
/// are one line, with an example below it.
pub(super) fn errors(report: &RunReport, screen: Screen) -> Vec<String> {
    let mut found = BTreeMap::new();
    for request in report.requests().iter().chain(report.messages()).chain(report.connections()) {
        add(&mut found, request.statistics().error_groups(), &request.path(), screen);
    }
    for scenario in report.scenarios() {
        let place = format!("scenario {}", scenario.name());
        add(&mut found, scenario.users().step_error_groups(), &place, screen);
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, found)| Reverse(found.count));
    if found.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["errors".to_owned()];
    for (template, error) in found.iter().take(ERRORS) {
        let number = screen.paint(Tone::Bad, format!("{:>10}", count(error.count)));
        let place = screen.paint(Tone::Faint, format!("({})", enumerate(&error.places)));
        let text = if error.varies { template } else { &error.example };
        lines.push(format!("  {number}  {text}  {place}"));
        if error.varies {
            lines.push(screen.paint(Tone::Faint, format!("{:14}such as: {}", "", error.example)));
        }
    }
    if found.len() > ERRORS {
        lines.push(format!("{:14}and {} more", "", found.len() - ERRORS));
    }
    lines
}

fn add(found: &mut BTreeMap<Arc<str>, Found>, errors: Vec<ErrorGroup>, place: &str, screen: Screen) {
    for error in errors {
        let new = || Found { count: 0, example: error.example.clone(), varies: false, places: Vec::new() };
        let sum = found.entry(error.template).or_insert_with(new);
        sum.count += error.count;
        sum.varies |= error.varies || sum.example != error.example;
        sum.places.push(shorten(place, if screen.width.is_some() { PLACE } else { WIDEST }));
    }
}

fn enumerate(places: &[String]) -> String {
    let named = places.iter().take(PLACES).cloned().collect::<Vec<_>>().join(", ");
    match places.len().checked_sub(PLACES) {
        Some(more @ 1..) => format!("{named} and {more} more"),
        _ => named,
    }
}

pub(super) fn assertions(report: &RunReport, screen: Screen) -> Vec<String> {
    if report.assertions().is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["assertions".to_owned()];
    for result in report.assertions() {
        let tone = if result.passed { Tone::Good } else { Tone::Bad };
        let text = result.to_string();
        // The sign is what a glance looks for; of a failure the whole line.
        let end = if result.passed { text.chars().next().map_or(0, char::len_utf8) } else { text.len() };
        lines.push(format!("  {}{}", screen.paint(tone, &text[..end]), &text[end..]));
        lines.extend(result.look_at.iter().map(|line| format!("      {}", screen.paint(Tone::Faint, line))));
    }
    lines
}
