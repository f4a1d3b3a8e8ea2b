//! [`Cell`]: the distribution of the times of one name in one window, in few bytes.

use super::scale::Scale;
use crate::metrics::histogram::HIGHEST;
use crate::metrics::times::TimeStatistics;

/// Times in whole microseconds, as they are kept and written; nothing at all if there is no value.
///
/// These are numbers of variable length (seven bits a byte, the lowest first): the least time, what the greatest is
/// more than that, the sum, and then the counts of all buckets from that of the least to that of the greatest. An even
/// number is twice a count, an odd one stands for (number + 1) / 2 empty buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell(Box<[u8]>);

/// What a [`Cell`] says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// The least and the greatest time, in microseconds.
    pub(crate) min: u64,
    pub(crate) max: u64,
    pub(crate) sum: u64,
    /// From the bucket of the least time to that of the greatest; empty without values.
    pub(crate) counts: Vec<u64>,
}

impl Counts {
    pub(crate) fn of(times: &TimeStatistics, scale: Scale) -> Counts {
        if times.is_empty() {
            return Counts::default();
        }
        let micros = |nanos: u64| (nanos / 1000 + u64::from(nanos % 1000 >= 500)).clamp(1, u64::from(HIGHEST));
        let (min, max) = (micros(times.min), micros(times.max));
        let sum = u64::try_from((times.sum + 500) / 1000).unwrap_or(u64::MAX);
        Counts { min, max, sum, counts: times.histogram.counts(scale, min, max) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Each bucket that is not empty, by its index, with its count.
    pub(crate) fn buckets(&self, scale: Scale) -> impl Iterator<Item = (usize, u64)> {
        let first = scale.index(self.min);
        let all = self.counts.iter().enumerate();
        all.filter(|(_, count)| **count > 0).map(move |(place, count)| (first + place, *count))
    }

    /// Adds counts of the same scale.
    pub(crate) fn merge(&mut self, other: &Counts, scale: Scale) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        let (min, max) = (self.min.min(other.min), self.max.max(other.max));
        let first = scale.index(min);
        let mut counts = vec![0; scale.index(max) - first + 1];
        for part in [&*self, other] {
            part.buckets(scale).for_each(|(index, count)| counts[index - first] += count);
        }
        *self = Counts { min, max, sum: self.sum.saturating_add(other.sum), counts };
    }

    /// The same on another scale, which must not be finer.
    pub(crate) fn rescaled(&self, from: Scale, to: Scale) -> Counts {
        if self.is_empty() {
            return Counts::default();
        }
        let first = to.index(self.min);
        let mut counts = vec![0; to.index(self.max) - first + 1];
        for (index, count) in self.buckets(from) {
            // The bucket of the least time may begin below it.
            counts[to.index(from.highest(index)).saturating_sub(first)] += count;
        }
        Counts { counts, ..*self }
    }

    pub(crate) fn pack(&self) -> Cell {
        if self.is_empty() {
            return Cell::default();
        }
        let mut bytes = Vec::with_capacity(self.counts.len() + 12);
        put(&mut bytes, self.min);
        put(&mut bytes, self.max - self.min);
        put(&mut bytes, self.sum);
        let mut zeros = 0;
        for count in &self.counts {
            if *count == 0 {
                zeros += 1;
                continue;
            }
            if zeros > 0 {
                put(&mut bytes, 2 * zeros - 1);
                zeros = 0;
            }
            put(&mut bytes, 2 * count);
        }
        Cell(bytes.into())
    }
}

impl Cell {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes it takes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn unpack(&self, scale: Scale) -> Counts {
        if self.is_empty() {
            return Counts::default();
        }
        // It was made by `pack`, or read by `take`, and is whole.
        take_counts(&mut &*self.0, scale).unwrap_or_default()
    }

    /// Writes it, with what tells where it ends.
    pub(crate) fn put(&self, bytes: &mut Vec<u8>) {
        put(bytes, self.0.len() as u64);
        bytes.extend_from_slice(&self.0);
    }

    /// Reads what [`put`](Self::put) wrote. `None` if it is none, or not of this scale.
    pub(crate) fn take(bytes: &mut &[u8], scale: Scale) -> Option<Cell> {
        let length = usize::try_from(take(bytes)?).ok()?;
        let (own, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        let mut left = own;
        let whole = own.is_empty() || (take_counts(&mut left, scale).is_some() && left.is_empty());
        whole.then(|| Cell(own.into()))
    }
}

fn take_counts(bytes: &mut &[u8], scale: Scale) -> Option<Counts> {
    let min = take(bytes)?;
    let max = min.checked_add(take(bytes)?).filter(|max| min > 0 && *max <= u64::from(HIGHEST))?;
    let sum = take(bytes)?;
    let length = scale.index(max) - scale.index(min) + 1;
    let mut counts = Vec::with_capacity(length);
    while counts.len() < length {
        let number = take(bytes)?;
        if number.is_multiple_of(2) {
            counts.push(number / 2);
        } else {
            let zeros = usize::try_from(number / 2 + 1).ok().filter(|zeros| *zeros <= length - counts.len())?;
            counts.resize(counts.len() + zeros, 0);
        }
    }
    Some(Counts { min, max, sum, counts })
}

/// Writes a number, seven bits a byte, the lowest first.
#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are meant")]
pub(crate) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a number.
pub(crate) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> TimeStatistics {
        let mut times = TimeStatistics::default();
        values.iter().for_each(|nanos| times.record(*nanos));
        times
    }

    proptest! {
        #[test]
        fn cells_add_up_and_are_read_as_they_were_written(
            a in proptest::collection::vec(0_u64..5_000_000_000_000, 0..300),
            b in proptest::collection::vec(100_000_u64..900_000_000, 0..300),
        ) {
            for scale in [Scale::FINEST, Scale::FINEST.coarser(), Scale::COARSEST] {
                let mut sum = Counts::of(&of(&a), Scale::FINEST).rescaled(Scale::FINEST, scale);
                sum.merge(&Counts::of(&of(&b), scale), scale);
                let whole = Counts::of(&of(&[a.clone(), b.clone()].concat()), scale);
                prop_assert_eq!(whole.count(), (a.len() + b.len()) as u64);
                // Either part is rounded to a microsecond.
                prop_assert!(sum.sum.abs_diff(whole.sum) <= 1);
                sum.sum = whole.sum;
                prop_assert_eq!(&sum, &whole);

                let mut bytes = Vec::new();
                whole.pack().put(&mut bytes);
                let mut left = bytes.as_slice();
                let read = Cell::take(&mut left, scale).unwrap();
                prop_assert!(left.is_empty());
                prop_assert_eq!(read.unpack(scale), whole);
            }
        }

        #[test]
        fn garbage_is_no_cell_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Cell::take(&mut bytes.as_slice(), Scale::COARSEST);
        }
    }
}
