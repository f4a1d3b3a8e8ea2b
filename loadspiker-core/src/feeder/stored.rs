//! [`Stored`]: records in memory, laid out for the shards of a run, which share them.
//!
//! Each shard has a stripe of the records and a cursor in it, on a cache line of its own. A shard writes to another's
//! cursor only when its own stripe of a queue is used up. There is no lock and, for single records, no allocation.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bound::BoundFeeder;
use super::builder::Strategy;
use super::error::FeedError;
use super::layout::{Rows, lay_out, stripe, striped};
use super::table::Table;
use crate::session::Session;
use crate::value::Value;

/// Records in memory.
#[derive(Debug)]
pub(super) struct Stored {
    records: usize,
    /// For each shard its own, or one for all.
    rows: Box<[Rows]>,
    stripes: Box<[Stripe]>,
}

/// A shard's part of the records. As large as the cache lines that are fetched together.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe {
    /// How many records have been taken from it.
    taken: AtomicU64,
    rows: Range<usize>,
}

impl Stripe {
    /// The next row of the stripe, if there is one left; no other call gets it.
    fn take(&self) -> Option<usize> {
        let row = |taken| usize::try_from(taken).ok().map(|i| self.rows.start + i).filter(|row| *row < self.rows.end);
        row(self.taken.load(Ordering::Relaxed))?;
        row(self.taken.fetch_add(1, Ordering::Relaxed))
    }
}

impl Stored {
    pub(super) fn new(strategy: Strategy, table: &Table, shards: usize, seed: u64) -> Self {
        let records = table.records;
        let mut order: Vec<usize> = (0..records).collect();
        if strategy == Strategy::Shuffle {
            fastrand::Rng::with_seed(seed).shuffle(&mut order);
        }
        if matches!(strategy, Strategy::Queue | Strategy::Shuffle | Strategy::Circular) {
            order = striped(records, shards).map(|position| order[position]).collect();
        }
        let each_reads_all = matches!(strategy, Strategy::Random | Strategy::Circular);
        let stripes =
            (0..shards).map(|shard| Stripe { taken: AtomicU64::new(0), rows: stripe(records, shards, shard) });
        Stored { records, rows: lay_out(table, &order, shards, each_reads_all), stripes: stripes.collect() }
    }

    /// The cells of the next record of `feeder`; record `i` of `count` that the user gets at once.
    pub(super) fn next(
        &self,
        feeder: &BoundFeeder,
        shard: usize,
        session: &Session,
        i: usize,
        count: usize,
    ) -> Result<&[Option<Value>], FeedError> {
        let name = || feeder.name().to_owned();
        let stripe = shard % self.stripes.len();
        let row = match feeder.strategy() {
            Strategy::Queue | Strategy::Shuffle => {
                let others = self.stripes[stripe + 1..].iter().chain(&self.stripes[..stripe]);
                let row = self.stripes[stripe].take().or_else(|| others.into_iter().find_map(Stripe::take));
                row.ok_or_else(|| FeedError::Exhausted { feeder: name(), records: self.records })?
            }
            Strategy::Random => session.random(|random| random.usize(..self.records)),
            Strategy::Circular => self.next_in_circle(stripe),
            Strategy::UniquePerUser => {
                let row = usize::try_from(feeder.user(session, i, count)).unwrap_or(usize::MAX);
                (row < self.records).then_some(row).ok_or_else(|| FeedError::TooFewForUsers {
                    feeder: name(),
                    records: self.records,
                    user: feeder.user(session, 0, 1).saturating_add(1),
                })?
            }
        };
        Ok(self.rows[shard % self.rows.len()].get(row))
    }

    /// Each shard goes through all records, beginning with its own stripe, and goes on with the next shard's: the
    /// records are used equally often, and a single user in a loop sees all of them.
    fn next_in_circle(&self, shard: usize) -> usize {
        let stripe = &self.stripes[shard];
        // Written by this shard alone: no need for an atomic addition.
        let taken = stripe.taken.load(Ordering::Relaxed);
        stripe.taken.store(taken.wrapping_add(1), Ordering::Relaxed);
        let start = if stripe.rows.is_empty() { shard } else { stripe.rows.start };
        let past = usize::try_from(taken % u64::try_from(self.records).unwrap_or(u64::MAX)).unwrap_or(0);
        (start % self.records + past) % self.records
    }
}
