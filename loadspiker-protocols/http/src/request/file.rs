//! [`Files`]: contents of files that are sent, read once per shard.

use std::cell::{Cell, RefCell};

use bytes::Bytes;
use rustc_hash::FxHashMap;

use crate::error::HttpError;

/// How much is kept. Beyond it, all is forgotten and read again.
const LIMIT: usize = 256_000_000;

/// Files whose paths are known only during the run. Reading one holds up its shard, so each is read once.
#[derive(Debug, Default)]
pub(crate) struct Files {
    contents: RefCell<FxHashMap<Box<str>, Bytes>>,
    size: Cell<usize>,
}

impl Files {
    pub(crate) fn read(&self, path: &str) -> Result<Bytes, HttpError> {
        if let Some(content) = self.contents.borrow().get(path) {
            return Ok(content.clone());
        }
        let content = read(path).map_err(HttpError::Build)?;
        let mut contents = self.contents.borrow_mut();
        if self.size.get() + content.len() > LIMIT {
            contents.clear();
            self.size.set(0);
        }
        self.size.set(self.size.get() + content.len());
        contents.insert(path.into(), content.clone());
        Ok(content)
    }
}

/// The content of a file, or a message that names it.
pub(crate) fn read(path: &str) -> Result<Bytes, String> {
    std::fs::read(path).map(Bytes::from).map_err(|error| format!("cannot read file {path}: {error}"))
}
