//! [`JournalFile`]: the file of a journal, written by a thread of its own, so that a disk that hangs holds up no run.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use crate::error::{Error, explain};

/// How many lines may wait for the disk; what comes then is lost, and a new state makes up for it.
const WAITING: usize = 8;

/// The file of a journal.
pub(super) struct JournalFile {
    tell: Option<SyncSender<Order>>,
    /// A line could not be written.
    lost: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Append(Vec<u8>),
    Replace(Vec<u8>),
}

impl JournalFile {
    /// Makes the file, with its first line. A journal that is there and complete so far is moved aside.
    pub(super) fn create(path: &Path, header: &[u8]) -> Result<JournalFile, Error> {
        let failed = |cause: io::Error| Error::Io {
            path: format!("the journal {}", path.display()),
            cause: format!("{}; the run needs a folder that it can write to", explain(&cause)),
        };
        if journal_is_in_use(path) {
            let cause = "another run is writing it; give each run a folder of its own".to_owned();
            return Err(Error::Io { path: format!("the journal {}", path.display()), cause });
        }
        if path.exists() {
            std::fs::rename(path, aside(path)).map_err(failed)?;
        }
        let file = write_new(path, header).map_err(failed)?;
        let (tell, orders) = sync_channel(WAITING);
        let lost = Arc::new(AtomicBool::new(false));
        let writer = Writer { path: path.to_owned(), file, length: header.len() as u64, lost: lost.clone() };
        let thread = std::thread::Builder::new().name("loadspiker-journal".to_owned());
        let thread = thread.spawn(move || writer.work(&orders)).map_err(failed)?;
        Ok(JournalFile { tell: Some(tell), lost, thread: Some(thread) })
    }

    pub(super) fn append(&self, line: Vec<u8>) {
        self.order(Order::Append(line));
    }

    /// Writes a new file, which takes the place of this one.
    pub(super) fn replace(&self, content: Vec<u8>) {
        self.lost.store(false, Ordering::Relaxed);
        self.order(Order::Replace(content));
    }

    /// Whether something could not be written since the last new file.
    pub(super) fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// As if a line could not be written.
    #[cfg(test)]
    pub(super) fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    fn order(&self, order: Order) {
        let Some(tell) = &self.tell else { return };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = tell.try_send(order) {
            self.lost.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for JournalFile {
    /// Waits until all that was said is written.
    fn drop(&mut self) {
        self.tell = None;
        if let Some(thread) = self.thread.take() {
            // It does not panic; and if it did, there would be nothing to do about it.
            let _ = thread.join();
        }
    }
}

struct Writer {
    path: PathBuf,
    file: File,
    /// Of what was written whole.
    length: u64,
    lost: Arc<AtomicBool>,
}

impl Writer {
    fn work(mut self, orders: &Receiver<Order>) {
        for order in orders {
            let written = match &order {
                Order::Append(line) => self.append(line),
                Order::Replace(content) => self.replace(content),
            };
            if written.is_err() {
                self.lost.store(true, Ordering::Relaxed);
            }
        }
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(line) {
            // The part that was written would hide what follows it.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    fn replace(&mut self, content: &[u8]) -> io::Result<()> {
        let next = self.path.with_extension("tmp");
        let file = write_new(&next, content).and_then(|file| {
            file.sync_data()?;
            std::fs::rename(&next, &self.path).map(|()| file)
        });
        match file {
            Ok(file) => (self.file, self.length) = (file, content.len() as u64),
            Err(error) => {
                // It may not even be there.
                let _ = std::fs::remove_file(&next);
                return Err(error);
            }
        }
        Ok(())
    }
}

/// A file with this content, locked for as long as it is open, to be appended to.
fn write_new(path: &Path, content: &[u8]) -> io::Result<File> {
    // What a run that died has left of a file that it never finished.
    let _ = std::fs::remove_file(path);
    let mut file = OpenOptions::new().append(true).create_new(true).open(path)?;
    // Where the file system knows no locks, nobody can tell whether the run is still on.
    let _ = file.try_lock();
    file.write_all(content)?;
    Ok(file)
}

/// Whether a run that is on is writing this journal, as far as the file system can tell.
pub fn journal_is_in_use(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Where the journal of a run that died goes: `journal-unfinished.jsonl`.
fn aside(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem}-unfinished.{}", extension.to_string_lossy()),
        None => format!("{stem}-unfinished"),
    };
    path.with_file_name(name)
}
