//! Scopes other than requests: checks and custom metrics.

use super::metric::{Measure, Metric};
use super::scope::{MetricPlace, Place};
use super::value::{Number, Percent};
use crate::custom_metric::{Counter, Gauge, Rate, Trend};
use crate::metrics::Handle;

/// All checks with this [name](crate::check::Check::name), on all requests. The name of an unnamed check is what it looks
/// for, such as `"json_path $.id"`.
///
/// The assertion fails if no such check ran.
///
/// ```
/// use loadspiker_core::assertion::check_details;
///
/// let assertion = check_details("the total is right").failed().percent().lt(1);
/// assert_eq!(assertion.to_string(), "check the total is right: percentage of failed checks < 1 %");
/// ```
pub fn check_details(name: impl Into<String>) -> CheckScope {
    CheckScope(Place::Check(name.into()))
}

/// The checks with a given name.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a scope alone asserts nothing; go on with a statistic such as `.failed()`"]
pub struct CheckScope(Place);

impl CheckScope {
    /// All checks that ran.
    pub fn all(self) -> CheckCount {
        CheckCount(self.0, Measure::AllChecks)
    }

    /// The checks that failed.
    pub fn failed(self) -> CheckCount {
        CheckCount(self.0, Measure::FailedChecks)
    }

    /// The checks that passed.
    pub fn passed(self) -> CheckCount {
        CheckCount(self.0, Measure::PassedChecks)
    }
}

/// A set of checks. Choose its number or its share.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "add `.count()` or `.percent()`"]
pub struct CheckCount(Place, Measure);

impl CheckCount {
    /// The number of these checks.
    pub fn count(self) -> Metric<u64> {
        Metric::new(self.0, self.1)
    }

    /// The share of these checks among all checks with that name, 0 to 100.
    pub fn percent(self) -> Metric<Percent> {
        Metric::new(self.0, self.1)
    }
}

/// A [custom metric](crate::metrics#custom-metrics), given as a value or by its name, with all of its tags together.
///
/// A metric given by name fails the assertion if nothing was recorded in it, because the name may be wrong. Given as a
/// value, `metric(&ERRORS)`, a counter without records is 0.
///
/// ```
/// use loadspiker_core::DurationExt;
/// use loadspiker_core::assertion::metric;
/// use loadspiker_core::custom_metric::{Counter, counter};
///
/// const LOST: Counter = counter("lost orders");
///
/// let lost = metric(&LOST).count().is(0);
/// let basket = metric("basket").tag("kind", "express").percentile(95).lt(100.0);
/// let orders = metric("orders").per_sec().over(10.secs()).gte(50);
/// assert_eq!(basket.to_string(), "metric basket (kind=express): 95th percentile < 100");
/// ```
pub fn metric(metric: impl Into<MetricName>) -> MetricScope {
    MetricScope(metric.into().0)
}

/// The name of a custom metric, or the metric itself; see [`metric`].
#[derive(Clone, Debug, PartialEq)]
pub struct MetricName(MetricPlace);

impl From<&str> for MetricName {
    fn from(name: &str) -> Self {
        MetricName(MetricPlace { name: name.to_owned(), tags: Vec::new(), kind: None })
    }
}

impl From<String> for MetricName {
    fn from(name: String) -> Self {
        MetricName(MetricPlace { name, tags: Vec::new(), kind: None })
    }
}

impl MetricName {
    fn of(handle: &Handle) -> Self {
        let tags = handle.tags().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        MetricName(MetricPlace { name: handle.name().to_owned(), tags, kind: Some(handle.kind()) })
    }
}

macro_rules! names {
    ($($metric:ty)*) => {$(
        impl From<&$metric> for MetricName {
            fn from(metric: &$metric) -> Self {
                MetricName::of(crate::custom_metric::handle_of(metric))
            }
        }
    )*};
}

names!(Counter Gauge Rate Trend);

/// A custom metric. Choose a statistic; one that this kind of metric does not have fails the assertion.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a scope alone asserts nothing; go on with a figure such as `.count()`"]
pub struct MetricScope(MetricPlace);

impl MetricScope {
    /// Restricts the metric to values recorded with this tag, and with the tags added before.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.tags.push((name.into(), value.into()));
        self
    }

    /// The total of a counter. For other kinds, the number of values recorded.
    pub fn count(self) -> Metric<u64> {
        Metric::new(Place::Metric(self.0), Measure::Recorded)
    }

    /// The [count](Self::count) per second, averaged over the whole run.
    pub fn per_sec(self) -> Metric<Number> {
        Metric::new(Place::Metric(self.0), Measure::PerSecond)
    }

    /// Of a rate: the percentage of values that are true or not zero.
    pub fn percent(self) -> Metric<Percent> {
        Metric::new(Place::Metric(self.0), Measure::NonZero)
    }

    /// Of a gauge: the last value.
    pub fn last(self) -> Metric<Number> {
        self.number(Measure::Last)
    }

    /// Of a gauge or a trend: the smallest value.
    pub fn min(self) -> Metric<Number> {
        self.number(Measure::Min)
    }

    /// Of a gauge or a trend: the largest value.
    pub fn max(self) -> Metric<Number> {
        self.number(Measure::Max)
    }

    /// Of a trend: the sum of all values.
    pub fn sum(self) -> Metric<Number> {
        self.number(Measure::Sum)
    }

    /// Of a trend: the arithmetic mean.
    pub fn mean(self) -> Metric<Number> {
        self.number(Measure::Mean)
    }

    /// Of a trend: the standard deviation.
    pub fn std_dev(self) -> Metric<Number> {
        self.number(Measure::StdDev)
    }

    /// Of a trend: the value that `percent` of all values (0 to 100, such as 99.9) do not exceed.
    pub fn percentile(self, percent: impl Into<f64>) -> Metric<Number> {
        self.number(Measure::Percentile(percent.into()))
    }

    fn number(self, measure: Measure) -> Metric<Number> {
        Metric::new(Place::Metric(self.0), measure)
    }
}
