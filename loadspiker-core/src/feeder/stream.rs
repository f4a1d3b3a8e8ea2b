//! [`Stream`]: a file, or another source, too large for memory, read piece by piece by a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rustc_hash::FxHashMap;

use super::builder::{Definition, Feeder, Keeping, Strategy};
use super::error::FeederError;
use super::flow::Batch;
use super::sink::{Halt, Refusal, Row, Sink};
use super::sitemap::FIELDS;
use super::source::Source;
use super::table::TableBuilder;

/// Files of this many bytes (uncompressed) are [streamed](Feeder::streamed) by default.
pub const STREAMED_FROM: u64 = 100 << 20;

/// How many records are read before the run, to find mistakes and the names of fields.
const PEEKED: usize = 1000;

/// What went before the end: so many records, or what is wrong.
pub(super) type End = Result<usize, FeederError>;

/// What the reading thread tells the shards.
pub(super) enum Message {
    Batch(Batch),
    End(End),
}

/// A file that has been looked at, and is read when the run asks for records.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    feeder: Feeder,
    pub(super) columns: Arc<[Arc<str>]>,
    /// Which records are read: every second's of these, from the first's on.
    part: (usize, usize),
}

/// Whether the records are to be streamed; it is an error if they cannot be.
pub(super) fn is_streamed(definition: &Definition) -> Result<bool, FeederError> {
    let streamed = match definition.keeping {
        Keeping::Loaded => false,
        Keeping::Streamed => true,
        Keeping::BySize => definition.source.size()? >= STREAMED_FROM,
    };
    if streamed {
        check_streamed(definition)?;
    }
    Ok(streamed)
}

/// Whether it goes together with being streamed.
pub(super) fn check_streamed(definition: &Definition) -> Result<(), FeederError> {
    let invalid = |problem: String| Err(FeederError::Invalid { feeder: definition.source.name(), problem });
    let why = if definition.keeping == Keeping::Streamed {
        "it is streamed".to_owned()
    } else {
        format!("it has more than {} MiB and is streamed", STREAMED_FROM >> 20)
    };
    let method = match definition.strategy {
        Strategy::Queue | Strategy::Circular => None,
        Strategy::Shuffle => Some("shuffle"),
        Strategy::Random => Some("random"),
        Strategy::UniquePerUser => Some("unique_per_user"),
    };
    if let Some(method) = method {
        return invalid(format!(
            "{why}, but .{method}() needs all records at once; add .loaded() to read it into memory, or use .queue() \
             or .circular()"
        ));
    }
    match &definition.source {
        Source::Records(_) => invalid("these records are in memory already; remove .streamed()".to_owned()),
        source if has_zip(source) => {
            invalid(format!("{why}, but records side by side need all of them; add .loaded() after .zip(…)"))
        }
        _ => Ok(()),
    }
}

fn has_zip(source: &Source) -> bool {
    match source {
        Source::Zip(..) => true,
        Source::Chain(a, b) => has_zip(&a.definition().source) || has_zip(&b.definition().source),
        _ => false,
    }
}

impl Stream {
    /// Reads the first records.
    pub(super) fn open(feeder: &Feeder) -> Result<Stream, FeederError> {
        let definition = feeder.definition();
        let mut peek = Peek(TableBuilder::default());
        peek.look_at(definition)?;
        if definition.shape.is_none() {
            peek.look_for_columns(&definition.source)?;
        }
        let table = peek.0.finish();
        if table.records == 0 {
            let problem = "it has no records; give at least one".to_owned();
            return Err(FeederError::Empty { feeder: definition.source.name(), problem });
        }
        Ok(Stream { feeder: feeder.clone(), columns: table.columns, part: (0, 1) })
    }

    /// Of a source whose first records have been read already.
    pub(super) fn with_columns(feeder: &Feeder, columns: Arc<[Arc<str>]>) -> Stream {
        Stream { feeder: feeder.clone(), columns, part: (0, 1) }
    }

    pub(super) fn name(&self) -> String {
        self.feeder.definition().source.name()
    }

    pub(super) fn part(&self, index: usize, count: usize) -> Stream {
        Stream { part: (index, count), ..self.clone() }
    }

    /// Starts the thread that reads. It ends with the file, or when the receiver is dropped.
    pub(super) fn start(&self, batches_ahead: usize) -> Result<Receiver<Message>, FeederError> {
        let (sender, receiver) = sync_channel(batches_ahead);
        let stream = self.clone();
        let started = thread::Builder::new().name("feeder".to_owned()).spawn(move || stream.read(&sender));
        match started {
            Ok(_) => Ok(receiver),
            Err(error) => Err(FeederError::Read {
                path: self.name(),
                cause: format!("no thread can be started to read it ({error})"),
            }),
        }
    }

    fn read(&self, sender: &SyncSender<Message>) {
        let definition = self.feeder.definition();
        let numbers = self.columns.iter().enumerate().map(|(number, name)| (name.clone(), number)).collect();
        let batch = Batch::new(self.columns.len());
        let mut batches = Batches { numbers, part: self.part, read: 0, given: 0, batch, sender };
        let end = loop {
            batches.read = 0;
            match definition.read(&mut batches) {
                // Without a record for this part there is nothing to go round.
                Ok(()) if definition.strategy == Strategy::Circular && batches.given > 0 => {}
                Ok(()) => break Ok(batches.given),
                Err(Halt::Wrong(error)) => break Err(error),
                Err(Halt::Enough) => return,
            }
        };
        // Nobody listens any more if it fails.
        let _ = batches.send().is_ok() && sender.send(Message::End(end)).is_ok();
    }
}

/// Takes the first records only.
struct Peek(TableBuilder);

impl Peek {
    fn look_at(&mut self, definition: &Definition) -> Result<(), FeederError> {
        self.0.forget_records();
        match definition.read(self) {
            Ok(()) | Err(Halt::Enough) => Ok(()),
            Err(Halt::Wrong(error)) => Err(error),
        }
    }

    /// Columns that may come later.
    fn look_for_columns(&mut self, source: &Source) -> Result<(), FeederError> {
        match source {
            Source::Sitemap(_) => FIELDS.iter().for_each(|field| drop(self.0.column(field))),
            Source::Chain(first, second) => {
                for part in [first, second] {
                    self.look_at(part.definition())?;
                    self.look_for_columns(&part.definition().source)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Sink for Peek {
    fn column(&mut self, name: &str) -> Result<usize, Refusal> {
        self.0.column(name)
    }

    fn record(&mut self, row: &mut Row) -> Result<(), Refusal> {
        self.0.record(row)?;
        if self.0.records() < PEEKED { Ok(()) } else { Err(Refusal::Enough) }
    }
}

/// Gathers records into batches and sends these.
struct Batches<'a> {
    numbers: FxHashMap<Arc<str>, usize>,
    part: (usize, usize),
    /// Records that have been read in this pass, and in all given to shards.
    read: usize,
    given: usize,
    batch: Batch,
    sender: &'a SyncSender<Message>,
}

impl Batches<'_> {
    fn send(&mut self) -> Result<(), Refusal> {
        let batch = self.batch.take();
        if batch.is_empty() { Ok(()) } else { self.sender.send(Message::Batch(batch)).map_err(|_| Refusal::Enough) }
    }
}

impl Sink for Batches<'_> {
    fn column(&mut self, name: &str) -> Result<usize, Refusal> {
        self.numbers.get(name).copied().ok_or_else(|| {
            Refusal::Problem(format!(
                "field \"{name}\" is in none of the first {PEEKED} records, and no other can be known before the run; \
                 add .loaded() to read all records before it"
            ))
        })
    }

    fn record(&mut self, row: &mut Row) -> Result<(), Refusal> {
        let (index, count) = self.part;
        let mine = self.read % count == index;
        self.read += 1;
        if !mine {
            row.clear();
            return Ok(());
        }
        self.given += 1;
        self.batch.push(row);
        if self.batch.is_full() { self.send() } else { Ok(()) }
    }
}
