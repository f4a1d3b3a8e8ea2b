//! [`Sink`]: where the body of a response goes: counted, kept for checks, fed to them, or written to a file.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use loadspiker_core::check::Absorbing;

use crate::body_memory::{BodyMemory, Share};
use crate::error::HttpError;

/// The most that is allocated because a server announced it, before more of it has come. It may lie.
const RESERVED: usize = 1 << 20;

/// How much of the body of a failed request is kept for the report.
const PEEKED: usize = 8 * 1024;

/// Where a body goes.
#[derive(Debug)]
pub(crate) enum Sink {
    /// Nobody looks at it.
    Discard,
    /// Nobody looks at it, unless the status says that the request failed: then its beginning is kept for the report.
    Peek(Vec<u8>, bool),
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
    memory: Arc<BodyMemory>,
}

/// A body in memory.
#[derive(Debug)]
pub(crate) struct Kept {
    bytes: Vec<u8>,
    /// How long it was announced to be; 0 if it was not.
    expected: usize,
    share: Share,
}

impl Sink {
    /// Keeps it, as far as the limits allow.
    pub(crate) fn keep_in(memory: &Arc<BodyMemory>) -> Self {
        Sink::Keep(Kept::new(memory))
    }

    /// Keeps up to 100 MB.
    #[cfg(test)]
    pub(crate) fn keep() -> Self {
        Self::keep_up_to(100_000_000)
    }

    #[cfg(test)]
    pub(crate) fn keep_up_to(limit: usize) -> Self {
        Self::keep_in(&BodyMemory::new(limit, usize::MAX))
    }

    /// Feeds checks, and writes to a file if there is one.
    pub(crate) fn feed(absorbing: Absorbing, file: Option<File>, memory: &Arc<BodyMemory>) -> Self {
        Sink::Feed(Box::new(Feed { absorbing, file, encoded: None, memory: memory.clone() }))
    }

    /// A response with this status begins.
    pub(crate) fn status(&mut self, code: u16) {
        if let Sink::Peek(bytes, fails) = self {
            bytes.clear();
            *fails = code >= 400;
        }
    }

    /// A response begins; its body will have this length, if it says, and may be encoded.
    pub(crate) fn begin(&mut self, length: Option<u64>, encoded: bool) {
        let kept = match self {
            Sink::Keep(kept) => kept,
            Sink::Feed(feed) if encoded => feed.encoded.insert(Kept::new(&feed.memory)),
            _ => return,
        };
        kept.bytes.clear();
        kept.expected = length.map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
    }

    /// Takes a piece of the body.
    pub(crate) fn take(&mut self, data: &[u8]) -> Result<(), HttpError> {
        match self {
            Sink::Discard | Sink::Peek(_, false) => Ok(()),
            Sink::Peek(bytes, true) => {
                let room = PEEKED.saturating_sub(bytes.len());
                bytes.extend_from_slice(&data[..data.len().min(room)]);
                Ok(())
            }
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
            Sink::Discard | Sink::Peek(..) | Sink::File(_) => 0,
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
            Sink::Keep(kept) => kept.share.hold(kept.bytes),
            Sink::Peek(bytes, _) => bytes.into(),
            _ => Bytes::new(),
        }
    }
}

fn write(file: &mut File, data: &[u8]) -> Result<(), HttpError> {
    file.write_all(data).map_err(|error| HttpError::Io(format!("cannot write the download: {}", error.kind())))
}

impl Kept {
    fn new(memory: &Arc<BodyMemory>) -> Self {
        Kept { bytes: Vec::new(), expected: 0, share: Share::of(memory) }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), HttpError> {
        let length = self.bytes.len() + data.len();
        // One that is whole at once is checked, and gone, before anything else is read: it need not be counted.
        if length != data.len() || length != self.expected {
            self.share.grow_to(length.max(self.expected))?;
        } else if length > self.share.memory().each() {
            return Err(HttpError::TooLarge(self.share.memory().each()));
        }
        if self.bytes.is_empty() {
            self.bytes.reserve_exact(self.expected.min(RESERVED).max(length));
        } else if length > self.bytes.capacity() && length <= self.expected {
            self.bytes.reserve_exact(self.expected - self.bytes.len());
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
        sink.begin(Some(90_000_000), false);
        sink.take(b"x").unwrap();
        let Sink::Keep(kept) = &sink else { panic!("{sink:?}") };
        assert!(kept.bytes.capacity() <= RESERVED, "a server may lie");
        sink.take(&vec![0; RESERVED]).unwrap();
        let Sink::Keep(kept) = &sink else { panic!("{sink:?}") };
        assert_eq!(kept.bytes.capacity(), 90_000_000, "no more than was announced");
    }

    #[test]
    fn the_beginning_of_a_failed_body_is_kept_and_nothing_of_others() {
        let mut sink = Sink::Peek(Vec::new(), false);
        for (status, kept) in [(200, 0), (500, PEEKED), (404, PEEKED)] {
            sink.status(status);
            sink.begin(None, false);
            sink.take(&vec![7; PEEKED - 1]).unwrap();
            sink.take(b"more").unwrap();
            let Sink::Peek(bytes, _) = &sink else { panic!("{sink:?}") };
            assert_eq!(bytes.len(), kept, "status {status}");
        }
        assert_eq!(sink.into_bytes().len(), PEEKED);
    }

    #[test]
    fn a_body_beyond_the_limit_is_an_error() {
        let mut sink = Sink::keep_up_to(4);
        sink.take(b"1234").unwrap();
        assert_eq!(sink.take(b"5"), Err(HttpError::TooLarge(4)));
        // The first piece of one that is announced to be too large is enough.
        let mut sink = Sink::keep_up_to(4);
        sink.begin(Some(5), false);
        assert_eq!(sink.take(b"1"), Err(HttpError::TooLarge(4)));
        let mut sink = Sink::keep_up_to(4);
        sink.begin(Some(5), false);
        assert_eq!(sink.take(b"12345"), Err(HttpError::TooLarge(4)));
    }

    #[test]
    fn bodies_under_way_share_the_memory_of_a_shard() {
        let memory = BodyMemory::new(80, 100);
        let begun = |length| {
            let mut sink = Sink::keep_in(&memory);
            sink.begin(Some(length), false);
            let taken = sink.take(b"x");
            taken.map(|()| sink)
        };
        let first = begun(60).unwrap();
        assert_eq!(begun(60).err(), Some(HttpError::CheckedMemory(100)), "what was announced counts from the start");
        let second = begun(40).unwrap();
        let mut unannounced = Sink::keep_in(&memory);
        assert_eq!(unannounced.take(b"x"), Err(HttpError::CheckedMemory(100)));
        let body = first.into_bytes();
        assert!(begun(60).is_err(), "its checks still look at it");
        drop(body);
        begun(60).unwrap();
        drop(second);
    }
}
