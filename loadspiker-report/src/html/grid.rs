//! The grid of the page's histograms: times in microseconds, told apart by so many steps for each power of two.
//!
//! With `BITS` bits, times below 2^(BITS + 1) µs have a bucket each; above, each power of two has 2^BITS buckets, so that
//! a bucket is at most 1/2^BITS of its time wide. The page computes percentiles from the middle of a bucket, which is off
//! by half of that at most. `web/src/data/grid.ts` is the other half of this file.

use loadspiker_core::metrics::TimeStatistics;

/// Of whole runs: off by 0.4 % at most.
pub(super) const FINE: u32 = 7;
/// Where there are many requests: off by 0.8 % at most.
pub(super) const LESS_FINE: u32 = 6;

/// The bucket of a time.
pub(super) fn bucket(micros: u64, bits: u32) -> u64 {
    let exact = 1_u64 << (bits + 1);
    if micros < exact {
        return micros;
    }
    let shift = micros.ilog2() - bits;
    (u64::from(shift) << bits) + (micros >> shift)
}

/// Buckets with counts, each as its distance to the one before and its count; empty without values.
pub(super) fn packed(times: &TimeStatistics, bits: u32) -> Vec<u64> {
    let buckets = times.buckets();
    pack(buckets.iter().map(|(time, count)| (u64::try_from(time.as_micros()).unwrap_or(u64::MAX), *count)), bits)
}

fn pack(values: impl Iterator<Item = (u64, u64)>, bits: u32) -> Vec<u64> {
    let mut packed: Vec<u64> = Vec::new();
    let mut last = 0;
    for (micros, count) in values {
        let bucket = bucket(micros, bits);
        match packed.last_mut() {
            Some(sum) if bucket == last => *sum += count,
            _ => {
                packed.extend([bucket - last, count]);
                last = bucket;
            }
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_exact_below_and_as_wide_as_said_above() {
        assert!((0..256).all(|micros| bucket(micros, FINE) == micros));
        assert_eq!([256, 257, 258, 511, 512].map(|micros| bucket(micros, FINE)), [256, 256, 257, 383, 384]);
        assert!((1..10_000_u64).all(|micros| (0..=1).contains(&(bucket(micros + 1, 5) - bucket(micros, 5)))));
    }

    #[test]
    fn counts_of_one_bucket_are_added_up() {
        assert_eq!(pack([(3, 1), (4, 2), (256, 5), (257, 6)].into_iter(), FINE), [3, 1, 1, 2, 252, 11]);
    }
}
