//! [`OpenFeeder`]: a feeder whose records have been read.

use std::sync::Arc;

use super::bound::BoundFeeder;
use super::builder::{Feeder, Strategy};
use super::error::FeederError;
use super::source::guarded;
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
        let mut table = definition.source.load()?;
        if table.records == 0 || table.columns.is_empty() {
            let problem = match table.records {
                0 => "it has no records; give at least one",
                _ => "its records have no fields; give at least one",
            };
            return Err(FeederError::Empty { feeder: name, problem: problem.to_owned() });
        }
        for (number, column) in (1..).zip(table.columns.iter()) {
            if column.is_empty() || column.contains(['#', '{', '}', '(', ')', '.']) {
                let reason = SessionError::Name(column.to_string());
                let problem = format!("column {number}: {reason}; rename the column");
                return Err(FeederError::Invalid { feeder: name, problem });
            }
        }
        if !definition.transforms.is_empty() {
            let transformed = guarded(|| {
                let mut table = Arc::unwrap_or_clone(table);
                for (i, cell) in table.cells.iter_mut().enumerate() {
                    let column = &table.columns[i % table.columns.len()];
                    let apply = |value, transform: &super::builder::Transform| transform(column, value);
                    *cell = cell.take().map(|value| definition.transforms.iter().fold(value, apply));
                }
                table
            });
            table = Arc::new(transformed.map_err(|message| FeederError::Panicked {
                feeder: name.clone(),
                what: "the transformation",
                message,
            })?);
        }
        Ok(OpenFeeder { name, strategy: definition.strategy, table })
    }
}

/// A feeder whose records have been read.
#[derive(Clone, Debug)]
pub struct OpenFeeder {
    name: String,
    strategy: Strategy,
    table: Arc<Table>,
}

impl OpenFeeder {
    /// What the feeder is called in messages: its path as it was given, or `records`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fields of its records: the attributes that it sets.
    pub fn fields(&self) -> &[Arc<str>] {
        &self.table.columns
    }

    /// How many records it has. At least one.
    pub fn records(&self) -> usize {
        self.table.records
    }

    /// Lays the records out for a run with so many shards (0 counts as 1). `slot_of` gives the slot of an attribute;
    /// it is asked once for each field. The order of a shuffled feeder follows from `seed`, not from the number of
    /// shards.
    pub fn bind(&self, shards: usize, seed: u64, slot_of: &mut dyn FnMut(&str) -> Slot) -> BoundFeeder {
        let slots = self.table.columns.iter().map(|name| slot_of(name)).collect();
        BoundFeeder::new(&self.name, self.strategy, &self.table, slots, shards.max(1), seed)
    }
}
