//! [`TimeStatistics`]: the distribution of a time.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::histogram::{HIGHEST, MicrosHistogram};

/// The distribution of a time: of response times, service times, lags.
///
/// Count, minimum, maximum and mean are exact. Percentiles and the standard deviation come from a histogram of
/// microseconds with three significant digits (an error of at most 0.1 %, and half a microsecond from rounding) that
/// reaches from 1 µs to 1 h; what is longer is counted by [`overflow`](Self::overflow) and stands at the end of the
/// range.
/// A percentile is never below the minimum nor above the maximum. Without any value all figures are zero.
#[derive(Clone, Debug)]
pub struct TimeStatistics {
    pub(super) min: u64,
    pub(super) max: u64,
    pub(super) sum: u128,
    pub(super) overflow: u64,
    pub(super) histogram: MicrosHistogram,
}

impl Default for TimeStatistics {
    fn default() -> Self {
        TimeStatistics::with_digits(3)
    }
}

impl TimeStatistics {
    /// Without values, with so many significant digits in its histogram.
    pub(crate) const fn with_digits(digits: u8) -> Self {
        TimeStatistics { min: u64::MAX, max: 0, sum: 0, overflow: 0, histogram: MicrosHistogram::new(digits) }
    }

    /// Records a time in nanoseconds.
    #[inline]
    pub(crate) fn record(&mut self, nanos: u64) {
        self.min = self.min.min(nanos);
        self.max = self.max.max(nanos);
        self.sum += u128::from(nanos);
        let micros = nanos / 1000 + u64::from(nanos % 1000 >= 500);
        let micros = u32::try_from(micros).unwrap_or(u32::MAX);
        if micros > HIGHEST {
            self.overflow += 1;
        }
        self.histogram.record(micros.clamp(1, HIGHEST));
    }

    /// Adds all values of `other`, without loss.
    pub(crate) fn merge(&mut self, other: TimeStatistics) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.overflow += other.overflow;
        self.histogram.merge(other.histogram);
    }

    /// The values of both.
    pub(crate) fn sum_of(a: &TimeStatistics, b: &TimeStatistics) -> TimeStatistics {
        let mut sum = a.clone();
        sum.merge(b.clone());
        sum
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The shortest, exact.
    pub fn min(&self) -> Duration {
        if self.is_empty() { Duration::ZERO } else { Duration::from_nanos(self.min) }
    }

    /// The longest, exact.
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    /// The arithmetic mean, exact to the nanosecond.
    pub fn mean(&self) -> Duration {
        match self.sum.checked_div(u128::from(self.count())) {
            Some(nanos) => Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)),
            None => Duration::ZERO,
        }
    }

    /// All values together, in nanoseconds.
    pub(crate) fn sum(&self) -> u128 {
        self.sum
    }

    /// The standard deviation of all values, from the histogram.
    pub fn std_dev(&self) -> Duration {
        if self.min == self.max {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(self.histogram.hdr().stdev() / 1e6).unwrap_or_default()
    }

    /// The time that `percent` of all values (0 to 100) do not exceed, by nearest rank: the smallest value such that
    /// at least `percent` of all are not above it. 0 gives the minimum, 100 the maximum; what is outside of the
    /// range counts as its nearer end.
    pub fn percentile(&self, percent: f64) -> Duration {
        let [time] = self.percentiles([percent]);
        time
    }

    /// Several percentiles at once; see [`percentile`](Self::percentile).
    pub fn percentiles<const N: usize>(&self, percents: [f64; N]) -> [Duration; N] {
        if self.is_empty() {
            return [Duration::ZERO; N];
        }
        let hdr = self.histogram.hdr();
        percents.map(|percent| {
            if percent >= 100.0 {
                return self.max();
            }
            if percent <= 0.0 || percent.is_nan() {
                return self.min();
            }
            // 99.9 / 100 comes out a hair above 0.999, and of 1000 values that would be the last one.
            let micros = hdr.value_at_quantile((percent / 100.0).next_down());
            Duration::from_nanos(micros.saturating_mul(1000).clamp(self.min, self.max))
        })
    }

    /// How many values were longer than an hour, the end of the histogram's range.
    pub fn overflow(&self) -> u64 {
        self.overflow
    }

    /// The histogram: ascending times, each with the number of values that it stands for. A time is the upper end
    /// of its bucket.
    pub fn buckets(&self) -> Vec<(Duration, u64)> {
        self.histogram.buckets().into_iter().map(|(micros, count)| (Duration::from_micros(micros), count)).collect()
    }
}

impl PartialEq for TimeStatistics {
    fn eq(&self, other: &Self) -> bool {
        (self.min, self.max, self.sum, self.overflow) == (other.min, other.max, other.sum, other.overflow)
            && self.histogram == other.histogram
    }
}

/// How it is written: nanoseconds, the sum as seconds and nanoseconds, the histogram in HDR's V2 format as base64.
#[derive(Serialize, Deserialize)]
struct Written {
    min_ns: u64,
    max_ns: u64,
    sum: (u64, u32),
    #[serde(default, skip_serializing_if = "is_zero")]
    overflow: u64,
    histogram: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

const NANOS_PER_SEC: u128 = 1_000_000_000;

impl Serialize for TimeStatistics {
    /// Null without values.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_empty() {
            return serializer.serialize_none();
        }
        let seconds = u64::try_from(self.sum / NANOS_PER_SEC).unwrap_or(u64::MAX);
        let nanos = u32::try_from(self.sum % NANOS_PER_SEC).unwrap_or_default();
        let written = Written {
            min_ns: self.min,
            max_ns: self.max,
            sum: (seconds, nanos),
            overflow: self.overflow,
            histogram: self.histogram.encode().map_err(ser::Error::custom)?,
        };
        serializer.serialize_some(&written)
    }
}

impl<'de> Deserialize<'de> for TimeStatistics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(written) = Option::<Written>::deserialize(deserializer)? else {
            return Ok(TimeStatistics::default());
        };
        let histogram = MicrosHistogram::decode(&written.histogram).map_err(de::Error::custom)?;
        if written.min_ns > written.max_ns || histogram.is_empty() {
            return Err(de::Error::custom(format!(
                "a time has the minimum {} ns, the maximum {} ns and {} values: these do not go together",
                written.min_ns,
                written.max_ns,
                histogram.len()
            )));
        }
        Ok(TimeStatistics {
            min: written.min_ns,
            max: written.max_ns,
            sum: u128::from(written.sum.0) * NANOS_PER_SEC + u128::from(written.sum.1),
            overflow: written.overflow,
            histogram,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: impl IntoIterator<Item = u64>) -> TimeStatistics {
        let mut times = TimeStatistics::default();
        values.into_iter().for_each(|nanos| times.record(nanos));
        times
    }

    #[test]
    fn nothing_recorded_is_zero_everywhere() {
        let times = TimeStatistics::default();
        assert_eq!(
            [times.min(), times.max(), times.mean(), times.std_dev(), times.percentile(99.0)],
            [Duration::ZERO; 5]
        );
        assert_eq!(serde_json::to_string(&times).unwrap(), "null");
        assert_eq!(serde_json::from_str::<TimeStatistics>("null").unwrap(), times);
    }

    #[test]
    fn the_rank_is_the_nearest_also_where_floats_are_off() {
        let times = of((1..=1000).map(|micros| micros * 1000));
        for (percent, micros) in [(99.9, 999), (95.0, 950), (55.0, 550), (50.0, 500), (0.1, 1), (0.0, 1), (100.0, 1000)]
        {
            assert_eq!(times.percentile(percent), Duration::from_micros(micros), "p{percent}");
        }
        assert_eq!(times.percentile(-3.0), Duration::from_micros(1));
        assert_eq!(times.percentile(f64::NAN), Duration::from_micros(1));
        assert_eq!(times.percentile(250.0), Duration::from_micros(1000));
    }

    #[test]
    fn minimum_maximum_and_mean_are_exact() {
        let times = of([1_234_567_891, 7, 3_000_000_001]);
        assert_eq!(times.min(), Duration::from_nanos(7));
        assert_eq!(times.max(), Duration::from_nanos(3_000_000_001));
        assert_eq!(times.mean(), Duration::from_nanos((1_234_567_891 + 7 + 3_000_000_001) / 3));
    }

    #[test]
    fn below_a_microsecond_and_above_an_hour_are_kept() {
        let hours = 3_600_000_000_000;
        let times = of([0, 200, 5 * hours, hours]);
        assert_eq!((times.count(), times.overflow()), (4, 1));
        assert_eq!(times.max(), Duration::from_secs(5 * 3600));
        assert_eq!(times.percentile(50.0), Duration::from_micros(1));
        assert!(times.percentile(99.0) >= Duration::from_secs(3600));
        assert_eq!(of([200, 300]).percentile(99.0), Duration::from_nanos(300));
    }

    #[test]
    fn the_standard_deviation_is_that_of_the_population() {
        let times = of([2_000_000, 4_000_000, 4_000_000, 4_000_000, 5_000_000, 5_000_000, 7_000_000, 9_000_000]);
        let off = times.std_dev().abs_diff(Duration::from_millis(2));
        assert!(off < Duration::from_micros(10), "off by {off:?}");
        assert_eq!(of([1_000_123_456; 5]).std_dev(), Duration::ZERO);
    }

    /// From 1 µs to an hour in steps of a five-thousandth. The value is between two others, which keeps minimum and
    /// maximum from making it exact. A microsecond is what the histogram can tell apart, so up to a millisecond a value
    /// is right to half of one.
    #[test]
    fn over_the_whole_range_the_error_is_a_thousandth_at_most() {
        let (mut nanos, mut values) = (1_000_u64, 0);
        while nanos < 3_600_000_000_000 {
            let got = of([500, nanos, 3_600_000_000_000]).percentile(50.0);
            let exact = Duration::from_nanos(nanos);
            let allowed = (exact / 1000).max(Duration::from_nanos(500));
            assert!(got.abs_diff(exact) <= allowed, "{got:?} for {exact:?}");
            nanos += nanos / 5000 + 1;
            values += 1;
        }
        assert!(values > 100_000, "{values}");
    }

    #[test]
    fn figures_that_do_not_go_together_are_an_error() {
        let mut json = serde_json::to_value(of([5000])).unwrap();
        json["min_ns"] = 6000.into();
        assert!(serde_json::from_value::<TimeStatistics>(json).unwrap_err().to_string().contains("do not go together"));
    }

    proptest! {
        #[test]
        fn percentiles_are_right_to_a_thousandth(
            mut values in proptest::collection::vec(1_000_000_u64..3_600_000_000_000, 1..400),
            percent in 0.0..100.0_f64,
        ) {
            let times = of(values.iter().copied());
            values.sort_unstable();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let rank = ((percent / 100.0 * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = Duration::from_nanos(values[rank - 1]);
            let got = times.percentile(percent);
            let error = got.abs_diff(exact).as_secs_f64() / exact.as_secs_f64();
            prop_assert!(error <= 0.001, "{got:?} for {exact:?}");
            prop_assert!(got <= times.max() && got >= times.min());
        }

        #[test]
        fn the_sum_of_parts_is_the_whole(
            a in proptest::collection::vec(0_u64..5_000_000_000_000, 0..300),
            b in proptest::collection::vec(0_u64..5_000_000_000_000, 0..300),
        ) {
            let whole = of(a.iter().chain(&b).copied());
            prop_assert_eq!(&TimeStatistics::sum_of(&of(a.iter().copied()), &of(b.iter().copied())), &whole);
            let read: TimeStatistics = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
            prop_assert_eq!(read, whole);
        }
    }
}
