//! [`Flow`]: records of a [`Stream`], given to the shards of a run in blocks.
//!
//! Each shard has a block in its hand, behind a lock that nobody else asks for until the file ends. Only when the block
//! is used up does the shard go to the common source, where the reading thread keeps blocks ready; if none is ready the
//! shard waits for the disk. At the end a shard takes what is left in the hands of others, so that each record is given
//! exactly once.

use std::fmt;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::{FeedError, FeederError};
use super::sink::Row;
use super::stream::{End, Message, Stream};
use crate::session::{Session, Slot};
use crate::value::Value;

/// A block has at most so many records, …
const RECORDS: usize = 512;
/// … and is sent when its texts have so many bytes.
const BYTES: usize = 64 << 10;

/// A block of records.
#[derive(Default)]
pub(super) struct Batch {
    cells: Vec<Option<Value>>,
    width: usize,
    bytes: usize,
    /// Cells that have been given out.
    given: usize,
}

impl Batch {
    pub(super) fn new(width: usize) -> Self {
        Batch { width, ..Batch::default() }
    }

    pub(super) fn push(&mut self, row: &mut Row) {
        let start = self.cells.len();
        self.cells.resize(start + self.width, None);
        for (column, value) in row.drain(..) {
            self.bytes += bytes(&value);
            self.cells[start + column] = Some(value);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BYTES || self.cells.len() >= RECORDS * self.width
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// What has been gathered; an empty block is left.
    pub(super) fn take(&mut self) -> Batch {
        let next = Batch::new(self.width);
        std::mem::replace(self, next)
    }

    /// The next record, to be moved out.
    fn next(&mut self) -> Option<&mut [Option<Value>]> {
        let row = self.cells.get_mut(self.given..self.given + self.width)?;
        self.given += self.width;
        (!row.is_empty()).then_some(row)
    }
}

/// About how much memory a value takes beyond its cell.
pub(super) fn bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.iter().map(|item| size_of::<Value>() + bytes(item)).sum(),
        Value::Map(map) => map.iter().map(|(key, value)| size_of::<Value>() + key.len() + bytes(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) => 0,
    }
}

/// The block of a shard. As large as the cache lines that are fetched together.
#[derive(Default)]
#[repr(align(128))]
struct Hand(Mutex<Batch>);

/// Where blocks come from.
enum Tap {
    /// Nobody has asked yet.
    Closed,
    Open(Receiver<Message>),
    Ended(End),
}

pub(super) struct Flow {
    stream: Arc<Stream>,
    hands: Box<[Hand]>,
    tap: Mutex<Tap>,
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl Flow {
    pub(super) fn new(stream: Arc<Stream>, shards: usize) -> Self {
        Flow { stream, hands: (0..shards).map(|_| Hand::default()).collect(), tap: Mutex::new(Tap::Closed) }
    }

    pub(super) fn feed(
        &self,
        name: &str,
        shard: usize,
        slots: &[Slot],
        session: &mut Session,
    ) -> Result<(), FeedError> {
        self.take(name, shard, &mut |row| {
            for (slot, cell) in slots.iter().zip(row) {
                match cell.take() {
                    Some(value) => session.set_at(*slot, value),
                    None => drop(session.remove_at(*slot)),
                }
            }
        })
    }

    /// Values of the next `count` records, column by column.
    pub(super) fn columns(&self, name: &str, shard: usize, count: usize) -> Result<Vec<Vec<Value>>, FeedError> {
        let mut columns = vec![Vec::new(); self.stream.columns.len()];
        for _ in 0..count {
            self.take(name, shard, &mut |row| {
                for (column, cell) in columns.iter_mut().zip(row) {
                    column.push(cell.take().unwrap_or_default());
                }
            })?;
        }
        Ok(columns)
    }

    /// Gives the next record for this shard to `taker`.
    fn take(&self, name: &str, shard: usize, taker: &mut dyn FnMut(&mut [Option<Value>])) -> Result<(), FeedError> {
        let shard = shard % self.hands.len();
        let end = {
            let mut hand = locked(&self.hands[shard].0);
            loop {
                if let Some(row) = hand.next() {
                    taker(row);
                    return Ok(());
                }
                // The hand stays locked, so that nobody takes it for empty while its block is on the way.
                match self.draw() {
                    Ok(batch) => *hand = batch,
                    Err(end) => break end,
                }
            }
        };
        let given = end.map_err(FeedError::Broken)?;
        for other in self.hands[shard..].iter().chain(&self.hands[..shard]) {
            if let Some(row) = locked(&other.0).next() {
                taker(row);
                return Ok(());
            }
        }
        Err(FeedError::Exhausted { feeder: name.to_owned(), records: given })
    }

    /// The next block, or how it ended.
    fn draw(&self) -> Result<Batch, End> {
        let mut tap = locked(&self.tap);
        if let Tap::Closed = *tap {
            // Two blocks a shard: one to take while another is read.
            *tap = match self.stream.start(2 * self.hands.len()) {
                Ok(receiver) => Tap::Open(receiver),
                Err(error) => Tap::Ended(Err(error)),
            };
        }
        if let Tap::Open(receiver) = &*tap {
            match receiver.recv() {
                Ok(Message::Batch(batch)) => return Ok(batch),
                Ok(Message::End(end)) => *tap = Tap::Ended(end),
                Err(_) => {
                    let path = self.stream.name();
                    let cause = "the thread that reads it has stopped".to_owned();
                    *tap = Tap::Ended(Err(FeederError::Read { path, cause }));
                }
            }
        }
        match &*tap {
            Tap::Ended(end) => Err(end.clone()),
            Tap::Closed | Tap::Open(_) => Err(Ok(0)),
        }
    }
}

/// What a panic left is still in order: a record is taken before anything is done with it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
