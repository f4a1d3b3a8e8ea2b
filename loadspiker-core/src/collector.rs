//! [`Collector`]: brings the snapshots of all shards together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::assertion::Watches;
use crate::metrics::{
    Bounds, EndOf, ErrorCounts, KeptMetrics, Limits, LiveError, LiveView, Paths, SeriesPoint, Snapshot, TimeStatistics,
    Totals, UserStatistics, push, quantiles, round, thin,
};
use crate::report::{RunInfo, RunReport};

/// How many errors a live view shows.
const LIVE_ERRORS: usize = 10;

/// Brings the snapshots of all shards together: the totals of the run and a series per second.
///
/// A second is complete when every shard has delivered it or a later one; until then it is kept apart, so that the
/// percentiles of a second are those of all shards together.
#[derive(Debug)]
pub struct Collector {
    limits: Limits,
    bounds: Bounds,
    scenarios: Arc<[Arc<str>]>,
    /// By shard: how many seconds it has delivered; `None` if it will deliver no more.
    delivered: Vec<Option<u64>>,
    pending: BTreeMap<u64, Second>,
    /// The first second that is not complete.
    open: u64,
    totals: Totals,
    /// Of the warm-up, which the totals are without.
    warm_up: Option<(Duration, Totals)>,
    watches: Watches,
    users: UserStatistics,
    errors: ErrorCounts,
    last_errors: ErrorCounts,
    series: Vec<SeriesPoint>,
    step: u64,
    /// Times in which shards stood still, by their first and last second, that reach into seconds to come.
    stalled: BTreeSet<(u64, u64)>,
    last: SeriesPoint,
    paths: Paths,
    metrics: KeptMetrics,
}

/// What shards have delivered of a second.
#[derive(Debug, Default)]
struct Second {
    measured: Totals,
    warm_up: Totals,
    /// The run ended within it.
    cut: bool,
}

impl Collector {
    /// A collector for so many shards. `known_names` and `scenarios` are those of the shards' recorders; their order
    /// is the order of the report.
    pub fn new(shards: usize, known_names: &[Arc<str>], scenarios: Arc<[Arc<str>]>, limits: Limits) -> Self {
        Collector {
            bounds: Bounds::new(&limits, known_names, scenarios.len()),
            paths: Paths::new(limits.request_points),
            metrics: KeptMetrics::new(limits.metric_points),
            limits,
            scenarios,
            delivered: vec![Some(0); shards],
            pending: BTreeMap::new(),
            open: 0,
            totals: Totals::default(),
            warm_up: None,
            watches: Watches::default(),
            users: UserStatistics::default(),
            errors: ErrorCounts::default(),
            last_errors: ErrorCounts::default(),
            series: Vec::new(),
            step: 1,
            stalled: BTreeSet::new(),
            last: SeriesPoint::default(),
        }
    }

    /// With so much time at the beginning that is left out of the totals.
    pub(crate) fn warming_up(mut self, duration: Option<Duration>) -> Self {
        self.warm_up = duration.map(|duration| (duration, Totals::default()));
        self
    }

    /// Shows each whole second after the warm-up to `watches`.
    pub(crate) fn watched_by(mut self, watches: Watches) -> Self {
        self.watches = watches;
        self
    }

    /// Those who look at each second.
    pub(crate) fn watches(&mut self) -> &mut Watches {
        &mut self.watches
    }

    /// Takes the snapshot of a shard. A shard delivers its seconds in ascending order and may leave out those in
    /// which it had nothing to tell. What comes too late for its second is counted in the first that is still open.
    pub fn absorb(&mut self, shard: usize, snapshot: Snapshot) {
        let Snapshot { second, mut totals, warm_up, until } = snapshot;
        if let Some(Some(delivered)) = self.delivered.get_mut(shard) {
            let end = second.saturating_add(u64::from(until != EndOf::WarmUp));
            *delivered = (*delivered).max(end);
        }
        let pending = self.pending.entry(second.max(self.open)).or_default();
        pending.cut |= until == EndOf::Run;
        if warm_up {
            pending.measured.merge(totals.take_accounts(), None);
            pending.warm_up.merge(totals, None);
        } else {
            pending.measured.merge(totals, None);
        }
        self.complete();
    }

    /// Says that a shard will deliver nothing more, so that its seconds are not waited for.
    pub fn shard_done(&mut self, shard: usize) {
        if let Some(delivered) = self.delivered.get_mut(shard) {
            *delivered = None;
        }
        self.complete();
    }

    /// How the run goes, as of the last complete second. It costs some work per name, but none per request.
    pub fn live(&self) -> LiveView {
        let recent: BTreeMap<&str, u64> = self.last_errors.iter().map(|(text, count)| (&**text, count)).collect();
        let errors = self.errors.ranked().into_iter().map(|(text, count)| LiveError {
            text: text.to_owned(),
            count,
            last_second: recent.get(text).copied().unwrap_or_default(),
        });
        let mut errors: Vec<_> = errors.collect();
        errors.sort_by_key(|error| Reverse(error.last_second));
        errors.truncate(LIVE_ERRORS);
        LiveView {
            elapsed: Duration::from_secs(self.open),
            warm_up: self.is_warm_up(self.open),
            is_paused: false,
            users_active: self.users.active(),
            users_started: self.users.started,
            users_done: self.users.ended + self.users.interrupted,
            users_dropped: self.users.dropped,
            ok: self.paths.ok(),
            failed: self.paths.failed(),
            requests_per_sec: self.last.ok + self.last.failed,
            errors_per_sec: self.last.errors,
            p50: self.last.p50,
            p95: self.last.p95,
            p99: self.last.p99,
            max: self.last.max,
            start_lag_p99: self.last.start_lag_p99,
            requests: self.paths.live(&self.bounds, self.open.checked_sub(1)),
            metrics: self.metrics.live(self.open.checked_sub(1)),
            errors,
        }
    }

    /// Counts what is still pending and makes the report of the run.
    pub fn finish(mut self, mut info: RunInfo) -> RunReport {
        self.delivered.clear();
        self.complete();
        info.stalls = std::mem::take(&mut self.totals.stalls);
        let requests = self.paths.into_series(&self.bounds);
        let metrics = self.metrics.into_series();
        info.warm_up = self.warm_up.as_ref().map(|(duration, _)| *duration);
        let warm_up = self.warm_up.map(|(_, totals)| totals);
        RunReport::new(info, &self.scenarios, requests, metrics, self.totals, self.series).with_warm_up(warm_up)
    }

    /// Whether a second lies within the warm-up, if only in part.
    fn is_warm_up(&self, second: u64) -> bool {
        self.warm_up.as_ref().is_some_and(|(duration, _)| Duration::from_secs(second) < *duration)
    }

    /// Whether a shard stood still within the open second, which has told of these times. Those that are over are
    /// forgotten.
    fn is_stalled(&mut self, told: BTreeSet<(u64, u64)>) -> bool {
        self.stalled.extend(told);
        let stalled = self.stalled.iter().any(|(first, last)| (*first..=*last).contains(&self.open));
        self.stalled.retain(|(_, last)| *last > self.open);
        stalled
    }

    /// Completes every second that all shards have delivered.
    fn complete(&mut self) {
        let end = match self.delivered.iter().flatten().min() {
            Some(end) => *end,
            None => self.pending.last_key_value().map_or(0, |(second, _)| second.saturating_add(1)),
        };
        while self.open < end {
            let second = self.pending.remove(&self.open).unwrap_or_default();
            self.complete_second(second);
            self.open += 1;
        }
    }

    fn complete_second(&mut self, second: Second) {
        let Second { measured, mut warm_up, cut } = second;
        let mut measured = self.bounds.fold(&self.totals, measured);
        if let Some((_, kept)) = &self.warm_up {
            warm_up = self.bounds.fold(kept, warm_up);
        }
        let errors = Some(self.limits.errors);
        let is_warm_up = self.is_warm_up(self.open);
        if !cut && !is_warm_up {
            self.watches.second(self.open + 1, &measured);
        }
        let response_time = self.paths.complete(self.open, is_warm_up, [&measured, &warm_up]);
        self.metrics.complete(self.open, is_warm_up, [&measured, &warm_up]);
        let mut start_lag = TimeStatistics::default();
        let stalled = self.is_stalled(std::mem::take(&mut measured.stalled_seconds));
        let mut point = SeriesPoint { second: self.open, warm_up: is_warm_up, stalled, ..SeriesPoint::default() };
        self.last_errors = ErrorCounts::default();
        for stats in measured.requests.values().chain(warm_up.requests.values()) {
            point.ok += stats.ok_count();
            point.failed += stats.failed_count();
            point.bytes_sent += stats.bytes_sent;
            point.bytes_received += stats.bytes_received;
            start_lag.merge(stats.start_lag.clone());
            self.last_errors.merge(stats.errors.clone(), errors);
        }
        for users in measured.users.values().chain(warm_up.users.values()) {
            point.users_started += users.started;
            point.users_ended += users.ended + users.interrupted;
            point.users_dropped += users.dropped;
            point.errors += users.step_errors.total();
            self.last_errors.merge(users.step_errors.clone(), errors);
            self.users.merge(users.clone(), errors);
        }
        point.errors += point.failed;
        point.users_active = self.users.active();
        [point.p50, point.p95, point.p99, point.max] = quantiles(&response_time);
        point.start_lag_p99 = round(start_lag.percentile(99.0));
        self.errors.merge(self.last_errors.clone(), errors);
        self.last = point.clone();
        push(&mut self.series, point, self.step);
        if self.series.len() > self.limits.series_points.max(1) {
            self.step = self.step.saturating_mul(2);
            thin(&mut self.series, self.step);
        }
        self.totals.merge(measured, errors);
        if let Some((_, kept)) = &mut self.warm_up {
            kept.merge(warm_up, errors);
        }
    }
}
