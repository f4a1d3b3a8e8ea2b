//! [`Sink`]: where the body of a response goes: counted, kept for checks, or written to a file.

use std::fs::File;
use std::io::Write;

use bytes::{Bytes, BytesMut};

use crate::error::HttpError;

/// The most that is kept of one body for checks, as sent and as decoded.
pub(crate) const LIMIT: usize = 100_000_000;
/// The most that is reserved because a server announced it. It may lie.
const RESERVED: usize = 1 << 20;

/// Where a body goes.
#[derive(Debug)]
pub(crate) enum Sink {
    /// Nobody looks at it.
    Discard,
    /// Checks look at it.
    Keep(Kept),
    /// It is downloaded. It goes to the file as it came, an encoding of the content is not undone.
    File(File),
}

/// A body in memory. One that comes in a single piece is not copied.
#[derive(Debug)]
pub(crate) struct Kept {
    pieces: Pieces,
    expected: usize,
    limit: usize,
}

#[derive(Debug)]
enum Pieces {
    None,
    One(Bytes),
    Many(BytesMut),
}

impl Sink {
    /// Keeps up to [`LIMIT`] bytes.
    pub(crate) fn keep() -> Self {
        Self::keep_up_to(LIMIT)
    }

    pub(crate) fn keep_up_to(limit: usize) -> Self {
        Sink::Keep(Kept { pieces: Pieces::None, expected: 0, limit })
    }

    /// A response begins; its body will have this length, if it says.
    pub(crate) fn begin(&mut self, length: Option<u64>) {
        if let Sink::Keep(kept) = self {
            kept.pieces = Pieces::None;
            kept.expected = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0).min(RESERVED);
        }
    }

    /// Takes a piece of the body.
    pub(crate) fn take(&mut self, data: Bytes) -> Result<(), HttpError> {
        match self {
            Sink::Discard => Ok(()),
            Sink::Keep(kept) => kept.take(data),
            Sink::File(file) => file
                .write_all(&data)
                .map_err(|error| HttpError::Io(format!("cannot write the download: {}", error.kind()))),
        }
    }

    /// The body, as far as it was kept.
    pub(crate) fn into_bytes(self) -> Bytes {
        match self {
            Sink::Keep(Kept { pieces: Pieces::One(bytes), .. }) => bytes,
            Sink::Keep(Kept { pieces: Pieces::Many(bytes), .. }) => bytes.freeze(),
            _ => Bytes::new(),
        }
    }
}

impl Kept {
    fn take(&mut self, data: Bytes) -> Result<(), HttpError> {
        let length = match &self.pieces {
            Pieces::None => 0,
            Pieces::One(bytes) => bytes.len(),
            Pieces::Many(bytes) => bytes.len(),
        };
        if length + data.len() > self.limit {
            return Err(HttpError::TooLarge(self.limit));
        }
        self.pieces = match std::mem::replace(&mut self.pieces, Pieces::None) {
            Pieces::None => Pieces::One(data),
            Pieces::One(first) => {
                let mut all = BytesMut::with_capacity(self.expected.max(length + data.len()));
                all.extend_from_slice(&first);
                all.extend_from_slice(&data);
                Pieces::Many(all)
            }
            Pieces::Many(mut all) => {
                all.extend_from_slice(&data);
                Pieces::Many(all)
            }
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_together_in_order() {
        let mut sink = Sink::keep();
        sink.begin(Some(6));
        for piece in ["ab", "cd", "ef"] {
            sink.take(Bytes::from_static(piece.as_bytes())).unwrap();
        }
        assert_eq!(sink.into_bytes(), "abcdef");
    }

    #[test]
    fn a_single_piece_is_not_copied() {
        let mut sink = Sink::keep();
        let piece = Bytes::from(vec![1, 2, 3]);
        sink.take(piece.clone()).unwrap();
        assert_eq!(sink.into_bytes().as_ptr(), piece.as_ptr());
    }

    #[test]
    fn a_body_beyond_the_limit_is_an_error() {
        let mut sink = Sink::keep_up_to(4);
        sink.take(Bytes::from_static(b"1234")).unwrap();
        assert_eq!(sink.take(Bytes::from_static(b"5")), Err(HttpError::TooLarge(4)));
    }
}
