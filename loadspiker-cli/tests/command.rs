//! The command itself, as a user calls it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use loadspiker_core::DurationExt;
use loadspiker_core::collector::JOURNAL;
use loadspiker_core::dsl::*;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::inject::{at_once_users, constant_users_per_sec};
use loadspiker_core::report::{EndReason, RunReport};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn call(program: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(program).args(args).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn loadspiker(args: &[&str]) -> (Option<i32>, String, String) {
    call(env!("CARGO_BIN_EXE_loadspiker"), args)
}

fn run(name: &str) -> RunReport {
    let visit = scenario("Visit").exec(dummy("page", 80.millis()));
    Simulation::new(name)
        .with(visit.inject([constant_users_per_sec(2).during(5.secs())]))
        .simulated_clock()
        .run()
        .unwrap()
}

/// A run folder with a report and nothing else.
fn saved(dir: &Path, name: &str) -> PathBuf {
    let folder = dir.join(name);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("report.json"), run(name).to_json()).unwrap();
    folder
}

#[test]
fn a_report_is_made_again_from_its_folder_or_its_file() {
    let dir = folder("report");
    let saved = saved(&dir, "shop");
    let (code, out, _) = loadspiker(&["report", saved.to_str().unwrap()]);
    assert_eq!(code, Some(0));
    assert!(out.contains("report.html"), "{out}");
    for name in ["report.html", "summary.md", "requests.csv", "junit.xml"] {
        assert!(saved.join(name).is_file(), "{name}");
    }
    let (file, other) = (saved.join("report.json"), dir.join("other"));
    let args = ["report", file.to_str().unwrap(), "--out", other.to_str().unwrap()];
    assert_eq!(loadspiker(&args).0, Some(0));
    assert_eq!(fs::read(other.join("report.json")).unwrap(), fs::read(file).unwrap());
}

#[test]
fn the_report_of_a_run_that_died_is_made_from_its_journal() {
    let dir = folder("died");
    let visit = scenario("Visit").exec(dummy("page", 1.millis()));
    let options = RunOptions { journal: Some(dir.join(JOURNAL)), ..RunOptions::default() };
    Simulation::new("shop").with(visit.inject(at_once_users(3))).run_with(&options, &mut ()).unwrap();
    // As a killed process leaves it: without its last line.
    let journal = fs::read_to_string(dir.join(JOURNAL)).unwrap();
    let lines: Vec<_> = journal.lines().collect();
    fs::write(dir.join(JOURNAL), lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    let (code, out, error) = loadspiker(&["report", dir.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("report.html"), "{out}");
    let report = RunReport::from_json(&fs::read_to_string(dir.join("report.json")).unwrap()).unwrap();
    assert_eq!((report.global().count(), &report.info().end), (3, &EndReason::Unfinished));
    assert!(!report.passed());
}

#[test]
fn runs_are_listed_and_get_a_page_with_links() {
    let dir = folder("runs");
    saved(&dir, "one");
    saved(&dir, "two & three");
    fs::create_dir(dir.join("no run")).unwrap();
    fs::create_dir(dir.join("broken")).unwrap();
    fs::write(dir.join("broken/report.json"), "{").unwrap();
    let (code, out, _) = loadspiker(&["runs", dir.to_str().unwrap()]);
    assert_eq!(code, Some(0));
    assert!(out.contains("two & three") && out.contains("passed") && out.contains("not read: "), "{out}");
    let page = fs::read_to_string(dir.join("index.html")).unwrap();
    assert!(page.contains("href=\"./two%20%26%20three/report.html\""), "{page}");
    assert!(dir.join("one/report.html").is_file(), "a link leads somewhere");
}

#[test]
fn what_is_not_there_is_named_with_the_remedy() {
    let (code, _, error) = loadspiker(&["report", "no/such/folder"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("no/such/folder") && error.contains("give the folder of a run"), "{error}");
    let (code, _, error) = loadspiker(&["runs", "no/such/folder"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("cannot be read"), "{error}");
    assert_eq!(loadspiker(&["repot"]).0, Some(2));
}

#[test]
fn cargo_calls_it_with_its_own_name_first() {
    let dir = folder("cargo");
    saved(&dir, "shop");
    let (code, out, _) = call(env!("CARGO_BIN_EXE_cargo-loadspiker"), &["loadspiker", "runs", dir.to_str().unwrap()]);
    assert_eq!(code, Some(0));
    assert!(out.contains("shop"), "{out}");
}
