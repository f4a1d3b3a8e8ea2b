//! [`Buffers`]: memory shared by the exchanges of a shard, so that connections have no buffers of their own.

use std::cell::{RefCell, RefMut};

/// How much is read at a time.
const CHUNK: usize = 64 * 1024;
/// How many texts are kept for reuse, and up to which size.
const SPARE: (usize, usize) = (64, 16 * 1024);

/// The memory of a shard. What is read goes into one place, whatever connection it comes from: it is taken apart before
/// anything else is read.
pub struct Buffers {
    reading: RefCell<Box<[u8]>>,
    /// Of heads, sent or received, that are done with.
    spare: RefCell<Vec<Vec<u8>>>,
}

impl Default for Buffers {
    fn default() -> Self {
        Buffers { reading: RefCell::new(vec![0; CHUNK].into_boxed_slice()), spare: RefCell::default() }
    }
}

impl Buffers {
    /// Where to read into. Nobody else can have it until it is dropped.
    #[inline]
    pub(super) fn reading(&self) -> RefMut<'_, Box<[u8]>> {
        self.reading.borrow_mut()
    }

    /// Takes an empty buffer, with spare capacity if one is available.
    #[inline]
    pub fn take(&self) -> Vec<u8> {
        self.spare.borrow_mut().pop().unwrap_or_default()
    }

    /// Returns a buffer for reuse.
    #[inline]
    pub fn give_back(&self, mut text: Vec<u8>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE.0 && (1..=SPARE.1).contains(&text.capacity()) {
            text.clear();
            spare.push(text);
        }
    }
}
