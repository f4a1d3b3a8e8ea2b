//! [`Window`]: the last seconds of a figure.

use std::collections::VecDeque;

use super::evaluate::Figures;
use super::metric::Measure;
use super::{Claim, FailureKinds, StatusCodes};
use crate::metrics::{
    CheckCounts, GroupStats, MetricFigures, MetricStats, PackedMetric, PackedTimes, RequestStats, TimeStatistics,
};

/// What is counted of requests, passes, checks or values in one second, or in a window of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) ok: u64,
    pub(super) failed: u64,
    /// How many had the status or the failure that is looked for, and of how many.
    pub(super) meant: (u64, u64),
    /// Empty where only numbers are looked at.
    pub(super) response_time: TimeStatistics,
    /// Of a custom metric, if something was recorded.
    pub(super) metric: Option<MetricStats>,
}

/// Which of the requests are to be counted by themselves.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Status(&'a StatusCodes),
    Failures(&'a FailureKinds),
}

/// What is to be counted, beside numbers.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) timed: bool,
    pub(super) part: Option<Part<'a>>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(claim: &'a Claim) -> Self {
        let part = match claim.measure() {
            Measure::Status(codes) => Some(Part::Status(codes)),
            Measure::Failures(kinds) => Some(Part::Failures(kinds)),
            _ => None,
        };
        Wanted { timed: matches!(claim, Claim::Time(..)), part }
    }
}

impl Counts {
    /// Nothing.
    pub(super) const NONE: Counts =
        Counts { ok: 0, failed: 0, meant: (0, 0), response_time: TimeStatistics::with_digits(3), metric: None };

    /// Adds requests.
    pub(super) fn add(&mut self, requests: &RequestStats, wanted: Wanted<'_>) {
        self.ok += requests.ok_count();
        self.failed += requests.failed_count();
        if let Some(part) = wanted.part {
            self.meant.0 += match part {
                Part::Status(codes) => codes.count(&requests.status_codes, &requests.status_texts),
                Part::Failures(kinds) => kinds.count(&requests.failure_kinds),
            };
            self.meant.1 += requests.ok_count() + requests.failed_count();
        }
        if wanted.timed {
            self.response_time.merge(requests.ok.response_time.clone());
            self.response_time.merge(requests.failed.response_time.clone());
        }
    }

    /// Adds users, or what has happened to them.
    pub(super) fn add_users(&mut self, (ok, failed): (u64, u64)) {
        self.ok += ok;
        self.failed += failed;
    }

    /// Adds checks.
    pub(super) fn add_checks(&mut self, checks: CheckCounts) {
        self.ok += checks.passed;
        self.failed += checks.failed;
    }

    /// Adds values of a custom metric.
    pub(super) fn add_metric(&mut self, values: &MetricStats) {
        match &mut self.metric {
            Some(sum) => sum.merge(values.clone()),
            None => self.metric = Some(values.clone()),
        }
    }

    /// Adds passes through a group, with their cumulated response times.
    pub(super) fn add_group(&mut self, passes: &GroupStats, wanted: Wanted<'_>) {
        self.ok += passes.ok.duration.count();
        self.failed += passes.failed.duration.count();
        if wanted.timed {
            self.response_time.merge(passes.ok.cumulated.clone());
            self.response_time.merge(passes.failed.cumulated.clone());
        }
    }
}

/// A second, as it is kept.
#[derive(Clone, Debug)]
struct Second {
    ok: u64,
    failed: u64,
    meant: (u64, u64),
    times: Option<Box<PackedTimes>>,
    metric: Option<Box<PackedMetric>>,
}

/// The last seconds of a figure. Seconds before the first one that was pushed count as empty.
#[derive(Clone, Debug)]
pub(super) struct Window {
    length: usize,
    seconds: VecDeque<Second>,
}

impl Window {
    /// Of so many seconds.
    pub(super) fn new(length: usize) -> Self {
        Window { length, seconds: VecDeque::new() }
    }

    /// Takes in the next second; the oldest one leaves.
    pub(super) fn push(&mut self, counts: &Counts) {
        if self.seconds.len() >= self.length {
            self.seconds.pop_front();
        }
        let times = (!counts.response_time.is_empty()).then(|| Box::new(counts.response_time.pack()));
        let metric = counts.metric.as_ref().map(|metric| Box::new(metric.pack()));
        let Counts { ok, failed, meant, .. } = *counts;
        self.seconds.push_back(Second { ok, failed, meant, times, metric });
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.seconds.clear();
    }

    /// What is counted in it.
    pub(super) fn sum(&self) -> Counts {
        let mut sum = Counts::default();
        for second in &self.seconds {
            sum.ok += second.ok;
            sum.failed += second.failed;
            sum.meant.0 += second.meant.0;
            sum.meant.1 += second.meant.1;
            if let Some(packed) = &second.metric {
                sum.metric.get_or_insert_with(|| MetricStats::new(packed.kind())).add_packed(packed);
            }
            if let Some(times) = &second.times {
                sum.response_time.add_packed(times);
            }
        }
        sum
    }
}

impl Counts {
    /// As figures of so many seconds; `metric` are those of the custom metric, if it is about one.
    #[expect(clippy::cast_precision_loss, reason = "a rate of requests needs no sixteen digits")]
    pub(super) fn figures<'a>(&'a self, seconds: usize, metric: Option<&'a MetricFigures>) -> Figures<'a> {
        Figures {
            response_time: &self.response_time,
            ok: self.ok,
            failed: self.failed,
            rate: (self.ok + self.failed) as f64 / seconds.max(1) as f64,
            meant: self.meant,
            metric,
        }
    }
}
