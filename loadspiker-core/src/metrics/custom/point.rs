//! [`MetricPoint`]: a custom metric in one second of the run.

use serde::{Deserialize, Serialize};

use super::key::MetricKind;
use super::stats::{MetricFigures, MetricStats};
use crate::metrics::series::Point;

/// What a custom metric told in one second of the run, all tags together. Figures that its kind does not have are
/// `None`. Seconds in which nothing was recorded have no point.
///
/// In a very long run a point stands for several seconds; then counts are sums, other figures are the highest of any of
/// these seconds, but for the minimum, which is the lowest, and the last value of a gauge, which is the latest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MetricPoint {
    /// The second of the run, from 0; the first one if the point stands for several.
    pub second: u64,
    /// How many seconds it stands for.
    pub span: u64,
    /// What a counter has counted; of other kinds, how many values were recorded.
    pub count: u64,
    /// Of a rate: how many values were not zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_zero: Option<u64>,
    /// Of a gauge: the last value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<f64>,
    /// Of a gauge or a trend: the least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Of a gauge or a trend: the greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Of a trend: the median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// Of a trend: the 95th percentile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// Of a trend: the 99th percentile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// Whether it lies within the warm-up, if only in part.
    pub warm_up: bool,
}

impl MetricPoint {
    pub(super) fn of(second: u64, warm_up: bool, stats: MetricStats) -> Self {
        let figures = MetricFigures::new(stats, std::time::Duration::ZERO);
        let percentiles = figures.trend().map(|values| values.percentiles([50.0, 95.0, 99.0]));
        let percentile = |place: usize| percentiles.map(|values| short(values[place]));
        MetricPoint {
            second,
            span: 1,
            count: figures.count(),
            non_zero: (figures.kind() == MetricKind::Rate).then(|| figures.non_zero().unwrap_or_default()),
            last: figures.last().map(short),
            min: figures.min().map(short),
            max: figures.max().map(short),
            p50: percentile(0),
            p95: percentile(1),
            p99: percentile(2),
            warm_up,
        }
    }
}

/// With nine digits, which JSON gives back as they were.
fn short(value: f64) -> f64 {
    format!("{value:.8e}").parse().unwrap_or(value)
}

impl Point for MetricPoint {
    fn place(&mut self) -> (&mut u64, &mut u64) {
        (&mut self.second, &mut self.span)
    }

    fn absorb(&mut self, later: Self) {
        self.count += later.count;
        self.non_zero = self.non_zero.zip(later.non_zero).map(|(a, b)| a + b).or(self.non_zero).or(later.non_zero);
        self.last = later.last.or(self.last);
        self.min = merged(self.min, later.min, f64::min);
        self.max = merged(self.max, later.max, f64::max);
        self.p50 = merged(self.p50, later.p50, f64::max);
        self.p95 = merged(self.p95, later.p95, f64::max);
        self.p99 = merged(self.p99, later.p99, f64::max);
        self.warm_up |= later.warm_up;
    }
}

fn merged(a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    a.zip(b).map(|(a, b)| choose(a, b)).or(a).or(b)
}
