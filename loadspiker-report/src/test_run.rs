//! A load test under `cargo test`: where its results go, and how its failure reads.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use loadspiker_core::Error;
use loadspiker_core::collector::JOURNAL;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::format::printable_lines;
use loadspiker_core::report::RunReport;

use crate::files;
use crate::folder::{clear, conclude, rescue};

/// The results of a test's run, in the [folder](test_folder) of the test.
#[derive(Debug)]
pub struct TestResults {
    folder: PathBuf,
    /// Why nothing can be written there, if so.
    unwritable: Option<Error>,
}

impl TestResults {
    /// Makes the folder ready before the run: what an earlier run has left there is removed, lest it is taken for the
    /// result of this one if this one dies. The journal of an earlier run that died is kept under another name, and a
    /// line on standard error says so; nothing else is printed.
    ///
    /// # Errors
    ///
    /// If results of an earlier run are there and cannot be removed, or if that run is still on. A folder that cannot be
    /// written to is no error: one for build products may be read-only.
    pub fn prepare(package: Option<&str>, test: &str) -> Result<TestResults, String> {
        let folder = test_folder(package, test);
        let made = std::fs::create_dir_all(&folder).map_err(|cause| files::failed(&folder, &cause));
        if folder.is_dir() {
            let kept = clear(&folder).map_err(|error| format!("results of an earlier run are in the way: {error}"))?;
            if let Some(journal) = kept {
                // Whoever closed standard error does not want to know.
                let _ = writeln!(std::io::stderr(), "{test}: {}", rescue(&journal));
            }
        }
        let unwritable = made.and_then(|()| files::probe(&folder)).err();
        Ok(TestResults { folder, unwritable })
    }

    /// The options for the run: with a journal, if there can be one.
    pub fn options(&self) -> RunOptions {
        let journal = self.unwritable.is_none().then(|| self.folder.join(JOURNAL));
        RunOptions { journal, ..RunOptions::default() }
    }

    /// Writes the results of the run. Prints nothing.
    ///
    /// # Errors
    ///
    /// If the run has not passed. The error says why, and where the results are, or why they could not be written. Where a run has passed, results
    /// that could not be written are no error.
    pub fn conclude(self, report: &RunReport) -> Result<(), String> {
        let written = match self.unwritable {
            Some(error) => Err(error),
            None => conclude(report, &self.folder),
        };
        let Some(failure) = report.failure() else { return Ok(()) };
        let failure = match written {
            Ok(()) => format!("{failure}\nresults in {}", self.folder.display()),
            Err(error) => format!("{failure}\nresults could not be written: {error}"),
        };
        // It is printed as the message of a panic.
        Err(printable_lines(&failure).into_owned())
    }
}

/// The folder for the results of a test: `target/loadspiker/<package>/<path of the test>`. The next run of the test
/// writes into the same one.
///
/// `test` is the path of the test with that of its modules, beginning with the name of the test's program, so that tests
/// of one name in several programs have folders of their own. `target` is the folder that cargo builds in, wherever
/// that is.
pub fn test_folder(package: Option<&str>, test: &str) -> PathBuf {
    target_folder().join("loadspiker").join(file_name(package.unwrap_or("tests"))).join(file_name(test))
}

/// The folder that cargo has built this program in.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    // Cargo marks its folder as one that need not be backed up.
    let marked = program.ancestors().skip(1).find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let marked = marked.map(Path::to_owned).or_else(|| above_deps(&program));
    marked.or_else(|| std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from)).unwrap_or_else(|| "target".into())
}

/// `target` of `target/debug/deps/program`.
fn above_deps(program: &Path) -> Option<PathBuf> {
    let deps = program.parent().filter(|folder| folder.ends_with("deps"))?;
    Some(deps.parent()?.parent()?.to_owned())
}

/// A name that every file system takes, different for different texts: `load_tests.inner.match`.
fn file_name(text: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = text.replace("::", ".").replace("r#", "").chars().map(kept).collect();
    let name = name.trim_matches('.');
    let short: String = name.chars().take(100).collect();
    if short == text.replace("::", ".") {
        return short;
    }
    // Something was changed or cut: what is left may be that of another text.
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{short}-{:08x}", hasher.finish() & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tests_become_names_of_folders() {
        assert_eq!(file_name("load_tests::inner::holds"), "load_tests.inner.holds");
        assert!(file_name("load_tests::r#match").starts_with("load_tests.match-"));
        assert_ne!(file_name("a/b"), file_name("a-b"));
        assert!(file_name("../../etc").starts_with("-..-etc-"), "{}", file_name("../../etc"));
        let (long, longer) = ("x".repeat(300), "x".repeat(301));
        assert!(file_name(&long).len() < 120 && file_name(&long) != file_name(&longer));
    }

    #[test]
    fn the_folder_is_in_the_one_that_cargo_builds_in() {
        let folder = test_folder(Some("shop"), "load::holds");
        assert!(folder.ends_with("loadspiker/shop/load.holds"), "{}", folder.display());
        let program = std::env::current_exe().unwrap();
        assert!(program.starts_with(folder.ancestors().nth(3).unwrap()), "{}", folder.display());
        assert_eq!(above_deps(Path::new("/x/target/release/deps/a-1f")), Some("/x/target".into()));
        assert_eq!(above_deps(Path::new("/usr/bin/a")), None);
    }
}
