//! [`RequestStats`]: all that is counted of the requests under one key.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::errors::ErrorCounts;
use super::limits::{OTHER, clip};
use super::phases::PhaseTimes;
use super::sample::{Sample, Status};
use super::times::TimeStatistics;
use crate::failure::FailureKind;

/// Times of the requests with one outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Outcome {
    /// Of every request: their number is the number of requests.
    pub(crate) response_time: TimeStatistics,
    /// Of those that were sent.
    pub(crate) service_time: TimeStatistics,
}

/// All that is counted of the requests under one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RequestStats {
    /// When the first of them was meant to be sent, in nanoseconds since the run began.
    pub(crate) first_ns: u64,
    pub(crate) ok: Outcome,
    pub(crate) failed: Outcome,
    pub(crate) start_lag: TimeStatistics,
    /// Of every request under a throttle.
    #[serde(skip_serializing_if = "TimeStatistics::is_empty")]
    pub(crate) throttle_wait: TimeStatistics,
    pub(crate) phases: PhaseTimes,
    pub(crate) status_codes: BTreeMap<u16, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) status_texts: BTreeMap<Arc<str>, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) failure_kinds: BTreeMap<FailureKind, u64>,
    pub(crate) errors: ErrorCounts,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
}

impl Default for RequestStats {
    fn default() -> Self {
        RequestStats {
            first_ns: u64::MAX,
            ok: Outcome::default(),
            failed: Outcome::default(),
            start_lag: TimeStatistics::default(),
            throttle_wait: TimeStatistics::default(),
            phases: PhaseTimes::default(),
            status_codes: BTreeMap::new(),
            status_texts: BTreeMap::new(),
            failure_kinds: BTreeMap::new(),
            errors: ErrorCounts::default(),
            bytes_sent: 0,
            bytes_received: 0,
        }
    }
}

impl RequestStats {
    /// Counts a request.
    #[inline]
    pub(crate) fn record(&mut self, sample: &Sample<'_>, error_limit: usize) {
        let ended = sample.ended.as_nanos();
        let intended = sample.intended.as_nanos();
        self.first_ns = self.first_ns.min(intended);
        let outcome = match &sample.failure {
            None => &mut self.ok,
            Some(failure) => {
                self.errors.add(failure.text(), error_limit);
                *self.failure_kinds.entry(failure.kind()).or_default() += 1;
                &mut self.failed
            }
        };
        outcome.response_time.record(ended.saturating_sub(intended));
        if let Some(sent) = sample.sent {
            outcome.service_time.record(ended.saturating_sub(sent.as_nanos()));
        }
        self.start_lag.record(sample.started.as_nanos().saturating_sub(intended));
        match sample.status {
            Some(Status::Code(code)) => *self.status_codes.entry(code).or_default() += 1,
            Some(Status::Text(text)) => self.count_status_text(text, error_limit),
            None => {}
        }
        self.bytes_sent += sample.bytes_sent;
        self.bytes_received += sample.bytes_received;
        self.phases.record(&sample.phases, intended);
    }

    /// Counts a status that is a text; one beyond `limit` is counted as [`OTHER`].
    fn count_status_text(&mut self, text: &str, limit: usize) {
        let text = clip(text);
        if let Some(count) = self.status_texts.get_mut(text) {
            *count += 1;
        } else {
            let text = if self.status_texts.len() < limit { text } else { OTHER };
            *self.status_texts.entry(text.into()).or_default() += 1;
        }
    }

    /// Adds the counts of `other`.
    pub(crate) fn merge(&mut self, other: RequestStats, error_limit: Option<usize>) {
        self.first_ns = self.first_ns.min(other.first_ns);
        self.ok.response_time.merge(other.ok.response_time);
        self.ok.service_time.merge(other.ok.service_time);
        self.failed.response_time.merge(other.failed.response_time);
        self.failed.service_time.merge(other.failed.service_time);
        self.start_lag.merge(other.start_lag);
        self.throttle_wait.merge(other.throttle_wait);
        self.phases.merge(other.phases);
        for (status, count) in other.status_codes {
            *self.status_codes.entry(status).or_default() += count;
        }
        for (status, count) in other.status_texts {
            *self.status_texts.entry(status).or_default() += count;
        }
        for (kind, count) in other.failure_kinds {
            *self.failure_kinds.entry(kind).or_default() += count;
        }
        self.errors.merge(other.errors, error_limit);
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
    }

    pub(crate) fn ok_count(&self) -> u64 {
        self.ok.response_time.count()
    }

    pub(crate) fn failed_count(&self) -> u64 {
        self.failed.response_time.count()
    }
}
