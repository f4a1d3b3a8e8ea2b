//! [`GroupStats`]: all that is counted of the passes through one group.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::times::TimeStatistics;
use crate::numbers::nanos;

/// Times of the passes with one outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct GroupOutcome {
    /// From entering to leaving, pauses included. Their number is the number of passes.
    pub(crate) duration: TimeStatistics,
    /// The sum of the response times inside.
    pub(crate) cumulated: TimeStatistics,
}

/// All that is counted of the passes through one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct GroupStats {
    pub(crate) ok: GroupOutcome,
    pub(crate) failed: GroupOutcome,
}

impl GroupStats {
    pub(crate) fn record(&mut self, ok: bool, duration: Duration, cumulated: Duration) {
        let outcome = if ok { &mut self.ok } else { &mut self.failed };
        outcome.duration.record(nanos(duration));
        outcome.cumulated.record(nanos(cumulated));
    }

    pub(crate) fn merge(&mut self, other: GroupStats) {
        self.ok.duration.merge(other.ok.duration);
        self.ok.cumulated.merge(other.ok.cumulated);
        self.failed.duration.merge(other.failed.duration);
        self.failed.cumulated.merge(other.failed.cumulated);
    }
}
