//! [`Selection`]: the figures of a part of a run.

use std::time::Duration;

use super::cell::Counts;
use super::{Scale, Slot, Windows};

/// The figures of a part of a run, from its beginning to the end of the last window that was selected.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Selection {
    /// When the first of its windows begins, counted from the beginning of the run.
    pub from: Duration,
    /// When the last of its windows ends.
    pub to: Duration,
    /// The response times of requests, by their full name (`group / name`); those without any are left out.
    pub requests: Vec<(String, WindowFigures)>,
    /// The durations of passes through groups, pauses included, by the full name of the group.
    pub durations: Vec<(String, WindowFigures)>,
    /// The cumulated response times of passes through groups.
    pub groups: Vec<(String, WindowFigures)>,
}

/// Times of one name in a part of a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WindowFigures {
    /// Of what ended well.
    pub ok: WindowTimes,
    /// Of what failed.
    pub failed: WindowTimes,
    /// Of both.
    pub all: WindowTimes,
}

/// A distribution of times in a part of a run. Without any value all figures are zero.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowTimes {
    counts: Counts,
    scale: Scale,
}

impl Windows {
    /// The figures of all windows that lie between these times, if only in part: what is selected is widened to the
    /// edges of windows, and says so.
    pub fn select(&self, from: Duration, to: Duration) -> Selection {
        let first = from.as_secs() / self.step;
        let end = to.as_secs().saturating_add(u64::from(to.subsec_nanos() > 0));
        let end = end.div_ceil(self.step).min(self.len() as u64).max(first);
        let sum = |slots: &[Slot]| self.sum(slots, first, end);
        let requests = self.requests.iter().map(|(path, slots)| (path.to_string(), sum(slots)));
        let groups = |which: usize| {
            let all = self.groups.iter().map(|(path, slots)| (path.join(" / "), sum(&slots[which])));
            all.filter(|(_, figures)| figures.all.count() > 0).collect()
        };
        Selection {
            from: Duration::from_secs(first * self.step),
            to: Duration::from_secs(end * self.step),
            requests: requests.filter(|(_, figures)| figures.all.count() > 0).collect(),
            durations: groups(0),
            groups: groups(1),
        }
    }

    fn sum(&self, slots: &[Slot], first: u64, end: u64) -> WindowFigures {
        let (mut ok, mut failed) = (Counts::default(), Counts::default());
        let begin = slots.partition_point(|slot| slot.window < first);
        for slot in slots[begin..].iter().take_while(|slot| slot.window < end) {
            ok.merge(&slot.ok.unpack(self.scale), self.scale);
            failed.merge(&slot.failed.unpack(self.scale), self.scale);
        }
        let mut all = ok.clone();
        all.merge(&failed, self.scale);
        let [ok, failed, all] = [ok, failed, all].map(|counts| WindowTimes { counts, scale: self.scale });
        WindowFigures { ok, failed, all }
    }
}

impl Selection {
    /// The response times of the request of this full name.
    pub fn request(&self, path: &str) -> Option<&WindowFigures> {
        self.requests.iter().find(|(name, _)| name == path).map(|(_, figures)| figures)
    }
}

impl WindowTimes {
    #[cfg(test)]
    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.counts.count()
    }

    /// The shortest, to a microsecond.
    pub fn min(&self) -> Duration {
        Duration::from_micros(self.counts.min)
    }

    /// The longest, to a microsecond, and at most an hour.
    pub fn max(&self) -> Duration {
        Duration::from_micros(self.counts.max)
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> Duration {
        Duration::from_micros(self.counts.sum.checked_div(self.count()).unwrap_or_default())
    }

    /// The standard deviation, from the histogram.
    #[expect(clippy::cast_precision_loss, reason = "the middle of a bucket needs no sixteen digits")]
    pub fn std_dev(&self) -> Duration {
        let count = self.count();
        if self.counts.min == self.counts.max || count == 0 {
            return Duration::ZERO;
        }
        let buckets = self.counts.buckets(self.scale);
        let middle = |index| (self.scale.lowest(index) + self.scale.highest(index)) as f64 / 2.0;
        let moments = buckets.fold((0.0, 0.0), |(sum, squares), (index, count)| {
            let (value, count) = (middle(index), count as f64);
            (sum + value * count, squares + value * value * count)
        });
        let (mean, square) = (moments.0 / count as f64, moments.1 / count as f64);
        Duration::try_from_secs_f64((square - mean * mean).max(0.0).sqrt() / 1e6).unwrap_or_default()
    }

    /// The time that `percent` of all values (0 to 100) do not exceed, by nearest rank: the middle of the bucket that it
    /// lies in. 0 gives the minimum, 100 the maximum.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank is positive, and as exact as a percentage"
    )]
    pub fn percentile(&self, percent: f64) -> Duration {
        if percent >= 100.0 {
            return self.max();
        }
        if percent <= 0.0 || percent.is_nan() {
            return self.min();
        }
        let mut left = ((percent / 100.0).next_down() * self.count() as f64).ceil().max(1.0) as u64;
        for (index, count) in self.counts.buckets(self.scale) {
            if left <= count {
                let middle = self.scale.lowest(index).midpoint(self.scale.highest(index));
                return Duration::from_micros(middle.clamp(self.counts.min, self.counts.max));
            }
            left -= count;
        }
        self.max()
    }

    /// Each bucket that is not empty: the shortest and the longest time that it stands for, and how many values are in
    /// it.
    pub fn buckets(&self) -> Vec<(Duration, Duration, u64)> {
        let buckets = self.counts.buckets(self.scale);
        let time = Duration::from_micros;
        let bounds = |index| (time(self.scale.lowest(index)), time(self.scale.highest(index)));
        buckets.map(|(index, count)| (bounds(index).0, bounds(index).1, count)).collect()
    }
}
