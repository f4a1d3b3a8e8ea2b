//! [`RecordSource`]: custom sources of records, such as a database.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::builder::Feeder;
use super::error::FeederError;
use super::record::Record;
use super::sink::{Halt, Refusal, Row, Sink};
use super::source::{Source, guarded};
use crate::value::Value;

/// A custom source of records, such as the one behind `sql_feeder`. [`Feeder::from_source`] makes a feeder of it.
///
/// It is used like a file: read once, before the run, regardless of the number of users. A source that produces more than
/// [`STREAMED_FROM`](super::STREAMED_FROM) bytes is streamed: it is read again during the run, in bounded memory, on its own
/// thread. So `read` is called several times, on different threads, and must produce the same records each time.
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
    /// The name of the source in messages, without secrets: `postgres://shop:•••@db/shop`.
    fn name(&self) -> String;

    /// The source as written by the user, for the plan, without secrets. Default: its name.
    fn describe(&self) -> String {
        self.name()
    }

    /// Passes all records to `records`, in order. May block; it is never called on the thread of a shard.
    ///
    /// # Errors
    ///
    /// The reason why the records cannot be read, and the remedy, created with [`ReadError::new`]. It is reported before the run
    /// or, if the records are streamed, ends the run. Pass on errors of `records` with `?`: usually, they only say that no more
    /// records are needed.
    fn read(&self, records: &mut RecordSink<'_>) -> Result<(), ReadError>;
}

/// Why a [`RecordSource`] stopped early: an error, or the feeder needs no more records.
pub struct ReadError(Why);

enum Why {
    Problem(String),
    /// The message is complete, or there is none.
    Refused(Halt),
}

impl ReadError {
    /// An error. Name what is wrong and the remedy. The name of the source is added in front.
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

/// Receives the records of a [`RecordSource`].
pub struct RecordSink<'a> {
    name: String,
    sink: &'a mut dyn Sink,
    columns: Vec<usize>,
    row: Row,
    taken: u64,
}

impl RecordSink<'_> {
    /// Names the fields of all records, in order, for sources that know them in advance. Call it before
    /// [`values`](Self::values), and not at all if records name their own fields.
    ///
    /// # Errors
    ///
    /// A name occurs twice, or the feeder cannot use it. Pass the error on.
    pub fn columns(&mut self, names: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Result<(), ReadError> {
        let names: Vec<Arc<str>> = names.into_iter().map(Into::into).collect();
        let mut met = BTreeSet::new();
        if let Some(name) = names.iter().find(|name| !met.insert(&***name)) {
            return Err(ReadError::new(format!("it has the column \"{name}\" twice; rename one of them")));
        }
        self.columns = self.sink.header(&names).map_err(|refusal| self.refused(refusal, false))?;
        Ok(())
    }

    /// Adds a record: the values of the [`columns`](Self::columns), in order.
    ///
    /// # Errors
    ///
    /// The feeder needs no more records, or cannot use this one. Pass the error on.
    pub fn values(&mut self, values: impl IntoIterator<Item = Value>) -> Result<(), ReadError> {
        self.row.extend(self.columns.iter().copied().zip(values));
        self.take()
    }

    /// Adds a record that names its fields.
    ///
    /// # Errors
    ///
    /// See [`values`](Self::values).
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
    /// Creates a feeder from a custom source.
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
