//! From the definition of a feeder to its records.

use std::sync::Arc;

use super::builder::{Definition, Keeping};
use super::error::FeederError;
use super::finish::Finish;
use super::sink::{Halt, Refusal, Sink};
use super::table::{Table, TableBuilder};

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
