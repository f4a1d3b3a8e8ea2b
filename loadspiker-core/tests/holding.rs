//! Code of the user's that holds up a shard, or never returns: it is named, charged to nobody else, and cannot keep a run
//! from its end.

#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;
use loadspiker_core::engine::{Observer, RunOptions};
use loadspiker_core::feeder::records;
use loadspiker_core::inject::*;
use loadspiker_core::report::EndReason;

/// Keeps what it is warned of.
#[derive(Clone, Default)]
struct Warned(Arc<Mutex<Vec<String>>>);

impl Observer for Warned {
    fn warning(&mut self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

fn never_returns() -> Chain {
    exec_fn(|session| {
        while session.user_id() > 0 {
            std::thread::park();
        }
        Ok(())
    })
}

/// Works for so long, without asking anybody.
fn works(time: Duration) -> Chain {
    exec_fn(move |_| {
        let begin = Instant::now();
        while begin.elapsed() < time {
            std::hint::spin_loop();
        }
        Ok(())
    })
}

#[test]
fn a_closure_that_never_returns_is_named_and_does_not_keep_the_run_from_its_end() {
    let begin = Instant::now();
    let mut warned = Warned::default();
    // Users take turns among shards: the second goes to the other one.
    let stuck = scenario("Stuck")
        .exec(dummy("before", 1.millis()))
        .do_if(|session: &loadspiker_core::Session| session.user_id() == 2, never_returns());
    let simulation = Simulation::new("stuck")
        .shards(2)
        .max_duration(2.secs())
        .grace_period(100.millis())
        .with(stuck.inject([constant_users_per_sec(10).during(1.secs())]));
    let report = simulation.run_with(&RunOptions::default(), &mut warned).unwrap();
    // Promised are 2.1 s and the second after which a turn is stuck.
    assert!(begin.elapsed() < 20.secs(), "{:?}", begin.elapsed());
    let warnings = warned.0.lock().unwrap().join("\n");
    assert!(warnings.contains("shard 1 has been held up for 1.") && warnings.contains("exec_fn at "), "{warnings}");
    assert!(warnings.contains("holding.rs:") && warnings.contains("in scenario \"Stuck\", user 2;"), "{warnings}");

    let EndReason::Aborted(why) = &report.info().end else { panic!("{}", report.info().end) };
    assert!(why.starts_with("shard 1 never came back from exec_fn at"), "{why}");
    assert!(!report.passed());
    assert!(report.warnings().join("\n").contains("Shard 1 never came back from exec_fn"), "{:?}", report.warnings());
    let [step] = &report.info().stuck[..] else { panic!("{:?}", report.info().stuck) };
    assert!((step.shard, step.user, step.given_up) == (1, 2, true) && step.held >= 1.secs());
    // What the other shard has is there, and all that started are accounted for.
    assert!(report.request("before").unwrap().ok_count() >= 5);
    let users = report.users();
    assert_eq!(users.started, users.ended + users.interrupted);
}

#[test]
fn a_hook_that_never_returns_is_given_up_at_its_time_limit() {
    let begin = Instant::now();
    let visit = scenario("Visit").exec(dummy("page", 1.millis())).inject([at_once_users(1)]);
    let simulation = Simulation::new("stuck").hook_time_limit(200.millis()).grace_period(0.secs());
    let error = simulation.before(never_returns()).with(visit).run().unwrap_err().to_string();
    assert!(error.contains("never came back from exec_fn"), "{error}");
    assert!(begin.elapsed() < 20.secs(), "{:?}", begin.elapsed());
}

#[test]
fn code_that_holds_up_a_shard_is_named_with_its_time() {
    let visit = scenario("Slow").repeat(5, works(60.millis()).exec(dummy("page", 1.millis())));
    let report = Simulation::new("slow").shards(1).with(visit.inject([at_once_users(1)])).run().unwrap();
    let found = report.info().holds.iter().find(|(step, _)| step.starts_with("exec_fn at "));
    let (step, holds) = found.unwrap_or_else(|| panic!("{:?}", report.info().holds));
    assert!(step.ends_with("in scenario \"Slow\""), "{step}");
    assert!(holds.count() >= 1 && holds.longest() >= 10.millis(), "{holds:?}");
    let warnings = report.warnings().join("\n");
    assert!(warnings.contains("A step held up the load generator: exec_fn at"), "{warnings}");
}

#[test]
fn code_that_holds_up_a_shard_lets_others_have_their_turn_in_between() {
    // Both arrive together. The one works ten times in a row, the other only makes a request.
    let slow = scenario("Slow").repeat(10, works(100.millis())).inject([at_once_users(1)]);
    let fast = scenario("Fast").pause(1.millis()).exec(dummy("page", 1.millis())).inject([at_once_users(1)]);
    let report = Simulation::new("fair").shards(1).with(slow).with(fast).run().unwrap();
    let lag = report.request("page").unwrap().start_lag().max();
    assert!(lag < 700.millis(), "{lag:?}");
}

#[test]
fn arrivals_that_never_came_because_a_feeder_ended_were_not_dropped_by_a_late_load_generator() {
    let two = records([1, 2].map(|n| [("n", n)]));
    let visit = scenario("Visit").feed(two).exec(dummy("page", 1.millis()));
    let report = Simulation::new("short").shards(1).with(visit.inject([at_once_users(10_000)])).run().unwrap();
    assert!(matches!(report.info().end, EndReason::Aborted(_)));
    let users = report.users();
    assert_eq!((users.started + users.dropped, users.dropped_late), (10_000, 0));
    assert_eq!(users.dropped, users.dropped_at_end);
    let warnings = report.warnings().join("\n");
    assert!(!warnings.contains("dropped"), "{warnings}");
}

#[test]
fn a_billion_users_can_be_stopped() {
    let begin = Instant::now();
    let visit = scenario("Visit").pause(1.hours()).inject([constant_users_per_sec(100_000_000).during(10.secs())]);
    let simulation = Simulation::new("billion").shards(1).maximum_users(1_000).max_duration(500.millis());
    let report = simulation.grace_period(0.secs()).with(visit).run().unwrap();
    assert!(begin.elapsed() < 10.secs(), "{:?}", begin.elapsed());
    let users = report.users();
    assert_eq!((users.started, users.interrupted), (1_000, 1_000));
    assert_eq!(users.started + users.dropped, 50_000_000);
}
