//! [`PackedTimes`]: a distribution that is kept for later, small.

use super::times::TimeStatistics;

/// What a [`TimeStatistics`] says, without room for more values: each different one with its number.
#[derive(Clone, Debug)]
pub(crate) struct PackedTimes {
    min: u64,
    max: u64,
    sum: u128,
    overflow: u64,
    values: Box<[(u32, u32)]>,
}

impl TimeStatistics {
    /// All that it says, to be [added](Self::add_packed) to others later.
    pub(crate) fn pack(&self) -> PackedTimes {
        let values = self.histogram.values().into();
        PackedTimes { min: self.min, max: self.max, sum: self.sum, overflow: self.overflow, values }
    }

    /// Adds what was packed, without loss.
    pub(crate) fn add_packed(&mut self, packed: &PackedTimes) {
        self.min = self.min.min(packed.min);
        self.max = self.max.max(packed.max);
        self.sum += packed.sum;
        self.overflow += packed.overflow;
        self.histogram.add_values(&packed.values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> TimeStatistics {
        let mut times = TimeStatistics::default();
        values.into_iter().for_each(|value| times.record(value));
        times
    }

    #[test]
    fn packed_times_add_up_to_what_they_were() {
        let few = of([1, 5_000_000, 5_000_000, u64::MAX]);
        let many = of((1..5000).map(|n| n * 1_000_003));
        for (a, b) in [(&few, &few), (&few, &many), (&many, &many), (&many, &of([]))] {
            let mut sum = TimeStatistics::default();
            sum.add_packed(&a.pack());
            sum.add_packed(&b.pack());
            assert_eq!(sum, TimeStatistics::sum_of(a, b));
            assert_eq!(sum.percentile(99.0), TimeStatistics::sum_of(a, b).percentile(99.0));
        }
    }
}
