//! [`Writer`]: the thread that writes the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use super::Message;
use super::format::{Format, Line, PhaseColumns};
use super::row::{Name, Row};
use crate::error::{Error, explain};

/// What became of it.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) written: u64,
    pub(super) dropped: u64,
    pub(super) error: Option<String>,
}

pub(super) struct Writer {
    format: Format,
    file: BufWriter<File>,
    scenarios: Arc<[Arc<str>]>,
    names: Arc<[Arc<str>]>,
    warm_up: Duration,
    /// Microseconds from the beginning of 1970 to that of the run.
    begin_us: u64,
    /// By shard, its users.
    active: BTreeMap<usize, i64>,
    result: Written,
}

impl Writer {
    /// Creates the file. What it had is gone.
    pub(super) fn create(path: &Path, format: Format, run: super::LoggedRun) -> Result<Self, Error> {
        let create = || {
            let mut file = BufWriter::with_capacity(1 << 18, File::create(path)?);
            format.header(&mut file)?;
            file.flush().map(|()| file)
        };
        let file = create().map_err(|cause| Error::io(path.display(), &cause))?;
        Ok(Writer {
            format,
            file,
            scenarios: run.scenarios,
            names: run.names,
            warm_up: run.warm_up,
            begin_us: 0,
            active: BTreeMap::new(),
            result: Written::default(),
        })
    }

    /// Writes until there is no more. What came so far is in the file whenever nothing waits.
    pub(super) fn run(mut self, queue: &Receiver<Message>) -> Written {
        loop {
            let message = match queue.try_recv() {
                Ok(message) => message,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    let flushed = self.file.flush();
                    self.failed(flushed);
                    match queue.recv() {
                        Ok(message) => message,
                        Err(_) => break,
                    }
                }
            };
            match message {
                Message::Begin { at_ms } => self.begin_us = at_ms.saturating_mul(1000),
                Message::Batch { shard, active, rows } => self.batch(shard, active, &rows),
                Message::End => break,
            }
        }
        let flushed = self.file.flush();
        self.failed(flushed);
        self.result
    }

    fn batch(&mut self, shard: usize, active: i64, rows: &[Row]) {
        self.active.insert(shard, active);
        let all = self.active.values().sum();
        for row in rows {
            if self.result.error.is_some() {
                self.result.dropped += 1;
                continue;
            }
            let written = self.row(shard, all, row);
            match &written {
                Ok(()) => self.result.written += 1,
                Err(_) => self.result.dropped += 1,
            }
            self.failed(written);
        }
    }

    fn row(&mut self, shard: usize, active: i64, row: &Row) -> io::Result<()> {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let index = |id: u32| usize::try_from(id).unwrap_or(usize::MAX);
        let request = match &row.name {
            Name::Known(id) => self.names.get(index(id.0)).map_or("(unknown)", |name| name),
            Name::Dynamic(name) => name,
        };
        let line = Line {
            intended_at_us: self.begin_us.saturating_add(micros(row.intended.since_start())),
            scenario: self.scenarios.get(index(row.scenario.0)).map_or("(unknown)", |name| name),
            groups: &row.groups,
            request,
            ok: row.error.is_none(),
            status: row.status.as_deref(),
            error: row.error.as_deref(),
            response_time_us: micros(row.ended.since(row.intended)),
            service_time_us: row.sent.map(|sent| micros(row.ended.since(sent))),
            start_lag_us: micros(row.started.since(row.intended)),
            throttle_wait_us: row.throttle_wait.map(micros),
            phases: PhaseColumns::of(row),
            bytes_sent: row.bytes_sent,
            bytes_received: row.bytes_received,
            warm_up: row.ended.since_start() < self.warm_up,
            active,
            shard,
        };
        self.format.write(&line, &mut self.file)
    }

    /// The first failure is kept: a full disk is not asked again for each sample.
    fn failed(&mut self, outcome: io::Result<()>) {
        if let Err(cause) = outcome {
            self.result.error.get_or_insert_with(|| explain(&cause));
        }
    }
}
