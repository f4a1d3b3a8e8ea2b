//! [`GroupReport`]: the passes through one group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::statistics::Statistics;
use crate::metrics::{GroupStats, PhaseTimes, TimeStatistics};
use crate::numbers::per_second;

/// The passes through one group, all scenarios together.
///
/// What is counted are passes: a user that goes through the group once is one, whatever number of requests is inside.
/// A pass has failed if anything inside has. Figures that only requests have (service time, status codes, errors,
/// bytes) are those of all requests inside, nested groups included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupReport {
    pub(super) path: Arc<[Arc<str>]>,
    /// By scenario.
    pub(super) scenarios: BTreeMap<Arc<str>, GroupStats>,
    #[serde(skip)]
    passes: GroupStats,
    #[serde(skip)]
    duration: TimeStatistics,
    #[serde(skip)]
    response_time: TimeStatistics,
    #[serde(skip)]
    requests: Statistics,
    #[serde(skip)]
    run: Duration,
}

impl GroupReport {
    pub(super) fn new(path: Arc<[Arc<str>]>) -> Self {
        GroupReport {
            path,
            scenarios: BTreeMap::new(),
            passes: GroupStats::default(),
            duration: TimeStatistics::default(),
            response_time: TimeStatistics::default(),
            requests: Statistics::default(),
            run: Duration::ZERO,
        }
    }

    pub(super) fn derive(&mut self, requests: Statistics, run: Duration) {
        let mut passes = GroupStats::default();
        self.scenarios.values().for_each(|part| passes.merge(part.clone()));
        self.duration = TimeStatistics::sum_of(&passes.ok.duration, &passes.failed.duration);
        self.response_time = TimeStatistics::sum_of(&passes.ok.cumulated, &passes.failed.cumulated);
        self.passes = passes;
        self.requests = requests;
        self.run = run;
    }

    /// Its full name: `outer / inner`.
    pub fn path(&self) -> String {
        self.path.join(" / ")
    }

    /// Its names, outermost first.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.path.iter().map(|group| &**group)
    }

    /// How many passes there were.
    pub fn count(&self) -> u64 {
        self.duration.count()
    }

    /// How many passes ended well.
    pub fn ok_count(&self) -> u64 {
        self.passes.ok.duration.count()
    }

    /// How many passes failed.
    pub fn failed_count(&self) -> u64 {
        self.passes.failed.duration.count()
    }

    /// Passes per second, as the mean over the run without its warm-up; see
    /// [`RunInfo::rate_window`](super::RunInfo::rate_window).
    pub fn requests_per_sec(&self) -> f64 {
        per_second(self.count(), self.run)
    }

    /// From entering to leaving, pauses included.
    pub fn duration(&self) -> &TimeStatistics {
        &self.duration
    }

    /// The cumulated response time: the sum of the response times inside a pass, pauses left out. Assertions on a
    /// group are about this.
    pub fn response_time(&self) -> &TimeStatistics {
        &self.response_time
    }

    /// The cumulated response time of passes that ended well.
    pub fn successful_response_time(&self) -> &TimeStatistics {
        &self.passes.ok.cumulated
    }

    /// The cumulated response time of passes that failed.
    pub fn failed_response_time(&self) -> &TimeStatistics {
        &self.passes.failed.cumulated
    }

    /// The figures of all requests inside, nested groups included.
    pub fn requests(&self) -> &Statistics {
        &self.requests
    }

    /// The service time of the requests inside.
    pub fn service_time(&self) -> &TimeStatistics {
        self.requests.service_time()
    }

    /// The start lag of the requests inside.
    pub fn start_lag(&self) -> &TimeStatistics {
        self.requests.start_lag()
    }

    /// The status codes of the requests inside.
    pub fn status_codes(&self) -> &BTreeMap<u16, u64> {
        self.requests.status_codes()
    }

    /// The errors of the requests inside, the most frequent first.
    pub fn errors(&self) -> Vec<(&str, u64)> {
        self.requests.errors()
    }

    /// Bytes written by the requests inside.
    pub fn bytes_sent(&self) -> u64 {
        self.requests.bytes_sent()
    }

    /// Bytes read by the requests inside.
    pub fn bytes_received(&self) -> u64 {
        self.requests.bytes_received()
    }

    /// Where the time of the requests inside went.
    pub fn phases(&self) -> &PhaseTimes {
        self.requests.phases()
    }
}
