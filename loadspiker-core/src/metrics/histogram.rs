//! [`CountHistogram`]: a histogram of whole numbers that is small while it holds little.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Debug;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;

use super::hdr;
use super::windows::Scale;

/// The highest number of microseconds recorded: one hour.
pub(crate) const HIGHEST: u32 = <u32 as Level>::HIGHEST;

/// A whole number as a histogram holds it.
pub(crate) trait Level: Copy + Debug + Ord + Into<u64> + TryFrom<u64> + 'static {
    /// The highest that is recorded.
    const HIGHEST: Self;
    /// What is counted and up to how many, for an error message.
    const RANGE: &'static str;
}

/// Microseconds, up to an hour.
impl Level for u32 {
    const HIGHEST: u32 = 3_600_000_000;
    const RANGE: &'static str = "microseconds up to an hour";
}

/// Millionths, up to 10¹² units.
impl Level for u64 {
    const HIGHEST: u64 = 1_000_000_000_000_000_000;
    const RANGE: &'static str = "millionths up to 10^12";
}

/// A histogram of microseconds.
pub(crate) type MicrosHistogram = CountHistogram<u32>;

/// A histogram of millionths.
pub(crate) type MillionthsHistogram = CountHistogram<u64>;

/// Up to so many values are kept as they came. A histogram of three digits takes at least 16 KiB; most names of a
/// test with very many names see a few requests a second.
const FEW: usize = 128;

/// A histogram of whole numbers up to [`Level::HIGHEST`], growing as values need it.
///
/// Up to [`FEW`] values are a plain list, then they move into an HDR histogram. What can be read from it does not
/// depend on which of the two it is: a list is read through the HDR histogram that it stands for.
#[derive(Clone)]
pub(crate) struct CountHistogram<V> {
    digits: u8,
    /// Empty once there is an HDR histogram.
    few: Vec<V>,
    many: Option<Box<Histogram<u64>>>,
}

impl<V: Level> CountHistogram<V> {
    /// An empty histogram of so many significant digits, 0 to 5.
    pub(crate) const fn new(digits: u8) -> Self {
        CountHistogram { digits, few: Vec::new(), many: None }
    }

    pub(crate) fn len(&self) -> u64 {
        self.many.as_ref().map_or(self.few.len() as u64, |histogram| histogram.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Records a value up to [`Level::HIGHEST`].
    #[inline]
    pub(crate) fn record(&mut self, value: V) {
        match &mut self.many {
            Some(histogram) => record(histogram, value.into()),
            None if self.few.len() < FEW => self.few.push(value),
            None => record(self.many(), value.into()),
        }
    }

    /// Adds all counts of `other`.
    pub(crate) fn merge(&mut self, other: CountHistogram<V>) {
        if self.is_empty() {
            *self = other;
        } else if let Some(theirs) = other.many {
            let added = self.many().add(&*theirs);
            debug_assert!(added.is_ok(), "a histogram that resizes takes all values");
        } else if self.many.is_none() && self.few.len() + other.few.len() <= FEW {
            self.few.extend(other.few);
        } else {
            let histogram = self.many();
            other.few.into_iter().for_each(|value| record(histogram, value.into()));
        }
    }

    /// Values with their numbers, such that [`add_values`](Self::add_values) makes the same histogram of them.
    pub(crate) fn values(&self) -> Vec<(V, u32)> {
        let level = |value: u64| V::try_from(value).unwrap_or(V::HIGHEST);
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        match &self.many {
            None => self.few.iter().map(|value| (*value, 1)).collect(),
            Some(histogram) => {
                let recorded = histogram.iter_recorded();
                recorded.map(|step| (level(step.value_iterated_to()), small(step.count_at_value()))).collect()
            }
        }
    }

    /// Adds what [`values`](Self::values) gave.
    pub(crate) fn add_values(&mut self, values: &[(V, u32)]) {
        for (value, count) in values {
            if *count == 1 {
                self.record(*value);
                continue;
            }
            let recorded = self.many().record_n((*value).into(), u64::from(*count));
            debug_assert!(recorded.is_ok(), "a histogram that resizes takes all values");
        }
    }

    #[cold]
    fn many(&mut self) -> &mut Histogram<u64> {
        let few = std::mem::take(&mut self.few);
        self.many.get_or_insert_with(|| Box::new(from_list(&few, self.digits)))
    }

    /// The HDR histogram that this one is or stands for.
    pub(crate) fn hdr(&self) -> Cow<'_, Histogram<u64>> {
        match &self.many {
            Some(histogram) => Cow::Borrowed(&**histogram),
            None => Cow::Owned(from_list(&self.few, self.digits)),
        }
    }

    /// All values that occurred, ascending, each as the highest that is not told from it, with its count.
    pub(crate) fn buckets(&self) -> Vec<(u64, u64)> {
        self.hdr().iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }

    /// HDR's V2 format in base64. The same counts give the same text, however they came together.
    pub(crate) fn encode(&self) -> Result<String, String> {
        let bytes = match &self.many {
            Some(histogram) => hdr::of_histogram(histogram)?,
            None => {
                let mut few = self.few.clone();
                few.sort_unstable();
                hdr::of_sorted(few.into_iter().map(Into::into), self.digits)
            }
        };
        Ok(STANDARD.encode(bytes))
    }

    /// The counts of all buckets of a scale from that of `min` to that of `max`, the least and the greatest value.
    pub(crate) fn counts(&self, scale: Scale, min: u64, max: u64) -> Vec<u64> {
        let (first, last) = (scale.index(min), scale.index(max).max(scale.index(min)));
        match &self.many {
            Some(histogram) => {
                let all = first..=last;
                all.map(|index| histogram.count_between(scale.lowest(index), scale.highest(index))).collect()
            }
            None => {
                let mut counts = vec![0; last - first + 1];
                for value in &self.few {
                    counts[scale.index((*value).into()).clamp(first, last) - first] += 1;
                }
                counts
            }
        }
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(text: &str) -> Result<Self, String> {
        let bytes = STANDARD.decode(text).map_err(|error| format!("a histogram is not base64: {error}"))?;
        let mut histogram: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| format!("a histogram is not in HDR V2 format: {error}"))?;
        let highest: u64 = V::HIGHEST.into();
        if histogram.low() != 1 || histogram.max() > highest.next_power_of_two() {
            return Err(format!("a histogram is not one of {}", V::RANGE));
        }
        histogram.auto(true);
        Ok(CountHistogram { digits: histogram.sigfig(), few: Vec::new(), many: Some(Box::new(histogram)) })
    }
}

fn empty(digits: u8) -> Histogram<u64> {
    #[expect(clippy::unwrap_used, reason = "it fails only for more than five digits")]
    Histogram::new(digits.min(5)).unwrap()
}

fn from_list<V: Level>(values: &[V], digits: u8) -> Histogram<u64> {
    let mut histogram = empty(digits);
    values.iter().for_each(|value| record(&mut histogram, (*value).into()));
    histogram
}

#[inline]
fn record(histogram: &mut Histogram<u64>, value: u64) {
    let recorded = histogram.record(value);
    debug_assert!(recorded.is_ok(), "a histogram that resizes takes all values");
}

impl<V: Level> PartialEq for CountHistogram<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.buckets() == other.buckets()
    }
}

impl<V: Level> Debug for CountHistogram<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CountHistogram({} values)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::{Serializer, V2Serializer};

    use super::*;

    fn of(values: impl IntoIterator<Item = u32>) -> MicrosHistogram {
        let mut histogram = MicrosHistogram::new(3);
        values.into_iter().for_each(|value| histogram.record(value));
        histogram
    }

    #[test]
    fn few_and_many_read_the_same() {
        let few = of([7, 123_456, 123_457, HIGHEST]);
        let mut many = few.clone();
        many.many();
        assert_eq!(few, many);
        assert_eq!(few.buckets(), [(7, 1), (123_519, 2), (few.buckets()[2].0, 1)]);
        assert_eq!(few.encode(), many.encode());
    }

    #[test]
    fn the_text_does_not_depend_on_the_order_of_merging() {
        let (a, b) = (of(1..300), of([5_000_000; 200]));
        let mut ab = a.clone();
        ab.merge(b.clone());
        let mut ba = b;
        ba.merge(a);
        assert_eq!(ab.len(), 499);
        assert_eq!(ab, ba);
        assert_eq!(ab.encode(), ba.encode());
    }

    #[test]
    fn what_was_encoded_is_read_again_and_still_grows() {
        let histogram = of([1, 2000, 2001, HIGHEST]);
        let mut read = MicrosHistogram::decode(&histogram.encode().unwrap()).unwrap();
        assert_eq!(read, histogram);
        let mut small = MicrosHistogram::decode(&of([1]).encode().unwrap()).unwrap();
        small.record(HIGHEST);
        small.merge(read.clone());
        read.merge(of([1, HIGHEST]));
        assert_eq!(small, read);
    }

    #[test]
    fn memory_does_not_grow_with_the_number_of_values() {
        let mut histogram = of([1, HIGHEST]);
        for value in 0..200_000 {
            histogram.record(value * 17_000 + 1);
        }
        assert_eq!((histogram.len(), histogram.few.capacity()), (200_002, 0));
        let bins = histogram.hdr().distinct_values();
        assert!(bins <= 24 * 1024, "{bins}");
    }

    #[test]
    fn garbage_is_an_error() {
        assert!(MicrosHistogram::decode("!").unwrap_err().contains("base64"));
        assert!(MicrosHistogram::decode("AAAA").unwrap_err().contains("HDR V2"));
        let foreign = Histogram::<u64>::new_with_bounds(1000, 1_000_000, 3).unwrap();
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&foreign, &mut bytes).unwrap();
        assert!(MicrosHistogram::decode(&STANDARD.encode(bytes)).unwrap_err().contains("microseconds"));
    }
}
