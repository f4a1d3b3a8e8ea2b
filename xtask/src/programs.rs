//! Finding programs, and asking them whether they work.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where servers are installed; the path of an ordinary user often leaves these out.
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/// Where Debian keeps the programs of PostgreSQL, in a folder for each version.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// The folders of programs of each version of something.
fn versioned_folders(of: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let versions = of.read_dir().into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin"))
}

/// The place of a program: the first match in `PATH`, then in the system folders, then in those of PostgreSQL.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    find_in(name, &env::var_os("PATH").unwrap_or_default())
}

fn find_in(name: &str, path: &OsStr) -> Option<PathBuf> {
    let system = SYSTEM_FOLDERS.iter().map(PathBuf::from);
    let folders = env::split_paths(path).chain(system).chain(versioned_folders(Path::new(POSTGRESQL)));
    folders.map(|folder| folder.join(name)).find(|candidate| is_executable(candidate))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// Whether the command can be run and ends well. It sees no input, and what it prints is thrown away.
pub(crate) fn works(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A command that runs the cargo which runs us, in a clean environment.
///
/// `cargo run` tells a program about its package in variables. Build scripts of some dependencies watch a few of them,
/// and would be run again with everything above them whenever `cargo` and `cargo xtask` take turns.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_about_our_package) {
            command.env_remove(name);
        }
    }
    command
}

fn is_about_our_package(variable: &str) -> bool {
    let names = ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "OUT_DIR"];
    variable.starts_with("CARGO_PKG_") || variable == "CARGO_PRIMARY_PACKAGE" || names.contains(&variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_is_found_where_the_path_says() {
        assert_eq!(find_in("sh", OsStr::new("/nowhere:/bin")), Some(PathBuf::from("/bin/sh")));
        assert_eq!(find_in("no-such-program", OsStr::new("/bin")), None);
    }

    #[test]
    fn versions_have_folders_of_their_own() {
        let root = env::temp_dir().join(format!("xtask-versions-{}", std::process::id()));
        std::fs::create_dir_all(root.join("15")).unwrap();
        let folders: Vec<PathBuf> = versioned_folders(&root).collect();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(folders, [root.join("15").join("bin")]);
        assert_eq!(versioned_folders(Path::new("/nowhere")).count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_run_is_no_program() {
        assert_eq!(find_in("passwd", OsStr::new("/etc")), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_command_works_if_it_ends_well() {
        assert!(works("true", &[]));
        assert!(!works("false", &[]));
        assert!(!works("no-such-program", &[]));
    }

    #[test]
    fn only_variables_about_the_package_are_kept_from_cargo() {
        for gone in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PRIMARY_PACKAGE"] {
            assert!(is_about_our_package(gone), "{gone}");
        }
        for kept in ["CARGO", "CARGO_HOME", "CARGO_TARGET_DIR", "PATH", "RUSTUP_TOOLCHAIN"] {
            assert!(!is_about_our_package(kept), "{kept}");
        }
    }
}
