//! [`BodyMemory`]: how much memory checked bodies may take, each of them and all of a shard together.
//!
//! A body takes its [`Share`] when it begins, as large as it is announced to be, and returns it with the last reference to
//! its bytes. Over the limit a request fails. It does not wait: bodies that are under way hold what they have, so that
//! several of them could wait for each other for ever, and a wait would be charged to the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use crate::error::HttpError;

/// The memory for checked bodies of one shard. Nothing of it is shared with another shard; it is atomic because bodies may
/// be decoded and dropped on another thread.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    /// The most that is kept of one body, as sent and as decoded.
    each: usize,
    /// The most that is kept of all of them.
    total: usize,
    used: AtomicUsize,
}

impl BodyMemory {
    pub(crate) fn new(each: usize, total: usize) -> Arc<Self> {
        Arc::new(BodyMemory { each, total, used: AtomicUsize::new(0) })
    }

    /// The most that is kept of one body.
    pub(crate) fn each(&self) -> usize {
        self.each
    }

    fn left(&self) -> usize {
        self.total.saturating_sub(self.used.load(Ordering::Relaxed))
    }
}

/// What one body uses of the memory. Dropping it returns it.
#[derive(Debug)]
pub(crate) struct Share {
    memory: Arc<BodyMemory>,
    bytes: usize,
}

impl Share {
    /// Nothing yet.
    pub(crate) fn of(memory: &Arc<BodyMemory>) -> Self {
        Share { memory: memory.clone(), bytes: 0 }
    }

    pub(crate) fn memory(&self) -> &BodyMemory {
        &self.memory
    }

    /// How large it can become now.
    pub(crate) fn largest(&self) -> usize {
        self.memory.each.min(self.bytes.saturating_add(self.memory.left()))
    }

    /// Makes it at least so large.
    ///
    /// # Errors
    ///
    /// It would be larger than one body may be, or all of them together.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), HttpError> {
        if bytes > self.memory.each {
            return Err(HttpError::TooLarge(self.memory.each));
        }
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let before = self.memory.used.fetch_add(more, Ordering::Relaxed);
        self.bytes += more;
        if before.saturating_add(more) > self.memory.total {
            self.memory.used.fetch_sub(more, Ordering::Relaxed);
            self.bytes -= more;
            return Err(HttpError::CheckedMemory(self.memory.total));
        }
        Ok(())
    }

    /// Makes it last as long as these bytes.
    pub(crate) fn hold(self, bytes: Vec<u8>) -> Bytes {
        if self.bytes == 0 { bytes.into() } else { Bytes::from_owner(CountedBytes { bytes, _share: self }) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

/// Bytes with the share that they take.
struct CountedBytes {
    bytes: Vec<u8>,
    _share: Share,
}

impl AsRef<[u8]> for CountedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_returned_with_the_last_reference_to_its_bytes() {
        let memory = BodyMemory::new(100, 150);
        let mut share = Share::of(&memory);
        share.grow_to(100).unwrap();
        let bytes = share.hold(vec![0; 100]);
        let part = bytes.slice(..10);
        drop(bytes);
        assert_eq!(memory.left(), 50);
        drop(part);
        assert_eq!(memory.left(), 150);
    }

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let memory = BodyMemory::new(100, 150);
        let (mut one, mut other) = (Share::of(&memory), Share::of(&memory));
        assert_eq!(one.grow_to(101), Err(HttpError::TooLarge(100)));
        one.grow_to(100).unwrap();
        assert_eq!(other.grow_to(60), Err(HttpError::CheckedMemory(150)));
        assert_eq!((memory.left(), other.largest()), (50, 50));
        other.grow_to(50).unwrap();
        drop(one);
        assert_eq!(memory.left(), 100);
        other.grow_to(100).unwrap();
        assert_eq!(memory.left(), 50);
    }
}
