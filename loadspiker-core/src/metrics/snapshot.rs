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
}

impl Snapshot {
    /// The second of the run that it covers, from 0.
    pub fn second(&self) -> u64 {
        self.second
    }

    /// Adds everything that `other` counted. Nothing is lost, and neither order nor grouping of merges matters; the
    /// later second is kept.
    pub fn merge(&mut self, other: Snapshot) {
        self.second = self.second.max(other.second);
        self.totals.merge(other.totals, None);
    }
}
