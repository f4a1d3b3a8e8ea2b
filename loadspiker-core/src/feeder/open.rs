//! [`OpenFeeder`]: a feeder whose records have been read.

use std::sync::Arc;

use super::bound::BoundFeeder;
use super::builder::{Feeder, Keeping, Strategy};
use super::drawn::Drawn;
use super::error::FeederError;
use super::flow::Flow;
use super::read::Loaded;
use super::source::Source;
use super::stream::{Stream, check_streamed, is_streamed};
use super::table::Table;
use super::tap::Tap;
use crate::error::SessionError;
use crate::session::Slot;

impl Feeder {
    /// Reads the records and validates them.
    ///
    /// # Errors
    ///
    /// The file is missing, unreadable, empty or malformed, a column cannot be the name of an attribute, or the user's code
    /// panicked.
    pub fn open(&self) -> Result<OpenFeeder, FeederError> {
        let definition = self.definition();
        let name = definition.source.name();
        let content = self.content()?;
        let (columns, none) = match &content {
            Content::Table(table) => (&table.columns, table.records == 0),
            Content::Stream(stream) => (&stream.columns, false),
            Content::Drawn { columns, .. } => (columns, false),
        };
        // Of some sources nothing is known before the run.
        let unknown = matches!(&definition.source, Source::Drawn(Drawn::Live(_))) && definition.fields.is_none();
        if none || columns.is_empty() && !unknown {
            let is_over = || matches!(&definition.source, Source::Drawn(drawn) if drawn.is_over());
            let problem = if none || is_over() {
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
        self.check_settings()?;
        Ok(OpenFeeder { name, strategy: definition.strategy, sharded: definition.sharded, content })
    }
}

impl Feeder {
    fn content(&self) -> Result<Content, FeederError> {
        let definition = self.definition();
        if let Source::Drawn(drawn) = &definition.source {
            let invalid = |problem| FeederError::Invalid { feeder: drawn.name(), problem };
            let kept = (definition.keeping != Keeping::BySize).then(|| {
                let written = if definition.keeping == Keeping::Loaded { "loaded" } else { "streamed" };
                format!("its records are drawn while the run goes on anyway; remove .{written}()")
            });
            if let Some(problem) = drawn.mistake(definition).or(kept) {
                return Err(invalid(problem));
            }
            let columns = drawn.columns(definition)?;
            return Ok(Content::Drawn { feeder: self.clone(), columns, part: (0, 1) });
        }
        if is_streamed(definition)? {
            return Ok(Content::Stream(Arc::new(Stream::open(self)?)));
        }
        if definition.keeping == Keeping::BySize && definition.source.has_external() {
            return Ok(match definition.load_if_small()? {
                Loaded::All(table) => Content::Table(table),
                Loaded::Some(columns) => {
                    check_streamed(definition)?;
                    Content::Stream(Arc::new(Stream::with_columns(self, columns)))
                }
            });
        }
        Ok(Content::Table(definition.load()?))
    }

    /// What has a meaning for records that are drawn while the run goes on only.
    fn check_settings(&self) -> Result<(), FeederError> {
        let definition = self.definition();
        let problem = match &definition.source {
            Source::Drawn(_) if definition.fields.is_some() && definition.shape.is_some() => {
                "its fields are those of its type; remove .fields([…])"
            }
            Source::Drawn(_) if definition.fields.is_some() => return Ok(()),
            _ if definition.fields.is_some() => "its fields are known; remove .fields([…])",
            Source::Drawn(Drawn::Live(_)) => return Ok(()),
            _ if definition.patience.is_some() => "users never wait for its records; remove .wait_at_most(…)",
            _ => return Ok(()),
        };
        Err(FeederError::Invalid { feeder: definition.source.name(), problem: problem.to_owned() })
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
    /// Drawn while the run goes on; `part` as in [`OpenFeeder::part`].
    Drawn {
        feeder: Feeder,
        columns: Arc<[Arc<str>]>,
        part: (usize, usize),
    },
}

impl OpenFeeder {
    /// The name of the feeder in messages: its path as given, or `records`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fields of the records, which become attributes. Empty if they are not known before the run.
    pub fn fields(&self) -> &[Arc<str>] {
        match &self.content {
            Content::Table(table) => &table.columns,
            Content::Stream(stream) => &stream.columns,
            Content::Drawn { columns, .. } => columns,
        }
    }

    /// The records, where they lie in memory.
    pub(crate) fn table(&self) -> Option<&Arc<Table>> {
        match &self.content {
            Content::Table(table) => Some(table),
            Content::Stream(_) | Content::Drawn { .. } => None,
        }
    }

    /// The order in which records are given out.
    pub(crate) fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// The number of records, at least one. `None` if the source is [streamed](Feeder::streamed) or produces records during the
    /// run.
    pub fn records(&self) -> Option<usize> {
        match &self.content {
            Content::Table(table) => Some(table.records),
            Content::Stream(_) | Content::Drawn { .. } => None,
        }
    }

    /// The share of one of `count` machines (`index` starts at 0) of a [sharded](Feeder::shard) feeder: every `count`-th record.
    /// A feeder that is not sharded, or is unique per user, is the same on all machines.
    ///
    /// # Errors
    ///
    /// There are fewer records than machines, so this machine gets none.
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
            Content::Drawn { feeder, columns, .. } => {
                Content::Drawn { feeder: feeder.clone(), columns: columns.clone(), part: (index, count) }
            }
        };
        Ok(OpenFeeder { content, ..self.clone() })
    }

    /// Lays out the records for a run with this many shards (0 counts as 1). `slot_of` returns the slot of an attribute; it is
    /// called once per field. The order of a shuffled feeder depends on `seed`, not on the number of shards.
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
            Content::Drawn { feeder, columns, part } => {
                let tap = Tap::new(feeder, columns, *part, shards, seed);
                BoundFeeder::drawn(&self.name, self.strategy, tap, columns.clone())
            }
        }
    }
}
