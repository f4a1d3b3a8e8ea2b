//! [`Sink`]: where the body of a response goes: counted, kept for checks, fed to them, or written to a file.

use std::fs::File;
use std::io::Write;

use bytes::{Bytes, BytesMut};
use loadspiker_core::check::Absorbing;

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
    /// Checks are fed with it, and nobody else looks at it.
    Feed(Box<Feed>),
}

/// A body that checks are fed with, piece by piece. One whose content is encoded is kept until it can be decoded.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) absorbing: Absorbing,
    /// Where it is downloaded to.
    pub(crate) file: Option<File>,
    encoded: Option<Kept>,
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
        Sink::Keep(Kept::up_to(limit))
    }

    /// Feeds checks, and writes to a file if there is one.
    pub(crate) fn feed(absorbing: Absorbing, file: Option<File>) -> Self {
        Sink::Feed(Box::new(Feed { absorbing, file, encoded: None }))
    }

    /// A response begins; its body will have this length, if it says, and may be encoded.
    pub(crate) fn begin(&mut self, length: Option<u64>, encoded: bool) {
        let kept = match self {
            Sink::Keep(kept) => kept,
            Sink::Feed(feed) if encoded => feed.encoded.insert(Kept::up_to(LIMIT)),
            _ => return,
        };
        kept.pieces = Pieces::None;
        kept.expected = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0).min(RESERVED);
    }

    /// Takes a piece of the body.
    pub(crate) fn take(&mut self, data: Bytes) -> Result<(), HttpError> {
        match self {
            Sink::Discard => Ok(()),
            Sink::Keep(kept) => kept.take(data),
            Sink::File(file) => write(file, &data),
            Sink::Feed(feed) => {
                if let Some(file) = &mut feed.file {
                    write(file, &data)?;
                }
                match &mut feed.encoded {
                    Some(kept) => kept.take(data),
                    None => {
                        feed.absorbing.feed(&data);
                        Ok(())
                    }
                }
            }
        }
    }

    /// The body, as far as it was kept, and the checks that were fed.
    pub(crate) fn into_parts(self) -> (Bytes, Option<Absorbing>) {
        match self {
            Sink::Feed(feed) => {
                let Feed { absorbing, encoded, .. } = *feed;
                (encoded.map(|kept| Sink::Keep(kept).into_bytes()).unwrap_or_default(), Some(absorbing))
            }
            other => (other.into_bytes(), None),
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

fn write(file: &mut File, data: &[u8]) -> Result<(), HttpError> {
    file.write_all(data).map_err(|error| HttpError::Io(format!("cannot write the download: {}", error.kind())))
}

impl Kept {
    fn up_to(limit: usize) -> Self {
        Kept { pieces: Pieces::None, expected: 0, limit }
    }

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
        sink.begin(Some(6), false);
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
