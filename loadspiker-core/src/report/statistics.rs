//! [`Statistics`]: figures of a set of requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::failure::FailureKind;
use crate::metrics::{ErrorGroup, PhaseTimes, RequestStats, TimeStatistics};
use crate::numbers::per_second;

/// Figures of a set of requests: all of a run, those of a name, of a scenario, of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    figures: RequestStats,
    response_time: TimeStatistics,
    service_time: TimeStatistics,
    run: Duration,
}

impl Statistics {
    pub(crate) fn new<'a>(parts: impl IntoIterator<Item = &'a RequestStats>, run: Duration) -> Self {
        let mut figures = RequestStats::default();
        for part in parts {
            figures.merge(part.clone(), None);
        }
        Statistics {
            response_time: TimeStatistics::sum_of(&figures.ok.response_time, &figures.failed.response_time),
            service_time: TimeStatistics::sum_of(&figures.ok.service_time, &figures.failed.service_time),
            figures,
            run,
        }
    }

    pub(crate) fn figures(&self) -> &RequestStats {
        &self.figures
    }

    /// How many requests there were.
    pub fn count(&self) -> u64 {
        self.ok_count() + self.failed_count()
    }

    /// How many ended well.
    pub fn ok_count(&self) -> u64 {
        self.figures.ok_count()
    }

    /// How many failed: by an error, a check, or because they could not be built.
    pub fn failed_count(&self) -> u64 {
        self.figures.failed_count()
    }

    /// Requests per second, as the mean over the run without its warm-up, for as long as users were planned to start at
    /// least: see [`RunInfo::rate_window`](super::RunInfo::rate_window).
    pub fn requests_per_sec(&self) -> f64 {
        per_second(self.count(), self.run)
    }

    /// From the moment at which the user meant to send to the last byte or the error.
    pub fn response_time(&self) -> &TimeStatistics {
        &self.response_time
    }

    /// The response time of requests that ended well.
    pub fn successful_response_time(&self) -> &TimeStatistics {
        &self.figures.ok.response_time
    }

    /// The response time of requests that failed.
    pub fn failed_response_time(&self) -> &TimeStatistics {
        &self.figures.failed.response_time
    }

    /// From handing the request to a ready connection to the last byte or the error, of requests that were sent.
    pub fn service_time(&self) -> &TimeStatistics {
        &self.service_time
    }

    /// The service time of requests that ended well.
    pub fn successful_service_time(&self) -> &TimeStatistics {
        &self.figures.ok.service_time
    }

    /// The service time of requests that were sent and failed.
    pub fn failed_service_time(&self) -> &TimeStatistics {
        &self.figures.failed.service_time
    }

    /// How late the load generator was: from the moment at which the user meant to send to the one at which the
    /// engine got to it.
    pub fn start_lag(&self) -> &TimeStatistics {
        &self.figures.start_lag
    }

    /// How long requests waited for a slot of a throttle: from the moment at which the user meant to send to the slot,
    /// from which their response time counts. Every request under a throttle is in it, with 0 if it did not wait; without a
    /// throttle it is empty.
    pub fn throttle_wait(&self) -> &TimeStatistics {
        &self.figures.throttle_wait
    }

    /// How many responses had each status code.
    pub fn status_codes(&self) -> &BTreeMap<u16, u64> {
        &self.figures.status_codes
    }

    /// How many responses had each status that is a text, such as `NOAUTH`.
    pub fn status_texts(&self) -> &BTreeMap<Arc<str>, u64> {
        &self.figures.status_texts
    }

    /// How many failed by each kind of failure.
    pub fn failure_kinds(&self) -> &BTreeMap<FailureKind, u64> {
        &self.figures.failure_kinds
    }

    /// Each error text with its count, the most frequent first. Errors that differ only in a value are one, with `…` in
    /// its place.
    pub fn errors(&self) -> Vec<(&str, u64)> {
        self.figures.errors.ranked()
    }

    /// The errors as templates, each with its count and an example, the most frequent first.
    pub fn error_groups(&self) -> Vec<ErrorGroup> {
        self.figures.errors.groups()
    }

    /// Bytes written, headers included.
    pub fn bytes_sent(&self) -> u64 {
        self.figures.bytes_sent
    }

    /// Bytes read, headers included.
    pub fn bytes_received(&self) -> u64 {
        self.figures.bytes_received
    }

    /// Where the time went.
    pub fn phases(&self) -> &PhaseTimes {
        &self.figures.phases
    }
}
