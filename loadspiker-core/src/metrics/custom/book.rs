//! [`Book`]: what users of one shard have recorded in custom metrics, and how their checks went.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use serde::{Deserialize, Serialize};

use super::handle::Handle;
use super::key::{MetricKey, MetricKind, Tags};
use super::stats::MetricStats;
use crate::metrics::limits::{Limits, OTHER, clip};
use crate::metrics::totals::Totals;
use crate::moment::Moment;

/// Tags as a recording gives them.
pub(crate) type GivenTags<'a> = &'a [(&'a str, &'a str)];

/// How often a check was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CheckCounts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl CheckCounts {
    pub(crate) fn merge(&mut self, other: CheckCounts) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// What users of one shard have recorded in custom metrics, and how their checks went, since it was handed over last.
/// All sessions of a shard share it: no locks, no atomics.
pub(crate) struct Book {
    now: OnceCell<Box<dyn Fn() -> Moment>>,
    limits: Limits,
    metrics: RefCell<Metrics>,
    checks: RefCell<FxHashMap<Arc<str>, CheckCounts>>,
    folded: Cell<u64>,
}

#[derive(Default)]
struct Metrics {
    rows: Vec<Row>,
    by_key: FxHashMap<Arc<MetricKey>, usize>,
    /// How recordings have spelled keys, by a hash of the spelling.
    spelled: FxHashMap<u64, Vec<Spelling>>,
    spellings: usize,
    /// Metrics that have a row at least.
    names: FxHashSet<(Arc<str>, MetricKind)>,
    /// Rows but for those of what was folded.
    kept: usize,
}

struct Row {
    key: Arc<MetricKey>,
    stats: Option<Box<MetricStats>>,
}

/// A key as a recording gives it: its tags in any order.
struct Spelling {
    handle: Handle,
    names: Box<[Box<str>]>,
    values: Box<[Box<str>]>,
    row: usize,
}

impl Spelling {
    fn new(handle: &Handle, given: GivenTags<'_>, row: usize) -> Self {
        let (names, values): (Vec<Box<str>>, Vec<Box<str>>) =
            given.iter().map(|(name, value)| ((*name).into(), (*value).into())).unzip();
        Spelling { handle: handle.clone(), names: names.into(), values: values.into(), row }
    }

    fn is(&self, handle: &Handle, given: GivenTags<'_>) -> bool {
        let known = self.names.iter().zip(&self.values).map(|(name, value)| (&**name, &**value));
        self.handle == *handle && known.eq(given.iter().copied())
    }
}

impl Default for Book {
    fn default() -> Self {
        Book::new(Limits::default())
    }
}

impl Book {
    pub(crate) fn new(limits: Limits) -> Self {
        Book {
            now: OnceCell::new(),
            limits,
            metrics: RefCell::default(),
            checks: RefCell::default(),
            folded: Cell::new(0),
        }
    }

    /// Says how to tell the time; without it, it stands still.
    pub(crate) fn timed_by(&self, now: impl Fn() -> Moment + 'static) {
        // The first clock stays.
        let _ = self.now.set(Box::new(now));
    }

    /// Adds to a counter; `None` is no number that can be added.
    pub(crate) fn add(&self, handle: &Handle, given: GivenTags<'_>, number: Option<u64>) {
        self.with(handle, given, |stats| stats.add(number));
    }

    /// Records a value.
    pub(crate) fn record(&self, handle: &Handle, given: GivenTags<'_>, value: f64) {
        let now = || self.now.get().map_or(0, |now| now().as_nanos());
        self.with(handle, given, |stats| stats.record(value, now));
    }

    fn with(&self, handle: &Handle, given: GivenTags<'_>, record: impl FnOnce(&mut MetricStats)) {
        let metrics = &mut *self.metrics.borrow_mut();
        let hash = hash(handle, given);
        let found = metrics.spelled.get(&hash).into_iter().flatten().find(|spelling| spelling.is(handle, given));
        let row = match found {
            Some(spelling) => spelling.row,
            None => self.new_spelling(metrics, hash, handle, given),
        };
        let row = &mut metrics.rows[row];
        record(row.stats.get_or_insert_with(|| Box::new(MetricStats::new(row.key.kind))));
    }

    #[cold]
    fn new_spelling(&self, metrics: &mut Metrics, hash: u64, handle: &Handle, given: GivenTags<'_>) -> usize {
        let key = handle.key(given);
        let row = match metrics.by_key.get(&key) {
            Some(row) => *row,
            None if metrics.kept < self.limits.metrics || key.is_other() => metrics.add(key),
            None => {
                self.folded.set(self.folded.get() + 1);
                let known = metrics.names.contains(&(key.name.clone(), key.kind));
                let other = if known { key.with_other_tags() } else { key.other() };
                // Not remembered: there may be any number of them.
                return metrics.by_key.get(&other).copied().unwrap_or_else(|| metrics.add(other));
            }
        };
        // Who gives the same tags in ever different orders pays for it with time.
        if metrics.spellings < 4 * self.limits.metrics {
            metrics.spelled.entry(hash).or_default().push(Spelling::new(handle, given, row));
            metrics.spellings += 1;
        }
        row
    }

    /// Counts a check that was made.
    pub(crate) fn count_check(&self, name: &str, passed: bool) {
        let mut checks = self.checks.borrow_mut();
        let count = |counts: &mut CheckCounts| {
            counts.passed += u64::from(passed);
            counts.failed += u64::from(!passed);
        };
        if let Some(counts) = checks.get_mut(name) {
            return count(counts);
        }
        let name = clip(name);
        let has_room = checks.len() < self.limits.checks + usize::from(checks.contains_key(OTHER));
        let name = if has_room || checks.contains_key(name) { name } else { OTHER };
        self.folded.set(self.folded.get() + u64::from(name == OTHER));
        count(checks.entry(name.into()).or_default());
    }

    /// Hands over what was recorded, and goes on empty.
    pub(crate) fn take_into(&self, totals: &mut Totals) {
        for row in &mut self.metrics.borrow_mut().rows {
            if let Some(stats) = row.stats.take() {
                totals.metrics.insert(row.key.clone(), stats);
            }
        }
        for (name, counts) in self.checks.borrow_mut().iter_mut() {
            if *counts != CheckCounts::default() {
                totals.checks.insert(name.clone(), std::mem::take(counts));
            }
        }
        totals.folded_metrics += self.folded.take();
    }
}

impl Metrics {
    fn add(&mut self, key: MetricKey) -> usize {
        let (row, key) = (self.rows.len(), Arc::new(key));
        self.kept += usize::from(!key.is_other());
        self.names.insert((key.name.clone(), key.kind));
        self.rows.push(Row { key: key.clone(), stats: None });
        self.by_key.insert(key, row);
        row
    }
}

fn hash(handle: &Handle, given: GivenTags<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    handle.hash(&mut hasher);
    given.hash(&mut hasher);
    hasher.finish()
}

/// Folds what is too much of `second` for `kept`, the totals of a run with so many metrics at most.
pub(crate) fn fold(limit: usize, kept: &Totals, second: &mut Totals) {
    if kept.metrics.len() + second.metrics.len() <= limit {
        return;
    }
    let mut room = limit.saturating_sub(kept.metrics.len());
    let mut folded: BTreeMap<Arc<MetricKey>, Box<MetricStats>> = BTreeMap::new();
    for (mut key, stats) in std::mem::take(&mut second.metrics) {
        if !kept.metrics.contains_key(&key) && !key.is_other() {
            if room == 0 {
                second.folded_metrics += stats.recorded();
                let same = |known: &Arc<MetricKey>| (&known.name, known.kind) == (&key.name, key.kind);
                let known = kept.metrics.keys().chain(folded.keys()).any(same);
                key = Arc::new(if known { key.with_other_tags() } else { key.other() });
            }
            room = room.saturating_sub(1);
        }
        match folded.get_mut(&key) {
            Some(sum) => sum.merge(*stats),
            None => drop(folded.insert(key, stats)),
        }
    }
    second.metrics = folded;
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").field("metrics", &self.metrics.borrow().rows.len()).finish_non_exhaustive()
    }
}

/// The tags of a recording that gives none.
pub(crate) const NO_TAGS: GivenTags<'static> = &[];

impl Handle {
    /// The key of what is recorded with these tags, and those of the handle itself.
    fn key(&self, given: GivenTags<'_>) -> MetricKey {
        let tags = Tags::new(self.tags().chain(given.iter().copied()));
        let name = self.name().trim();
        let name = if name.is_empty() { "(unnamed)" } else { clip(name) };
        MetricKey { name: name.into(), kind: self.kind(), tags, unit: self.unit().into() }
    }
}
