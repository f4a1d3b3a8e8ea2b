//! [`OpenFeeder`]: a feeder whose records have been read.

use std::sync::Arc;

use super::bound::BoundFeeder;
use super::builder::{Feeder, Strategy};
use super::error::FeederError;
use super::flow::Flow;
use super::stream::{Stream, is_streamed};
use super::table::Table;
use crate::error::SessionError;
use crate::session::Slot;

impl Feeder {
    /// Reads the records, and finds what is wrong with them.
    ///
    /// # Errors
    ///
    /// The file is missing, unreadable, empty or malformed, a column cannot name an attribute, or code of the user's
    /// panicked.
    pub fn open(&self) -> Result<OpenFeeder, FeederError> {
        let definition = self.definition();
        let name = definition.source.name();
        let content = if is_streamed(definition)? {
            Content::Stream(Arc::new(Stream::open(self)?))
        } else {
            Content::Table(definition.load()?)
        };
        let (columns, none) = match &content {
            Content::Table(table) => (&table.columns, table.records == 0),
            Content::Stream(stream) => (&stream.columns, false),
        };
        if none || columns.is_empty() {
            let problem = if none {
                "it has no records; give at least one"
            } else {
                "its records have no fields; give at least one"
            };
            return Err(FeederError::Empty { feeder: name, problem: problem.to_owned() });
        }
        for (number, column) in (1..).zip(columns.iter()) {
            if column.is_empty() || column.contains(['#', '{', '}', '(', ')', '.']) {
                let reason = SessionError::Name(column.to_string());
                let problem = format!("column {number}: {reason}; rename the column");
                return Err(FeederError::Invalid { feeder: name, problem });
            }
        }
        Ok(OpenFeeder { name, strategy: definition.strategy, sharded: definition.sharded, content })
    }
}

/// A feeder whose records have been read.
#[derive(Clone, Debug)]
pub struct OpenFeeder {
    name: String,
    strategy: Strategy,
    sharded: bool,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Table(Arc<Table>),
    Stream(Arc<Stream>),
}

impl OpenFeeder {
    /// What the feeder is called in messages: its path as it was given, or `records`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fields of its records: the attributes that it sets.
    pub fn fields(&self) -> &[Arc<str>] {
        match &self.content {
            Content::Table(table) => &table.columns,
            Content::Stream(stream) => &stream.columns,
        }
    }

    /// How many records it has, at least one; `None` if it is [streamed](Feeder::streamed), as nobody has counted them.
    pub fn records(&self) -> Option<usize> {
        match &self.content {
            Content::Table(table) => Some(table.records),
            Content::Stream(_) => None,
        }
    }

    /// What the machine of this index (from 0), of so many in a distributed run, has of a
    /// [sharded](Feeder::shard) feeder: every `count`-th record. A feeder that is not sharded, and one that is unique
    /// per user, is the same on all machines.
    ///
    /// # Errors
    ///
    /// There are fewer records than machines, so that this one has none.
    ///
    /// # Panics
    ///
    /// If `index` is not less than `count`.
    pub fn part(&self, index: usize, count: usize) -> Result<OpenFeeder, FeederError> {
        assert!(index < count, "part {index} of {count} does not exist");
        if !self.sharded || self.strategy == Strategy::UniquePerUser {
            return Ok(self.clone());
        }
        let content = match &self.content {
            Content::Table(table) if table.records <= index => {
                let problem = format!(
                    "it is sharded and has {} records, too few for {count} machines; add records or use fewer machines",
                    table.records
                );
                return Err(FeederError::Empty { feeder: self.name.clone(), problem });
            }
            Content::Table(table) => Content::Table(Arc::new(table.part(index, count))),
            Content::Stream(stream) => Content::Stream(Arc::new(stream.part(index, count))),
        };
        Ok(OpenFeeder { content, ..self.clone() })
    }

    /// Lays the records out for a run with so many shards (0 counts as 1). `slot_of` gives the slot of an attribute;
    /// it is asked once for each field. The order of a shuffled feeder follows from `seed`, not from the number of
    /// shards.
    pub fn bind(&self, shards: usize, seed: u64, slot_of: &mut dyn FnMut(&str) -> Slot) -> BoundFeeder {
        let slots = self.fields().iter().map(|name| slot_of(name)).collect();
        let shards = shards.max(1);
        match &self.content {
            Content::Table(table) => BoundFeeder::new(&self.name, self.strategy, table, slots, shards, seed),
            Content::Stream(stream) => BoundFeeder::flowing(
                &self.name,
                self.strategy,
                Flow::new(stream.clone(), shards),
                stream.columns.clone(),
                slots,
            ),
        }
    }
}
