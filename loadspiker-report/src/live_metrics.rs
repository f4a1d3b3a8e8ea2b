//! Custom metrics while the run goes on: briefly, as there is little room.

use loadspiker_core::format::{count, figure};
use loadspiker_core::metrics::{LiveMetric, MetricKind};

use crate::screen::{Screen, Tone};
use crate::table::{Table, numbers, words};

/// How many are shown on a page.
const ON_A_PAGE: usize = 6;
/// How many are shown in a line.
const IN_A_LINE: usize = 3;

/// For a page: at most `room` lines.
pub(crate) fn lines(metrics: &[LiveMetric], screen: Screen, room: usize) -> Vec<String> {
    // An empty line, the heading, and one that says how many are not shown.
    let most = ON_A_PAGE.min(room.saturating_sub(2));
    let shown = if metrics.len() <= most { metrics.len() } else { most.saturating_sub(1) };
    if shown == 0 {
        return Vec::new();
    }
    let mut table = Table::new([words("metric"), numbers("count"), numbers("/s"), numbers("now")]);
    for metric in &metrics[..shown] {
        let name = match metric.unit.as_str() {
            "" => metric.name.clone(),
            unit => format!("{} [{unit}]", metric.name),
        };
        table.row([
            name.into(),
            count(metric.count).into(),
            count(metric.per_sec).into(),
            now(metric).unwrap_or_default().into(),
        ]);
    }
    let mut lines = vec![String::new()];
    lines.extend(table.lines(screen));
    if shown < metrics.len() {
        lines.push(screen.paint(Tone::Faint, format!("  and {} more", metrics.len() - shown)));
    }
    lines
}

/// For a line of a log, with what parts it from the text before; empty if there are no metrics.
pub(crate) fn line(metrics: &[LiveMetric]) -> String {
    let one = |metric: &LiveMetric| match metric.kind {
        MetricKind::Counter => format!("  {} {}, {}/s", metric.name, count(metric.count), count(metric.per_sec)),
        _ => format!("  {} {}", metric.name, now(metric).unwrap_or_else(|| "–".to_owned())),
    };
    let mut text: String = metrics.iter().take(IN_A_LINE).map(one).collect();
    if metrics.len() > IN_A_LINE {
        let more = metrics.len() - IN_A_LINE;
        text.push_str(&format!("  and {more} more metric{}", if more == 1 { "" } else { "s" }));
    }
    text
}

/// The figure that tells most of its kind; a counter has none beside its counts.
fn now(metric: &LiveMetric) -> Option<String> {
    match metric.kind {
        MetricKind::Gauge => metric.last.map(figure),
        MetricKind::Rate => metric.percent.map(|percent| format!("{} %", figure(percent))),
        MetricKind::Trend => metric.p95.map(|p95| format!("p95 {}", figure(p95))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Screen = Screen { width: None, coloured: false };

    fn metrics() -> Vec<LiveMetric> {
        let mut basket = LiveMetric::new("basket", MetricKind::Trend);
        (basket.unit, basket.count, basket.per_sec, basket.p95) = ("EUR".to_owned(), 462, 41, Some(39.5));
        let mut cached = LiveMetric::new("from cache", MetricKind::Rate);
        (cached.count, cached.percent) = (462, Some(75.0));
        let mut orders = LiveMetric::new("orders", MetricKind::Counter);
        (orders.count, orders.per_sec) = (1066, 7);
        let mut stock = LiveMetric::new("stock", MetricKind::Gauge);
        (stock.count, stock.last) = (3, Some(12.0));
        vec![basket, cached, orders, stock]
    }

    #[test]
    fn a_page_has_a_row_for_each_with_what_tells_most_of_its_kind() {
        let expected = [
            "",
            "  metric        count  /s       now",
            "  basket [EUR]    462  41  p95 39.5",
            "  from cache      462   0      75 %",
            "  orders        1,066   7          ",
            "  stock             3   0        12",
        ];
        let found: Vec<String> = lines(&metrics(), WIDE, 20);
        let trimmed = |lines: &[String]| lines.iter().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(trimmed(&found), trimmed(&expected.map(str::to_owned)));
    }

    #[test]
    fn where_there_is_no_room_it_says_how_many_are_missing_or_nothing() {
        assert_eq!(lines(&metrics(), WIDE, 5).len(), 5);
        assert_eq!(lines(&metrics(), WIDE, 5)[4], "  and 2 more");
        assert_eq!(lines(&metrics(), WIDE, 2), Vec::<String>::new());
        assert_eq!(lines(&[], WIDE, 20), Vec::<String>::new());
    }

    #[test]
    fn a_line_names_the_first_of_them() {
        assert_eq!(line(&metrics()), "  basket p95 39.5  from cache 75 %  orders 1,066, 7/s  and 1 more metric");
        let silent = LiveMetric::new("stock", MetricKind::Gauge);
        assert_eq!(line(&[silent]), "  stock –");
        assert_eq!(line(&[]), "");
    }
}
