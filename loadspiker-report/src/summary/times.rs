//! Tables of times: of requests, of groups, of the parts of a request.

use loadspiker_core::format::{count, human};
use loadspiker_core::metrics::TimeStatistics;
use loadspiker_core::report::{RequestReport, RunReport, Statistics};
use std::cmp::Reverse;

use crate::screen::{Screen, Tone};
use crate::table::{Cell, Column, Table, numbers, words};
use crate::text::rate;

/// Columns of times; on a narrow screen the percentiles that people ask for most stay.
const TIMES: [Column; 8] = [
    numbers("min").dispensable(3),
    numbers("mean").dispensable(2),
    numbers("p50"),
    numbers("p75").dispensable(5),
    numbers("p95"),
    numbers("p99"),
    numbers("p99.9").dispensable(4),
    numbers("max").dispensable(1),
];

/// The cells of [`TIMES`].
fn spread(times: &TimeStatistics) -> [Cell; 8] {
    if times.is_empty() {
        return ["–"; 8].map(Cell::from);
    }
    let [p50, p75, p95, p99, p999] = times.percentiles([50.0, 75.0, 95.0, 99.0, 99.9]);
    [times.min(), times.mean(), p50, p75, p95, p99, p999, times.max()].map(|time| human(time).into())
}

fn failures(failed: u64) -> Cell {
    Cell::from(count(failed)).tone(if failed > 0 { Tone::Bad } else { Tone::Plain })
}

pub(super) fn requests(report: &RunReport, screen: Screen) -> Vec<String> {
    let columns = [words("request"), numbers("ok"), numbers("failed"), numbers("/s")];
    let mut table = Table::new(columns.into_iter().chain(TIMES));
    let (shown, left_out) =
        limited(report.requests(), |request| (request.statistics().failed_count(), request.statistics().count()));
    shown.iter().for_each(|request| table.row(row(request.path(), request.statistics())));
    if report.requests().len() > 1 {
        table.row(row("all requests".to_owned(), report.global()));
    }
    if table.is_empty() {
        let text =
            if report.warm_up().is_some() { "no request has ended after the warm-up" } else { "no requests were made" };
        return vec![format!("  {text}")];
    }
    let mut lines = vec!["response times, from the moment a user meant to send to the last byte".to_owned()];
    let mut rows = table.lines(screen);
    // Above the sum of all of them.
    let end = rows.len() - usize::from(report.requests().len() > 1);
    rows.splice(end..end, more(left_out, "requests", screen));
    lines.extend(rows);
    lines
}

/// How many requests or groups are shown.
const ROWS: usize = 50;

/// Those that are shown, in their order: where there are too many, those that failed most, then the most frequent ones;
/// and how many are left out.
fn limited<T>(all: &[T], weight: impl Fn(&T) -> (u64, u64)) -> (Vec<&T>, usize) {
    let mut ranked: Vec<(usize, &T)> = all.iter().enumerate().collect();
    ranked.sort_by_key(|(_, one)| Reverse(weight(one)));
    ranked.truncate(ROWS);
    ranked.sort_by_key(|(index, _)| *index);
    (ranked.into_iter().map(|(_, one)| one).collect(), all.len().saturating_sub(ROWS))
}

/// Says how many rows are left out, and where they are.
fn more(left_out: usize, what: &str, screen: Screen) -> Option<String> {
    let text =
        || format!("  and {} more {what}, which report.json lists", count(left_out.try_into().unwrap_or(u64::MAX)));
    (left_out > 0).then(|| screen.paint(Tone::Faint, text()))
}

pub(super) fn groups(report: &RunReport, screen: Screen) -> Vec<String> {
    let columns = [words("group"), words(""), numbers("ok"), numbers("failed")];
    let mut table = Table::new(columns.into_iter().chain(TIMES));
    let (shown, left_out) = limited(report.groups(), |group| (group.failed_count(), group.count()));
    for group in shown {
        let name = [group.path().into(), "duration".into(), count(group.ok_count()).into()];
        table.row(name.into_iter().chain([failures(group.failed_count())]).chain(spread(group.duration())));
        table.row(["", "in requests", "", ""].map(Cell::from).into_iter().chain(spread(group.response_time())));
    }
    if table.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["groups: duration with pauses, and the time of it in requests".to_owned()];
    lines.extend(table.lines(screen));
    lines.extend(more(left_out, "groups", screen));
    lines
}

/// Requests by each of their tags.
pub(super) fn tags(report: &RunReport, screen: Screen) -> Vec<String> {
    let columns = [words("tag"), numbers("ok"), numbers("failed"), numbers("/s")];
    let mut table = Table::new(columns.into_iter().chain(TIMES));
    let (shown, left_out) = limited(report.tags(), |tag| (tag.statistics().failed_count(), tag.statistics().count()));
    for tag in shown {
        let name = format!("{}={}", tag.name(), tag.value());
        table.row(row(name, tag.statistics()));
    }
    if table.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["requests by tag".to_owned()];
    lines.extend(table.lines(screen));
    lines.extend(more(left_out, "tags", screen));
    lines
}

/// Messages or connections, which are not among the requests.
pub(super) fn events(what: &'static str, all: &[RequestReport], screen: Screen) -> Vec<String> {
    let columns = [words(what), numbers("ok"), numbers("failed"), numbers("/s")];
    let mut table = Table::new(columns.into_iter().chain(TIMES));
    let (shown, left_out) = limited(all, |one| (one.statistics().failed_count(), one.statistics().count()));
    shown.iter().for_each(|one| table.row(row(one.path(), one.statistics())));
    if table.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("{what}s, which are not among the requests")];
    lines.extend(table.lines(screen));
    lines.extend(more(left_out, &format!("{what}s"), screen));
    lines
}

/// The cells of counts, rate and times.
fn row(name: String, all: &Statistics) -> impl Iterator<Item = Cell> {
    let counts = [name.into(), count(all.ok_count()).into(), failures(all.failed_count())];
    let rate = Cell::from(rate(all.requests_per_sec()));
    counts.into_iter().chain([rate]).chain(spread(all.response_time()))
}

/// Where the time of all requests went.
pub(super) fn parts(report: &RunReport, screen: Screen) -> Vec<String> {
    let all = report.global();
    let mut table = Table::new([words("all requests"), numbers("count")].into_iter().chain(TIMES));
    let named = [
        ("throttle wait", all.throttle_wait()),
        ("response time", all.response_time()),
        ("start lag", all.start_lag()),
    ];
    for (name, times) in named.into_iter().chain(all.phases().iter()).chain([("service time", all.service_time())]) {
        if !times.is_empty() {
            table.row([name.into(), count(times.count()).into()].into_iter().chain(spread(times)));
        }
    }
    if table.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["where the time went".to_owned()];
    lines.extend(table.lines(screen));
    lines
}
