//! [`RunPools`]: the pools of a run, for steps that check records out in the user's code.

use std::sync::{Arc, Mutex, PoisonError};

use crate::numbers::mix;
use crate::pool::{BoundPool, Pool};

/// How many pools may be met for the first time during a run. Programs have few; only pools that are made anew for every
/// user reach it.
const LIMIT: usize = 64;

/// A pool, and what it is bound to or why it could not be.
type MetPool = (Pool, Result<Arc<BoundPool>, String>);

/// All pools of a run.
#[derive(Debug, Default)]
pub(crate) struct RunPools {
    known: Mutex<Vec<MetPool>>,
    /// How many of them were known before the run.
    before: usize,
    shards: usize,
    seed: u64,
}

impl RunPools {
    /// With those that steps of the simulation use.
    pub(crate) fn new(known: impl IntoIterator<Item = (Pool, Arc<BoundPool>)>, shards: usize, seed: u64) -> Self {
        let known: Vec<MetPool> = known.into_iter().map(|(pool, bound)| (pool, Ok(bound))).collect();
        RunPools { before: known.len(), known: Mutex::new(known), shards, seed }
    }

    /// The pool, read if nobody has asked for it before.
    pub(crate) fn bound(&self, pool: &Pool) -> Result<Arc<BoundPool>, String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bound)) = known.iter().find(|(met, _)| met.is_same_as(pool)) {
            return bound.clone();
        }
        if known.len() - self.before >= LIMIT {
            return Err(format!(
                "{pool} is one of more than {LIMIT} pools that were made during the run; make it once, such as in a static \
                 LazyLock<Pool>, and check out of that"
            ));
        }
        if known.iter().any(|(met, _)| met.name() == pool.name()) {
            return Err(same_name(pool));
        }
        // Not by their order: which shard comes first is a matter of chance.
        let seed = pool.name().bytes().fold(self.seed, |seed, byte| mix(seed, byte.into()));
        let bound = BoundPool::open(pool, self.shards, seed).map(Arc::new).map_err(|error| error.to_string());
        known.push((pool.clone(), bound.clone()));
        bound
    }
}

/// What is told of a second pool of one name.
pub(crate) fn same_name(pool: &Pool) -> String {
    format!(
        "another pool is named \"{}\", too; make it once and use clones of it, or give it another name",
        pool.name()
    )
}
