//! [`Scale`]: how finely the histograms of windows tell values apart.

/// Buckets that are equally wide between one power of two and the next. Below `2 · 2ᵇ` each whole number has one.
///
/// A bucket of a finer scale, or of an HDR histogram of two digits or more, lies within one of a coarser scale: counts
/// are made coarser without loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scale(u8);

impl Scale {
    /// What is kept while the run goes on: 32 buckets from a power of two to the next.
    pub(crate) const FINEST: Scale = Scale(5);
    /// What a report of many names and windows may be brought to: 8 buckets.
    pub(crate) const COARSEST: Scale = Scale(3);

    /// The scale with so many buckets from a power of two to the next, if there is one.
    pub(crate) fn with_buckets(buckets: u64) -> Option<Scale> {
        [3, 4, 5].into_iter().map(Scale).find(|scale| scale.buckets() == buckets)
    }

    /// How many buckets there are from a power of two to the next.
    pub(crate) fn buckets(self) -> u64 {
        1 << self.0
    }

    /// The next coarser scale.
    pub(crate) fn coarser(self) -> Scale {
        Scale(self.0.saturating_sub(1).max(Self::COARSEST.0))
    }

    /// The bucket of a value.
    pub(crate) fn index(self, value: u64) -> usize {
        let shift = (64 - value.leading_zeros()).saturating_sub(u32::from(self.0) + 1);
        let index = (u64::from(shift) << self.0) + (value >> shift);
        usize::try_from(index).unwrap_or(usize::MAX)
    }

    /// The lowest value of a bucket.
    pub(crate) fn lowest(self, index: usize) -> u64 {
        let shift = (index >> self.0).saturating_sub(1);
        let value = index - (shift << self.0);
        (value as u64) << shift
    }

    /// The highest value of a bucket.
    pub(crate) fn highest(self, index: usize) -> u64 {
        self.lowest(index + 1) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_and_lie_within_those_of_coarser_scales() {
        for scale in [Scale(3), Scale(4), Scale(5)] {
            let mut next = 0;
            for index in 0..29 << scale.0 {
                let (low, high) = (scale.lowest(index), scale.highest(index));
                assert_eq!((low, scale.index(low), scale.index(high)), (next, index, index));
                assert_eq!(scale.coarser().index(low), scale.coarser().index(high));
                assert!((high - low) * scale.buckets() <= low, "{low} to {high}");
                next = high + 1;
            }
        }
        assert_eq!((Scale::with_buckets(8), Scale::with_buckets(9)), (Some(Scale::COARSEST), None));
    }
}
