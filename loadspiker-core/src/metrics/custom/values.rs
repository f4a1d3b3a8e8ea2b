//! [`ValueStatistics`]: the distribution of numbers.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::metrics::histogram::{Level, MillionthsHistogram};

/// The distribution of numbers, of either sign and with fractions, in memory that does not grow with their number.
///
/// Count, minimum and maximum are exact, as is the sum, of values rounded to a billionth. Percentiles and the standard
/// deviation come from HDR histograms of three significant digits: they are right to 0.1 %, or to a millionth for values
/// below a thousandth. The range is ±10¹²; what is beyond is counted by [`overflow`](Self::overflow) and stands at the
/// end of the range. A percentile is never below the minimum nor above the maximum.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueStatistics {
    min: f64,
    max: f64,
    /// In billionths.
    sum: i128,
    overflow: u64,
    /// The magnitudes of values below zero, in millionths.
    below: MillionthsHistogram,
    /// All other values, in millionths.
    above: MillionthsHistogram,
}

impl Default for ValueStatistics {
    fn default() -> Self {
        ValueStatistics {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sum: 0,
            overflow: 0,
            below: MillionthsHistogram::new(3),
            above: MillionthsHistogram::new(3),
        }
    }
}

impl ValueStatistics {
    /// Records a finite number.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "values are rounded to what is kept of them, and a cast of a float saturates"
    )]
    pub(crate) fn record(&mut self, value: f64) {
        // There is but one zero.
        let value = value + 0.0;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum = self.sum.saturating_add((value * 1e9).round() as i128);
        let millionths = (value.abs() * 1e6).round();
        let highest = <u64 as Level>::HIGHEST;
        if millionths > highest as f64 {
            self.overflow += 1;
        }
        let level = (millionths as u64).min(highest);
        if value < 0.0 { self.below.record(level) } else { self.above.record(level) }
    }

    pub(crate) fn merge(&mut self, other: ValueStatistics) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum = self.sum.saturating_add(other.sum);
        self.overflow += other.overflow;
        self.below.merge(other.below);
        self.above.merge(other.above);
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.below.len() + self.above.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The least; 0 if there is no value.
    pub fn min(&self) -> f64 {
        if self.is_empty() { 0.0 } else { self.min }
    }

    /// The greatest; 0 if there is no value.
    pub fn max(&self) -> f64 {
        if self.is_empty() { 0.0 } else { self.max }
    }

    /// The sum of all values.
    #[expect(clippy::cast_precision_loss, reason = "a sum to read needs no more than sixteen digits")]
    pub fn sum(&self) -> f64 {
        self.sum as f64 / 1e9
    }

    /// The arithmetic mean; 0 if there is no value.
    #[expect(clippy::cast_precision_loss, reason = "a mean needs no sixteen digits")]
    pub fn mean(&self) -> f64 {
        if self.is_empty() { 0.0 } else { (self.sum() / self.count() as f64).clamp(self.min, self.max) }
    }

    /// The standard deviation of all values, from the histogram.
    #[expect(clippy::cast_precision_loss, reason = "a deviation needs no sixteen digits")]
    pub fn std_dev(&self) -> f64 {
        if self.is_empty() || self.min.total_cmp(&self.max).is_eq() {
            return 0.0;
        }
        let mean = self.mean();
        let squares = self.buckets().into_iter().map(|(value, count)| (value - mean).powi(2) * count as f64);
        (squares.sum::<f64>() / self.count() as f64).sqrt()
    }

    /// The value that `percent` of all values (0 to 100) do not exceed, by nearest rank. 0 gives the minimum, 100 the
    /// maximum. Of the values that the histogram does not tell apart it is the roundest one: 5 and not 5.0012.
    pub fn percentile(&self, percent: f64) -> f64 {
        let [value] = self.percentiles([percent]);
        value
    }

    /// Several percentiles at once; see [`percentile`](Self::percentile).
    pub fn percentiles<const N: usize>(&self, percents: [f64; N]) -> [f64; N] {
        if self.is_empty() {
            return [0.0; N];
        }
        let (below, above) = (self.below.hdr(), self.above.hdr());
        let steps = self.steps();
        percents.map(|percent| {
            if percent >= 100.0 {
                return self.max;
            }
            if percent <= 0.0 || percent.is_nan() {
                return self.min;
            }
            // As in `TimeStatistics`: 99.9 / 100 comes out a hair above 0.999.
            #[expect(clippy::cast_precision_loss, reason = "a rank of more than 2⁵³ values needs no last digit")]
            let rank = (percent / 100.0).next_down() * self.count() as f64;
            let mut seen = 0;
            let found = steps.iter().find(|(.., count)| {
                seen += count;
                #[expect(clippy::cast_precision_loss, reason = "as above")]
                let seen = seen as f64;
                seen >= rank
            });
            let value = found.map(|(is_below, level, _)| {
                let hdr = if *is_below { &below } else { &above };
                let value = units(roundest(hdr.lowest_equivalent(*level), hdr.highest_equivalent(*level)));
                if *is_below { -value } else { value }
            });
            value.map_or(self.max, |value| value.clamp(self.min, self.max))
        })
    }

    /// How many values were beyond ±10¹², the range of the histograms.
    pub fn overflow(&self) -> u64 {
        self.overflow
    }

    /// The histogram: ascending values, each with the number of values that it stands for. A value is the upper end of
    /// its bucket.
    pub fn buckets(&self) -> Vec<(f64, u64)> {
        let below = self.below.hdr();
        // The upper end of a bucket below zero is the one of the least magnitude.
        let upper = |is_below, level| if is_below { -units(below.lowest_equivalent(level)) } else { units(level) };
        self.steps().into_iter().map(|(is_below, level, count)| (upper(is_below, level), count)).collect()
    }

    /// Ascending: whether they are below zero, the greatest magnitude in a bucket, and how many values are in it.
    fn steps(&self) -> Vec<(bool, u64, u64)> {
        let below = self.below.buckets().into_iter().rev().map(|(level, count)| (true, level, count));
        let above = self.above.buckets().into_iter().map(|(level, count)| (false, level, count));
        below.chain(above).collect()
    }
}

/// Millionths as units.
#[expect(clippy::cast_precision_loss, reason = "bounds of buckets have few digits")]
fn units(millionths: u64) -> f64 {
    millionths as f64 / 1e6
}

/// The number with the most zeros at its end from `low` to `high`, the ends of a bucket: whole numbers come back as they
/// were recorded, as long as a bucket holds but one.
fn roundest(low: u64, high: u64) -> u64 {
    let steps = (0..18).rev().map(|zeros| 10_u64.pow(zeros));
    let round = |step: u64| low.div_ceil(step).saturating_mul(step);
    steps.map(round).find(|round| *round <= high).unwrap_or(high)
}

/// A distribution that is kept for later, small.
#[derive(Clone, Debug)]
pub(crate) struct PackedValues {
    min: f64,
    max: f64,
    sum: i128,
    overflow: u64,
    below: Box<[(u64, u32)]>,
    above: Box<[(u64, u32)]>,
}

impl ValueStatistics {
    /// All that it says, to be [added](Self::add_packed) to others later.
    pub(crate) fn pack(&self) -> PackedValues {
        PackedValues {
            min: self.min,
            max: self.max,
            sum: self.sum,
            overflow: self.overflow,
            below: self.below.values().into(),
            above: self.above.values().into(),
        }
    }

    /// Adds what was packed, without loss.
    pub(crate) fn add_packed(&mut self, packed: &PackedValues) {
        self.min = self.min.min(packed.min);
        self.max = self.max.max(packed.max);
        self.sum = self.sum.saturating_add(packed.sum);
        self.overflow += packed.overflow;
        self.below.add_values(&packed.below);
        self.above.add_values(&packed.above);
    }
}

/// How it is written: numbers as texts, which are read again to the last digit; the sum in billionths; the histograms in
/// HDR's V2 format as base64, null if they are empty.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(with = "exact")]
    min: f64,
    #[serde(with = "exact")]
    max: f64,
    sum_e9: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    overflow: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    below_zero: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    histogram: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Serialize for ValueStatistics {
    /// Null without values.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_empty() {
            return serializer.serialize_none();
        }
        let text = |histogram: &MillionthsHistogram| match histogram.is_empty() {
            true => Ok(None),
            false => histogram.encode().map(Some).map_err(ser::Error::custom),
        };
        let written = Written {
            min: self.min,
            max: self.max,
            sum_e9: self.sum.to_string(),
            overflow: self.overflow,
            below_zero: text(&self.below)?,
            histogram: text(&self.above)?,
        };
        serializer.serialize_some(&written)
    }
}

impl<'de> Deserialize<'de> for ValueStatistics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(written) = Option::<Written>::deserialize(deserializer)? else {
            return Ok(ValueStatistics::default());
        };
        let histogram = |text: Option<String>| match text {
            None => Ok(MillionthsHistogram::new(3)),
            Some(text) => MillionthsHistogram::decode(&text).map_err(de::Error::custom),
        };
        let values = ValueStatistics {
            min: written.min,
            max: written.max,
            sum: written.sum_e9.parse().map_err(de::Error::custom)?,
            overflow: written.overflow,
            below: histogram(written.below_zero)?,
            above: histogram(written.histogram)?,
        };
        let ordered = values.min.is_finite() && values.max.is_finite() && values.min <= values.max;
        if values.is_empty() || !ordered {
            return Err(de::Error::custom(format!(
                "a trend has the minimum {}, the maximum {} and {} values: these do not go together",
                values.min,
                values.max,
                values.count()
            )));
        }
        Ok(values)
    }
}

/// A number as a text that is read again to the last digit.
pub(crate) mod exact {
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(crate) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: impl IntoIterator<Item = f64>) -> ValueStatistics {
        let mut statistics = ValueStatistics::default();
        values.into_iter().for_each(|value| statistics.record(value));
        statistics
    }

    #[test]
    fn nothing_recorded_is_zero_everywhere() {
        let none = ValueStatistics::default();
        assert_eq!([none.min(), none.max(), none.mean(), none.std_dev(), none.sum(), none.percentile(99.0)], [0.0; 6]);
        assert_eq!(serde_json::to_string(&none).unwrap(), "null");
        assert_eq!(serde_json::from_str::<ValueStatistics>("null").unwrap(), none);
    }

    #[test]
    fn values_of_either_sign_are_ranked_together() {
        let values = of([-100.0, -1.5, 0.0, 2.25, 1e9]);
        assert_eq!((values.min(), values.max(), values.sum()), (-100.0, 1e9, 999_999_900.75));
        let close = |percent: f64, expected: f64| {
            let got = values.percentile(percent);
            assert!((got - expected).abs() <= expected.abs() * 0.001, "p{percent}: {got} for {expected}");
        };
        for (percent, expected) in [(0.0, -100.0), (20.0, -100.0), (40.0, -1.5), (60.0, 0.0), (80.0, 2.25)] {
            close(percent, expected);
        }
        close(99.0, 1e9);
        assert_eq!(values.percentile(100.0), 1e9);
    }

    #[test]
    fn small_whole_numbers_come_back_as_they_were() {
        let values = of((-1000..=1000).map(f64::from));
        for (percent, expected) in [(10.0, -800.0), (50.0, 0.0), (50.1, 2.0), (75.0, 500.0), (95.0, 900.0)] {
            assert_eq!(values.percentile(percent), expected, "p{percent}");
        }
        assert_eq!((roundest(4_999_168, 5_001_215), roundest(0, 0), roundest(7, 7)), (5_000_000, 0, 7));
    }

    #[test]
    fn what_is_beyond_the_range_is_counted_as_such() {
        let values = of([1e300, -1e300, 5.0]);
        assert_eq!((values.count(), values.overflow()), (3, 2));
        assert_eq!((values.min(), values.max()), (-1e300, 1e300));
        assert!(values.percentile(99.0) >= 1e12);
        assert!(values.percentile(10.0) <= -0.999e12);
    }

    #[test]
    fn the_standard_deviation_is_that_of_the_population() {
        let values = of([-2.0, -4.0, -4.0, -4.0, -5.0, -5.0, -7.0, -9.0]);
        assert!((values.std_dev() - 2.0).abs() < 0.01, "{}", values.std_dev());
        assert_eq!(of([0.1; 7]).std_dev(), 0.0);
    }

    #[test]
    fn figures_that_do_not_go_together_are_an_error() {
        let mut json = serde_json::to_value(of([5.0])).unwrap();
        json["min"] = "6".into();
        let error = serde_json::from_value::<ValueStatistics>(json).unwrap_err().to_string();
        assert!(error.contains("do not go together"), "{error}");
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![-1e3..1e3_f64, -1e9..1e12_f64, Just(0.0), (-1000_i32..1000).prop_map(f64::from)]
    }

    proptest! {
        #[test]
        fn percentiles_are_right_to_a_thousandth(
            mut values in proptest::collection::vec(value(), 1..400),
            percent in 0.0..100.0_f64,
        ) {
            let statistics = of(values.iter().copied());
            values.sort_unstable_by(f64::total_cmp);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let rank = ((percent / 100.0 * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let (exact, got) = (values[rank - 1], statistics.percentile(percent));
            prop_assert!((got - exact).abs() <= exact.abs() * 0.001 + 1e-6, "{got} for {exact}");
            prop_assert!(got >= statistics.min() && got <= statistics.max());
        }

        #[test]
        fn the_sum_of_parts_is_the_whole(
            a in proptest::collection::vec(value(), 0..300),
            b in proptest::collection::vec(value(), 0..300),
        ) {
            let whole = of(a.iter().chain(&b).copied());
            let (mut left, mut right) = (of(b.iter().copied()), of(a.iter().copied()));
            let mut unpacked = ValueStatistics::default();
            unpacked.add_packed(&left.pack());
            unpacked.add_packed(&right.pack());
            left.merge(of(a.iter().copied()));
            right.merge(of(b.iter().copied()));
            prop_assert_eq!(&left, &whole);
            prop_assert_eq!(&right, &whole);
            prop_assert_eq!(&unpacked, &whole);
            let text = serde_json::to_string(&whole).unwrap();
            prop_assert_eq!(&text, &serde_json::to_string(&left).unwrap());
            prop_assert_eq!(serde_json::from_str::<ValueStatistics>(&text).unwrap(), whole);
        }
    }
}
