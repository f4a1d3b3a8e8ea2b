//! [`Totals`]: everything counted, of an interval or of the whole run.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::custom::{CheckCounts, MetricKey, MetricStats};
use super::events::RunEvent;
use super::exchanges::KeptExchange;
use super::group_stats::GroupStats;
use super::holds::Holds;
use super::key::{EventKey, GroupKey, RequestKey, TagKey};
use super::request_stats::RequestStats;
use super::times::TimeStatistics;
use super::usage::Usage;
use super::user_stats::UserStatistics;
use super::waits::RecordWaits;

/// Everything counted, of an interval or of the whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Totals {
    #[serde(with = "pairs")]
    pub(crate) requests: BTreeMap<Arc<RequestKey>, Box<RequestStats>>,
    /// Messages and connections.
    #[serde(with = "pairs", skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) events: BTreeMap<Arc<EventKey>, Box<RequestStats>>,
    /// Requests by each of their tags.
    #[serde(with = "pairs", skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tagged: BTreeMap<Arc<TagKey>, Box<RequestStats>>,
    #[serde(with = "pairs")]
    pub(crate) groups: BTreeMap<Arc<GroupKey>, Box<GroupStats>>,
    /// By scenario.
    pub(crate) users: BTreeMap<Arc<str>, UserStatistics>,
    /// How many requests and entries into groups were counted under [`OTHER`](super::OTHER), because there were too
    /// many names or groups.
    pub(crate) folded: u64,
    /// Custom metrics.
    #[serde(with = "pairs", skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metrics: BTreeMap<Arc<MetricKey>, Box<MetricStats>>,
    /// How often each check was made, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) checks: BTreeMap<Arc<str>, CheckCounts>,
    /// The same as `folded`, of custom metrics and checks.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) folded_metrics: u64,
    /// How long shards stood still.
    #[serde(skip_serializing_if = "TimeStatistics::is_empty")]
    pub(crate) stalls: TimeStatistics,
    /// By step, for how long it has held up shards.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) holds: BTreeMap<Arc<str>, Holds>,
    /// The first and the last second of the run that each of these times touches.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) stalled_seconds: BTreeSet<(u64, u64)>,
    /// How users waited for records, by pool and feeder.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) waits: BTreeMap<Arc<str>, RecordWaits>,
    /// Failed requests that are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) exchanges: Vec<KeptExchange>,
    /// What happened to the run.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) happened: BTreeSet<RunEvent>,
    /// What the load generator used.
    #[serde(skip_serializing_if = "Usage::is_none")]
    pub(crate) usage: Usage,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Totals {
    /// Adds the counts of `other`. Nothing is lost but error texts beyond `error_limit`, if there is one.
    pub(crate) fn merge(&mut self, other: Totals, error_limit: Option<usize>) {
        merge_requests(&mut self.requests, other.requests, error_limit);
        merge_requests(&mut self.events, other.events, error_limit);
        merge_requests(&mut self.tagged, other.tagged, error_limit);
        for (key, stats) in other.groups {
            match self.groups.entry(key) {
                Entry::Occupied(mut sum) => sum.get_mut().merge(*stats),
                Entry::Vacant(place) => {
                    place.insert(stats);
                }
            }
        }
        for (scenario, users) in other.users {
            self.users.entry(scenario).or_default().merge(users, error_limit);
        }
        for (key, stats) in other.metrics {
            match self.metrics.entry(key) {
                Entry::Occupied(mut sum) => sum.get_mut().merge(*stats),
                Entry::Vacant(place) => {
                    place.insert(stats);
                }
            }
        }
        for (name, counts) in other.checks {
            self.checks.entry(name).or_default().merge(counts);
        }
        self.folded += other.folded;
        self.folded_metrics += other.folded_metrics;
        self.stalls.merge(other.stalls);
        for (step, holds) in other.holds {
            self.holds.entry(step).or_default().merge(&holds);
        }
        for (name, waits) in other.waits {
            self.waits.entry(name).or_default().merge(&waits);
        }
        self.stalled_seconds.extend(other.stalled_seconds);
        self.exchanges.extend(other.exchanges);
        self.happened.extend(other.happened);
        self.usage.merge(other.usage);
    }
}

fn merge_requests<K: Ord>(
    sums: &mut BTreeMap<Arc<K>, Box<RequestStats>>,
    more: BTreeMap<Arc<K>, Box<RequestStats>>,
    error_limit: Option<usize>,
) {
    for (key, stats) in more {
        match sums.entry(key) {
            Entry::Occupied(mut sum) => sum.get_mut().merge(*stats, error_limit),
            Entry::Vacant(place) => {
                place.insert(stats);
            }
        }
    }
}

impl Totals {
    /// Takes out what became of users, which is counted over the whole run. Their lags and errors stay.
    pub(crate) fn take_accounts(&mut self) -> Totals {
        let users = self.users.iter_mut().map(|(scenario, users)| (scenario.clone(), users.take_account()));
        Totals {
            users: users.collect(),
            stalls: std::mem::take(&mut self.stalls),
            holds: std::mem::take(&mut self.holds),
            waits: std::mem::take(&mut self.waits),
            stalled_seconds: std::mem::take(&mut self.stalled_seconds),
            exchanges: std::mem::take(&mut self.exchanges),
            ..Totals::default()
        }
    }
}

/// Maps as lists of pairs: formats such as JSON have only texts for keys.
pub(crate) mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
