//! [`RecordSource`]: sources of records that are not built in, such as a database.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::builder::Feeder;
use super::error::FeederError;
use super::record::Record;
use super::sink::{Halt, Refusal, Row, Sink};
use super::source::{Source, guarded};
use crate::value::Value;

/// A source of records that is not built in: what `sql_feeder` is made of, and what anyone may make a feeder of with
/// [`Feeder::from_source`].
///
/// It behaves as a file does: it is read once, before the run, whatever number of users there is. One that gives more
/// than [`STREAMED_FROM`](super::STREAMED_FROM) bytes is streamed: read anew while the run goes on, in bounded memory, by
/// a thread of its own. So `read` is called several times, on different threads, and has to give the same records each
/// time.
///
/// ```
/// use loadspiker_core::feeder::{Feeder, ReadError, RecordSink, RecordSource};
///
/// /// The numbers whose remainder by 7 is 3.
/// struct Sevens;
///
/// impl RecordSource for Sevens {
///     fn name(&self) -> String {
///         "sevens".into()
///     }
///     fn read(&self, records: &mut RecordSink<'_>) -> Result<(), ReadError> {
///         (0..50).filter(|n| n % 7 == 3).try_for_each(|n| records.record([("n", n)]))
///     }
/// }
///
/// let opened = Feeder::from_source(Sevens).shuffle().open()?;
/// assert_eq!(opened.records(), Some(7));
/// # Ok::<(), loadspiker_core::feeder::FeederError>(())
/// ```
pub trait RecordSource: Send + Sync + 'static {
    /// What it is called in messages, without secrets: `postgres://shop:•••@db/shop`.
    fn name(&self) -> String;

    /// As the user wrote it, for the plan and without secrets. By default its name.
    fn describe(&self) -> String {
        self.name()
    }

    /// Hands over all records, in their order. It may block; it is never called on the thread of a shard.
    ///
    /// # Errors
    ///
    /// Why the records cannot be had, and what to do about it, made with [`ReadError::new`]; it is told before the run, or
    /// ends it if the records are streamed. What a method of `records` returned is to be handed on, with `?`: often it
    /// only says that no more records are needed.
    fn read(&self, records: &mut RecordSink<'_>) -> Result<(), ReadError>;
}

/// Why a [`RecordSource`] ended before its last record: something is wrong, or the feeder needs no more.
pub struct ReadError(Why);

enum Why {
    Problem(String),
    /// The message is complete, or there is none.
    Refused(Halt),
}

impl ReadError {
    /// Something is wrong: what, and what to do about it. The name of the source is put before it.
    pub fn new(problem: impl Into<String>) -> Self {
        ReadError(Why::Problem(problem.into()))
    }
}

impl fmt::Debug for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Why::Problem(problem) => f.write_str(problem),
            Why::Refused(Halt::Enough) => f.write_str("no more records are needed"),
            Why::Refused(Halt::Wrong(error)) => fmt::Display::fmt(error, f),
        }
    }
}

/// Takes the records of a [`RecordSource`].
pub struct RecordSink<'a> {
    name: String,
    sink: &'a mut dyn Sink,
    columns: Vec<usize>,
    row: Row,
    taken: u64,
}

impl RecordSink<'_> {
    /// Names the fields of all records, in their order: for sources that know them before the first record. Call it
    /// before [`values`](Self::values), and not at all where records name their own fields.
    ///
    /// # Errors
    ///
    /// A name is given twice, or the feeder has no use for it; to be handed on.
    pub fn columns(&mut self, names: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Result<(), ReadError> {
        let names: Vec<Arc<str>> = names.into_iter().map(Into::into).collect();
        let mut met = BTreeSet::new();
        if let Some(name) = names.iter().find(|name| !met.insert(&***name)) {
            return Err(ReadError::new(format!("it has the column \"{name}\" twice; rename one of them")));
        }
        self.columns = self.sink.header(&names).map_err(|refusal| self.refused(refusal, false))?;
        Ok(())
    }

    /// Takes a record: the values of the [`columns`](Self::columns), in their order.
    ///
    /// # Errors
    ///
    /// The feeder needs no more records, or cannot use this one; to be handed on.
    pub fn values(&mut self, values: impl IntoIterator<Item = Value>) -> Result<(), ReadError> {
        self.row.extend(self.columns.iter().copied().zip(values));
        self.take()
    }

    /// Takes a record that names its fields.
    ///
    /// # Errors
    ///
    /// As [`values`](Self::values).
    pub fn record(&mut self, record: impl Record) -> Result<(), ReadError> {
        for (name, value) in record.fields() {
            let column = self.sink.column(&name).map_err(|refusal| self.refused(refusal, true))?;
            self.row.push((column, value));
        }
        self.take()
    }

    fn take(&mut self) -> Result<(), ReadError> {
        self.sink.record(&mut self.row).map_err(|refusal| self.refused(refusal, true))?;
        self.taken += 1;
        Ok(())
    }

    fn refused(&self, refusal: Refusal, record: bool) -> ReadError {
        ReadError(Why::Refused(refusal.at(|problem| FeederError::Invalid {
            feeder: self.name.clone(),
            problem: if record { format!("record {}: {problem}", self.taken + 1) } else { problem },
        })))
    }
}

impl Feeder {
    /// A feeder of a source that is not built in.
    pub fn from_source(source: impl RecordSource) -> Feeder {
        Source::External(Arc::new(source)).into()
    }
}

/// Hands all records of `source` to `sink`.
pub(super) fn read_external(source: &dyn RecordSource, sink: &mut dyn Sink) -> Result<(), Halt> {
    let name = source.name();
    let mut records = RecordSink { name: name.clone(), sink, columns: Vec::new(), row: Row::new(), taken: 0 };
    match guarded(|| source.read(&mut records)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(ReadError(Why::Problem(problem)))) => Err(FeederError::Invalid { feeder: name, problem }.into()),
        Ok(Err(ReadError(Why::Refused(halt)))) => Err(halt),
        Err(message) => Err(FeederError::Panicked { feeder: name, what: "the source", message }.into()),
    }
}
