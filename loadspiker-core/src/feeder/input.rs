//! [`Input`]: what the readers of files read, and how they say where something is wrong.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::rc::Rc;

use super::error::FeederError;
use super::packed;

/// The contents of a file, which can be read again.
pub(super) trait Input {
    /// What it is called in messages.
    fn name(&self) -> String;

    /// The bytes from the beginning.
    fn bytes(&self) -> Result<Box<dyn Read + '_>, FeederError>;
}

impl Input for PathBuf {
    fn name(&self) -> String {
        self.display().to_string()
    }

    fn bytes(&self) -> Result<Box<dyn Read + '_>, FeederError> {
        Ok(packed::open(self)?)
    }
}

/// A record with more bytes is surely a mistake, such as a quotation mark that is never closed. It bounds the memory of a
/// file that is streamed.
const LONGEST_RECORD: u64 = 64 << 20;

/// Counts the bytes that are read for a record.
#[derive(Clone)]
pub(super) struct Meter(Rc<Cell<u64>>);

impl Meter {
    /// To be called between one record and the next.
    pub(super) fn next_record(&self) {
        self.0.set(LONGEST_RECORD);
    }
}

struct Metered<R> {
    reader: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.meter.0.get();
        if left == 0 {
            let mebibytes = LONGEST_RECORD >> 20;
            return Err(io::Error::other(format!(
                "a record is longer than {mebibytes} MiB; is a quotation mark never closed?"
            )));
        }
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(out.len());
        let count = self.reader.read(&mut out[..room])?;
        self.meter.0.set(left - u64::try_from(count).unwrap_or(left));
        Ok(count)
    }
}

impl dyn Input + '_ {
    /// The text from the beginning, without the byte-order mark.
    pub(super) fn text(&self) -> Result<(impl BufRead + '_, Meter), FeederError> {
        let meter = Meter(Rc::new(Cell::new(LONGEST_RECORD)));
        let bytes = Metered { reader: self.bytes()?, meter: meter.clone() };
        let mut first = Vec::with_capacity(3);
        let mut bytes = BufReader::with_capacity(1 << 16, bytes);
        (&mut bytes).take(3).read_to_end(&mut first).map_err(|error| self.unreadable(&error))?;
        if first == *b"\xef\xbb\xbf" {
            first.clear();
        }
        Ok((io::Cursor::new(first).chain(bytes), meter))
    }

    pub(super) fn unreadable(&self, error: &io::Error) -> FeederError {
        FeederError::Read { path: self.name(), cause: error.to_string() }
    }

    pub(super) fn invalid(&self, problem: impl Into<String>) -> FeederError {
        FeederError::Invalid { feeder: self.name(), problem: problem.into() }
    }

    pub(super) fn empty(&self, problem: impl Into<String>) -> FeederError {
        FeederError::Empty { feeder: self.name(), problem: problem.into() }
    }

    pub(super) fn at_line(&self, line: u64, problem: impl Into<String>) -> FeederError {
        FeederError::Line { feeder: self.name(), line, problem: problem.into() }
    }

    /// What is wrong with what begins at this byte of the text. The text is read again up to there, as lines are not
    /// counted while all is well.
    pub(super) fn at_byte(&self, byte: u64, problem: impl Into<String>) -> FeederError {
        match self.line_of(byte) {
            Ok(line) => self.at_line(line, problem),
            Err(error) => error,
        }
    }

    /// The line, from 1, of what begins at this byte, or behind the line ends that are there.
    fn line_of(&self, byte: u64) -> Result<u64, FeederError> {
        let (mut line, mut after_return) = (1, false);
        self.walk(0, |at, found| {
            if after_return && found != b'\n' {
                line += 1;
            }
            after_return = found == b'\r';
            if at >= byte && !b"\r\n".contains(&found) {
                return false;
            }
            line += u64::from(found == b'\n');
            true
        })?;
        Ok(line)
    }

    /// Whether the text from this byte on spans lines, and its quotation marks do not pair.
    pub(super) fn never_closed(&self, byte: u64) -> Result<bool, FeederError> {
        let (mut began, mut at_line_end, mut spans_lines, mut marks) = (false, false, false, 0_u64);
        self.walk(byte, |_, found| {
            began |= !b"\r\n".contains(&found);
            if !found.is_ascii_whitespace() {
                spans_lines |= at_line_end;
            }
            at_line_end |= began && found == b'\n';
            marks += u64::from(found == b'"');
            true
        })?;
        Ok(spans_lines && marks % 2 == 1)
    }

    /// Goes through the bytes of the text from `start` on, as long as `step` returns true.
    fn walk(&self, start: u64, mut step: impl FnMut(u64, u8) -> bool) -> Result<(), FeederError> {
        let (mut text, meter) = self.text()?;
        let mut at = 0;
        loop {
            meter.next_record();
            let chunk = text.fill_buf().map_err(|error| self.unreadable(&error))?;
            if chunk.is_empty() {
                return Ok(());
            }
            for byte in chunk {
                if at >= start && !step(at, *byte) {
                    return Ok(());
                }
                at += 1;
            }
            let read = chunk.len();
            text.consume(read);
        }
    }
}
