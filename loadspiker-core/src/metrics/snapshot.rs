//! [`Snapshot`]: what a shard counted in an interval.

use serde::{Deserialize, Serialize};

use super::totals::Totals;

/// What a shard counted between two calls of [`Recorder::take_snapshot`](super::Recorder::take_snapshot).
///
/// It holds everything by name, so it can be sent to another process (serde; histograms are in HDR's V2 format as
/// base64) and merged there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub(crate) second: u64,
    pub(crate) totals: Totals,
    /// It was counted within the warm-up.
    #[serde(default)]
    pub(crate) warm_up: bool,
    /// With what its interval ends.
    #[serde(default)]
    pub(crate) until: EndOf,
}

/// The end with which the interval of a snapshot ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum EndOf {
    /// The warm-up's, within the second: there is more to come of it.
    WarmUp,
    /// The run's: the second is not a whole one, and the last.
    Run,
    /// The second's.
    #[default]
    Second,
}

impl Snapshot {
    /// The second of the run that it covers, from 0.
    pub fn second(&self) -> u64 {
        self.second
    }

    /// Adds everything that `other` counted. Nothing is lost, and neither order nor grouping of merges matters; the
    /// later second is kept. The sum is one of the warm-up if either is.
    pub fn merge(&mut self, other: Snapshot) {
        self.second = self.second.max(other.second);
        self.warm_up |= other.warm_up;
        self.until = self.until.min(other.until);
        self.totals.merge(other.totals, None);
    }
}
