//! [`Counters`]: the numbers behind `#{counter(name)}`.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// The counters of one shard. Shard `i` of `n` gives the numbers `i + 1`, `i + 1 + n`, `i + 1 + 2n`, …, so that all
/// numbers of a run differ although no shard knows of another.
#[derive(Debug)]
pub(crate) struct Counters {
    first: i64,
    step: i64,
    next: RefCell<FxHashMap<Arc<str>, i64>>,
}

impl Default for Counters {
    fn default() -> Self {
        Counters::new(0, 1)
    }
}

impl Counters {
    /// Those of the shard of this index, from 0, of so many.
    pub(crate) fn new(index: usize, count: usize) -> Self {
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        Counters { first: number(index).saturating_add(1), step: number(count), next: RefCell::default() }
    }

    /// The next number of a counter.
    pub(crate) fn take(&self, name: &Arc<str>) -> i64 {
        let mut all = self.next.borrow_mut();
        match all.get_mut(name) {
            Some(next) => {
                let taken = *next;
                *next = taken.saturating_add(self.step);
                taken
            }
            None => {
                all.insert(name.clone(), self.first.saturating_add(self.step));
                self.first
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counters_start_at_one_and_do_not_know_each_other() {
        let counters = Counters::default();
        let (a, b) = ("a".into(), "b".into());
        assert_eq!([&a, &a, &b, &a].map(|name| counters.take(name)), [1, 2, 1, 3]);
    }

    proptest! {
        #[test]
        fn the_numbers_of_all_shards_differ(shards in 1_usize..9, each in 0_usize..50) {
            let name: Arc<str> = "n".into();
            let all: Vec<Counters> = (0..shards).map(|index| Counters::new(index, shards)).collect();
            let mut taken: Vec<i64> =
                (0..each).flat_map(|_| all.iter().map(|counters| counters.take(&name)).collect::<Vec<_>>()).collect();
            taken.sort_unstable();
            // Shards that count equally far leave no gaps.
            prop_assert!(taken.into_iter().eq(1..=i64::try_from(shards * each).unwrap()));
        }
    }
}
