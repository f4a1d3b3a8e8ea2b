//! Sources that produce records during the run: [`generate`] and [`lazy_records`].
//!
//! Before the run, only one record is produced, to learn the field names. The source may be endless.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::builder::{Definition, Feeder, Strategy};
use super::error::FeederError;
use super::live::LiveSource;
use super::record::Record;
use super::sink::{Halt, Refusal, Row, Sink};
use super::source::{Source, guarded};
use crate::value::Value;

/// A record that was drawn.
pub(crate) type Fields = Vec<(Arc<str>, Value)>;

/// Gives the record of a number, from 0. What is random in it comes from the generator.
pub(super) type Make = Arc<dyn Fn(u64, &mut fastrand::Rng) -> Fields + Send + Sync>;

/// A source that is drawn while the run goes on.
#[derive(Clone)]
pub(super) enum Drawn {
    /// Any record can be made at any time, by its number.
    Made(Made),
    /// One after the other.
    Lazy(Arc<Mutex<Lazy>>),
    /// Users may have to wait for them.
    Live(LiveSource),
}

/// Records that are made by their number.
#[derive(Clone)]
pub(super) struct Made {
    /// As it is written.
    written: String,
    /// Why it cannot be made, if so.
    mistake: Option<String>,
    pub(super) make: Make,
}

/// An iterator, of which the first record may have been looked at.
pub(super) struct Lazy {
    iterator: Box<dyn Iterator<Item = Fields> + Send>,
    first: Option<Fields>,
    /// It panicked, or has come to its end.
    over: bool,
}

/// Generates an endless sequence of records from their number, starting at 0. Each number is used once in the whole run.
///
/// The closure is called during the run, on all shards, once for each record that a user takes. It is also called once before
/// the run, with 0, to learn the field names. It must not block, and should return the same record for the same number.
/// Shard *i* of *n* uses the numbers *i*, *i* + *n*, *i* + 2*n*, …, so no lock is needed, and a run with the same seed and
/// the same number of shards gives its users the same records.
///
/// There are two strategies: [`queue`](Feeder::queue), the default, and [`unique_per_user`](Feeder::unique_per_user), which
/// gives record 0 to the first user of the population, and record 1 to the second.
///
/// ```
/// use loadspiker_core::feeder::generate;
///
/// let users = generate(|n| [("name", format!("user{n:06}")), ("email", format!("user{n}@example.com"))]);
/// ```
pub fn generate<R: Record>(make: impl Fn(u64) -> R + Send + Sync + 'static) -> Feeder {
    made("generate(…)".to_owned(), None, move |number, _| make(number).fields())
}

/// As [`generate`], for sources of this crate that draw random numbers. `mistake` is told before the run.
pub(crate) fn made(
    written: String,
    mistake: Option<String>,
    make: impl Fn(u64, &mut fastrand::Rng) -> Fields + Send + Sync + 'static,
) -> Feeder {
    Source::Drawn(Drawn::Made(Made { written, mistake, make: Arc::new(make) })).into()
}

/// Takes records from an iterator during the run. Use it for an iterator that is endless or too long for memory. Each record
/// is given out once. If the iterator ends and users need more records, the run ends with an error.
///
/// One record is taken before the run, to learn the field names. If records differ in their fields, name them with
/// [`Feeder::fields`]. All others are taken when a user needs one. All shards share the iterator behind a lock, so it should
/// be fast and must not block. Which user gets which record depends on the order of their requests; with several shards, it
/// differs between runs (unlike with [`generate`]). If records are not available immediately, use
/// [`async_records`](super::async_records). For a short iterator, use [`records`](super::records).
///
/// ```
/// use loadspiker_core::feeder::lazy_records;
///
/// let mut state = 1_u64;
/// let numbers = lazy_records(std::iter::from_fn(move || {
///     state = state * 48_271 % 2_147_483_647;
///     Some([("n", state % 1000)])
/// }));
/// ```
pub fn lazy_records<I>(records: I) -> Feeder
where
    I: IntoIterator<IntoIter: Send + 'static, Item: Record + 'static>,
{
    let iterator = Box::new(records.into_iter().map(Record::fields));
    Source::Drawn(Drawn::Lazy(Arc::new(Mutex::new(Lazy { iterator, first: None, over: false })))).into()
}

impl Drawn {
    /// What it is called in messages.
    pub(super) fn name(&self) -> String {
        match self {
            Drawn::Made(made) => made.written.clone(),
            Drawn::Lazy(_) => "lazy_records(…)".to_owned(),
            Drawn::Live(live) => live.name(),
        }
    }

    /// A record before the run, which is not lost; `None` if there is none, or none before the run.
    fn peek(&self) -> Result<Option<Fields>, FeederError> {
        match self {
            Drawn::Made(made) => self.guarded(|| Some((made.make)(0, &mut fastrand::Rng::with_seed(0)))),
            Drawn::Lazy(lazy) => {
                let mut lazy = lazy.lock().unwrap_or_else(PoisonError::into_inner);
                if lazy.first.is_none() && !lazy.over {
                    lazy.first = self.guarded(|| lazy.iterator.next())?;
                    lazy.over = lazy.first.is_none();
                }
                Ok(lazy.first.clone())
            }
            Drawn::Live(_) => Ok(None),
        }
    }

    /// Whether it is known to have no record at all.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Drawn::Lazy(lazy) => lazy.lock().unwrap_or_else(PoisonError::into_inner).over,
            Drawn::Made(_) | Drawn::Live(_) => false,
        }
    }

    /// Runs the user's code.
    pub(super) fn guarded<T>(&self, code: impl FnOnce() -> T) -> Result<T, FeederError> {
        guarded(code).map_err(|message| FeederError::Panicked { feeder: self.name(), what: "the source", message })
    }

    /// The names of the fields, as far as they are known before the run.
    pub(super) fn columns(&self, definition: &Definition) -> Result<Arc<[Arc<str>]>, FeederError> {
        if let Some(shape) = &definition.shape {
            return Ok(shape.columns.iter().map(|column| column.name().into()).collect());
        }
        if let Some(fields) = &definition.fields {
            return Ok(fields.clone());
        }
        let Some(first) = self.peek()? else { return Ok(Arc::default()) };
        let mut names: Vec<Arc<str>> = Vec::new();
        for (name, _) in first {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names.into())
    }

    /// What does not go together with records that are not there before the run.
    pub(super) fn mistake(&self, definition: &Definition) -> Option<String> {
        if let Drawn::Made(Made { mistake: Some(mistake), .. }) = self {
            return Some(mistake.clone());
        }
        if let Drawn::Live(live) = self
            && let Some(mistake) = live.mistake()
        {
            return Some(mistake);
        }
        let is = match definition.strategy {
            Strategy::Queue => None,
            Strategy::UniquePerUser if matches!(self, Drawn::Made(..)) => None,
            Strategy::UniquePerUser => Some("unique_per_user"),
            Strategy::Shuffle => Some("shuffle"),
            Strategy::Random => Some("random"),
            Strategy::Circular => Some("circular"),
        };
        if let Some(method) = is {
            return Some(format!(
                "its records are drawn while the run goes on, but .{method}() needs all of them at once; leave it out, or \
                 gather the records before the run with records(…)"
            ));
        }
        if definition.sharded && matches!(self, Drawn::Live(_)) {
            return Some(
                "each machine asks for records of its own, so there is nothing to split; remove .shard()".into(),
            );
        }
        None
    }
}

impl Lazy {
    /// The next record; `None` at the end, or behind it.
    pub(super) fn next(&mut self) -> Option<Fields> {
        if self.over {
            return None;
        }
        // If it panics, it is not asked again.
        self.over = true;
        let next = self.first.take().or_else(|| self.iterator.next());
        self.over = next.is_none();
        next
    }
}

/// Hands records to a sink that says when it has enough, such as one side of a zip.
pub(super) fn read_drawn(drawn: &Drawn, sink: &mut dyn Sink) -> Result<(), Halt> {
    let mut row = Row::new();
    for number in 0.. {
        let next = match drawn {
            Drawn::Made(made) => drawn.guarded(|| Some((made.make)(number, &mut fastrand::Rng::with_seed(number))))?,
            Drawn::Lazy(lazy) => {
                let mut lazy = lazy.lock().unwrap_or_else(PoisonError::into_inner);
                drawn.guarded(|| lazy.next())?
            }
            Drawn::Live(_) => None,
        };
        let Some(record) = next else { return Ok(()) };
        let taken = record.into_iter().try_for_each(|(name, value)| {
            row.push((sink.column(&name)?, value));
            Ok(())
        });
        let taken = taken.and_then(|()| sink.record(&mut row));
        taken.map_err(|refusal: Refusal| {
            refusal.at(|problem| FeederError::Invalid {
                feeder: drawn.name(),
                problem: format!("record {}: {problem}", number + 1),
            })
        })?;
    }
    Ok(())
}

impl Definition {
    /// A drawn record, transformed and converted. `columns` are its fields, as far as they are known.
    pub(super) fn finish(&self, mut record: Fields, columns: &[Arc<str>]) -> Result<Fields, FeederError> {
        let feeder = || self.source.name();
        let invalid = |problem| FeederError::Invalid { feeder: feeder(), problem };
        if !self.transforms.is_empty() {
            let transformed = guarded(|| {
                for (name, value) in &mut record {
                    let given = std::mem::take(value);
                    *value = self.transforms.iter().fold(given, |value, change| change(name, value));
                }
            });
            transformed.map_err(|message| FeederError::Panicked {
                feeder: feeder(),
                what: "the transformation",
                message,
            })?;
        }
        if let Some(shape) = &self.shape {
            let mut given = vec![None; shape.columns.len()];
            for (name, value) in record {
                let field = shape.position(&name);
                let field =
                    field.ok_or_else(|| invalid(format!("field \"{name}\" is unknown; {}", shape.described())))?;
                given[field] = Some(value);
            }
            let values = shape.read(|field| given[field].take());
            let values = values.map_err(|refusal| match refusal.at(invalid) {
                Halt::Wrong(error) => error,
                Halt::Enough => invalid("no more records are needed".to_owned()),
            })?;
            return Ok(columns.iter().cloned().zip(values).collect());
        }
        if let Some((name, _)) = record.iter().find(|(name, _)| !columns.is_empty() && !columns.contains(name)) {
            return Err(invalid(format!(
                "field \"{name}\" is not one of the fields known before the run ({}); name all of them with \
                 .fields([…])",
                columns.join(", ")
            )));
        }
        Ok(record)
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drawn::Made(..) | Drawn::Lazy(_) => f.write_str(&self.name()),
            Drawn::Live(live) => f.write_str(&live.written()),
        }
    }
}
