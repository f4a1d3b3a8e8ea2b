//! [`Shard`]: which part of a load generator something is computed for.

use crate::protocol::ShardInfo;

/// One of `count` parts among which the load is split: a shard of this process, or of many machines.
///
/// What is computed for the parts adds up to the whole exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0 to `count - 1`. A part beyond the last gets nothing.
    pub index: usize,
    /// How many parts there are. 0 counts as 1.
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

impl From<ShardInfo> for Shard {
    fn from(info: ShardInfo) -> Self {
        Shard { index: info.index, count: info.count }
    }
}
