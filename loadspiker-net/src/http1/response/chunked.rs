//! [`Chunked`]: takes the chunked transfer coding apart (RFC 9112 §7.1).

use super::body::{hand_over, part};
use super::head::invalid;
use crate::failure::Failure;
use crate::http1::BodySink;

/// How many bytes of extensions and trailers a body may have in all. Nobody looks at them.
const EXTRAS: u32 = 64 * 1024;

/// A chunked body that comes in.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    state: State,
    /// The size of the chunk, as far as it has been read, then what is still to come of it.
    left: u64,
    extras: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the first digit of a size.
    #[default]
    Begin,
    /// Within the digits.
    Size,
    /// After blanks that follow the digits.
    Blanks,
    /// Within what follows a semicolon.
    Extension,
    /// Before the LF of the size's line.
    SizeEnd,
    Data,
    /// Before the CR and the LF that follow the data.
    DataEnd,
    DataLf,
    /// At the beginning of a line of trailers.
    Trailers,
    /// Within one.
    Trailer,
    TrailerEnd,
    /// Before the last LF.
    LastLf,
    Complete,
}

impl Chunked {
    pub(super) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Takes what belongs to the body, and returns how much that was.
    pub(super) fn take<S: BodySink>(&mut self, input: &[u8], sink: &mut S) -> Result<usize, S::Error> {
        let mut used = 0;
        while !self.is_complete()
            && let Some(byte) = input.get(used)
        {
            if self.state == State::Data {
                let piece = part(&input[used..], self.left);
                hand_over(piece, sink)?;
                used += piece.len();
                self.left -= piece.len() as u64;
                if self.left == 0 {
                    self.state = State::DataEnd;
                }
                continue;
            }
            self.state = self.next(*byte)?;
            used += 1;
        }
        Ok(used)
    }

    /// The state after a byte that is not data.
    fn next(&mut self, byte: u8) -> Result<State, Failure> {
        Ok(match (self.state, byte) {
            (State::Begin | State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let size = self.left.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit)));
                // Zeros before a number make no end.
                if self.left == 0 {
                    self.extra(State::Size)?;
                }
                self.left = size.ok_or_else(malformed)?;
                State::Size
            }
            (State::Size | State::Blanks, b' ' | b'\t') => self.extra(State::Blanks)?,
            (State::Size | State::Blanks, b';') => State::Extension,
            (State::Size | State::Blanks | State::Extension, b'\r') => State::SizeEnd,
            (State::Extension, byte) if byte != b'\n' => self.extra(State::Extension)?,
            (State::SizeEnd, b'\n') if self.left == 0 => State::Trailers,
            (State::SizeEnd, b'\n') => State::Data,
            (State::DataEnd, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Begin,
            (State::Trailers, b'\r') => State::LastLf,
            (State::Trailer, b'\r') => State::TrailerEnd,
            (State::Trailers | State::Trailer, byte) if byte != b'\n' => self.extra(State::Trailer)?,
            (State::TrailerEnd, b'\n') => State::Trailers,
            (State::LastLf, b'\n') => State::Complete,
            _ => return Err(malformed()),
        })
    }

    /// A byte of what nobody looks at.
    fn extra(&mut self, next: State) -> Result<State, Failure> {
        self.extras += 1;
        if self.extras > EXTRAS { Err(malformed()) } else { Ok(next) }
    }
}

fn malformed() -> Failure {
    invalid("malformed chunk")
}
