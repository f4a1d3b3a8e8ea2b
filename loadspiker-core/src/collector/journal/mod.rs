//! The journal of a run: what its collector has gathered, second by second, in a file that outlives the process.
//!
//! Each line is a JSON object with one field, which says what it is:
//!
//! | field | when | what |
//! |---|---|---|
//! | `header` | first | the version of the journal, what run it is (simulation, seed, host, …), its plan, assertions and names |
//! | `state` | instead of the lines before it, but for the header | all that was gathered up to a second |
//! | `second` | once a second | what all shards together have counted in it |
//! | `end` | last, if the run came to its end | how it ended |
//!
//! A line that is not whole is the last one: the process, or its machine, died while it was written. The file stays
//! within twice what a state takes, and a few megabytes: when the seconds have become longer than the state, a new file
//! with a new state takes the place of the old one.
//!
//! What is written are merged snapshots, so it does not matter whether their shards were threads or machines.

mod file;
mod read;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;
use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

pub use file::journal_is_in_use;

use self::file::JournalFile;
use super::state::{SavedState, State};
use crate::assertion::{Assertion, Guard};
use crate::error::Error;
use crate::metrics::Totals;
use crate::report::RunInfo;

/// The name that the journal of a run has in its folder.
pub const JOURNAL: &str = "journal.jsonl";

/// The name under which the journal of a run that died is kept when the next run begins in its folder.
pub const UNFINISHED_JOURNAL: &str = "journal-unfinished.jsonl";

/// The version of the journals that this LoadSpiker writes and reads.
const VERSION: u32 = 1;

/// Up to so many bytes of seconds no new state is written.
const TAIL: u64 = 4 << 20;

/// What a report needs beside figures.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    version: u32,
    run: RunInfo,
    process: u32,
    /// As `--check` prints it.
    plan: String,
    scenarios: Vec<Arc<str>>,
    /// Fixed names of requests.
    names: Vec<Arc<str>>,
    assertions: Vec<Assertion>,
    criteria: Vec<Guard>,
}

impl Header {
    /// Of this process. `plan` is what `--check` prints, `names` are the fixed names of requests.
    pub(crate) fn new(
        run: RunInfo,
        plan: String,
        [scenarios, names]: [&[Arc<str>]; 2],
        (assertions, criteria): (&[Assertion], &[Guard]),
    ) -> Self {
        Header {
            version: VERSION,
            run,
            process: std::process::id(),
            plan,
            scenarios: scenarios.to_vec(),
            names: names.to_vec(),
            assertions: assertions.to_vec(),
            criteria: criteria.to_vec(),
        }
    }
}

/// A line, as it is written.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Header(&'a Header),
    State(&'a State<'a>),
    Second(Second<'a>),
    End(&'a RunInfo),
}

#[derive(Serialize)]
struct Second<'a> {
    second: u64,
    #[serde(skip_serializing_if = "is_false")]
    cut: bool,
    /// After this time criteria looked at nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Duration>,
    measured: &'a Totals,
    #[serde(skip_serializing_if = "Option::is_none")]
    warm_up: Option<&'a Totals>,
}

/// A line, as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReadLine {
    Header(Box<Header>),
    State(Box<SavedState>),
    Second(Box<ReadSecond>),
    End(Box<RunInfo>),
}

#[derive(Deserialize)]
struct ReadSecond {
    second: u64,
    #[serde(default)]
    cut: bool,
    #[serde(default)]
    until: Option<Duration>,
    measured: Totals,
    #[serde(default)]
    warm_up: Totals,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Writes the journal of a run. What cannot be written does not end the run: it is tried again with the next second.
pub(crate) struct Journal {
    header: Vec<u8>,
    file: JournalFile,
    /// How many bytes of seconds follow the state, and how many the state had.
    tail: u64,
    state: u64,
    /// Up to so many bytes of seconds no new state is written.
    limit: u64,
}

impl Journal {
    /// Begins the journal of a run. One of a run that died is moved aside.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be written, or if another process is writing it.
    pub(crate) fn begin(path: &Path, header: &Header) -> Result<Journal, Error> {
        let header = line(&Line::Header(header));
        let file = JournalFile::create(path, &header)?;
        Ok(Journal { header, file, tail: 0, state: 0, limit: TAIL })
    }

    /// Writes a complete second.
    pub(crate) fn second(
        &mut self,
        second: u64,
        cut: bool,
        until: Option<Duration>,
        measured: &Totals,
        warm_up: &Totals,
    ) {
        let warm_up = (*warm_up != Totals::default()).then_some(warm_up);
        let line = line(&Line::Second(Second { second, cut, until, measured, warm_up }));
        self.tail += line.len() as u64;
        self.file.append(line);
    }

    /// Whether it is time to write all that was gathered: the seconds have become longer than that, or one is missing.
    pub(crate) fn wants_state(&self) -> bool {
        self.tail > self.state.max(self.limit) || self.file.has_lost()
    }

    /// Writes all that was gathered so far, which takes the place of what was written before.
    pub(crate) fn state(&mut self, state: &State<'_>) {
        let line = line(&Line::State(state));
        (self.tail, self.state) = (0, line.len() as u64);
        self.file.replace([self.header.as_slice(), &line].concat());
    }

    /// Writes how the run ended.
    pub(crate) fn end(self, info: &RunInfo) {
        self.file.append(line(&Line::End(info)));
    }
}

/// As a line of JSON.
fn line(line: &Line<'_>) -> Vec<u8> {
    // It is made of texts and numbers; of what could not be written an empty line stays, at which a reader stops.
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("tail", &self.tail).field("state", &self.state).finish_non_exhaustive()
    }
}
