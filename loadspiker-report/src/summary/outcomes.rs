//! What came of it: status codes, errors, assertions.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use loadspiker_core::format::count;
use loadspiker_core::report::RunReport;

use super::label;
use crate::screen::{Screen, Tone};
use crate::table::{WIDEST, shorten};

/// How many error messages are shown.
const ERRORS: usize = 20;
/// How many places are named in which an error occurred.
const PLACES: usize = 3;

pub(super) fn status_codes(report: &RunReport, screen: Screen) -> Vec<String> {
    let codes = report.global().status_codes();
    let codes: Vec<_> = codes.iter().map(|(code, number)| format!("{code}: {}", count(*number))).collect();
    if codes.is_empty() { codes } else { vec![format!("{}{}", label(screen, "status codes"), codes.join("  "))] }
}

/// An error's number and the requests and scenarios in which it occurred.
type Occurrences = (u64, Vec<String>);

/// Each message with the requests it was about; of other steps, with the scenario.
pub(super) fn errors(report: &RunReport, screen: Screen) -> Vec<String> {
    let mut found = BTreeMap::new();
    for request in report.requests() {
        add(&mut found, request.statistics().errors(), &request.path());
    }
    for scenario in report.scenarios() {
        add(&mut found, scenario.users().step_errors(), &format!("scenario {}", scenario.name()));
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, (number, _))| Reverse(*number));
    if found.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["errors".to_owned()];
    for (text, (number, places)) in found.iter().take(ERRORS) {
        let number = screen.paint(Tone::Bad, format!("{:>10}", count(*number)));
        let place = screen.paint(Tone::Faint, format!("({})", enumerate(places)));
        lines.push(format!("  {number}  {text}  {place}"));
    }
    if found.len() > ERRORS {
        lines.push(format!("{:14}and {} more", "", found.len() - ERRORS));
    }
    lines
}

fn add<'a>(found: &mut BTreeMap<&'a str, Occurrences>, errors: Vec<(&'a str, u64)>, place: &str) {
    for (text, number) in errors {
        let (sum, places) = found.entry(text).or_default();
        *sum += number;
        places.push(shorten(place, WIDEST));
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
