//! [`BoundFeeder`]: a feeder during a run.
//!
//! Each shard has a stripe of the records and a cursor in it, on a cache line of its own. A shard writes to another's
//! cursor only when its own stripe of a queue is used up. There is no lock and, for single records, no allocation. What
//! is streamed or drawn is another matter: see [`Flow`] and [`Tap`].

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::builder::Strategy;
use super::drawn::Fields;
use super::error::{FeedError, FeederError};
use super::flow::Flow;
use super::layout::{Rows, lay_out, stripe, striped};
use super::live::Live;
use super::table::Table;
use super::tap::Tap;
use crate::expression::EvalError;
use crate::session::{Session, Slot};
use crate::value::Value;

/// How many records a user can take at once.
pub const MOST_AT_ONCE: u64 = 1_000_000;

/// As many records as `feed_n` is to take.
pub(crate) fn at_once(count: u64) -> Result<usize, EvalError> {
    let most = MOST_AT_ONCE;
    usize::try_from(count).ok().filter(|_| count <= most).ok_or(EvalError::TooMany { count, most })
}

/// The records of a feeder, laid out for the shards of a run.
#[derive(Debug)]
pub struct BoundFeeder {
    name: String,
    strategy: Strategy,
    records: usize,
    /// Several populations take from it. Written before the run only.
    shared: AtomicBool,
    slots: Box<[Slot]>,
    /// The names of its fields.
    fields: Arc<[Arc<str>]>,
    /// For each shard its own, or one for all.
    rows: Box<[Rows]>,
    stripes: Box<[Stripe]>,
    /// Of a streamed feeder, instead of rows and stripes.
    flow: Option<Flow>,
    /// Of one that is drawn while the run goes on.
    tap: Option<Tap>,
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

impl BoundFeeder {
    pub(super) fn new(
        name: &str,
        strategy: Strategy,
        table: &Table,
        slots: Box<[Slot]>,
        shards: usize,
        seed: u64,
    ) -> Self {
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
        BoundFeeder {
            name: name.to_owned(),
            strategy,
            records,
            shared: AtomicBool::new(false),
            slots,
            fields: table.columns.clone(),
            rows: lay_out(table, &order, shards, each_reads_all),
            stripes: stripes.collect(),
            flow: None,
            tap: None,
        }
    }

    /// Of records that are read while the run goes on.
    pub(super) fn flowing(
        name: &str,
        strategy: Strategy,
        flow: Flow,
        fields: Arc<[Arc<str>]>,
        slots: Box<[Slot]>,
    ) -> Self {
        let (rows, stripes, shared) = Default::default();
        let name = name.to_owned();
        BoundFeeder { name, strategy, records: 0, shared, slots, fields, rows, stripes, flow: Some(flow), tap: None }
    }

    /// Of records that are drawn while the run goes on.
    pub(super) fn drawn(name: &str, strategy: Strategy, tap: Tap, fields: Arc<[Arc<str>]>, slots: Box<[Slot]>) -> Self {
        let (rows, stripes, shared) = Default::default();
        let name = name.to_owned();
        BoundFeeder { name, strategy, records: 0, shared, slots, fields, rows, stripes, flow: None, tap: Some(tap) }
    }

    /// What users may have to wait for, if they may.
    pub(crate) fn live(&self) -> Option<&Live> {
        match &self.tap {
            Some(Tap::Live(live)) => Some(live),
            _ => None,
        }
    }

    /// Gives the user records that were drawn: with a count as lists, otherwise there is one.
    pub(crate) fn give(&self, session: &mut Session, records: &[Fields], count: bool) -> Result<(), FeedError> {
        let seen = self.live().map(Live::seen);
        for name in seen.as_deref().unwrap_or(&self.fields) {
            // Of two fields of the same name the later one counts.
            let of = |record: &Fields| record.iter().rfind(|(other, _)| other == name).map(|(_, value)| value.clone());
            let value = if count {
                Some(Value::List(records.iter().map(|record| of(record).unwrap_or_default()).collect()))
            } else {
                records.first().and_then(of)
            };
            match value {
                Some(value) => session.set(name, value).map_err(|error| {
                    let problem = format!("{error}; rename the field");
                    FeedError::Broken(FeederError::Invalid { feeder: self.name.clone(), problem })
                })?,
                None => drop(session.remove(name)),
            }
        }
        Ok(())
    }

    /// Draws records for the user.
    fn draw(&self, tap: &Tap, shard: usize, session: &mut Session, count: Option<usize>) -> Result<(), FeedError> {
        let of = count.unwrap_or(1);
        let records: Result<Vec<Fields>, _> = (0..of)
            .map(|i| {
                let own = (self.strategy == Strategy::UniquePerUser).then(|| self.user(session, i, of));
                tap.draw(shard, session, own)
            })
            .collect();
        self.give(session, &records?, count.is_some())
    }

    /// The number of the record that belongs to this user, and of the user; the `i`-th of `count`.
    fn user(&self, session: &Session, i: usize, count: usize) -> u64 {
        // The number within the population does not depend on what else happens in the run.
        let number = match self.shared.load(Ordering::Relaxed) {
            false => session.number(),
            true => session.user_id().saturating_sub(1),
        };
        number.saturating_mul(count as u64).saturating_add(i as u64)
    }

    /// The name of the feeder in messages: its path as given, or `records`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says that users of several populations take from it: then their numbers within one of them do not tell all
    /// users apart. To be called before the run.
    pub(crate) fn share(&self) {
        self.shared.store(true, Ordering::Relaxed);
    }

    /// Gives the user a record. Each field becomes an attribute; attributes of fields that this record lacks are removed, so
    /// that nothing of an earlier record remains. Must be called by the shard with this index (from 0).
    ///
    /// # Errors
    ///
    /// There is no record left for this user, or a streamed file cannot be read.
    pub fn feed(&self, shard: usize, session: &mut Session) -> Result<(), FeedError> {
        if let Some(flow) = &self.flow {
            return flow.feed(&self.name, shard, &self.slots, session);
        }
        if let Some(tap) = &self.tap {
            return self.draw(tap, shard, session, None);
        }
        let row = self.next(shard, session, 0, 1)?;
        for (slot, cell) in self.slots.iter().zip(self.row(shard, row)) {
            match cell {
                Some(value) => session.set_at(*slot, value.clone()),
                None => drop(session.remove_at(*slot)),
            }
        }
        Ok(())
    }

    /// Gives the user `count` records. Each field becomes a list of that length, with null for records that lack the field.
    ///
    /// # Errors
    ///
    /// There are not enough records left for this user, or a streamed file cannot be read.
    pub fn feed_n(&self, shard: usize, session: &mut Session, count: usize) -> Result<(), FeedError> {
        if let Some(flow) = &self.flow {
            for (slot, values) in self.slots.iter().zip(flow.columns(&self.name, shard, count)?) {
                session.set_at(*slot, Value::from(values));
            }
            return Ok(());
        }
        if let Some(tap) = &self.tap {
            return self.draw(tap, shard, session, Some(count));
        }
        let rows: Vec<&[Option<Value>]> = (0..count)
            .map(|i| self.next(shard, session, i, count).map(|row| self.row(shard, row)))
            .collect::<Result<_, _>>()?;
        for (column, slot) in self.slots.iter().enumerate() {
            let cells = rows.iter().map(|row| row.get(column).cloned().flatten().unwrap_or_default());
            session.set_at(*slot, Value::List(cells.collect::<Arc<[Value]>>()));
        }
        Ok(())
    }

    /// As [`feed`](Self::feed) and, with a count, [`feed_n`](Self::feed_n), for users of a run that did not know of this
    /// feeder before: attributes are found by their names.
    pub(crate) fn feed_by_name(
        &self,
        shard: usize,
        session: &mut Session,
        count: Option<usize>,
    ) -> Result<(), FeedError> {
        if let Some(flow) = &self.flow {
            for (field, mut values) in self.fields.iter().zip(flow.columns(&self.name, shard, count.unwrap_or(1))?) {
                let value = if count.is_some() { Value::from(values) } else { values.pop().unwrap_or_default() };
                // As below, its name was looked at before.
                drop(session.set(field, value));
            }
            return Ok(());
        }
        if let Some(tap) = &self.tap {
            return self.draw(tap, shard, session, count);
        }
        let rows: Vec<&[Option<Value>]> = (0..count.unwrap_or(1))
            .map(|i| self.next(shard, session, i, count.unwrap_or(1)).map(|row| self.row(shard, row)))
            .collect::<Result<_, _>>()?;
        for (column, field) in self.fields.iter().enumerate() {
            let mut cells = rows.iter().map(|row| row.get(column).cloned().flatten());
            let value = match count {
                Some(_) => Some(Value::List(cells.map(Option::unwrap_or_default).collect::<Arc<[Value]>>())),
                None => cells.next().flatten(),
            };
            match value {
                // That every field can name an attribute was seen to when the feeder was opened.
                Some(value) => drop(session.set(field, value)),
                None => drop(session.remove(field)),
            }
        }
        Ok(())
    }

    /// The row of the next record; record `i` of `count` that the user gets at once.
    fn next(&self, shard: usize, session: &Session, i: usize, count: usize) -> Result<usize, FeedError> {
        let shard = shard % self.stripes.len();
        match self.strategy {
            Strategy::Queue | Strategy::Shuffle => {
                let others = self.stripes[shard + 1..].iter().chain(&self.stripes[..shard]);
                let row = self.stripes[shard].take().or_else(|| others.into_iter().find_map(Stripe::take));
                row.ok_or_else(|| FeedError::Exhausted { feeder: self.name.clone(), records: self.records })
            }
            Strategy::Random => Ok(session.random(|random| random.usize(..self.records))),
            Strategy::Circular => Ok(self.next_in_circle(shard)),
            Strategy::UniquePerUser => {
                let row = usize::try_from(self.user(session, i, count)).unwrap_or(usize::MAX);
                (row < self.records).then_some(row).ok_or_else(|| FeedError::TooFewForUsers {
                    feeder: self.name.clone(),
                    records: self.records,
                    user: self.user(session, 0, 1).saturating_add(1),
                })
            }
        }
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

    fn row(&self, shard: usize, row: usize) -> &[Option<Value>] {
        self.rows[shard % self.rows.len()].get(row)
    }
}
