//! `loadspiker runs [DIR]`: the runs in a folder, the latest first.

use std::fs;
use std::path::Path;

use loadspiker_report::{ListedRun, report_page, run_index, run_table};

use crate::report::{is_run, read};

/// Lists the runs whose folders are in `dir`, writes `index.html` there, and the page of a run that has none. What is no run is passed over; a report that
/// cannot be read is named.
pub(crate) fn list(dir: &Path) -> Result<String, String> {
    let entries = fs::read_dir(dir).map_err(|error| {
        format!("{} cannot be read: {error}; give the folder that load tests write their results to", dir.display())
    })?;
    let mut runs = Vec::new();
    let mut unread = Vec::new();
    for entry in entries.flatten() {
        let folder = entry.path();
        if !is_run(&folder) {
            continue;
        }
        match read(&folder) {
            Ok((_, report)) => {
                let page = folder.join("report.html");
                if !page.exists() {
                    // Of a run that died, or that an earlier version has written.
                    fs::write(&page, report_page(&report)).map_err(|error| format!("{}: {error}", page.display()))?;
                }
                runs.push(ListedRun::new(entry.file_name().to_string_lossy(), &report));
            }
            Err(message) => unread.push(message),
        }
    }
    runs.sort_by(|a, b| b.cmp(a));
    let mut text = if runs.is_empty() {
        format!("no runs in {}\n", dir.display())
    } else {
        let index = dir.join("index.html");
        fs::write(&index, run_index(&runs)).map_err(|error| format!("{}: {error}", index.display()))?;
        format!("{}\nwritten to {}\n", run_table(&runs), index.display())
    };
    unread.sort();
    unread.iter().for_each(|message| text.push_str(&format!("not read: {message}\n")));
    Ok(text)
}
