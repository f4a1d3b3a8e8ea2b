//! [`BoundFeeder`]: a feeder during a run.
//!
//! Where the records come from decides how they are given: see [`Stored`], [`Flow`] and [`Tap`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::builder::Strategy;
use super::drawn::Fields;
use super::error::{FeedError, FeederError};
use super::flow::Flow;
use super::live::Live;
use super::stored::Stored;
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
    /// Several populations take from it. Written before the run only.
    shared: AtomicBool,
    /// The names of its fields.
    fields: Arc<[Arc<str>]>,
    content: Content,
}

/// Where the records come from.
#[derive(Debug)]
enum Content {
    /// They are in memory; each field goes to its slot.
    Stored(Stored, Box<[Slot]>),
    /// They are read while the run goes on; each field goes to its slot.
    Flowing(Flow, Box<[Slot]>),
    /// They are drawn while the run goes on; fields are found by their names.
    Drawn(Tap),
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
        let content = Content::Stored(Stored::new(strategy, table, shards, seed), slots);
        BoundFeeder::with(name, strategy, table.columns.clone(), content)
    }

    fn with(name: &str, strategy: Strategy, fields: Arc<[Arc<str>]>, content: Content) -> Self {
        BoundFeeder { name: name.to_owned(), strategy, shared: AtomicBool::new(false), fields, content }
    }

    /// Of records that are read while the run goes on.
    pub(super) fn flowing(
        name: &str,
        strategy: Strategy,
        flow: Flow,
        fields: Arc<[Arc<str>]>,
        slots: Box<[Slot]>,
    ) -> Self {
        BoundFeeder::with(name, strategy, fields, Content::Flowing(flow, slots))
    }

    /// Of records that are drawn while the run goes on.
    pub(super) fn drawn(name: &str, strategy: Strategy, tap: Tap, fields: Arc<[Arc<str>]>) -> Self {
        BoundFeeder::with(name, strategy, fields, Content::Drawn(tap))
    }

    /// What users may have to wait for, if they may.
    pub(crate) fn live(&self) -> Option<&Live> {
        match &self.content {
            Content::Drawn(Tap::Live(live)) => Some(live),
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
    pub(super) fn user(&self, session: &Session, i: usize, count: usize) -> u64 {
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
        let (stored, slots) = match &self.content {
            Content::Stored(stored, slots) => (stored, slots),
            Content::Flowing(flow, slots) => return flow.feed(&self.name, shard, slots, session),
            Content::Drawn(tap) => return self.draw(tap, shard, session, None),
        };
        for (slot, cell) in slots.iter().zip(stored.next(self, shard, session, 0, 1)?) {
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
        let (stored, slots) = match &self.content {
            Content::Stored(stored, slots) => (stored, slots),
            Content::Flowing(flow, slots) => {
                for (slot, values) in slots.iter().zip(flow.columns(&self.name, shard, count)?) {
                    session.set_at(*slot, Value::from(values));
                }
                return Ok(());
            }
            Content::Drawn(tap) => return self.draw(tap, shard, session, Some(count)),
        };
        let rows: Vec<&[Option<Value>]> =
            (0..count).map(|i| stored.next(self, shard, session, i, count)).collect::<Result<_, _>>()?;
        for (column, slot) in slots.iter().enumerate() {
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
        let stored = match &self.content {
            Content::Stored(stored, _) => stored,
            Content::Flowing(flow, _) => {
                for (field, mut values) in
                    self.fields.iter().zip(flow.columns(&self.name, shard, count.unwrap_or(1))?)
                {
                    let value = if count.is_some() { Value::from(values) } else { values.pop().unwrap_or_default() };
                    // As below, its name was looked at before.
                    drop(session.set(field, value));
                }
                return Ok(());
            }
            Content::Drawn(tap) => return self.draw(tap, shard, session, count),
        };
        let rows: Vec<&[Option<Value>]> = (0..count.unwrap_or(1))
            .map(|i| stored.next(self, shard, session, i, count.unwrap_or(1)))
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

    pub(super) fn strategy(&self) -> Strategy {
        self.strategy
    }
}
