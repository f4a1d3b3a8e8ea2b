//! [`RunReport`]: what came out of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::assertion_result::AssertionResult;
use super::document::Written;
use super::group::GroupReport;
use super::info::{EndReason, RunInfo};
use super::metric::{CheckReport, MetricReport};
use super::request::RequestReport;
use super::scenario::ScenarioReport;
use super::statistics::Statistics;
use super::tag::Apart;
use super::verdict;
use super::warm_up::WarmUp;
use crate::error::Error;
use crate::metrics::{
    KeptExchange, MetricName, MetricPoint, RecordWaits, RequestPath, RequestPoint, RequestStats, SeriesPoint,
    TimeStatistics, Totals, UserStatistics, Windows,
};

/// The version of the JSON that [`RunReport::to_json`] writes, and the only one that [`RunReport::from_json`] reads.
///
/// It rises when a field changes its form or meaning, or goes. `docs/report-json.md` lists what each version changed.
pub const SCHEMA_VERSION: u32 = 2;

/// What came out of a run.
///
/// Everything that looks at a result reads this value. [`to_json`](Self::to_json) and [`from_json`](Self::from_json)
/// write and read it without loss.
#[derive(Clone, Debug, PartialEq)]
pub struct RunReport {
    pub(super) info: RunInfo,
    pub(super) scenarios: Vec<ScenarioReport>,
    pub(super) requests: Vec<RequestReport>,
    pub(super) groups: Vec<GroupReport>,
    pub(super) series: Vec<SeriesPoint>,
    pub(super) windows: Windows,
    pub(super) folded: u64,
    pub(super) assertions: Vec<AssertionResult>,
    pub(super) warm_up: Option<WarmUp>,
    pub(super) metrics: Vec<MetricReport>,
    pub(super) checks: Vec<CheckReport>,
    pub(super) folded_metrics: u64,
    /// By pool and feeder.
    pub(super) record_waits: BTreeMap<Arc<str>, RecordWaits>,
    pub(super) exchanges: Vec<KeptExchange>,
    /// Tags, messages, connections.
    pub(super) apart: Apart,
    global: Statistics,
    pub(super) users: UserStatistics,
    /// By name: requests that are in several groups and not outside of all.
    scattered: BTreeMap<Arc<str>, Statistics>,
}

impl RunReport {
    /// From the totals of a run. `requests` gives the order of the requests, and their series; `metrics` are the series
    /// of custom metrics.
    pub(crate) fn new(
        info: RunInfo,
        scenarios: &[Arc<str>],
        requests: Vec<(RequestPath, Vec<RequestPoint>)>,
        metrics: BTreeMap<MetricName, Vec<MetricPoint>>,
        totals: Totals,
        series: Vec<SeriesPoint>,
    ) -> Self {
        let Totals { requests: figures, groups: passes, mut users, folded, waits, tagged, events, .. } = totals;
        let (recorded, checks, folded_metrics) = (totals.metrics, totals.checks, totals.folded_metrics);
        let mut parts: BTreeMap<RequestPath, BTreeMap<Arc<str>, RequestStats>> = BTreeMap::new();
        for (key, stats) in figures {
            parts.entry(key.path.clone()).or_default().insert(key.scenario.clone(), *stats);
        }
        let requests: Vec<_> = requests
            .into_iter()
            // What occurred in the warm-up only is not among them.
            .filter_map(|(path, series)| {
                let scenarios = parts.remove(&path)?;
                Some(RequestReport { path, scenarios, series, statistics: Statistics::default() })
            })
            .collect();
        let mut groups: BTreeMap<Arc<[Arc<str>]>, GroupReport> = BTreeMap::new();
        for (key, stats) in passes {
            let group = groups.entry(key.path.clone()).or_insert_with(|| GroupReport::new(key.path.clone()));
            group.scenarios.insert(key.scenario.clone(), *stats);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        // In the order of the first request inside; an outer group before those within it.
        groups.sort_by_cached_key(|group| {
            let inside = requests.iter().position(|request| request.path.groups.starts_with(&group.path));
            (inside.unwrap_or(usize::MAX), group.path.len(), group.path.clone())
        });
        let scenarios = scenarios.iter().map(|name| ScenarioReport {
            name: name.clone(),
            users: users.remove(name).unwrap_or_default(),
            statistics: Statistics::default(),
        });
        let scenarios = scenarios.collect();
        let mut report = RunReport::from_parts(info, scenarios, requests, groups, series, folded, Vec::new());
        report.measured(MetricReport::all(recorded, metrics), CheckReport::all(checks), folded_metrics);
        report.record_waits = waits;
        report.with_apart(Apart::new(tagged, events))
    }

    /// Computes all that follows from the parts.
    pub(super) fn from_parts(
        info: RunInfo,
        mut scenarios: Vec<ScenarioReport>,
        mut requests: Vec<RequestReport>,
        mut groups: Vec<GroupReport>,
        series: Vec<SeriesPoint>,
        folded: u64,
        assertions: Vec<AssertionResult>,
    ) -> Self {
        let run = info.rate_window();
        requests.iter_mut().for_each(|request| request.derive(run));
        let mut users = UserStatistics::default();
        for scenario in &mut scenarios {
            users.merge(scenario.users.clone(), None);
            let parts = requests.iter().filter_map(|request| request.scenarios.get(&scenario.name));
            scenario.statistics = Statistics::new(parts, run);
        }
        for group in &mut groups {
            let inside = requests.iter().filter(|request| request.path.groups.starts_with(&group.path));
            let inside = Statistics::new(inside.map(|request| request.statistics.figures()), run);
            group.derive(inside, run);
        }
        let mut by_name: BTreeMap<Arc<str>, Vec<&RequestReport>> = BTreeMap::new();
        for request in &requests {
            by_name.entry(request.path.name.clone()).or_default().push(request);
        }
        by_name.retain(|_, all| all.len() > 1 && all.iter().all(|request| !request.path.groups.is_empty()));
        let sum = |all: Vec<&RequestReport>| Statistics::new(all.iter().map(|one| one.statistics.figures()), run);
        let scattered = by_name.into_iter().map(|(name, all)| (name, sum(all))).collect();
        let global = Statistics::new(requests.iter().map(|request| request.statistics.figures()), run);
        let (warm_up, record_waits, exchanges) = Default::default();
        RunReport {
            info,
            scenarios,
            requests,
            groups,
            series,
            windows: Windows::default(),
            folded,
            assertions,
            warm_up,
            metrics: Vec::new(),
            checks: Vec::new(),
            folded_metrics: 0,
            record_waits,
            exchanges,
            apart: Apart::default(),
            global,
            users,
            scattered,
        }
    }

    /// With what was recorded beside requests.
    pub(super) fn measured(&mut self, mut metrics: Vec<MetricReport>, checks: Vec<CheckReport>, folded: u64) {
        metrics.iter_mut().for_each(|metric| metric.derive(self.info.rate_window()));
        (self.metrics, self.checks, self.folded_metrics) = (metrics, checks, folded);
    }

    /// What run it is about.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// What is done after the run failed.
    pub(crate) fn after_failed(&mut self, cause: String) {
        self.info.after_error = Some(cause);
    }

    /// The figures of all requests.
    pub fn global(&self) -> &Statistics {
        &self.global
    }

    /// The figures of the requests `"name"`, or `"group / name"` within a group (`"outer / inner / name"`).
    ///
    /// A name without a group means the requests outside of all groups. If there are none, it means those of all
    /// groups in which the name occurs, together.
    pub fn request(&self, path: &str) -> Option<&Statistics> {
        let exact = self.requests.iter().find(|request| request.path() == path);
        let found = exact.or_else(|| {
            let alone = self.requests.iter().find(|request| request.name() == path);
            alone.filter(|_| !self.scattered.contains_key(path))
        });
        found.map(RequestReport::statistics).or_else(|| self.scattered.get(path))
    }

    /// The group `"name"`, or `"outer / inner"`.
    pub fn group(&self, path: &str) -> Option<&GroupReport> {
        self.groups.iter().find(|group| group.path() == path)
    }

    /// The figures of all requests of a scenario.
    pub fn scenario(&self, name: &str) -> Option<&Statistics> {
        self.scenarios.iter().find(|scenario| scenario.name() == name).map(ScenarioReport::statistics)
    }

    /// All requests: those with fixed names in the order of the program, then those with names made during the run by
    /// the time of their first one.
    pub fn requests(&self) -> &[RequestReport] {
        &self.requests
    }

    /// All groups, each before those within it, in the order of the requests inside.
    pub fn groups(&self) -> &[GroupReport] {
        &self.groups
    }

    /// All scenarios, in the order of the simulation.
    pub fn scenarios(&self) -> &[ScenarioReport] {
        &self.scenarios
    }

    /// What became of all virtual users.
    pub fn users(&self) -> &UserStatistics {
        &self.users
    }

    /// What became of the virtual users of a scenario.
    pub(crate) fn users_of(&self, scenario: &str) -> Option<&UserStatistics> {
        self.scenarios.iter().find(|one| one.name() == scenario).map(ScenarioReport::users)
    }

    /// How many virtual users started.
    pub fn users_started(&self) -> u64 {
        self.users.started
    }

    /// How many virtual users came to their end.
    pub fn users_ended(&self) -> u64 {
        self.users.ended
    }

    /// How many of the virtual users that ended were marked failed.
    pub fn users_failed(&self) -> u64 {
        self.users.failed
    }

    /// How many virtual users were cut off at the end of the run.
    pub fn users_interrupted(&self) -> u64 {
        self.users.interrupted
    }

    /// How many arrivals were dropped: because as many users as allowed by `maximum_users` were active, or because the
    /// load generator stood still when they were due.
    pub fn users_dropped(&self) -> u64 {
        self.users.dropped
    }

    /// How many requests were in flight when their users were cut off. They are in no other figure.
    pub fn requests_interrupted(&self) -> u64 {
        self.users.requests_interrupted
    }

    /// How many panics in code of the user's were caught. With any of them a run has not passed, unless its
    /// [assertions](crate::assertion::Scope::panics) say how many there may be.
    pub fn panics(&self) -> u64 {
        self.users.panics
    }

    /// Errors of steps that are no requests, each text with its count, the most frequent first.
    pub fn step_errors(&self) -> Vec<(&str, u64)> {
        self.users.step_errors()
    }

    /// How late the load generator was, over all requests.
    pub fn start_lag(&self) -> &TimeStatistics {
        self.global.start_lag()
    }

    /// How many requests and entries into groups were counted as `(other)`, because there were too many names.
    pub fn folded(&self) -> u64 {
        self.folded
    }

    /// How users waited for records of the [pool](crate::pool) of this name, or of the feeder of this name if its records
    /// have to be waited for; `None` if nobody asked for one.
    pub fn record_waits(&self, name: &str) -> Option<&RecordWaits> {
        self.record_waits.get(name)
    }

    /// The same for all of them, by name.
    pub fn all_record_waits(&self) -> impl Iterator<Item = (&str, &RecordWaits)> {
        self.record_waits.iter().map(|(name, waits)| (&**name, waits))
    }

    /// The run second by second.
    pub fn series(&self) -> &[SeriesPoint] {
        &self.series
    }

    /// Whether there were panics, and no assertion has said how many there may be.
    pub(super) fn panics_count(&self) -> bool {
        self.panics() > 0 && !self.info.panics_asserted
    }

    /// Histograms of stretches of the run, per request and group: from them the figures of any part of it can be told.
    pub fn windows(&self) -> &Windows {
        &self.windows
    }

    /// With these windows.
    pub(crate) fn with_windows(mut self, windows: Windows) -> Self {
        self.windows = windows;
        self
    }

    /// Requests that failed, each with what was sent and received, in the order of time; a few of each kind.
    pub fn exchanges(&self) -> &[KeptExchange] {
        &self.exchanges
    }

    /// With these failed requests.
    pub(crate) fn with_exchanges(mut self, exchanges: Vec<KeptExchange>) -> Self {
        self.exchanges = exchanges;
        self
    }

    /// The scenarios in which code panicked.
    pub(crate) fn panicked(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().filter(|scenario| scenario.users.panics > 0).map(ScenarioReport::name)
    }

    /// Assertions say how many panics there may be.
    pub(crate) fn panics_are_asserted(&mut self) {
        self.info.panics_asserted = true;
    }

    /// Puts these in the place of all results.
    pub(crate) fn set_results(&mut self, results: Vec<AssertionResult>) {
        self.assertions = results;
        self.info.panics_asserted = false;
    }

    /// Adds what has come of criteria.
    pub(crate) fn add_results(&mut self, results: Vec<AssertionResult>) {
        self.assertions.extend(results);
    }

    /// The results of the assertions, then those of criteria that were asserted or that a run fails by.
    pub fn assertions(&self) -> &[AssertionResult] {
        &self.assertions
    }

    /// Whether every assertion holds and the run came to its end: one that was aborted or interrupted (Ctrl-C), or whose
    /// process died, has proved nothing. What is done [after](crate::dsl::Simulation::after) it must not have failed
    /// either, and no code of the user's may have panicked, unless assertions say
    /// [how often](crate::assertion::Scope::panics) it may. Without assertions any other run has passed, however many
    /// requests and users failed; its [verdict](Self::verdict) says so.
    pub fn passed(&self) -> bool {
        !matches!(self.info.end, EndReason::Aborted(_) | EndReason::Interrupted | EndReason::Unfinished)
            && self.info.after_error.is_none()
            && !self.panics_count()
            && self.assertions.iter().all(|result| result.passed)
    }

    /// Whether the run has passed, and why or why not, in one line: `passed: all 3 assertions hold; 2 of 40 users failed`.
    ///
    /// It says so if users failed, or if nobody came, also where no assertion was about that.
    pub fn verdict(&self) -> String {
        verdict::line(self)
    }

    /// Why the run has not [`passed`](Self::passed), as a text of several lines: the failed assertions and where to look,
    /// the most frequent errors, the failed checks, warnings. `None` if it has.
    pub fn failure(&self) -> Option<String> {
        (!self.passed()).then(|| verdict::failure(self))
    }

    /// Does nothing if the run has [`passed`](Self::passed).
    ///
    /// # Panics
    ///
    /// If it has not: with what [`failure`](Self::failure) says.
    #[track_caller]
    pub fn assert_passed(&self) {
        if let Some(failure) = self.failure() {
            panic!("{failure}");
        }
    }

    /// The report as JSON: figures to read with a script under `summary`, and all that is needed to read it again
    /// without loss.
    pub fn to_json(&self) -> String {
        #[expect(clippy::expect_used, reason = "texts and numbers in memory; encoding one fails beyond 2⁶³ counts")]
        serde_json::to_string_pretty(&Written::of(self)).expect("a report is made of texts and numbers")
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Report`] if it is no JSON, no run report, or one with a schema that this version does not know.
    pub fn from_json(json: &str) -> Result<RunReport, Error> {
        super::document::read(json).map_err(Error::Report)
    }
}
