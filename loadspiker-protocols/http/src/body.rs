//! [`Sink`]: where the body of a response goes: counted, kept for checks, fed to them, or written to a file.

use std::fs::File;
use std::io::Write;

use bytes::Bytes;
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

/// A body in memory.
#[derive(Debug)]
pub(crate) struct Kept {
    bytes: Vec<u8>,
    expected: usize,
    limit: usize,
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
        kept.bytes.clear();
        kept.expected = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0).min(RESERVED);
    }

    /// Takes a piece of the body.
    pub(crate) fn take(&mut self, data: &[u8]) -> Result<(), HttpError> {
        match self {
            Sink::Discard => Ok(()),
            Sink::Keep(kept) => kept.take(data),
            Sink::File(file) => write(file, data),
            Sink::Feed(feed) => {
                if let Some(file) = &mut feed.file {
                    write(file, data)?;
                }
                match &mut feed.encoded {
                    Some(kept) => kept.take(data),
                    None => {
                        feed.absorbing.feed(data);
                        Ok(())
                    }
                }
            }
        }
    }

    /// How many bytes are kept.
    pub(crate) fn kept(&self) -> usize {
        match self {
            Sink::Keep(kept) => kept.bytes.len(),
            Sink::Feed(feed) => feed.encoded.as_ref().map_or(0, |kept| kept.bytes.len()),
            Sink::Discard | Sink::File(_) => 0,
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
            Sink::Keep(kept) => kept.bytes.into(),
            _ => Bytes::new(),
        }
    }
}

fn write(file: &mut File, data: &[u8]) -> Result<(), HttpError> {
    file.write_all(data).map_err(|error| HttpError::Io(format!("cannot write the download: {}", error.kind())))
}

impl Kept {
    fn up_to(limit: usize) -> Self {
        Kept { bytes: Vec::new(), expected: 0, limit }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), HttpError> {
        let length = self.bytes.len() + data.len();
        if length > self.limit {
            return Err(HttpError::TooLarge(self.limit));
        }
        if self.bytes.is_empty() {
            self.bytes.reserve_exact(self.expected.max(length));
        }
        self.bytes.extend_from_slice(data);
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
            sink.take(piece.as_bytes()).unwrap();
        }
        assert_eq!(sink.into_bytes(), "abcdef");
    }

    #[test]
    fn a_body_of_a_known_length_is_allocated_once() {
        let mut sink = Sink::keep();
        sink.begin(Some(6), false);
        for piece in ["abc", "def"] {
            sink.take(piece.as_bytes()).unwrap();
        }
        let Sink::Keep(kept) = &sink else { panic!("{sink:?}") };
        assert_eq!(kept.bytes.capacity(), 6);
        sink.begin(Some(u64::MAX), false);
        sink.take(b"x").unwrap();
        let Sink::Keep(kept) = &sink else { panic!("{sink:?}") };
        assert!(kept.bytes.capacity() <= RESERVED, "a server may lie");
    }

    #[test]
    fn a_body_beyond_the_limit_is_an_error() {
        let mut sink = Sink::keep_up_to(4);
        sink.take(b"1234").unwrap();
        assert_eq!(sink.take(b"5"), Err(HttpError::TooLarge(4)));
    }
}
