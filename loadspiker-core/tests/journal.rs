//! Runs that are killed, in processes of their own: what their journals tell.
//!
//! The process is this test binary again, made to run the test that is a program.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use loadspiker_core::DurationExt;
use loadspiker_core::assertion::global;
use loadspiker_core::collector::{JOURNAL, journal_is_in_use};
use loadspiker_core::dsl::{Simulation, Steps, dummy, scenario};
use loadspiker_core::engine::RunOptions;
use loadspiker_core::inject::constant_users_per_sec;
use loadspiker_core::report::{EndReason, RunReport};

/// Names the journal that the program writes.
const JOURNAL_OF_PROGRAM: &str = "LOADSPIKER_TEST_JOURNAL";

/// A hundred visits a second, for as long as it is let.
fn visits(lasting: Duration) -> Simulation {
    let visit = scenario("Visit").group("shop", dummy("page", 2.millis()));
    Simulation::new("visits")
        .with(visit.inject([constant_users_per_sec(100).during(lasting)]))
        .assert(global().failed_requests().count().is(0))
        .assert(global().all_requests().count().gt(1_000_000))
        .shards(2)
        .seed(11)
}

#[test]
#[ignore = "a program that other tests run and kill"]
fn program() {
    let Some(journal) = std::env::var_os(JOURNAL_OF_PROGRAM) else { return };
    let options = RunOptions { journal: Some(journal.into()), ..RunOptions::default() };
    visits(1.hours()).run_with(&options, &mut ()).unwrap();
}

/// A folder of a test's own, away when it is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("loadspiker-killed-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that is killed at the end, whatever happens.
struct Process(Child);

impl Process {
    fn start(journal: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["program", "--exact", "--ignored", "--nocapture"]).env(JOURNAL_OF_PROGRAM, journal);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Process(command.spawn().unwrap())
    }

    /// Waits until it has written so many seconds, and kills it: SIGKILL, where there are signals.
    fn kill_after(&mut self, seconds: usize, journal: &Path) {
        let deadline = Instant::now() + Duration::from_secs(60);
        // The first line is no second.
        let written = || fs::read_to_string(journal).unwrap_or_default().matches('\n').count();
        while written() < seconds + 1 {
            assert!(self.0.try_wait().unwrap().is_none(), "the program has ended");
            assert!(Instant::now() < deadline, "the program writes no journal");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_killed_run_is_reported_up_to_its_last_second() {
    let scratch = Scratch::new("run");
    let journal = scratch.0.join(JOURNAL);
    let mut process = Process::start(&journal);
    process.kill_after(3, &journal);
    assert!(!journal_is_in_use(&journal));

    let report = RunReport::from_journal(&scratch.0).unwrap();
    let info = report.info();
    assert_eq!(
        (info.simulation.as_str(), info.seed, info.shards, &info.end),
        ("visits", 11, 2, &EndReason::Unfinished)
    );
    assert!(info.started_at_ms > 0 && !info.version.is_empty());
    assert!(info.duration >= 3.secs(), "{:?}", info.duration);
    let seconds = info.duration.as_secs();
    let count = report.global().count();
    // Arrivals are exact; those of the last instant may still be on their way.
    assert!((100 * (seconds - 1)..=100 * seconds).contains(&count), "{count} in {seconds} s");
    assert_eq!(report.series().iter().map(|second| second.ok).sum::<u64>(), count);
    assert_eq!(report.group("shop").unwrap().count(), count);
    assert_eq!(report.windows().len() as u64, seconds);
    let selected = report.windows().select(Duration::ZERO, Duration::MAX);
    assert_eq!(selected.request("shop / page").unwrap().ok.count(), count);
    assert_eq!(report.assertions().iter().map(|result| result.passed).collect::<Vec<_>>(), [true, false]);
    assert!(!report.passed());
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn the_next_run_in_the_place_of_a_killed_one_keeps_its_journal() {
    let scratch = Scratch::new("next");
    let journal = scratch.0.join(JOURNAL);
    Process::start(&journal).kill_after(1, &journal);
    let killed = RunReport::from_journal(&journal).unwrap();

    let options = RunOptions { journal: Some(journal.clone()), ..RunOptions::default() };
    let report = visits(300.millis()).run_with(&options, &mut ()).unwrap();
    assert_eq!(RunReport::from_journal(scratch.0.join("journal-unfinished.jsonl")).unwrap(), killed);
    // The whole report is in the journal of a run that has ended.
    assert_eq!(RunReport::from_journal(&journal).unwrap(), report);
}

#[test]
fn a_journal_that_cannot_be_written_keeps_the_run_from_starting() {
    let scratch = Scratch::new("unwritable");
    fs::write(scratch.0.join("file"), "").unwrap();
    let options = RunOptions { journal: Some(scratch.0.join("file").join(JOURNAL)), ..RunOptions::default() };
    let error = visits(1.hours()).run_with(&options, &mut ()).unwrap_err().to_string();
    assert!(error.starts_with("the journal ") && error.contains("the run needs a folder"), "{error}");
}
