//! [`Collector`]: brings the snapshots of all shards together.

mod journal;
mod state;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::journal::{Header as JournalHeader, Journal};
pub use self::journal::{JOURNAL, UNFINISHED_JOURNAL, journal_is_in_use};
use self::state::State;
use crate::assertion::Watches;
use crate::metrics::{
    Bounds, EndOf, ErrorCounts, EventKind, KeptMetrics, Limits, LiveError, LiveScenario, LiveView, MOST_EVENTS, Paths,
    RunEvent, SeriesPoint, Snapshot, TimeStatistics, Totals, Usage, UserStatistics, Windows, bounded_exchanges, push,
    quantiles, round, thin,
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
    /// By shard: how many users of each scenario it has.
    active: Vec<BTreeMap<Arc<str>, i64>>,
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
    /// By scenario, with those of the warm-up.
    scenario_users: BTreeMap<Arc<str>, LiveScenario>,
    errors: ErrorCounts,
    last_errors: ErrorCounts,
    series: Vec<SeriesPoint>,
    step: u64,
    /// Times in which shards stood still, by their first and last second, that reach into seconds to come.
    stalled: BTreeSet<(u64, u64)>,
    last: SeriesPoint,
    paths: Paths,
    metrics: KeptMetrics,
    windows: Windows,
    /// Where each second is written down, lest it is lost with the process.
    journal: Option<Journal>,
    /// What happened to the run since the last complete second.
    events: Vec<RunEvent>,
    /// What the load generator used in seconds that are not complete.
    usage: BTreeMap<u64, Usage>,
}

/// What shards have delivered of a second.
#[derive(Debug, Default)]
pub(crate) struct Second {
    pub(crate) measured: Totals,
    pub(crate) warm_up: Totals,
    /// The run ended within it.
    pub(crate) cut: bool,
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
            active: vec![BTreeMap::new(); shards],
            delivered: vec![Some(0); shards],
            pending: BTreeMap::new(),
            open: 0,
            totals: Totals::default(),
            warm_up: None,
            watches: Watches::default(),
            users: UserStatistics::default(),
            scenario_users: BTreeMap::new(),
            errors: ErrorCounts::default(),
            last_errors: ErrorCounts::default(),
            series: Vec::new(),
            step: 1,
            stalled: BTreeSet::new(),
            last: SeriesPoint::default(),
            windows: Windows::default(),
            journal: None,
            events: Vec::new(),
            usage: BTreeMap::new(),
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

    /// Writes each complete second to `journal`.
    pub(crate) fn journalled(mut self, journal: Option<Journal>) -> Self {
        self.journal = journal;
        self
    }

    /// Something happened to the run.
    pub(crate) fn happened(&mut self, event: RunEvent) {
        self.events.push(event);
    }

    /// The load generator used this in a second.
    pub(crate) fn used(&mut self, second: u64, usage: Usage) {
        self.usage.entry(second.max(self.open)).or_default().merge(usage);
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
        if let Some(active) = self.active.get_mut(shard) {
            for (scenario, users) in &totals.users {
                let count = |users: u64| i64::try_from(users).unwrap_or(i64::MAX);
                // One who ends was counted as started before.
                *active.entry(scenario.clone()).or_default() +=
                    count(users.started) - count(users.ended) - count(users.interrupted);
            }
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

    /// Says that a shard will deliver nothing more though it has users: they are counted as interrupted.
    pub(crate) fn shard_lost(&mut self, shard: usize) {
        let mut totals = Totals::default();
        for (scenario, users) in self.active.get(shard).into_iter().flatten() {
            let interrupted = u64::try_from(*users).unwrap_or(0);
            totals.users.insert(scenario.clone(), UserStatistics { interrupted, ..UserStatistics::default() });
        }
        self.pending.entry(self.open).or_default().measured.merge(totals, None);
        self.shard_done(shard);
    }

    /// How the run goes, as of the last complete second. It costs some work per name, but none per request.
    pub fn live(&self) -> LiveView {
        let errors = self.errors.groups().into_iter().map(|group| LiveError {
            text: group.text().to_owned(),
            count: group.count,
            last_second: self.last_errors.count_of(&group.template),
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
            scenarios: self.live_scenarios(),
            requests: self.paths.live(&self.bounds, self.open.checked_sub(1)),
            metrics: self.metrics.live(self.open.checked_sub(1)),
            errors,
        }
    }

    fn live_scenarios(&self) -> Vec<LiveScenario> {
        let known = |name: &Arc<str>| self.scenario_users.get(name).cloned();
        let scenario =
            |name| known(name).unwrap_or_else(|| LiveScenario { name: name.to_string(), ..Default::default() });
        self.scenarios.iter().map(scenario).collect()
    }

    /// Counts what is still pending and makes the report of the run.
    pub fn finish(mut self, mut info: RunInfo) -> RunReport {
        self.delivered.clear();
        self.complete();
        info.stalls = std::mem::take(&mut self.totals.stalls);
        info.holds = std::mem::take(&mut self.totals.holds);
        self.totals.happened.extend(std::mem::take(&mut self.events));
        if let Some((warm_up, _)) = self.warm_up.as_ref().filter(|(warm_up, _)| *warm_up < info.duration) {
            self.totals.happened.insert(RunEvent::new(*warm_up, EventKind::WarmUpEnd, ""));
        }
        info.events = std::mem::take(&mut self.totals.happened).into_iter().take(MOST_EVENTS).collect();
        if let Some(journal) = self.journal.take() {
            journal.end(&info);
        }
        let requests = self.paths.into_series(&self.bounds);
        let metrics = self.metrics.into_series();
        info.warm_up = self.warm_up.as_ref().map(|(duration, _)| *duration);
        let mut warm_up = self.warm_up.map(|(_, totals)| totals);
        let mut exchanges = std::mem::take(&mut self.totals.exchanges);
        exchanges.extend(warm_up.iter_mut().flat_map(|totals| std::mem::take(&mut totals.exchanges)));
        let report = RunReport::new(info, &self.scenarios, requests, metrics, self.totals, self.series);
        report.with_warm_up(warm_up).with_windows(self.windows.finished()).with_exchanges(bounded_exchanges(exchanges))
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
        }
    }

    /// Takes in a second that was complete; those before it had nothing to tell.
    pub(crate) fn replay(&mut self, second: u64, told: Second) {
        while self.open < second {
            self.complete_second(Second::default());
        }
        self.complete_second(told);
    }

    /// How many users of each scenario are active after a second that is not among the totals yet. Nothing where there is
    /// but one scenario.
    fn active_by_scenario(&self, second: [&Totals; 2]) -> Vec<u64> {
        if self.scenarios.len() < 2 {
            return Vec::new();
        }
        let active = self.scenarios.iter().map(|scenario| {
            let all = [&self.totals].into_iter().chain(self.warm_up.iter().map(|(_, kept)| kept)).chain(second);
            let users = all.filter_map(|totals| totals.users.get(scenario));
            let [started, gone] = users.fold([0, 0], |[started, gone], users| {
                [started + users.started, gone + users.ended + users.interrupted]
            });
            started.saturating_sub(gone)
        });
        active.collect()
    }

    /// How many seconds are complete.
    pub(crate) fn seconds(&self) -> u64 {
        self.open
    }

    fn complete_second(&mut self, second: Second) {
        let Second { measured, mut warm_up, cut } = second;
        let mut measured = self.bounds.fold(&self.totals, measured);
        if let Some((_, kept)) = &self.warm_up {
            warm_up = self.bounds.fold(kept, warm_up);
        }
        let stalls = measured.stalled_seconds.iter().map(|(first, _)| *first);
        let stalls = stalls.map(|first| RunEvent::new(Duration::from_secs(first), EventKind::Stall, ""));
        let events: Vec<_> = stalls.chain(self.events.drain(..)).collect();
        measured.happened.extend(events);
        measured.usage.merge(self.usage.remove(&self.open).unwrap_or_default());
        for totals in [&mut measured, &mut warm_up] {
            totals.requests.values_mut().for_each(|stats| stats.errors.occurred_in(self.open));
            totals.users.values_mut().for_each(|users| users.step_errors.occurred_in(self.open));
        }
        let errors = Some(self.limits.errors);
        let is_warm_up = self.is_warm_up(self.open);
        if !cut && !is_warm_up {
            self.watches.second(self.open + 1, &measured);
        }
        if let Some(journal) = &mut self.journal {
            journal.second(self.open, cut, self.watches.ends_at(), &measured, &warm_up);
        }
        self.windows.add(self.open, &measured);
        let response_time = self.paths.complete(self.open, is_warm_up, [&measured, &warm_up]);
        self.metrics.complete(self.open, is_warm_up, [&measured, &warm_up]);
        let (mut start_lag, mut throttle_wait) = (TimeStatistics::default(), TimeStatistics::default());
        let stalled = self.is_stalled(std::mem::take(&mut measured.stalled_seconds));
        let mut point = SeriesPoint { second: self.open, warm_up: is_warm_up, stalled, ..SeriesPoint::default() };
        self.last_errors = ErrorCounts::default();
        for stats in measured.requests.values().chain(warm_up.requests.values()) {
            point.ok += stats.ok_count();
            point.failed += stats.failed_count();
            point.bytes_sent += stats.bytes_sent;
            point.bytes_received += stats.bytes_received;
            for (status, count) in &stats.status_codes {
                *point.statuses.entry(status / 100).or_default() += count;
            }
            point.phases.add(&stats.phases);
            point.connected += stats.phases.connect().count();
            start_lag.merge(stats.start_lag.clone());
            throttle_wait.merge(stats.throttle_wait.clone());
            self.last_errors.merge(stats.errors.clone(), errors);
        }
        for (name, users) in measured.users.iter().chain(warm_up.users.iter()) {
            let scenario = self
                .scenario_users
                .entry(name.clone())
                .or_insert_with(|| LiveScenario { name: name.to_string(), ..LiveScenario::default() });
            scenario.users_started += users.started;
            scenario.users_done += users.ended + users.interrupted;
            scenario.users_failed += users.failed;
            scenario.users_active = scenario.users_started.saturating_sub(scenario.users_done);
            point.users_started += users.started;
            point.users_ended += users.ended + users.interrupted;
            point.users_dropped += users.dropped;
            point.errors += users.step_errors.total();
            self.last_errors.merge(users.step_errors.clone(), errors);
            self.users.merge(users.clone(), errors);
        }
        point.errors += point.failed;
        point.users_active = self.users.active();
        point.users_active_by_scenario = self.active_by_scenario([&measured, &warm_up]);
        [point.p50, point.p95, point.p99, point.max] = quantiles(&response_time);
        point.start_lag_p99 = round(start_lag.percentile(99.0));
        point.throttle_wait_p99 = round(throttle_wait.percentile(99.0));
        (point.generator_cpu, point.generator_memory) = (round(measured.usage.cpu), measured.usage.memory);
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
        self.open += 1;
        if self.journal.as_ref().is_some_and(Journal::wants_state)
            && let Some(mut journal) = self.journal.take()
        {
            journal.state(&State::of(self));
            self.journal = Some(journal);
        }
    }
}
