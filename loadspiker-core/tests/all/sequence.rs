//! Populations that follow one another with a delay, on the simulated clock; what cannot start is a mistake.

use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::inject::*;
use loadspiker_testkit::{Trace, mistakes, run};

/// A scenario of one user that comes by and stays for so many seconds.
fn stay(trace: &Trace, name: &str, secs: u64) -> Population {
    scenario(name).exec(trace.probe(name)).pause(secs).inject(at_once_users(1))
}

#[test]
fn a_population_starts_its_delay_after_all_users_of_another_are_done() {
    let trace = Trace::default();
    let first = scenario("first").exec(trace.probe("first")).pause(1500.millis());
    let first = first.inject([constant_users_per_sec(1).during(3.secs())]);
    // Written before the one it waits for.
    run([stay(&trace, "second", 1).start_after("first", 250.millis()), first]);
    assert_eq!(trace.millis("first"), [0, 1000, 2000]);
    assert_eq!(trace.millis("second"), [3750]);
}

#[test]
fn of_several_it_waits_for_the_last() {
    let trace = Trace::default();
    let (long, short) = (stay(&trace, "long", 10), stay(&trace, "short", 2));
    let after = |name: &str, delays: [u64; 2]| {
        stay(&trace, name, 1).start_after("long", delays[0].secs()).start_after("short", delays[1].secs())
    };
    run([after("a", [1, 3]), after("b", [0, 20]), long, short]);
    assert_eq!(trace.millis("a"), [11_000]);
    assert_eq!(trace.millis("b"), [22_000]);
}

#[test]
fn it_waits_beside_what_it_follows() {
    let trace = Trace::default();
    let tree = stay(&trace, "parent", 1).and_then(stay(&trace, "child", 1).start_after("other", 5.secs()));
    run([tree, stay(&trace, "other", 3), stay(&trace, "leaf", 1).start_after("child", Duration::ZERO)]);
    assert_eq!(trace.millis("child"), [8000]);
    assert_eq!(trace.millis("leaf"), [9000]);
}

#[test]
fn nobody_starts_after_the_maximum_duration() {
    let trace = Trace::default();
    let late = stay(&trace, "late", 1).start_after("first", 1.hours());
    let simulation = Simulation::new("limited").simulated_clock().max_duration(1.minutes());
    let report = simulation.with(stay(&trace, "first", 1)).with(late).run().unwrap();
    assert_eq!(trace.names(), ["first"]);
    assert!(report.info().duration <= 60.secs(), "{:?}", report.info().duration);
}

#[test]
fn a_delay_holds_in_real_time_and_on_all_shards() {
    let trace = Trace::default();
    let first = scenario("first").exec(trace.probe("first")).inject(at_once_users(4));
    let second = scenario("second").exec(trace.probe("second")).inject(at_once_users(6));
    let second = second.start_after("first", 30.millis());
    Simulation::new("real").shards(3).with(second).with(first).run().unwrap();
    let at = trace.millis("second");
    assert_eq!(at.len(), 6);
    // One instant for all of them.
    assert!(at.iter().all(|one| *one == at[0] && *one >= 30), "{at:?}");
}

#[test]
fn the_plan_tells_of_delays_and_counts_them() {
    let users = |name: &str| scenario(name).pause(1).inject([constant_users_per_sec(1).during(10.secs())]);
    let last = users("last").start_after("middle", 5.secs()).start_after("first", 500.millis());
    let middle = users("middle").start_after("first", Duration::ZERO);
    let plan = Simulation::new("x").with(last).with(middle).with(users("first")).plan(&RunOptions::default()).unwrap();
    assert_eq!(plan.injection(), Some(35.secs()));
    let text = plan.to_string();
    assert!(text.contains("scenario \"last\"\n  5 s after middle\n  500 ms after first\n"), "{text}");
    assert!(text.contains("scenario \"middle\"\n  after first\n"), "{text}");
}

#[test]
fn a_name_that_no_scenario_has_is_a_mistake() {
    let trace = Trace::default();
    let text = mistakes([stay(&trace, "a", 1).start_after("Frist", 1.secs()), stay(&trace, "First", 1)]);
    assert!(text.contains("scenario \"a\", start_after \"Frist\", at "), "{text}");
    assert!(text.contains("sequence.rs") && text.contains("(there are: \"First\")"), "{text}");
    let text = mistakes([stay(&trace, "a", 1).start_after("b", 1.secs())]);
    assert!(text.contains("(there are: no other)"), "{text}");
}

#[test]
fn a_population_that_waits_for_itself_is_a_mistake() {
    let text = mistakes([stay(&Trace::default(), "a", 1).start_after("a", 1.secs())]);
    assert!(text.contains("it cannot start after itself"), "{text}");
}

#[test]
fn an_endless_delay_is_a_mistake() {
    let trace = Trace::default();
    let text = mistakes([stay(&trace, "a", 1).start_after("b", Duration::MAX), stay(&trace, "b", 1)]);
    assert!(text.contains("longer than ten years"), "{text}");
}

#[test]
fn circles_are_mistakes_each_told_once() {
    let trace = Trace::default();
    let one = |name: &str, after: &str| stay(&trace, name, 1).start_after(after, 1.secs());
    // A circle of three, one that hangs on it, one of two with the help of `and_then`, and one that is well.
    let text = mistakes([
        one("a", "b"),
        one("b", "c"),
        one("c", "a"),
        one("tail", "a"),
        one("parent", "child").and_then(stay(&trace, "child", 1)),
        stay(&trace, "free", 1),
        one("fine", "free"),
    ]);
    assert!(text.contains("2 mistakes"), "{text}");
    assert!(
        text.contains("it starts after \"b\", which starts after \"c\", which starts after \"a\": none of them"),
        "{text}"
    );
    assert!(text.contains("it starts after \"child\", which starts after \"parent\": none of them"), "{text}");
    assert!(!text.contains("tail") && !text.contains("fine"), "{text}");
}
