//! [`Window`]: the last seconds of a figure.

use std::collections::VecDeque;

use super::evaluate::Figures;
use crate::metrics::{GroupStats, PackedTimes, RequestStats, TimeStatistics};

/// What is counted of requests or passes in one second, or in a window of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) ok: u64,
    pub(super) failed: u64,
    /// Empty where only numbers are looked at.
    pub(super) response_time: TimeStatistics,
}

impl Counts {
    /// Nothing.
    pub(super) const NONE: Counts = Counts { ok: 0, failed: 0, response_time: TimeStatistics::with_digits(3) };

    /// Adds requests; their times only if `timed`.
    pub(super) fn add(&mut self, requests: &RequestStats, timed: bool) {
        self.ok += requests.ok_count();
        self.failed += requests.failed_count();
        if timed {
            self.response_time.merge(requests.ok.response_time.clone());
            self.response_time.merge(requests.failed.response_time.clone());
        }
    }

    /// Adds passes through a group; their cumulated response times only if `timed`.
    pub(super) fn add_group(&mut self, passes: &GroupStats, timed: bool) {
        self.ok += passes.ok.duration.count();
        self.failed += passes.failed.duration.count();
        if timed {
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
    times: Option<Box<PackedTimes>>,
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
        self.seconds.push_back(Second { ok: counts.ok, failed: counts.failed, times });
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
            if let Some(times) = &second.times {
                sum.response_time.add_packed(times);
            }
        }
        sum
    }
}

impl Counts {
    /// As figures of so many seconds.
    #[expect(clippy::cast_precision_loss, reason = "a rate of requests needs no sixteen digits")]
    pub(super) fn figures(&self, seconds: usize) -> Figures<'_> {
        Figures {
            response_time: &self.response_time,
            ok: self.ok,
            failed: self.failed,
            rate: (self.ok + self.failed) as f64 / seconds.max(1) as f64,
        }
    }
}
