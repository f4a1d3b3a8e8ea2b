//! Random numbers in ascending order, one by one, without keeping them.

use fastrand::Rng;

use super::curve::{float, whole};
use crate::numbers::mix;

/// `count` draws, uniform between 0 and 1, in ascending order, computed as they are asked for.
///
/// The gap to the next of `m` remaining draws is known in distribution: of what is left up to 1, the part beyond
/// it is `V^(1/m)` with `V` uniform (J. L. Bentley and J. B. Saxe, "Generating Sorted Lists of Random Numbers", ACM
/// Transactions on Mathematical Software 6 (1980), 359–364). Sums of logarithms keep it exact close to 0 and to 1.
#[derive(Clone, Debug)]
pub(super) struct SortedUniforms {
    rng: Rng,
    remaining: u64,
    /// Logarithm of what is left between the last draw and 1.
    log_rest: f64,
}

impl SortedUniforms {
    /// Draws that follow from the seed of a profile and the number of a piece in it.
    pub(super) fn new(count: u64, seed: u64, piece: u64) -> Self {
        let seed = mix(seed.wrapping_add(mix(piece, 1)), 1);
        SortedUniforms { rng: Rng::with_seed(seed), remaining: count, log_rest: 0.0 }
    }
}

impl SortedUniforms {
    /// Skips as many draws as are to be expected below `share` and says how many; those that follow are above it.
    pub(super) fn skip_below(&mut self, share: f64) -> u64 {
        let drawn = -self.log_rest.exp_m1();
        if share <= drawn {
            return 0;
        }
        let part = if share < 1.0 { (share - drawn) / (1.0 - drawn) } else { 1.0 };
        let skipped = whole((float(self.remaining) * part).round()).min(self.remaining);
        self.remaining -= skipped;
        self.log_rest = (-share.min(1.0)).ln_1p();
        skipped
    }
}

impl Iterator for SortedUniforms {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        if self.remaining == 0 {
            return None;
        }
        let uniform = 1.0 - self.rng.f64(); // above 0, so that its logarithm is finite
        #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 remaining draws the root changes by nothing")]
        let remaining = self.remaining as f64;
        self.log_rest += uniform.ln() / remaining;
        self.remaining -= 1;
        Some(-self.log_rest.exp_m1())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_ascend_and_are_spread_evenly() {
        let draws: Vec<f64> = SortedUniforms::new(10_000, 7, 0).collect();
        assert_eq!(draws.len(), 10_000);
        assert!(draws.is_sorted() && draws[0] >= 0.0 && draws[9_999] <= 1.0);
        for (expected, limit) in (1..10_u32).map(|tenth| (1000 * u64::from(tenth), f64::from(tenth) / 10.0)) {
            let below = draws.iter().filter(|draw| **draw < limit).map(|_| 1).sum::<u64>();
            assert!(below.abs_diff(expected) < 200, "{below} draws below {limit}"); // four standard deviations
        }
    }

    #[test]
    fn the_seed_and_the_piece_decide_the_draws() {
        let first = |seed, piece| SortedUniforms::new(5, seed, piece).next().unwrap();
        assert_eq!(first(1, 0), first(1, 0));
        assert_ne!(first(1, 0), first(2, 0));
        assert_ne!(first(1, 0), first(1, 1));
    }
}
