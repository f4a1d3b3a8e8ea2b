//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use loadspiker_core::Error;

/// How many bytes a folder must have room for when a run begins: about what a small report takes.
const ROOM: usize = 256 << 10;

/// Writes a file: under another name at first, and synced, so that neither a full disk nor a crash leaves half of it, or
/// takes away the one that was there before.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let unfinished = unfinished(path);
    let written = write_synced(&unfinished, content).and_then(|()| std::fs::rename(&unfinished, path));
    if written.is_err() {
        // It may not even be there.
        let _ = std::fs::remove_file(&unfinished);
    }
    written.map_err(|cause| failed(path, &cause))?;
    // So that the new name outlives a crash of the machine, where the system can tell so.
    let _ = path.parent().map(File::open).map(|folder| folder.and_then(|folder| folder.sync_all()));
    Ok(())
}

/// Makes sure that files can be written in this folder, and that there is some room for them.
pub(crate) fn probe(folder: &Path) -> Result<(), Error> {
    let path = unfinished(&folder.join("probe"));
    let written = write_synced(&path, &vec![b'x'; ROOM]);
    let _ = std::fs::remove_file(&path);
    written.map_err(|cause| failed(folder, &cause))
}

/// Removes a file, which need not be there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(failed(path, &cause)),
        _ => Ok(()),
    }
}

pub(crate) fn failed(path: &Path, cause: &io::Error) -> Error {
    Error::io(path.display(), cause)
}

/// The name of a file that is being written: `.report.json.tmp`.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    path.with_file_name(format!(".{}.tmp", path.file_name().unwrap_or_default().to_string_lossy()))
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing_behind_and_the_old_one_in_place() {
        let folder = std::env::temp_dir().join(format!("loadspiker-files-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("taken")).unwrap();
        let report = folder.join("report.json");
        write(&report, b"one").unwrap();
        write(&report, b"two").unwrap();
        assert_eq!(std::fs::read(&report).unwrap(), b"two");
        // What cannot take its name is away again; what cannot even be begun changes nothing.
        assert!(write(&folder.join("taken"), b"three").is_err());
        std::fs::create_dir(unfinished(&report)).unwrap();
        let error = write(&report, b"three").unwrap_err().to_string();
        assert!(error.starts_with(&report.display().to_string()), "{error}");
        assert_eq!(std::fs::read(&report).unwrap(), b"two");
        let mut left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".report.json.tmp", "report.json", "taken"]);
        probe(&folder).unwrap();
        assert!(probe(&report).is_err());
        remove(&folder.join("none")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
