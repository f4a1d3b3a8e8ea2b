//! The command line of a load-test program: what it answers with, and what it leaves behind.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use loadspiker_core::assertion::global;
use loadspiker_core::dsl::{
    Chain, Simulation, Steps, crash_load_generator, dummy, exec_fn, scenario, stop_load_generator,
};
use loadspiker_core::inject::at_once_users;
use loadspiker_core::report::RunReport;
use loadspiker_core::{DurationExt, Error};
use loadspiker_report::SimulationMain;

fn simulation(chain: Chain) -> Simulation {
    let users = scenario("S").exec(chain).inject([at_once_users(2)]);
    Simulation::new("Shop: tried").with(users).simulated_clock().seed(1)
}

/// The number that the program ends with.
fn code(simulation: Simulation, args: &[&str]) -> Option<u8> {
    let args = std::iter::once("test").chain(args.iter().copied()).map(OsString::from);
    let code = simulation.main_with(args);
    // An `ExitCode` cannot be compared, only shown.
    (0..=255).find(|number| format!("{:?}", ExitCode::from(*number)) == format!("{code:?}"))
}

/// A folder of this test's own, away when it is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("loadspiker-program-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Scratch(path)
    }

    fn arg(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is not there need not be removed.
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const SILENT: [&str; 2] = ["--quiet", "--no-report"];

#[test]
fn the_exit_code_says_how_it_went() {
    let dummy = || dummy("wait", 1.millis());
    let ok = global().all_requests().count().is(2);
    let wrong = global().all_requests().count().is(3);
    assert_eq!(code(simulation(dummy()).assert(ok.clone()), &SILENT), Some(0));
    assert_eq!(code(simulation(stop_load_generator("enough")), &SILENT), Some(0));
    let panics = || exec_fn(|_| panic!("oh"));
    assert_eq!(code(simulation(panics()), &SILENT), Some(1));
    assert_eq!(code(simulation(panics()).assert(global().panics().count().is(2)), &SILENT), Some(0));
    assert_eq!(code(simulation(exec_fn(|_| Err("broken".into()))), &SILENT), Some(0));
    assert_eq!(code(simulation(dummy()).assert(ok).assert(wrong), &SILENT), Some(1));
    assert_eq!(code(simulation(Chain::new()), &SILENT), Some(2));
    assert_eq!(code(simulation(dummy()), &["--no-such-option"]), Some(2));
    assert_eq!(code(simulation(crash_load_generator("on fire")), &SILENT), Some(3));
}

#[test]
fn help_and_check_run_nothing() {
    // A run of it would end with 3.
    assert_eq!(code(simulation(crash_load_generator("it ran")), &["--help"]), Some(0));
    assert_eq!(code(simulation(crash_load_generator("it ran")), &["--check"]), Some(0));
}

#[test]
fn the_report_in_the_folder_is_read_back() -> Result<(), Error> {
    let scratch = Scratch::new("report");
    let nested = scratch.0.join("deep/er");
    let dir = nested.to_str().unwrap_or_default();
    let args = ["--quiet", "--report-dir", dir, "--users-factor", "3", "--seed", "9"];
    assert_eq!(code(simulation(dummy("wait", 5.millis())), &args), Some(0));
    let written = std::fs::read_dir(&nested).into_iter().flatten().flatten().map(|entry| entry.path());
    let [folder] = written.collect::<Vec<_>>().try_into().unwrap_or_else(|all| panic!("{all:?}"));
    assert!(folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("shop-tried-")), "{folder:?}");
    let report = RunReport::from_json(&std::fs::read_to_string(folder.join("report.json")).unwrap_or_default())?;
    assert_eq!((report.global().count(), report.info().seed), (6, 9));
    let junit = std::fs::read_to_string(folder.join("junit.xml")).unwrap_or_default();
    assert!(junit.contains("<testcase name=\"wait\" classname=\"shop-tried.requests\""), "{junit}");
    Ok(())
}

#[test]
fn a_folder_that_cannot_be_made_is_told_before_the_run() {
    let scratch = Scratch::new("file");
    assert!(std::fs::write(&scratch.0, "a file").is_ok());
    let below = scratch.0.join("results");
    let args = ["--quiet", "--report-dir", below.to_str().unwrap_or_default()];
    // A run of it would end with 3.
    assert_eq!(code(simulation(crash_load_generator("it ran")), &args), Some(2));
}

#[test]
fn a_wrong_simulation_leaves_no_folder() {
    let scratch = Scratch::new("wrong");
    assert_eq!(code(simulation(Chain::new()), &["--quiet", "--report-dir", scratch.arg()]), Some(2));
    assert!(!Path::new(scratch.arg()).exists());
}
