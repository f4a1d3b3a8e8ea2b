//! The sample log: every sample of a run in a file, written by a thread of its own.
//!
//! A shard gathers its samples in batches and hands them over a bounded queue without waiting: if the disk cannot keep
//! up, whole batches are dropped and counted, and the run goes on undisturbed. On the simulated clock the shard waits
//! instead, as there is no target to disturb. Without a sample log a request pays for one comparison.

mod format;
mod row;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::format::Format;
use self::row::Row;
use self::writer::{Writer, Written};
use crate::error::Error;
use crate::metrics::{Groups, Sample, ScenarioId};

/// How many samples a batch has at most.
const BATCH: usize = 256;

/// How many batches may wait for the writer.
const QUEUE: usize = 256;

/// What became of the [sample log](crate::engine::RunOptions::sample_log) of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SampleLogInfo {
    /// The file.
    pub path: String,
    /// How many samples were written.
    pub written: u64,
    /// How many were not, because the file could not be written fast enough or at all.
    #[serde(default)]
    pub dropped: u64,
    /// Why the file could not be written, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What is handed to the writer.
enum Message {
    /// The run begins, so many milliseconds after the beginning of 1970.
    Begin { at_ms: u64 },
    /// Samples of this shard, which has so many users.
    Batch { shard: usize, active: i64, rows: Vec<Row> },
    /// There is no more.
    End,
}

/// Whether a plan has a sample log, and, while it is run, where its shards hand their samples to.
#[derive(Debug, Default)]
pub(crate) struct SampleLogPlan {
    path: Option<PathBuf>,
    queue: OnceLock<Queue>,
}

#[derive(Clone)]
struct Queue {
    sender: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
    /// Whether to wait where it is full.
    waits: bool,
}

/// What a sample log needs of the plan of its run.
pub(crate) struct LoggedRun {
    pub(crate) scenarios: Arc<[Arc<str>]>,
    /// Fixed names of requests.
    pub(crate) names: Arc<[Arc<str>]>,
    pub(crate) warm_up: Duration,
    /// Time waits for the log: nothing is dropped.
    pub(crate) simulated_clock: bool,
}

/// The thread that writes.
pub(crate) struct SampleLog {
    path: PathBuf,
    queue: Queue,
    thread: JoinHandle<Written>,
}

/// What a shard gathers.
pub(crate) struct ShardLog {
    shard: usize,
    queue: Queue,
    rows: Vec<Row>,
    active: i64,
}

impl SampleLogPlan {
    /// Into this file, if any.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the name of the file does not tell a known format.
    pub(crate) fn new(path: Option<&Path>) -> Result<Self, Error> {
        if let Some(path) = path {
            Format::of(path)?;
        }
        Ok(SampleLogPlan { path: path.map(Path::to_owned), queue: OnceLock::new() })
    }

    /// What the shard at `index` writes to, if there is a log.
    pub(crate) fn shard(&self, index: usize) -> Option<Box<ShardLog>> {
        let queue = self.queue.get()?.clone();
        Some(Box::new(ShardLog { shard: index, queue, rows: Vec::with_capacity(BATCH), active: 0 }))
    }
}

impl SampleLog {
    /// Creates the file of this plan, and begins to write, if it has one.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be created, [`Error::Start`] if there can be no thread.
    pub(crate) fn open(plan: &SampleLogPlan, of: LoggedRun) -> Result<Option<SampleLog>, Error> {
        let Some(path) = &plan.path else { return Ok(None) };
        let waits = of.simulated_clock;
        let writer = Writer::create(path, Format::of(path)?, of)?;
        let (sender, receiver) = sync_channel(QUEUE);
        let queue = Queue { sender, dropped: Arc::default(), waits };
        let thread = std::thread::Builder::new().name("loadspiker-samples".to_owned());
        let thread = thread.spawn(move || writer.run(&receiver)).map_err(|cause| Error::Start {
            what: "the thread of the sample log".to_owned(),
            cause: cause.to_string(),
        })?;
        let _ = plan.queue.set(queue.clone());
        Ok(Some(SampleLog { path: path.clone(), queue, thread }))
    }

    /// The run begins at this time.
    pub(crate) fn begin(&self, at_ms: u64) {
        // The queue is empty; if the thread is gone, its end will tell.
        let _ = self.queue.sender.send(Message::Begin { at_ms });
    }

    /// All shards are done: waits until everything is written.
    pub(crate) fn finish(self) -> SampleLogInfo {
        let _ = self.queue.sender.send(Message::End);
        let broken = |_| Written { error: Some("its thread broke down".to_owned()), ..Written::default() };
        let Written { written, dropped, error } = self.thread.join().unwrap_or_else(broken);
        let dropped = dropped + self.queue.dropped.load(Ordering::Relaxed);
        SampleLogInfo { path: self.path.display().to_string(), written, dropped, error }
    }
}

impl ShardLog {
    /// Takes in a sample.
    #[cold]
    pub(crate) fn add(
        &mut self,
        scenario: ScenarioId,
        groups: Groups,
        sample: &Sample<'_>,
        throttle_wait: Option<Duration>,
    ) {
        self.rows.push(Row::of(scenario, groups, sample, throttle_wait));
        if self.rows.len() >= BATCH {
            self.hand_over();
        }
    }

    /// A second is over, in which the number of users has changed by so many.
    pub(crate) fn tick(&mut self, users: i64) {
        self.active += users;
        self.hand_over();
    }

    fn hand_over(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(BATCH));
        let batch = Message::Batch { shard: self.shard, active: self.active, rows };
        let sent = match self.queue.waits {
            true => self.queue.sender.send(batch).map_err(|unsent| unsent.0),
            false => self.queue.sender.try_send(batch).map_err(|error| match error {
                TrySendError::Full(batch) | TrySendError::Disconnected(batch) => batch,
            }),
        };
        if let Err(Message::Batch { rows, .. }) = sent {
            self.queue.dropped.fetch_add(rows.len() as u64, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("dropped", &self.dropped).finish_non_exhaustive()
    }
}

impl fmt::Debug for ShardLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShardLog").field("shard", &self.shard).field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}
