//! [`RunFeeders`]: the feeders of a run, for steps that take records in the user's code.

use std::sync::{Arc, Mutex, PoisonError};

use super::bound::BoundFeeder;
use super::builder::Feeder;
use crate::numbers::mix;
use crate::session::Slot;

/// How many feeders may be met for the first time during a run. Programs have few; only feeders that are made anew
/// for every user reach it.
const LIMIT: usize = 64;

/// A feeder, and what it is bound to or why it could not be.
pub(crate) type MetFeeder = (Feeder, Result<Arc<BoundFeeder>, String>);

/// All feeders of a run, one cursor for each, whoever takes records from it. Shards ask once for each feeder and remember
/// the answer.
#[derive(Debug, Default)]
pub(crate) struct RunFeeders {
    known: Mutex<Vec<MetFeeder>>,
    /// How many of them were known before the run.
    before: usize,
    shards: usize,
    seed: u64,
}

impl RunFeeders {
    /// With those that steps of the simulation use.
    pub(crate) fn new(known: impl IntoIterator<Item = (Feeder, Arc<BoundFeeder>)>, shards: usize, seed: u64) -> Self {
        let known: Vec<MetFeeder> = known.into_iter().map(|(feeder, bound)| (feeder, Ok(bound))).collect();
        RunFeeders { before: known.len(), known: Mutex::new(known), shards, seed }
    }

    /// The feeder, opened and laid out if nobody has asked for it before.
    pub(crate) fn bound(&self, feeder: &Feeder) -> Result<Arc<BoundFeeder>, String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bound)) = known.iter().find(|(met, _)| met.shares_cursor_with(feeder)) {
            return bound.clone();
        }
        if known.len() - self.before >= LIMIT {
            return Err(format!(
                "feeder {feeder} is one of more than {LIMIT} that were made during the run, each with a cursor of its \
                 own; make it once, such as in a static LazyLock<Feeder>, and feed from that"
            ));
        }
        // Not by their order: which shard comes first is a matter of chance.
        let seed = feeder.to_string().bytes().fold(self.seed, |seed, byte| mix(seed, byte.into()));
        let opened = feeder.open().map_err(|error| error.to_string());
        // Its fields are found by their names.
        let bound = opened.map(|open| Arc::new(open.bind(self.shards, seed, &mut |_| Slot(u32::MAX))));
        known.push((feeder.clone(), bound.clone()));
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeder::{csv, records};

    #[test]
    fn a_feeder_is_bound_once_however_often_it_is_asked_for() {
        let feeders = RunFeeders::new([], 2, 1);
        let numbers = records((1..=3).map(|n| [("n", n)]));
        let (one, two) = (feeders.bound(&numbers).unwrap(), feeders.bound(&numbers.clone()).unwrap());
        assert!(Arc::ptr_eq(&one, &two));
        let other = feeders.bound(&records([[("n", 1)]])).unwrap();
        assert!(!Arc::ptr_eq(&one, &other));
    }

    #[test]
    fn what_is_wrong_is_said_each_time() {
        let feeders = RunFeeders::new([], 1, 1);
        let missing = csv("no/such/file.csv");
        let error = feeders.bound(&missing).unwrap_err();
        assert!(error.contains("no/such/file.csv"), "{error}");
        assert_eq!(feeders.bound(&missing).unwrap_err(), error);
    }

    #[test]
    fn feeders_that_are_made_without_end_are_refused() {
        let feeders = RunFeeders::new([], 1, 1);
        let make = || records([[("n", 1)]]);
        assert!((0..LIMIT).all(|_| feeders.bound(&make()).is_ok()));
        let error = feeders.bound(&make()).unwrap_err();
        assert!(error.contains("LazyLock"), "{error}");
    }
}
