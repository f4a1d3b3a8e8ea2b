//! `loadspiker report PATH`: the result files of a run, made again, or for the first time of a run that died.

use std::fs;
use std::path::{Path, PathBuf};

use loadspiker_core::collector::{JOURNAL, UNFINISHED_JOURNAL, journal_is_in_use};
use loadspiker_core::report::RunReport;

/// Reads the report at this path and writes its files into `out`, or else beside it. Says where.
pub(crate) fn write(path: &Path, out: Option<PathBuf>) -> Result<String, String> {
    let (file, report) = read(path)?;
    let folder = match out {
        Some(folder) => folder,
        None => file.parent().map(Path::to_owned).unwrap_or_default(),
    };
    // Of a file named without a folder the parent is empty: the current one.
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    loadspiker_report::write_results(&report, &folder).map_err(|error| error.to_string())?;
    Ok(format!("written to {}\n", folder.join("report.html").display()))
}

/// Whether there is a run in this folder that is over, or whose process died.
pub(crate) fn is_run(folder: &Path) -> bool {
    let journal = folder.join(JOURNAL);
    folder.join("report.json").is_file()
        || folder.join(UNFINISHED_JOURNAL).is_file()
        || (journal.is_file() && !journal_is_in_use(&journal))
}

/// The report in a run's folder, or in this file; with the file's path. Of a run that died it is made from its journal.
pub(crate) fn read(path: &Path) -> Result<(PathBuf, RunReport), String> {
    let file = if path.is_dir() { path.join("report.json") } else { path.to_owned() };
    if !file.exists() && path.is_dir() || file.extension().is_some_and(|extension| extension == "jsonl") {
        let report = RunReport::from_journal(path)
            .map_err(|error| format!("{} has no report.json, nor can a journal be read: {error}", path.display()))?;
        return Ok((if path.is_dir() { file } else { path.to_owned() }, report));
    }
    let json = fs::read_to_string(&file).map_err(|error| {
        format!("{} cannot be read: {error}; give the folder of a run, or its report.json", file.display())
    })?;
    let report = RunReport::from_json(&json).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok((file, report))
}
