//! From the definition of a feeder to its records.

use std::sync::Arc;

use super::builder::{Definition, Keeping};
use super::error::FeederError;
use super::finish::Finish;
use super::flow::bytes;
use super::sink::{Halt, Refusal, Row, Sink};
use super::stream::STREAMED_FROM;
use super::table::{Table, TableBuilder};
use crate::value::Value;

impl Definition {
    /// Hands all records to `sink`, transformed and converted.
    pub(super) fn read(&self, sink: &mut dyn Sink) -> Result<(), Halt> {
        if self.is_plain() {
            return self.source.read(sink);
        }
        let name = self.source.name();
        let invalid =
            |refusal: Refusal| refusal.at(|problem| FeederError::Invalid { feeder: self.source.name(), problem });
        let mut finish = Finish::new(name, &self.transforms, self.shape.as_ref(), sink).map_err(invalid)?;
        self.source.read(&mut finish)
    }

    /// All records in memory.
    pub(super) fn load(&self) -> Result<Arc<Table>, FeederError> {
        if let Some(table) = self.source.table().filter(|_| self.is_plain()) {
            return table;
        }
        let mut builder = TableBuilder::default();
        match self.read(&mut builder) {
            Ok(()) | Err(Halt::Enough) => Ok(Arc::new(builder.finish())),
            Err(Halt::Wrong(error)) => Err(error),
        }
    }

    /// All records in memory, or the first of them if there are too many for that. Of sources that tell only by what they
    /// give.
    pub(super) fn load_if_small(&self) -> Result<Loaded, FeederError> {
        let mut limited = Limited { table: TableBuilder::default(), left: STREAMED_FROM, most: usize::MAX };
        match self.read(&mut limited) {
            Ok(()) => Ok(Loaded::All(Arc::new(limited.table.finish()))),
            Err(Halt::Enough) => Ok(Loaded::Some(limited.table.finish().columns)),
            Err(Halt::Wrong(error)) => Err(error),
        }
    }

    /// The first `most` records in memory.
    pub(super) fn load_up_to(&self, most: usize) -> Result<Table, FeederError> {
        let mut limited = Limited { table: TableBuilder::default(), left: u64::MAX, most };
        match self.read(&mut limited) {
            Ok(()) | Err(Halt::Enough) => Ok(limited.table.finish()),
            Err(Halt::Wrong(error)) => Err(error),
        }
    }

    /// How many bytes would have to be streamed.
    pub(super) fn size(&self) -> Result<u64, FeederError> {
        match self.keeping {
            Keeping::BySize => self.source.size(),
            Keeping::Loaded => Ok(0),
            Keeping::Streamed => Ok(u64::MAX),
        }
    }

    /// Whether records stay as the source gives them.
    fn is_plain(&self) -> bool {
        self.transforms.is_empty() && self.shape.is_none()
    }
}

/// What was read of a source.
pub(super) enum Loaded {
    All(Arc<Table>),
    /// It is too large: the names of its fields.
    Some(Arc<[Arc<str>]>),
}

/// A table that takes so many records, and so many bytes.
struct Limited {
    table: TableBuilder,
    left: u64,
    most: usize,
}

impl Sink for Limited {
    fn column(&mut self, name: &str) -> Result<usize, Refusal> {
        self.table.column(name)
    }

    fn record(&mut self, row: &mut Row) -> Result<(), Refusal> {
        if self.table.records() >= self.most {
            return Err(Refusal::Enough);
        }
        let size: usize = row.iter().map(|(_, value)| size_of::<Value>() + bytes(value)).sum();
        self.table.record(row)?;
        self.left = self.left.saturating_sub(size as u64);
        if self.left == 0 { Err(Refusal::Enough) } else { Ok(()) }
    }
}
