//! What was measured beside requests: checks and custom metrics.

use std::cmp::Reverse;

use loadspiker_core::format::{count, figure};
use loadspiker_core::metrics::MetricFigures;
use loadspiker_core::report::{MetricReport, RunReport};

use crate::screen::{Screen, Tone};
use crate::table::{Cell, Table, numbers, words};
use crate::text::rate;

/// How many checks are shown, and how many combinations of tags of a metric.
const ROWS: usize = 20;

/// How often each check was made and failed; those that failed most come first.
pub(super) fn checks(report: &RunReport, screen: Screen) -> Vec<String> {
    let mut checks: Vec<_> = report.checks().iter().collect();
    if checks.is_empty() {
        return Vec::new();
    }
    checks.sort_by_key(|check| Reverse(check.failed_count()));
    let mut table = Table::new([words("check"), numbers("passed"), numbers("failed"), numbers("failed %")]);
    for check in checks.iter().take(ROWS) {
        let failed = check.failed_count();
        let tone = if failed > 0 { Tone::Bad } else { Tone::Plain };
        #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
        let percent = failed as f64 * 100.0 / check.count().max(1) as f64;
        table.row([
            check.name().into(),
            count(check.passed_count()).into(),
            Cell::from(count(failed)).tone(tone),
            format!("{percent:.1}").into(),
        ]);
    }
    let mut lines = vec!["checks".to_owned()];
    lines.extend(table.lines(screen));
    lines.extend(more(checks.len().saturating_sub(ROWS), "", screen));
    lines
}

/// Custom metrics, each with its tags below it.
pub(super) fn metrics(report: &RunReport, screen: Screen) -> Vec<String> {
    if report.metrics().is_empty() {
        return Vec::new();
    }
    let mut table = Table::new([
        words("metric"),
        words("kind"),
        numbers("count"),
        numbers("/s").dispensable(2),
        numbers("value"),
        numbers("min").dispensable(4),
        numbers("mean").dispensable(3),
        numbers("p50"),
        numbers("p95"),
        numbers("p99").dispensable(1),
        numbers("max"),
    ]);
    let mut left_out = 0;
    for metric in report.metrics() {
        let name = match metric.unit() {
            "" => metric.name().to_owned(),
            unit => format!("{} [{unit}]", metric.name()),
        };
        table.row(row(&name, &metric.kind().to_string(), metric.figures()));
        if metric.is_tagged() {
            left_out += parts(metric, &mut table);
        }
    }
    let mut lines =
        vec!["custom metrics; value: of a gauge the last, of a rate the share, of a trend the sum".to_owned()];
    lines.extend(table.lines(screen));
    lines.extend(more(left_out, " combinations of tags", screen));
    lines
}

/// Adds the combinations of tags; says how many are left out.
fn parts(metric: &MetricReport, table: &mut Table) -> usize {
    let mut parts: Vec<_> = metric.parts().collect();
    let all = parts.len();
    parts.sort_by_key(|(_, figures)| Reverse(figures.count()));
    for (tags, figures) in parts.iter().take(ROWS) {
        let name = if tags.is_empty() { "(no tags)" } else { tags };
        table.row(row(&format!("  {name}"), "", figures));
    }
    all.saturating_sub(ROWS)
}

fn row(name: &str, kind: &str, figures: &MetricFigures) -> Vec<Cell> {
    let shown = |value: Option<f64>| value.map_or_else(String::new, figure);
    let value = match figures.percent() {
        Some(percent) => format!("{} %", figure(percent)),
        None => shown(figures.last().or(figures.sum())),
    };
    let [p50, p95, p99] = [50.0, 95.0, 99.0].map(|percent| shown(figures.percentile(percent)));
    let texts = [count(figures.count()), rate(figures.per_sec()), value, shown(figures.min()), shown(figures.mean())];
    let cells = [name.to_owned(), kind.to_owned()].into_iter().chain(texts);
    cells.chain([p50, p95, p99, shown(figures.max())]).map(Cell::from).collect()
}

fn more(left_out: usize, what: &str, screen: Screen) -> Option<String> {
    (left_out > 0).then(|| screen.paint(Tone::Faint, format!("  and {left_out} more{what}")))
}
