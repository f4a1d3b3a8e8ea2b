//! [`MetricStats`]: what is counted of a custom metric; [`MetricFigures`]: what it tells.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::key::MetricKind;
use super::values::{PackedValues, ValueStatistics, exact};
use crate::numbers::per_second;

/// What is counted of a custom metric with a combination of tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MetricStats {
    #[serde(flatten)]
    pub(crate) values: Values,
    /// How many values were no use: not finite, or below zero in a counter.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) refused: u64,
}

/// What is counted, by kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Values {
    Counter(u64),
    Gauge(Option<Level>),
    Rate { yes: u64, all: u64 },
    Trend(Box<ValueStatistics>),
}

/// The values of a gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Level {
    /// When it was set last, in nanoseconds since the run began.
    at_ns: u64,
    #[serde(with = "exact")]
    last: f64,
    #[serde(with = "exact")]
    min: f64,
    #[serde(with = "exact")]
    max: f64,
    count: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl MetricStats {
    pub(crate) fn new(kind: MetricKind) -> Self {
        let values = match kind {
            MetricKind::Counter => Values::Counter(0),
            MetricKind::Gauge => Values::Gauge(None),
            MetricKind::Rate => Values::Rate { yes: 0, all: 0 },
            MetricKind::Trend => Values::Trend(Box::default()),
        };
        MetricStats { values, refused: 0 }
    }

    pub(crate) fn kind(&self) -> MetricKind {
        match self.values {
            Values::Counter(_) => MetricKind::Counter,
            Values::Gauge(_) => MetricKind::Gauge,
            Values::Rate { .. } => MetricKind::Rate,
            Values::Trend(_) => MetricKind::Trend,
        }
    }

    /// Adds to a counter.
    pub(crate) fn add(&mut self, number: Option<u64>) {
        match (&mut self.values, number) {
            (Values::Counter(sum), Some(number)) => *sum = sum.saturating_add(number),
            _ => self.refused += 1,
        }
    }

    /// Records a value of another kind; `now` tells the time to a gauge.
    pub(crate) fn record(&mut self, value: f64, now: impl FnOnce() -> u64) {
        if !value.is_finite() {
            self.refused += 1;
            return;
        }
        match &mut self.values {
            Values::Rate { yes, all } => {
                *yes += u64::from(value != 0.0);
                *all += 1;
            }
            Values::Trend(values) => values.record(value),
            Values::Gauge(level) => {
                let value = value + 0.0;
                let set = Level { at_ns: now(), last: value, min: value, max: value, count: 1 };
                match level {
                    // Of one shard: what comes later is later, also where the clock has not moved.
                    Some(level) => {
                        level.min = level.min.min(value);
                        level.max = level.max.max(value);
                        level.count += 1;
                        (level.at_ns, level.last) = (set.at_ns, value);
                    }
                    None => *level = Some(set),
                }
            }
            Values::Counter(_) => self.refused += 1,
        }
    }

    /// Adds what another shard, or another second, has counted. Of gauges the value that was set last is kept; of two
    /// set at the same nanosecond the greater one.
    pub(crate) fn merge(&mut self, other: MetricStats) {
        self.refused += other.refused;
        match (&mut self.values, other.values) {
            (Values::Counter(sum), Values::Counter(more)) => *sum = sum.saturating_add(more),
            (Values::Rate { yes, all }, Values::Rate { yes: more_yes, all: more }) => {
                *yes += more_yes;
                *all += more;
            }
            (Values::Trend(values), Values::Trend(more)) => values.merge(*more),
            (Values::Gauge(level), Values::Gauge(Some(more))) => match level {
                Some(level) => level.merge(&more),
                None => *level = Some(more),
            },
            // One key has one kind; a gauge without a value adds nothing.
            _ => {}
        }
    }

    /// How many values there are; of a counter, which does not know, at least one.
    pub(crate) fn recorded(&self) -> u64 {
        match &self.values {
            Values::Counter(_) => 1,
            Values::Gauge(level) => level.as_ref().map_or(0, |level| level.count),
            Values::Rate { all, .. } => *all,
            Values::Trend(values) => values.count(),
        }
    }

    /// For later, small.
    pub(crate) fn pack(&self) -> PackedMetric {
        match &self.values {
            Values::Trend(values) => PackedMetric::Trend(Box::new(values.pack()), self.refused),
            _ => PackedMetric::Other(self.clone()),
        }
    }

    /// Adds what was packed.
    pub(crate) fn add_packed(&mut self, packed: &PackedMetric) {
        match packed {
            PackedMetric::Trend(more, refused) => {
                self.refused += refused;
                if let Values::Trend(values) = &mut self.values {
                    values.add_packed(more);
                }
            }
            PackedMetric::Other(stats) => self.merge(stats.clone()),
        }
    }
}

impl Level {
    fn merge(&mut self, other: &Level) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count += other.count;
        let later = self.at_ns.cmp(&other.at_ns).then(self.last.total_cmp(&other.last)).is_lt();
        if later {
            (self.at_ns, self.last) = (other.at_ns, other.last);
        }
    }
}

/// What is counted of a metric, kept for later.
#[derive(Clone, Debug)]
pub(crate) enum PackedMetric {
    Trend(Box<PackedValues>, u64),
    Other(MetricStats),
}

impl PackedMetric {
    pub(crate) fn kind(&self) -> MetricKind {
        match self {
            PackedMetric::Trend(..) => MetricKind::Trend,
            PackedMetric::Other(stats) => stats.kind(),
        }
    }
}

/// What a custom metric tells: all of it, or what was recorded with some tags.
///
/// A figure that its kind does not have, or of which there is no value, is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFigures {
    stats: MetricStats,
    run: Duration,
}

impl MetricFigures {
    /// Of a run, or part of one, that took so long.
    pub(crate) fn new(stats: MetricStats, run: Duration) -> Self {
        MetricFigures { stats, run }
    }

    /// What kind of metric it is.
    pub fn kind(&self) -> MetricKind {
        self.stats.kind()
    }

    /// What a counter has counted; of other kinds, how many values were recorded.
    pub fn count(&self) -> u64 {
        match &self.stats.values {
            Values::Counter(sum) => *sum,
            _ => self.stats.recorded(),
        }
    }

    /// [`count`](Self::count) per second, as the mean over the run without its warm-up; see
    /// [`RunInfo::rate_window`](crate::report::RunInfo::rate_window).
    pub fn per_sec(&self) -> f64 {
        per_second(self.count(), self.run)
    }

    /// Of a gauge: the value set last, on any shard.
    pub fn last(&self) -> Option<f64> {
        self.level().map(|level| level.last)
    }

    /// Of a gauge or a trend: the least value.
    pub fn min(&self) -> Option<f64> {
        self.level().map(|level| level.min).or_else(|| self.trend().map(ValueStatistics::min))
    }

    /// Of a gauge or a trend: the greatest value.
    pub fn max(&self) -> Option<f64> {
        self.level().map(|level| level.max).or_else(|| self.trend().map(ValueStatistics::max))
    }

    /// Of a rate: how many values were not zero, or true.
    pub fn non_zero(&self) -> Option<u64> {
        match self.stats.values {
            Values::Rate { yes, all } if all > 0 => Some(yes),
            _ => None,
        }
    }

    /// Of a rate: the share of values that were not zero, in percent.
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no sixteen digits")]
    pub fn percent(&self) -> Option<f64> {
        self.non_zero().map(|yes| yes as f64 * 100.0 / self.count() as f64)
    }

    /// Of a trend: the sum of all values.
    pub fn sum(&self) -> Option<f64> {
        self.trend().map(ValueStatistics::sum)
    }

    /// Of a trend: the arithmetic mean.
    pub fn mean(&self) -> Option<f64> {
        self.trend().map(ValueStatistics::mean)
    }

    /// Of a trend: the standard deviation.
    pub fn std_dev(&self) -> Option<f64> {
        self.trend().map(ValueStatistics::std_dev)
    }

    /// Of a trend: the value that `percent` of all values (0 to 100) do not exceed.
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        self.trend().map(|values| values.percentile(percent))
    }

    /// Of a trend: its distribution.
    pub fn trend(&self) -> Option<&ValueStatistics> {
        match &self.stats.values {
            Values::Trend(values) if !values.is_empty() => Some(values),
            _ => None,
        }
    }

    /// How many values could not be recorded: not finite, or below zero in a counter. They are in no other figure.
    pub fn refused(&self) -> u64 {
        self.stats.refused
    }

    fn level(&self) -> Option<&Level> {
        match &self.stats.values {
            Values::Gauge(level) => level.as_ref(),
            _ => None,
        }
    }
}
