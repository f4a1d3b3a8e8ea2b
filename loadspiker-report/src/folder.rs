//! The run folder: result files of one run.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use loadspiker_core::Error;
use loadspiker_core::collector::{JOURNAL, UNFINISHED_JOURNAL, journal_is_in_use};
use loadspiker_core::report::RunReport;

use crate::files;
use crate::junit::junit;

/// Files that hold the result of a run.
const RESULTS: [&str; 2] = ["report.json", "junit.xml"];

/// Where a run's results were written.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The folder: `DIR/<simulation>-<UTC date and time>`.
    pub path: PathBuf,
}

/// Makes a folder for the run in `dir` and writes its [results](write_results) into it.
///
/// # Errors
///
/// [`Error::Io`] with the path that could not be written.
pub fn write_run_folder(report: &RunReport, dir: &Path) -> Result<Folder, Error> {
    let path = make_run_folder(dir, &report.info().simulation, report.info().started_at_ms / 1000)?;
    write_results(report, &path)?;
    Ok(Folder { path })
}

/// Makes a folder of its own for a run that begins, or began, at this second.
fn make_run_folder(dir: &Path, simulation: &str, unix_seconds: u64) -> Result<PathBuf, Error> {
    std::fs::create_dir_all(dir).map_err(|cause| files::failed(dir, &cause))?;
    let stem = format!("{}-{}", slug(simulation), utc(unix_seconds));
    let mut number = 1_u32;
    loop {
        let path = dir.join(if number == 1 { stem.clone() } else { format!("{stem}-{number}") });
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => number = number.saturating_add(1),
            Err(cause) => return Err(files::failed(&path, &cause)),
        }
    }
}

/// The folder of a run that is about to begin, or on.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    /// The folder it is in, if that was not there before.
    made: Option<PathBuf>,
}

impl RunFolder {
    /// Makes a folder for a run of this simulation in `dir`, and makes sure that its results can be written there.
    pub(crate) fn open(dir: &Path, simulation: &str) -> Result<RunFolder, Error> {
        let made = (!dir.is_dir()).then(|| dir.to_owned());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let folder = make_run_folder(dir, simulation, now).map(|path| RunFolder { path, made });
        let checked = folder.and_then(|folder| match files::probe(&folder.path) {
            Ok(()) => Ok(folder),
            Err(error) => {
                folder.discard();
                Err(error)
            }
        });
        checked.map_err(|error| {
            let remedy = "choose another folder with --report-dir, or write no results with --no-report";
            match error {
                Error::Io { path, cause } => {
                    Error::Io { path: format!("folder for results {path}"), cause: format!("{cause}; {remedy}") }
                }
                error => error,
            }
        })
    }

    /// Where the journal of the run goes.
    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the results of the run. The journal has done its service then; if they cannot be written, it stays.
    pub(crate) fn conclude(&self, report: &RunReport) -> Result<(), Error> {
        conclude(report, &self.path)
    }

    /// There was no run: leaves no empty folder behind; one with something in it stays.
    pub(crate) fn discard(self) {
        let _ = std::fs::remove_file(self.journal());
        let _ = std::fs::remove_dir(&self.path);
        self.made.into_iter().for_each(|dir| drop(std::fs::remove_dir(dir)));
    }
}

/// Writes the results of a run into its folder, and removes its journal if that is done.
pub(crate) fn conclude(report: &RunReport, folder: &Path) -> Result<(), Error> {
    let journal = folder.join(JOURNAL);
    match write_results(report, folder) {
        Ok(()) => files::remove(&journal),
        Err(Error::Io { path, cause }) if journal.exists() => {
            let rescue = format!("RunReport::from_journal reads what was measured from {}", journal.display());
            Err(Error::Io { path, cause: format!("{cause}; {rescue}") })
        }
        Err(error) => Err(error),
    }
}

/// Removes what an earlier run has left in a folder, lest it is taken for the result of the next one. The journal of a
/// run that died is kept under another name, which is returned.
pub(crate) fn clear(folder: &Path) -> Result<Option<PathBuf>, Error> {
    for name in RESULTS {
        let path = folder.join(name);
        files::remove(&path)?;
        files::remove(&files::unfinished(&path))?;
    }
    set_aside(folder)
}

/// Moves the journal of a run that died to the name that it is kept under.
fn set_aside(folder: &Path) -> Result<Option<PathBuf>, Error> {
    let (journal, kept) = (folder.join(JOURNAL), folder.join(UNFINISHED_JOURNAL));
    if !journal.exists() {
        return Ok(None);
    }
    if journal_is_in_use(&journal) {
        let cause = "another run is writing it; let it end first".to_owned();
        return Err(Error::Io { path: journal.display().to_string(), cause });
    }
    std::fs::rename(&journal, &kept).map_err(|cause| files::failed(&journal, &cause))?;
    Ok(Some(kept))
}

/// The journals of runs in `dir` that died, each told once: they are kept under another name from then on.
pub(crate) fn died(dir: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let died = folders.filter(|folder| !folder.join(RESULTS[0]).exists());
    // One that is on, or may not be moved, is not told.
    let mut died: Vec<_> = died.filter_map(|folder| set_aside(&folder).ok().flatten()).collect();
    died.sort();
    died
}

/// What is said of a run that died.
pub(crate) fn rescue(journal: &Path) -> String {
    format!(
        "a previous run died without a report; RunReport::from_journal(\"{}\") reads what it measured",
        journal.display()
    )
}

/// Writes the results of a run into this folder, which is made if it is not there:
///
/// * `report.json`, which [`RunReport::from_json`] reads again;
/// * `junit.xml`, which build servers show: a test case for the run itself, for each assertion and for each request.
///
/// A file is written under another name first, so that it is there whole or not at all.
///
/// # Errors
///
/// [`Error::Io`] with the path that could not be written.
pub fn write_results(report: &RunReport, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|cause| files::failed(folder, &cause))?;
    for (name, text) in RESULTS.into_iter().zip([report.to_json(), junit(report)]) {
        files::write(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// A name that every file system takes.
pub(crate) fn slug(name: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() { c.to_lowercase().collect() } else { "-".to_owned() };
    let words: String = name.chars().flat_map(|c| kept(c).chars().collect::<Vec<_>>()).collect();
    let joined = words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let short: String = joined.chars().take(60).collect();
    if short.is_empty() { "run".to_owned() } else { short }
}

/// `20261123-141530` for seconds since 1970.
fn utc(unix_seconds: u64) -> String {
    let [year, month, day, hour, minute, second] = civil(unix_seconds);
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
}

/// Year, month, day, hour, minute and second for seconds since 1970, by the civil calendar (H. Hinnant,
/// "chrono-compatible low-level date algorithms": days are counted in eras of 400 years that begin on 1 March).
pub(crate) fn civil(unix_seconds: u64) -> [u64; 6] {
    let (days, seconds) = (unix_seconds / 86_400 + 719_468, unix_seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    [year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_by_the_civil_calendar() {
        assert_eq!(utc(0), "19700101-000000");
        assert_eq!(utc(951_782_399), "20000228-235959");
        assert_eq!(utc(951_782_400), "20000229-000000");
        assert_eq!(utc(1_795_443_330), "20261123-141530");
    }

    #[test]
    fn any_name_makes_a_folder_name() {
        assert_eq!(slug("Shop: Black Friday / 2026"), "shop-black-friday-2026");
        assert_eq!(slug("../../etc"), "etc");
        assert_eq!(slug("???"), "run");
        assert_eq!(slug(&"x".repeat(500)).len(), 60);
    }
}
