//! HDR's V2 format, such that the same counts give the same bytes, however they came together.
//!
//! A snapshot has a histogram for each phase of each request, and is written once a second: a list is written without
//! making a histogram of it, and a histogram without a copy.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};

/// The first four bytes: version 2, counts as numbers of variable length.
const COOKIE: u32 = 0x1c84_9313;
/// Before the counts.
const HEADER: usize = 40;
/// Where the header has the highest value that the histogram can hold.
const HIGHEST: std::ops::Range<usize> = 24..32;

/// The bytes of a histogram of so many significant digits whose values are these, ascending.
pub(super) fn of_sorted(values: impl IntoIterator<Item = u64>, digits: u8) -> Vec<u8> {
    let (mut bytes, mut highest) = (vec![0; HEADER], 0);
    let (mut place, mut count, mut next) = (None, 0_u64, 0);
    for value in values {
        highest = value;
        let index = Some(index(value, digits));
        if index == place {
            count += 1;
            continue;
        }
        next = put(&mut bytes, next, place, count);
        (place, count) = (index, 1);
    }
    // Without values there is one count, of zero.
    put(&mut bytes, next, place.or(Some(0)), count);
    let length = u32::try_from(bytes.len() - HEADER).unwrap_or(u32::MAX);
    bytes[0..4].copy_from_slice(&COOKIE.to_be_bytes());
    bytes[4..8].copy_from_slice(&length.to_be_bytes());
    bytes[12..16].copy_from_slice(&u32::from(digits).to_be_bytes());
    bytes[16..24].copy_from_slice(&1_u64.to_be_bytes());
    bytes[HIGHEST].copy_from_slice(&reach(highest, digits).to_be_bytes());
    bytes[32..HEADER].copy_from_slice(&1_f64.to_be_bytes());
    bytes
}

/// The bytes of a histogram.
pub(super) fn of_histogram(histogram: &Histogram<u64>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    V2Serializer::new().serialize(histogram, &mut bytes).map_err(|error| error.to_string())?;
    // How far it has grown depends on the order in which it grew.
    if let Some(highest) = bytes.get_mut(HIGHEST) {
        highest.copy_from_slice(&reach(histogram.max(), histogram.sigfig()).to_be_bytes());
    }
    Ok(bytes)
}

/// Writes the count at `place`, after the zeros from `next` on; gives the place after it.
fn put(bytes: &mut Vec<u8>, next: u64, place: Option<u64>, count: u64) -> u64 {
    let Some(place) = place else { return next };
    match place - next {
        0 => {}
        1 => bytes.push(0),
        zeros => varint(bytes, 2 * zeros - 1),
    }
    varint(bytes, 2 * count);
    place + 1
}

/// Seven bits a byte, the lowest first; the ninth byte has eight.
#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are meant")]
fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    for _ in 0..8 {
        if number < 0x80 {
            break;
        }
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The power of two below which each value has a count of its own.
fn exact_bits(digits: u8) -> u32 {
    (2 * 10_u64.pow(u32::from(digits.min(5)))).next_power_of_two().trailing_zeros()
}

/// The place of the count of a value.
fn index(value: u64, digits: u8) -> u64 {
    let bits = exact_bits(digits);
    let shift = (64 - value.leading_zeros()).saturating_sub(bits);
    (u64::from(shift) << (bits - 1)) + (value >> shift)
}

/// The highest value of a histogram that is just large enough.
fn reach(highest: u64, digits: u8) -> u64 {
    let bits = (64 - highest.leading_zeros()).max(exact_bits(digits)).min(63);
    ((1 << bits) - 1).max(2)
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::Deserializer;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_list_is_written_as_its_histogram_is(
            mut values in proptest::collection::vec((0_u32..62, any::<u64>()), 0..200),
            digits in 0_u8..=3,
        ) {
            let mut values: Vec<u64> = values.drain(..).map(|(bits, value)| (value >> (63 - bits)).max(1)).collect();
            let mut histogram = Histogram::<u64>::new(digits).unwrap();
            values.iter().for_each(|value| histogram.record(*value).unwrap());
            values.sort_unstable();
            let bytes = of_sorted(values, digits);
            prop_assert_eq!(&bytes, &of_histogram(&histogram).unwrap());
            let read: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
            prop_assert_eq!(read, histogram);
        }
    }
}
