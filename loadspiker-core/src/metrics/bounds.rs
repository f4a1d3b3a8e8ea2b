//! [`Bounds`]: keeps the number of names of a whole run bounded, whatever the shards deliver.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::custom::fold_metrics;
use super::group_stats::GroupStats;
use super::key::{EventKey, GroupKey, RequestKey, RequestPath, TagKey};
use super::limits::{Limits, OTHER, other_request};
use super::request_stats::RequestStats;
use super::totals::Totals;

/// How many names the totals of a run may have, and which of them are always kept.
#[derive(Debug)]
pub(crate) struct Bounds {
    known: FxHashMap<Arc<str>, usize>,
    requests: usize,
    events: usize,
    tagged: usize,
    groups: usize,
    metrics: usize,
    checks: usize,
}

impl Bounds {
    /// Such that there is room for whatever a single recorder with these limits tells. Several recorders may choose
    /// different names, so what they tell together can still be too much.
    pub(crate) fn new(limits: &Limits, known: &[Arc<str>], scenarios: usize) -> Self {
        let scenarios = scenarios.max(1);
        Bounds {
            known: known.iter().enumerate().map(|(index, name)| (name.clone(), index)).collect(),
            requests: 2 * limits.names + (known.len() + 1) * scenarios,
            // Each kind may have a place for what was folded.
            events: limits.names + 2 * scenarios,
            // As many names of tags, each with a place for what was folded.
            tagged: 2 * limits.tags + 1,
            groups: (limits.groups + 1) * scenarios,
            // Each metric may have a place for what was folded.
            metrics: 2 * limits.metrics + 4,
            checks: limits.checks + 1,
        }
    }

    /// Where a request stands in a report: fixed names in the order of the program, then names made during the run,
    /// then what was folded; within these by the time of the first one.
    pub(crate) fn rank(&self, path: &RequestPath) -> (usize, bool) {
        let known = self.known.get(&path.name).copied();
        (known.unwrap_or(usize::MAX), &*path.name == OTHER)
    }

    /// Folds names of `second` for which there is no room beside those in `kept`.
    pub(crate) fn fold(&self, kept: &Totals, mut second: Totals) -> Totals {
        if kept.requests.len() + second.requests.len() > self.requests {
            self.fold_requests(kept, &mut second);
        }
        if kept.events.len() + second.events.len() > self.events {
            self.fold_events(kept, &mut second);
        }
        if kept.tagged.len() + second.tagged.len() > self.tagged {
            self.fold_tagged(kept, &mut second);
        }
        if kept.groups.len() + second.groups.len() > self.groups {
            self.fold_groups(kept, &mut second);
        }
        fold_metrics(self.metrics, kept, &mut second);
        if kept.checks.len() + second.checks.len() > self.checks {
            self.fold_checks(kept, &mut second);
        }
        second
    }

    fn fold_requests(&self, kept: &Totals, second: &mut Totals) {
        let mut room = self.requests.saturating_sub(kept.requests.len());
        let mut folded: BTreeMap<Arc<RequestKey>, Box<RequestStats>> = BTreeMap::new();
        for (mut key, stats) in std::mem::take(&mut second.requests) {
            let fixed = key.path.groups.is_empty() && self.known.contains_key(&key.path.name);
            if !fixed && !kept.requests.contains_key(&key) {
                if room == 0 {
                    second.folded += stats.ok_count() + stats.failed_count();
                    key = Arc::new(other_request(&key.scenario));
                }
                room = room.saturating_sub(1);
            }
            folded.entry(key).or_default().merge(*stats, None);
        }
        second.requests = folded;
    }

    fn fold_events(&self, kept: &Totals, second: &mut Totals) {
        let mut room = self.events.saturating_sub(kept.events.len());
        for (mut key, stats) in std::mem::take(&mut second.events) {
            if !kept.events.contains_key(&key) {
                if room == 0 {
                    second.folded += stats.ok_count() + stats.failed_count();
                    key = Arc::new(EventKey { kind: key.kind, of: other_request(&key.of.scenario) });
                }
                room = room.saturating_sub(1);
            }
            second.events.entry(key).or_default().merge(*stats, None);
        }
    }

    fn fold_tagged(&self, kept: &Totals, second: &mut Totals) {
        let mut room = self.tagged.saturating_sub(kept.tagged.len());
        for (mut key, stats) in std::mem::take(&mut second.tagged) {
            if !kept.tagged.contains_key(&key) {
                if room == 0 {
                    second.folded += stats.ok_count() + stats.failed_count();
                    key = Arc::new(TagKey::other(&OTHER.into()));
                }
                room = room.saturating_sub(1);
            }
            second.tagged.entry(key).or_default().merge(*stats, None);
        }
    }

    fn fold_checks(&self, kept: &Totals, second: &mut Totals) {
        let mut room = self.checks.saturating_sub(kept.checks.len());
        for (name, counts) in std::mem::take(&mut second.checks) {
            let has_place = &*name == OTHER || kept.checks.contains_key(&name);
            let fits = has_place || room > 0;
            room = room.saturating_sub(usize::from(!has_place));
            second.folded_metrics += if fits { 0 } else { counts.passed + counts.failed };
            second.checks.entry(if fits { name } else { OTHER.into() }).or_default().merge(counts);
        }
    }

    fn fold_groups(&self, kept: &Totals, second: &mut Totals) {
        let mut room = self.groups.saturating_sub(kept.groups.len());
        let mut folded: BTreeMap<Arc<GroupKey>, Box<GroupStats>> = BTreeMap::new();
        for (mut key, stats) in std::mem::take(&mut second.groups) {
            if !kept.groups.contains_key(&key) {
                if room == 0 {
                    second.folded += stats.ok.duration.count() + stats.failed.duration.count();
                    key = Arc::new(GroupKey { scenario: key.scenario.clone(), path: [OTHER.into()].into() });
                }
                room = room.saturating_sub(1);
            }
            folded.entry(key).or_default().merge(*stats);
        }
        second.groups = folded;
    }
}
