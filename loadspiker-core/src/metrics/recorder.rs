//! [`Recorder`]: counts what happens on one shard.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::exchanges::Keeper;
use super::group_stats::GroupStats;
use super::holds::Holds;
use super::key::{EventKey, GroupKey, Groups, RequestKey, RequestPath, TagKey};
use super::limits::{Limits, OTHER, other_request};
use super::request_stats::RequestStats;
use super::reserved::Reserved;
use super::sample::{GroupId, NameId, Sample, SampleKind, SampleName, SampleTag, ScenarioId};
use super::sample_log::ShardLog;
use super::snapshot::Snapshot;
use super::table::Table;
use super::times::TimeStatistics;
use super::totals::Totals;
use super::user_stats::UserStatistics;
use super::waits::RecordWaits;
use crate::moment::Moment;
use crate::numbers::nanos;

/// Counts what happens on one shard. It belongs to the shard alone: no locks, no atomics.
///
/// Its memory is bounded by its [`Limits`], whatever number of requests it counts.
#[derive(Debug)]
pub struct Recorder {
    limits: Limits,
    scenarios: Arc<[Arc<str>]>,
    known: Arc<[Arc<str>]>,
    /// Names made during the run; their numbers follow those of the known ones and of [`OTHER`].
    names: FxHashMap<Arc<str>, NameId>,
    dynamic_requests: usize,
    grouped_requests: usize,
    /// How many statistics of messages and connections there are.
    event_rows: usize,
    groups: Vec<Group>,
    requests: Table<RequestId, RequestKey, RequestStats>,
    /// Messages and connections.
    events: Table<EventId, EventKey, RequestStats>,
    /// Requests by each of their tags; what they are found by is their place in `tags`.
    tagged: Table<usize, TagKey, RequestStats>,
    tags: FxHashMap<SampleTag, usize>,
    passes: Table<(ScenarioId, GroupId), GroupKey, GroupStats>,
    /// By scenario.
    users: Vec<UserStatistics>,
    folded: u64,
    stalls: TimeStatistics,
    /// By step.
    holds: BTreeMap<Arc<str>, Holds>,
    /// By pool and feeder.
    waits: BTreeMap<Arc<str>, RecordWaits>,
    stalled_seconds: BTreeSet<(u64, u64)>,
    /// What names made during the run are to keep clear of; `None` if all are taken as they are.
    reserved: Option<Arc<Reserved>>,
    /// Where every sample goes, if the run has a sample log.
    log: Option<Box<ShardLog>>,
    /// Failed requests that are kept.
    keeper: Keeper,
}

/// Arrivals that were due but not started, by why.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dropped {
    /// As many users as allowed were active.
    pub(crate) crowded: u64,
    /// The load generator stood still, or got to them too late.
    pub(crate) late: u64,
    /// The run was told to end just then.
    pub(crate) at_end: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct RequestId {
    scenario: ScenarioId,
    group: GroupId,
    name: NameId,
}

/// Messages or connections of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct EventId {
    kind: SampleKind,
    of: RequestId,
}

#[derive(Debug, Default)]
struct Group {
    path: Groups,
    children: FxHashMap<Arc<str>, GroupId>,
}

impl Recorder {
    /// A recorder that has counted nothing. [`NameId`]s and [`ScenarioId`]s are positions in `known_names` and
    /// `scenarios`.
    pub fn new(known_names: Arc<[Arc<str>]>, scenarios: Arc<[Arc<str>]>, limits: Limits) -> Self {
        let names = known_names.iter().enumerate().map(|(index, name)| (name.clone(), NameId(number(index))));
        Recorder {
            limits,
            names: names.collect(),
            users: scenarios.iter().map(|_| UserStatistics::default()).collect(),
            scenarios,
            known: known_names,
            dynamic_requests: 0,
            grouped_requests: 0,
            event_rows: 0,
            groups: vec![Group::default()],
            requests: Table::default(),
            events: Table::default(),
            tagged: Table::default(),
            tags: FxHashMap::default(),
            passes: Table::default(),
            folded: 0,
            stalls: TimeStatistics::default(),
            holds: BTreeMap::new(),
            waits: BTreeMap::new(),
            stalled_seconds: BTreeSet::new(),
            reserved: None,
            log: None,
            keeper: Keeper::default(),
        }
    }

    /// Names made during the run keep clear of these paths.
    pub(crate) fn reserving(mut self, reserved: Arc<Reserved>) -> Self {
        self.reserved = Some(reserved);
        self
    }

    /// Every sample goes to this log, too.
    pub(crate) fn logging(mut self, log: Option<Box<ShardLog>>) -> Self {
        self.log = log;
        self
    }

    /// Failed requests that are kept.
    pub(crate) fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// Failed requests that are kept.
    pub(crate) fn keeper_mut(&mut self) -> &mut Keeper {
        &mut self.keeper
    }

    /// Under which path requests of this name are reported, unless there are too many names.
    pub(crate) fn path_of(&self, group: GroupId, name: &SampleName<'_>) -> RequestPath {
        let name = match name {
            SampleName::Known(id) => self.known.get(index(id.0)).cloned().unwrap_or_else(|| "(unknown)".into()),
            SampleName::Dynamic(text) => (*text).into(),
        };
        self.request_path(group, name)
    }

    /// Counts a finished request, message or connection.
    pub fn record(&mut self, scenario: ScenarioId, group: GroupId, sample: &Sample<'_>) {
        self.record_throttled(scenario, group, sample, None);
    }

    /// Counts a finished request that has waited for a throttle; `None` if there was none to wait for.
    #[inline]
    pub fn record_throttled(
        &mut self,
        scenario: ScenarioId,
        group: GroupId,
        sample: &Sample<'_>,
        wait: Option<Duration>,
    ) {
        if sample.kind != SampleKind::Request {
            return self.record_event(scenario, group, sample);
        }
        let row = match sample.name {
            SampleName::Known(name) => {
                let id = RequestId { scenario, group, name };
                self.requests.find(id).unwrap_or_else(|| self.known_request(id))
            }
            SampleName::Dynamic(text) => {
                let known = self.names.get(text).map(|name| RequestId { scenario, group, name: *name });
                let row = known.and_then(|id| self.requests.find(id));
                row.unwrap_or_else(|| self.dynamic_request(scenario, group, text))
            }
        };
        let figures = self.requests.figures(row);
        figures.record(sample, self.limits.errors);
        if let Some(wait) = wait {
            figures.throttle_wait.record(nanos(wait));
        }
        if let Some(log) = &mut self.log {
            let groups = self.groups.get(index(group.0)).map(|group| group.path.clone()).unwrap_or_default();
            log.add(scenario, groups, sample, wait);
        }
        if !sample.tags.is_empty() {
            self.record_tagged(sample, wait);
        }
    }

    /// Counts a request under each of its tags.
    #[cold]
    fn record_tagged(&mut self, sample: &Sample<'_>, wait: Option<Duration>) {
        for tag in &*sample.tags {
            let place = self.tags.get(tag).copied().unwrap_or_else(|| self.tag(tag));
            let Some(row) = self.tagged.find(place) else { continue };
            let figures = self.tagged.figures(row);
            figures.record(sample, self.limits.errors);
            if let Some(wait) = wait {
                figures.throttle_wait.record(nanos(wait));
            }
        }
    }

    /// The place of a tag that occurs for the first time, or is beyond the limit.
    fn tag(&mut self, tag: &SampleTag) -> usize {
        let mut key = TagKey { name: tag.0.clone(), value: tag.1.clone() };
        if self.tags.len() >= self.limits.tags {
            self.folded += 1;
            // Names are few, unless they are made during the run.
            let many = self.tags.len() >= 2 * self.limits.tags;
            key = if many { TagKey::other(&OTHER.into()) } else { TagKey::other(&tag.0) };
        }
        let found = (key.name.clone(), key.value.clone());
        if let Some(place) = self.tags.get(&found) {
            return *place;
        }
        let place = self.tags.len();
        self.tags.insert(found, place);
        self.tagged.add(place, key);
        place
    }

    /// Counts a message or a connection.
    fn record_event(&mut self, scenario: ScenarioId, group: GroupId, sample: &Sample<'_>) {
        let other = NameId(number(self.known.len()));
        let name = match sample.name {
            SampleName::Known(name) => name,
            SampleName::Dynamic(text) => self.names.get(text).copied().unwrap_or_else(|| self.event_name(text, other)),
        };
        let id = EventId { kind: sample.kind, of: RequestId { scenario, group, name } };
        let row = self.events.find(id).unwrap_or_else(|| self.add_event(id, &sample.name, other));
        self.events.figures(row).record(sample, self.limits.errors);
    }

    /// The number of a name that occurs for the first time, or `other` if there is no room for it.
    #[cold]
    fn event_name(&mut self, text: &str, other: NameId) -> NameId {
        if self.event_rows >= self.limits.names {
            return other;
        }
        let name = NameId(number(self.names.len() + 1));
        self.names.insert(text.into(), name);
        name
    }

    #[cold]
    fn add_event(&mut self, id: EventId, name: &SampleName<'_>, other: NameId) -> usize {
        let EventId { kind, of: RequestId { scenario, group, name: number } } = id;
        let scenario_name = scenario_name(&self.scenarios, scenario);
        if number == other || self.event_rows >= self.limits.names {
            self.folded += 1;
            let id = EventId { kind, of: RequestId { scenario, group: GroupId::ROOT, name: other } };
            return self
                .events
                .find(id)
                .unwrap_or_else(|| self.events.add(id, EventKey { kind, of: other_request(&scenario_name) }));
        }
        self.event_rows += 1;
        let name = match name {
            SampleName::Known(id) => self.known.get(index(id.0)).cloned().unwrap_or_else(|| "(unknown)".into()),
            SampleName::Dynamic(text) => Arc::from(*text),
        };
        let of = RequestKey { scenario: scenario_name, path: self.request_path(group, name) };
        self.events.add(id, EventKey { kind, of })
    }

    /// The group `name` inside of `parent`. Beyond the limit of groups it is the group [`OTHER`].
    pub fn group(&mut self, parent: GroupId, name: &str) -> GroupId {
        let index = index(parent.0);
        if let Some(id) = self.groups.get(index).and_then(|parent| parent.children.get(name)) {
            return *id;
        }
        if self.groups.len() > self.limits.groups && !(parent == GroupId::ROOT && name == OTHER) {
            self.folded += 1;
            return self.group(GroupId::ROOT, OTHER);
        }
        let id = GroupId(number(self.groups.len()));
        let name: Arc<str> = name.into();
        let Some(parent) = self.groups.get_mut(index) else { return GroupId::ROOT };
        parent.children.insert(name.clone(), id);
        let shown = self.reserved.as_ref().map_or_else(|| name.clone(), |paths| paths.segment(&parent.path, &name));
        let path = parent.path.iter().cloned().chain([shown]).collect();
        self.groups.push(Group { path, children: FxHashMap::default() });
        id
    }

    /// Counts a pass through a group: `duration` from entering to leaving, `cumulated` the sum of the response times
    /// inside. Outside of all groups nothing is counted.
    pub fn record_group(
        &mut self,
        scenario: ScenarioId,
        group: GroupId,
        ok: bool,
        duration: Duration,
        cumulated: Duration,
    ) {
        if group == GroupId::ROOT {
            return;
        }
        let row = self.passes.find((scenario, group)).unwrap_or_else(|| {
            let key = GroupKey { scenario: scenario_name(&self.scenarios, scenario), path: self.group_path(group) };
            self.passes.add((scenario, group), key)
        });
        self.passes.figures(row).record(ok, duration, cumulated);
    }

    /// Counts a virtual user that started.
    pub fn user_started(&mut self, scenario: ScenarioId) {
        self.with_users(scenario, |users| users.started += 1);
    }

    /// Counts a virtual user that came to its end; `ok` says whether it was not marked failed.
    pub fn user_ended(&mut self, scenario: ScenarioId, ok: bool) {
        self.with_users(scenario, |users| {
            users.ended += 1;
            users.failed += u64::from(!ok);
        });
    }

    /// Counts a virtual user that was cut off at the end of the run; `in_flight` says whether a request was running.
    pub fn user_interrupted(&mut self, scenario: ScenarioId, in_flight: bool) {
        self.with_users(scenario, |users| {
            users.interrupted += 1;
            users.requests_interrupted += u64::from(in_flight);
        });
    }

    /// Counts users that were cut off at the end of the run, and requests of theirs that were running.
    pub(crate) fn users_interrupted(&mut self, scenario: ScenarioId, number: u64, in_flight: u64) {
        self.with_users(scenario, |users| {
            users.interrupted += number;
            users.requests_interrupted += in_flight;
        });
    }

    /// Counts an arrival that was due but not started, because as many users as allowed were active.
    pub fn arrival_dropped(&mut self, scenario: ScenarioId) {
        self.arrivals_dropped(scenario, Dropped { crowded: 1, ..Dropped::default() });
    }

    /// Counts an arrival that was due but not started, because the load generator stood still, or got to it too late.
    pub fn arrival_missed(&mut self, scenario: ScenarioId) {
        self.arrivals_dropped(scenario, Dropped { late: 1, ..Dropped::default() });
    }

    /// Counts arrivals that were due but not started.
    pub(crate) fn arrivals_dropped(&mut self, scenario: ScenarioId, dropped: Dropped) {
        let Dropped { crowded, late, at_end } = dropped;
        self.with_users(scenario, |users| {
            users.dropped = users.dropped.saturating_add(crowded).saturating_add(late).saturating_add(at_end);
            users.dropped_late = users.dropped_late.saturating_add(late);
            users.dropped_at_end = users.dropped_at_end.saturating_add(at_end);
        });
    }

    /// Counts a time in which the load generator stood still, and marks the seconds of the run that it touches.
    pub fn stalled(&mut self, from: Moment, to: Moment) {
        self.stalls.record(nanos(to.since(from)));
        self.stalled_seconds.insert((from.since_start().as_secs(), to.since_start().as_secs()));
    }

    /// Counts that a step has held up the shard for so long.
    pub(crate) fn held_up(&mut self, step: &str, held: Duration) {
        match self.holds.get_mut(step) {
            Some(holds) => holds.count_one(held),
            None => self.holds.entry(step.into()).or_default().count_one(held),
        }
    }

    /// Counts that a user has waited for so long for a record of the pool or feeder of this name, and has got one or given
    /// up.
    pub(crate) fn waited_for_record(&mut self, name: &Arc<str>, wait: Duration, taken: bool) {
        if let Some(waits) = self.waits.get_mut(name) {
            return waits.count(wait, taken);
        }
        self.waits.entry(name.clone()).or_default().count(wait, taken);
    }

    /// Counts how long after its due instant an arrival started.
    pub fn arrival_lag(&mut self, scenario: ScenarioId, lag: Duration) {
        self.with_users(scenario, |users| users.arrival_lag.record(nanos(lag)));
    }

    /// Counts an error of a step that is no request.
    pub fn step_error(&mut self, scenario: ScenarioId, text: &str) {
        let limit = self.limits.errors;
        self.with_users(scenario, |users| users.step_errors.add(text, limit));
    }

    /// Counts a panic of a user's closure that was caught.
    pub fn panic_caught(&mut self, scenario: ScenarioId) {
        self.with_users(scenario, |users| users.panics += 1);
    }

    /// Takes what was counted since the last snapshot, as the given second of the run, and goes on empty.
    pub fn take_snapshot(&mut self, second: u64) -> Snapshot {
        if let Some(log) = &mut self.log {
            let signed = |users: u64| i64::try_from(users).unwrap_or(i64::MAX);
            let change = |users: &UserStatistics| signed(users.started) - signed(users.ended + users.interrupted);
            log.tick(self.users.iter().map(change).sum());
        }
        let mut totals = Totals {
            requests: self.requests.take(|sum, figures| sum.merge(figures, None)),
            events: self.events.take(|sum, figures| sum.merge(figures, None)),
            tagged: self.tagged.take(|sum, figures| sum.merge(figures, None)),
            groups: self.passes.take(GroupStats::merge),
            folded: std::mem::take(&mut self.folded),
            stalls: std::mem::take(&mut self.stalls),
            holds: std::mem::take(&mut self.holds),
            waits: std::mem::take(&mut self.waits),
            stalled_seconds: std::mem::take(&mut self.stalled_seconds),
            exchanges: self.keeper.take(),
            ..Totals::default()
        };
        for (scenario, users) in self.scenarios.iter().zip(&mut self.users) {
            totals.users.entry(scenario.clone()).or_default().merge(std::mem::take(users), None);
        }
        Snapshot { second, totals, ..Snapshot::default() }
    }

    #[cold]
    fn known_request(&mut self, id: RequestId) -> usize {
        if id.group != GroupId::ROOT {
            if self.grouped_requests >= self.limits.names {
                return self.other_request(id.scenario);
            }
            self.grouped_requests += 1;
        }
        let name = self.known.get(index(id.name.0)).cloned().unwrap_or_else(|| "(unknown)".into());
        self.add_request(id, name)
    }

    #[cold]
    fn dynamic_request(&mut self, scenario: ScenarioId, group: GroupId, text: &str) -> usize {
        if let Some(name) = self.names.get(text).copied()
            && index(name.0) < self.known.len()
        {
            return self.known_request(RequestId { scenario, group, name });
        }
        if self.dynamic_requests >= self.limits.names {
            return self.other_request(scenario);
        }
        self.dynamic_requests += 1;
        let (text, name) = match self.names.get_key_value(text) {
            Some((text, name)) => (text.clone(), *name),
            None => {
                let (text, name): (Arc<str>, _) = (text.into(), NameId(number(self.names.len() + 1)));
                self.names.insert(text.clone(), name);
                (text, name)
            }
        };
        self.add_request(RequestId { scenario, group, name }, text)
    }

    /// Where a request, message or connection stands.
    fn request_path(&self, group: GroupId, name: Arc<str>) -> RequestPath {
        let groups = self.group_path(group);
        let name = match &self.reserved {
            Some(paths) => paths.segment(&groups, &name),
            None => name,
        };
        RequestPath { groups, name }
    }

    fn add_request(&mut self, id: RequestId, name: Arc<str>) -> usize {
        let path = self.request_path(id.group, name);
        self.requests.add(id, RequestKey { scenario: scenario_name(&self.scenarios, id.scenario), path })
    }

    /// The row for names beyond the limit.
    fn other_request(&mut self, scenario: ScenarioId) -> usize {
        self.folded += 1;
        let id = RequestId { scenario, group: GroupId::ROOT, name: NameId(number(self.known.len())) };
        let scenarios = &self.scenarios;
        self.requests.find(id).unwrap_or_else(|| {
            let name = scenario_name(scenarios, scenario);
            self.requests.add(id, other_request(&name))
        })
    }

    fn group_path(&self, group: GroupId) -> Groups {
        self.groups.get(index(group.0)).map(|group| group.path.clone()).unwrap_or_default()
    }

    fn with_users(&mut self, scenario: ScenarioId, count: impl FnOnce(&mut UserStatistics)) {
        if let Some(users) = self.users.get_mut(index(scenario.0)) {
            count(users);
        }
    }
}

fn scenario_name(scenarios: &[Arc<str>], id: ScenarioId) -> Arc<str> {
    scenarios.get(index(id.0)).cloned().unwrap_or_else(|| "(unknown)".into())
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
