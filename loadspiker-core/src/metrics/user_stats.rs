//! [`UserStatistics`]: what became of the virtual users.

use serde::{Deserialize, Serialize};

use super::errors::{ErrorCounts, ErrorGroup};
use super::times::TimeStatistics;

/// What became of the virtual users of a scenario, or of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserStatistics {
    /// How many started.
    pub started: u64,
    /// How many came to the end of their scenario, or left it by a step such as `exit_here`.
    pub ended: u64,
    /// How many of those that ended were marked failed.
    pub failed: u64,
    /// How many were cut off at the end of the run; they are not among those that ended.
    pub interrupted: u64,
    /// How many of those cut off had a request in flight; these requests are in no other figure.
    pub requests_interrupted: u64,
    /// Arrivals that were due but not started: because as many users as allowed were active, because the load generator
    /// was late, or because the run ended.
    pub dropped: u64,
    /// How many of those dropped the load generator was too late for: it stood still when they were due, or the run ended
    /// more than a second after they were.
    pub dropped_late: u64,
    /// How many of those dropped had been due for up to a second when the run was told to end: a feeder had no more
    /// records, say. Nobody was late.
    pub dropped_at_end: u64,
    /// Panics in the user's closures that were caught.
    pub panics: u64,
    /// How long after their due instant arrivals started.
    pub arrival_lag: TimeStatistics,
    pub(crate) step_errors: ErrorCounts,
}

impl UserStatistics {
    /// Errors of steps that are no requests, each text with its count, the most frequent first.
    pub fn step_errors(&self) -> Vec<(&str, u64)> {
        self.step_errors.ranked()
    }

    /// The errors of steps as templates, each with its count and an example, the most frequent first.
    pub fn step_error_groups(&self) -> Vec<ErrorGroup> {
        self.step_errors.groups()
    }

    /// How many are neither ended nor cut off.
    pub(crate) fn active(&self) -> u64 {
        self.started.saturating_sub(self.ended + self.interrupted)
    }

    /// Takes out all but the lags and errors.
    pub(crate) fn take_account(&mut self) -> UserStatistics {
        let left = UserStatistics {
            arrival_lag: std::mem::take(&mut self.arrival_lag),
            step_errors: std::mem::take(&mut self.step_errors),
            ..UserStatistics::default()
        };
        std::mem::replace(self, left)
    }

    pub(crate) fn merge(&mut self, other: UserStatistics, error_limit: Option<usize>) {
        self.started += other.started;
        self.ended += other.ended;
        self.failed += other.failed;
        self.interrupted += other.interrupted;
        self.requests_interrupted += other.requests_interrupted;
        self.dropped += other.dropped;
        self.dropped_late += other.dropped_late;
        self.dropped_at_end += other.dropped_at_end;
        self.panics += other.panics;
        self.arrival_lag.merge(other.arrival_lag);
        self.step_errors.merge(other.step_errors, error_limit);
    }
}
