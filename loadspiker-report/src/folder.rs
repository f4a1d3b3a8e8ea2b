//! The run folder: result files of one run.

use std::path::{Path, PathBuf};

use loadspiker_core::Error;
use loadspiker_core::report::RunReport;

use crate::html::html;
use crate::junit::junit;

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
    let stem = format!("{}-{}", slug(&report.info().simulation), utc(report.info().started_at_ms / 1000));
    let path = (1_u32..)
        .map(|n| dir.join(if n == 1 { stem.clone() } else { format!("{stem}-{n}") }))
        .find(|path| !path.exists())
        .unwrap_or_else(|| dir.join(&stem));
    write_results(report, &path)?;
    Ok(Folder { path })
}

/// Writes the results of a run into this folder, which is made if it is not there:
///
/// * `report.html`, the run as a page that needs nothing beside itself;
/// * `report.json`, which [`RunReport::from_json`] reads again;
/// * `junit.xml`, which build servers show: a test case for the run itself, for each assertion and for each request.
///
/// # Errors
///
/// [`Error::Io`] with the path that could not be written.
pub fn write_results(report: &RunReport, folder: &Path) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |cause: std::io::Error| Error::Io { path, cause: cause.to_string() }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, text) in [("report.html", html(report)), ("report.json", report.to_json()), ("junit.xml", junit(report))] {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(failed(&file))?;
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
