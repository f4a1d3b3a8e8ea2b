//! [`Shard`]: one of the parts among which the load is split.

/// One of `count` parts among which the load is split: a shard of this process, or of several machines.
///
/// The values computed for all shards add up to the whole exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0 to `count - 1`. A shard beyond the last one gets nothing.
    pub index: usize,
    /// The number of shards. 0 counts as 1.
    pub count: usize,
}

impl Shard {
    /// The whole, not split.
    pub const WHOLE: Shard = Shard { index: 0, count: 1 };

    /// Index and count as 64-bit numbers, the count at least 1.
    pub(super) fn parts(self) -> (u64, u64) {
        let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        (wide(self.index), wide(self.count).max(1))
    }

    /// This part's share of a number: `floor((total + count − 1 − index)/count)`.
    pub(crate) fn share(self, total: u64) -> u64 {
        let (index, count) = self.parts();
        let Some(others) = (count - 1).checked_sub(index) else { return 0 };
        let share = (u128::from(total) + u128::from(others)) / u128::from(count);
        u64::try_from(share).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_shares_of_a_number_of_users_add_up_to_it_and_differ_by_one_at_most(
            total in prop_oneof![0..100_u64, any::<u64>()], count in 1..50_usize,
        ) {
            let shares: Vec<u64> = (0..count).map(|index| Shard { index, count }.share(total)).collect();
            prop_assert_eq!(shares.iter().map(|share| u128::from(*share)).sum::<u128>(), u128::from(total));
            prop_assert!(shares[0] - shares[count - 1] <= 1 && shares.is_sorted_by(|a, b| a >= b));
            prop_assert_eq!(Shard { index: count, count }.share(total), 0);
        }
    }
}
