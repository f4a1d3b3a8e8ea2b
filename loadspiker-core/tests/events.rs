//! What a run tells through `tracing`, to a subscriber of the thread that starts it.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::io;
use std::sync::{Arc, Mutex};

use loadspiker_core::dsl::{Simulation, Steps, dummy, exec_fn, scenario};
use loadspiker_core::inject::at_once_users;
use loadspiker_core::{DurationExt, StepError};
use tracing::Level;

/// What was logged, line by line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Runs this, and returns what was logged at `level` and above.
    fn of(level: Level, run: impl FnOnce()) -> String {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, run);
        let bytes = log.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }
}

fn failing() -> Simulation {
    let fail = exec_fn(|session| {
        session.set("password", "hunter2")?;
        session.set("time", "never")?;
        Err(StepError::new("hunter2 is wrong\u{1b}[2J\nforged line"))
    });
    let visit = scenario("Visit").exec(dummy("page", 80.millis())).exec(fail).exec(dummy("bad", "#{time}"));
    Simulation::new("shop").with(visit.inject([at_once_users(1)])).simulated_clock().shards(1)
}

#[test]
fn a_run_tells_its_decisions_and_the_failures_of_users() {
    let log = Log::of(Level::DEBUG, || drop(failing().run().unwrap()));
    let place = |text: &str| log.find(text).unwrap_or_else(|| panic!("{text:?} is not in\n{log}"));
    let begin = place("the run begins simulation=shop");
    let starts = place("a population starts scenario=Visit");
    let step = place("a step failed user=1 scenario=Visit error=");
    let request = place("a request failed user=1 scenario=Visit request=bad error=");
    let over = place("the run is over");
    assert!(begin < starts && starts < step && step < request && request < over, "{log}");
    assert!(log.contains("shard{index=0}"), "{log}");
}

#[test]
fn secrets_are_masked_and_texts_are_harmless() {
    let log = Log::of(Level::TRACE, || drop(failing().run().unwrap()));
    assert!(log.contains("••• is wrong\\u{1b}[2J\\nforged line") && !log.contains("hunter2"), "{log}");
    assert!(!log.contains('\u{1b}') && !log.contains("\nforged"), "{log}");
}

#[test]
fn a_request_that_ends_well_tells_nothing() {
    let run = |users| {
        let visit = scenario("Visit").repeat(10, dummy("page", 80.millis()).pause(1)).inject([at_once_users(users)]);
        Simulation::new("shop").with(visit).simulated_clock().shards(1).run().unwrap()
    };
    let lines = |users| Log::of(Level::TRACE, || drop(run(users))).lines().count();
    assert_eq!(lines(1), lines(50));
}

#[test]
fn the_end_that_was_asked_for_is_told_with_its_reason() {
    let visit = scenario("Visit").forever(dummy("page", 80.millis())).inject([at_once_users(1)]);
    let simulation = Simulation::new("shop").with(visit).shards(1);
    let log = Log::of(Level::INFO, || {
        let run = simulation.start().unwrap();
        run.handle().stop("seen enough").unwrap();
        drop(run.wait().unwrap());
    });
    let stopping =
        log.lines().find(|line| line.contains("the run is being stopped")).unwrap_or_else(|| panic!("{log}"));
    assert!(stopping.contains("seen enough"), "{log}");
}
