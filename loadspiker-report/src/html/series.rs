//! Series in columns, which take a third of the room of a list of points.

use loadspiker_core::metrics::{MetricPoint, RequestPoint, SeriesPoint};
use serde::Serialize;

use super::figures::micros;

/// A column for each figure, by name.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Columns(Vec<(&'static str, Vec<Option<f64>>)>);

/// Of so many points at most: where there are more, neighbours become one, which keeps sums and highest times.
pub(super) const RUN_POINTS: usize = 1_800;

#[expect(clippy::cast_precision_loss, reason = "counts of a second are far below 2^53")]
fn number(n: u64) -> Option<f64> {
    Some(n as f64)
}

/// The users that were active of each scenario, at the points of the run.
pub(super) fn active(points: &[SeriesPoint], scenarios: usize) -> Vec<Vec<u64>> {
    if points.iter().all(|point| point.users_active_by_scenario.is_empty()) {
        return Vec::new();
    }
    let points = join(points, RUN_POINTS, |sum, later| {
        sum.users_active_by_scenario.clone_from(&later.users_active_by_scenario);
    });
    let of = |scenario: usize| {
        points.iter().map(|point| point.users_active_by_scenario.get(scenario).copied().unwrap_or_default()).collect()
    };
    (0..scenarios).map(of).collect()
}

fn status(point: &SeriesPoint, class: u16) -> Option<f64> {
    number(point.statuses.get(&class).copied().unwrap_or_default())
}

/// Neighbouring points become one.
fn join<P: Clone>(points: &[P], most: usize, add: fn(&mut P, &P)) -> Vec<P> {
    let size = points.len().div_ceil(most.max(1)).max(1);
    let joined = points.chunks(size).filter_map(|chunk| {
        let (first, rest) = chunk.split_first()?;
        let mut sum = first.clone();
        rest.iter().for_each(|point| add(&mut sum, point));
        Some(sum)
    });
    joined.collect()
}

/// A column's name, and its value at a point.
type Column<P> = (&'static str, fn(&P) -> Option<f64>);

/// Zero columns are left out.
fn columns<P>(points: &[P], columns: &[Column<P>]) -> Columns {
    let filled = columns.iter().map(|(name, of)| (*name, points.iter().map(of).collect::<Vec<_>>()));
    Columns(filled.filter(|(_, column)| column.iter().any(|value| value.is_some_and(|v| v != 0.0))).collect())
}

/// The run.
pub(super) fn of_run(points: &[SeriesPoint]) -> Columns {
    let points = join(points, RUN_POINTS, |sum, later| {
        sum.span = later.second + later.span - sum.second;
        sum.ok += later.ok;
        sum.failed += later.failed;
        sum.errors += later.errors;
        sum.users_started += later.users_started;
        sum.users_ended += later.users_ended;
        sum.users_dropped += later.users_dropped;
        sum.users_active = later.users_active;
        sum.p50 = sum.p50.max(later.p50);
        sum.p95 = sum.p95.max(later.p95);
        sum.p99 = sum.p99.max(later.p99);
        sum.max = sum.max.max(later.max);
        sum.start_lag_p99 = sum.start_lag_p99.max(later.start_lag_p99);
        sum.throttle_wait_p99 = sum.throttle_wait_p99.max(later.throttle_wait_p99);
        sum.generator_cpu += later.generator_cpu;
        sum.generator_memory = sum.generator_memory.max(later.generator_memory);
        sum.bytes_sent += later.bytes_sent;
        sum.bytes_received += later.bytes_received;
        later.statuses.iter().for_each(|(class, count)| *sum.statuses.entry(*class).or_default() += count);
        sum.connected += later.connected;
        let (phases, more) = (&mut sum.phases, &later.phases);
        phases.wait += more.wait;
        phases.dns += more.dns;
        phases.connect += more.connect;
        phases.tls += more.tls;
        phases.first_byte += more.first_byte;
        phases.receive += more.receive;
        sum.warm_up |= later.warm_up;
        sum.stalled |= later.stalled;
    });
    columns(
        &points,
        &[
            ("second", |p| number(p.second)),
            ("span", |p| number(p.span)),
            ("ok", |p| number(p.ok)),
            ("failed", |p| number(p.failed)),
            ("errors", |p| number(p.errors)),
            ("started", |p| number(p.users_started)),
            ("ended", |p| number(p.users_ended)),
            ("dropped", |p| number(p.users_dropped)),
            ("active", |p| number(p.users_active)),
            ("p50", |p| Some(micros(p.p50))),
            ("p95", |p| Some(micros(p.p95))),
            ("p99", |p| Some(micros(p.p99))),
            ("max", |p| Some(micros(p.max))),
            ("lag", |p| Some(micros(p.start_lag_p99))),
            ("throttle", |p| Some(micros(p.throttle_wait_p99))),
            ("cpu", |p| Some(micros(p.generator_cpu))),
            ("memory", |p| number(p.generator_memory)),
            ("sent", |p| number(p.bytes_sent)),
            ("received", |p| number(p.bytes_received)),
            ("status1", |p| status(p, 1)),
            ("status2", |p| status(p, 2)),
            ("status3", |p| status(p, 3)),
            ("status4", |p| status(p, 4)),
            ("status5", |p| status(p, 5)),
            ("wait", |p| number(p.phases.wait)),
            ("dns", |p| number(p.phases.dns)),
            ("connect", |p| number(p.phases.connect)),
            ("tls", |p| number(p.phases.tls)),
            ("first_byte", |p| number(p.phases.first_byte)),
            ("receive", |p| number(p.phases.receive)),
            ("connected", |p| number(p.connected)),
            ("warm_up", |p| number(p.warm_up.into())),
            ("stalled", |p| number(p.stalled.into())),
        ],
    )
}

/// A request.
pub(super) fn of_request(points: &[RequestPoint], most: usize) -> Columns {
    let points = join(points, most, |sum, later| {
        sum.span = later.second + later.span - sum.second;
        sum.ok += later.ok;
        sum.failed += later.failed;
        sum.p50 = sum.p50.max(later.p50);
        sum.p95 = sum.p95.max(later.p95);
        sum.p99 = sum.p99.max(later.p99);
        sum.max = sum.max.max(later.max);
    });
    columns(
        &points,
        &[
            ("second", |p| number(p.second)),
            ("span", |p| number(p.span)),
            ("ok", |p| number(p.ok)),
            ("failed", |p| number(p.failed)),
            ("p50", |p| Some(micros(p.p50))),
            ("p95", |p| Some(micros(p.p95))),
            ("p99", |p| Some(micros(p.p99))),
            ("max", |p| Some(micros(p.max))),
        ],
    )
}

/// A custom metric.
pub(super) fn of_metric(points: &[MetricPoint]) -> Columns {
    // Neighbours cannot be joined without knowing the kind: where there are too many, every n-th is shown.
    let size = points.len().div_ceil(RUN_POINTS).max(1);
    let points: Vec<_> = points.iter().step_by(size).cloned().collect();
    columns(
        &points,
        &[
            ("second", |p| number(p.second)),
            ("span", |p| number(p.span)),
            ("count", |p| number(p.count)),
            ("non_zero", |p| p.non_zero.and_then(number)),
            ("last", |p| p.last),
            ("min", |p| p.min),
            ("max", |p| p.max),
            ("p50", |p| p.p50),
            ("p95", |p| p.p95),
            ("p99", |p| p.p99),
        ],
    )
}
