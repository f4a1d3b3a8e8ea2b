//! Arrivals, the end of a run, errors of steps: what the engine does with users, on the simulated clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loadspiker_core::dsl::*;
use loadspiker_core::feeder::records;
use loadspiker_core::inject::*;
use loadspiker_core::report::EndReason;
use loadspiker_core::{DurationExt, Error};
use loadspiker_testkit::{Trace, run};

#[test]
fn arrivals_of_a_constant_rate_are_exact() {
    let trace = Trace::default();
    let report = run([scenario("s").exec(trace.probe("a")).inject([constant_users_per_sec(500).during(20.secs())])]);
    assert_eq!(report.users_started(), 10_000);
    let passages = trace.passages();
    assert!(passages.iter().enumerate().all(|(i, (_, _, at))| *at == 2.millis() * u32::try_from(i).unwrap()));
}

#[test]
fn slow_users_do_not_slow_arrivals() {
    let trace = Trace::default();
    let chain = trace.probe("a").pause(60);
    run([scenario("s").exec(chain).inject([constant_users_per_sec(1).during(4.secs())])]);
    assert_eq!(trace.millis("a"), [0, 1000, 2000, 3000]);
}

#[test]
fn every_user_has_its_own_number() {
    let trace = Trace::default();
    let report = Simulation::new("ids")
        .shards(3)
        .with(scenario("s").exec(trace.probe("a")).inject([at_once_users(100)]))
        .run()
        .unwrap();
    assert_eq!(report.users_started(), 100);
    let mut ids: Vec<_> = trace.passages().into_iter().map(|(id, _, _)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100);
}

#[test]
fn a_closed_profile_replaces_users_that_end_by_new_ones_at_once() {
    let trace = Trace::default();
    let chain = trace.probe("in").pause(1);
    let report = run([scenario("s").exec(chain).inject([constant_concurrent_users(3).during(10.secs())])]);
    // Ten seconds of users that stay for one, three at a time; a microsecond lies between one and the next.
    assert_eq!(report.users_started(), 30);
    let mut ids: Vec<_> = trace.passages().into_iter().map(|(id, _, _)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 30);
}

#[test]
fn a_user_that_takes_the_place_of_another_begins_with_an_empty_session() {
    let trace = Trace::default();
    let chain = trace.probe("#{seen.exists()}").exec_fn(|session| Ok(session.set("seen", true)?)).pause(1);
    run([scenario("s").exec(chain).inject([constant_concurrent_users(1).during(3.secs())])]);
    assert_eq!(trace.names(), ["false", "false", "false"]);
}

#[test]
fn ramping_down_never_ends_users_early() {
    let trace = Trace::default();
    let chain = pause(5).exec(trace.probe("out"));
    let report = run([scenario("s").exec(chain).inject([ramp_concurrent_users(4).to(0).during(4.secs())])]);
    assert_eq!(report.users_interrupted(), 0);
    assert_eq!(trace.names().len() as u64, report.users_started());
    assert_eq!(report.users_started(), 4);
}

#[test]
fn users_that_do_nothing_do_not_bring_time_to_a_halt() {
    let report = run([scenario("s").exec(pause(0)).inject([constant_concurrent_users(1).during(10.millis())])]);
    assert!((9_000..=10_001).contains(&report.users_started()), "{}", report.users_started());
}

#[test]
fn what_follows_starts_when_all_users_of_the_level_before_are_done() {
    let trace = Trace::default();
    let stay = |name: &str, secs: u64| scenario(name).exec(trace.probe(name)).pause(secs);
    let child = stay("child", 3).inject([at_once_users(1)]).and_then(stay("grandchild", 2).inject([at_once_users(1)]));
    let tree = stay("parent", 5)
        .inject([at_once_users(2)])
        .and_then(child)
        .and_then(stay("last", 1).inject([at_once_users(1)]));
    run([tree, stay("beside", 1).inject([at_once_users(1)])]);
    let at = |name| trace.millis(name);
    assert_eq!(at("parent"), [0, 0]);
    assert_eq!(at("beside"), [0]);
    assert_eq!(at("child"), [5000]);
    assert_eq!(at("grandchild"), [8000]);
    assert_eq!(at("last"), [10_000]);
}

#[test]
fn several_that_follow_start_together_and_what_comes_next_waits_for_all_that_follows_them() {
    let trace = Trace::default();
    let stay = |name: &str, secs: u64| scenario(name).exec(trace.probe(name)).pause(secs).inject([at_once_users(1)]);
    let tree = stay("parent", 5)
        .and_then([stay("a", 1).and_then(stay("a's child", 6)), stay("b", 3)])
        .and_then(Vec::new())
        .and_then(stay("last", 1));
    run([tree]);
    let at = |name| trace.millis(name);
    assert_eq!((at("a"), at("b")), (vec![5000], vec![5000]));
    assert_eq!(at("a's child"), [6000]);
    assert_eq!(at("last"), [12_000]);
}

#[test]
fn max_duration_ends_arrivals_and_leaves_users_their_grace() {
    let trace = Trace::default();
    let chain = trace.probe("in").pause(4).exec(trace.probe("out")).pause(100).exec(trace.probe("never"));
    let report = Simulation::new("limited")
        .simulated_clock()
        .max_duration(10.secs())
        .grace_period(3.secs())
        .with(scenario("s").exec(chain).inject([constant_users_per_sec(1).during(1.hours())]))
        .run()
        .unwrap();
    assert_eq!(report.users_started(), 10);
    assert_eq!(report.info().end, EndReason::MaxDuration);
    // Who came by second 8 gets out within the grace period, and then rests for longer than it lasts.
    assert_eq!(trace.millis("out").len(), 10 - 1);
    assert_eq!(report.users_interrupted(), 10);
    assert_eq!(report.users_ended(), 0);
    assert!(report.info().duration <= 13.secs(), "{:?}", report.info().duration);
}

#[test]
fn users_have_thirty_seconds_of_grace_unless_told_otherwise() {
    let stay = |name: &str, secs: u64| scenario(name).dummy(name, secs.secs()).inject([at_once_users(1)]);
    let simulation = Simulation::new("grace").simulated_clock().max_duration(1.secs());
    let report = simulation.with(stay("just in time", 30)).with(stay("too late", 32)).run().unwrap();
    assert_eq!((report.users_ended(), report.users_interrupted(), report.requests_interrupted()), (1, 1, 1));
    assert_eq!(report.info().duration, 31.secs());
}

#[test]
fn a_request_on_its_way_at_the_end_of_the_grace_period_is_counted_as_interrupted() {
    let report = Simulation::new("cut")
        .simulated_clock()
        .max_duration(1.secs())
        .grace_period(1.secs())
        .with(scenario("s").dummy("slow", 10.secs()).inject([at_once_users(3)]))
        .run()
        .unwrap();
    assert_eq!(report.users_interrupted(), 3);
    assert_eq!(report.requests_interrupted(), 3);
    assert_eq!(report.global().count(), 0);
}

#[test]
fn a_scenario_can_stop_the_run() {
    let trace = Trace::default();
    let chain = exec(trace.probe("a")).stop_load_generator_if("enough", "#{n.exists()}").pause(1);
    let feed_n = exec_fn(|session| if session.user_id() == 3 { Ok(session.set("n", 1)?) } else { Ok(()) });
    let report = run([scenario("s").exec(feed_n).exec(chain).inject([constant_users_per_sec(1).during(1.hours())])]);
    assert_eq!(report.info().end, EndReason::Stopped("enough".into()));
    assert!(report.users_started() < 3600);
    assert_eq!(report.users_interrupted(), 0);
}

#[test]
fn a_scenario_can_crash_the_run() {
    let report = run([scenario("s")
        .crash_load_generator("no way")
        .pause(9)
        .inject([constant_users_per_sec(1).during(1.hours())])]);
    assert_eq!(report.info().end, EndReason::Aborted("no way".into()));
}

#[test]
fn a_queue_that_runs_out_ends_the_run_and_says_so() {
    let people = records((1..=3).map(|n| [("n", n)]));
    let trace = Trace::default();
    let scenario = scenario("s").feed(people).exec(trace.probe("#{n}"));
    let report = run([scenario.inject([constant_users_per_sec(1).during(1.hours())])]);
    assert_eq!(trace.names(), ["1", "2", "3"]);
    let EndReason::Aborted(why) = &report.info().end else { panic!("{:?}", &report.info().end) };
    assert!(why.contains('3') && why.contains("circular"), "{why}");
}

#[test]
fn feed_n_makes_lists() {
    let trace = Trace::default();
    let numbers = records((1..=4).map(|n| [("n", n)])).circular();
    run([scenario("s")
        .feed_n(numbers, 3)
        .exec(trace.probe("#{n(0)}#{n(-1)} of #{n.size()}"))
        .inject([at_once_users(1)])]);
    assert_eq!(trace.names(), ["13 of 3"]);
}

#[test]
fn more_records_at_once_than_a_user_can_hold_fail_the_step() {
    let trace = Trace::default();
    let numbers = records((1..=4).map(|n| [("n", n)])).circular();
    let report = run([scenario("s").feed_n(numbers, u64::MAX).exec(trace.probe("behind")).inject([at_once_users(1)])]);
    assert_eq!((report.users_failed(), trace.names()), (1, vec!["behind".to_owned()]));
    let errors = format!("{:?}", report.step_errors());
    assert!(errors.contains("take 18446744073709551615 records at once; take 1000000 at most"), "{errors}");
}

#[test]
fn two_scenarios_with_one_feeder_share_its_records() {
    let trace = Trace::default();
    let numbers = records((1..=4).map(|n| [("n", n)]));
    let make = |name: &str| scenario(name).feed(numbers.clone()).exec(trace.probe("#{n}")).inject([at_once_users(2)]);
    run([make("one"), make("two")]);
    let mut names = trace.names();
    names.sort();
    assert_eq!(names, ["1", "2", "3", "4"]);
}

#[test]
fn a_panic_in_a_closure_fails_its_user_and_is_counted() {
    let trace = Trace::default();
    let chain =
        exec_fn(|session| if session.user_id() == 2 { panic!("user {} trips", session.user_id()) } else { Ok(()) })
            .exit_here_if_failed()
            .exec(trace.probe("on"));
    let report = run([scenario("s").exec(chain).inject([at_once_users(3)])]);
    assert_eq!(trace.names().len(), 2);
    assert_eq!((report.users_failed(), report.panics()), (1, 1));
    let (text, count) = &report.step_errors()[0];
    assert!(text.contains("user 2 trips") && text.contains("running.rs"), "{text}");
    assert_eq!(*count, 1);
}

#[test]
fn an_error_of_a_step_is_counted_with_its_text() {
    let report = run([scenario("s")
        .exec_fn(|session| {
            session.get::<i64>("missing")?;
            Ok(())
        })
        .inject([at_once_users(5)])]);
    assert_eq!(report.users_failed(), 5);
    assert_eq!(report.step_errors()[0], ("no attribute named \"missing\" is set (there are: none)", 5));
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let once = |seed| {
        let trace = Trace::default();
        let chain = repeat(5, random_switch([(50.0, trace.probe("a")), (50.0, trace.probe("b"))]).pause(1..9));
        let injected = scenario("s").exec(chain).inject([constant_users_per_sec(3).during(9.secs()).randomized()]);
        Simulation::new("seeded").simulated_clock().seed(seed).with(injected).run().unwrap();
        trace.passages()
    };
    assert_eq!(once(7), once(7));
    assert_ne!(once(7), once(8));
}

#[test]
fn the_series_adds_up_to_the_whole() {
    let report = run([scenario("s").dummy("d", 300.millis()).inject([constant_users_per_sec(10).during(5.secs())])]);
    assert_eq!(report.series().iter().map(|point| point.ok).sum::<u64>(), 50);
    assert_eq!(report.series().iter().map(|point| point.users_started).sum::<u64>(), 50);
    assert_eq!(report.series()[2].users_started, 10);
}

#[test]
fn real_time_and_several_shards_give_the_same_counts() {
    let counted = Arc::new(AtomicU64::new(0));
    let counter = counted.clone();
    let chain = exec_fn(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })
    .dummy("d", 5.millis());
    let report = Simulation::new("real")
        .shards(2)
        .with(scenario("s").exec(chain).inject([constant_users_per_sec(200).during(500.millis())]))
        .run()
        .unwrap();
    assert_eq!(report.users_started(), 100);
    assert_eq!(counted.load(Ordering::Relaxed), 100);
    assert_eq!(report.request("d").unwrap().count(), 100);
    assert!(report.global().response_time().min() >= 5.millis());
}

#[test]
fn a_simulation_without_users_is_a_mistake() {
    let error = Simulation::new("empty").run().unwrap_err();
    assert!(matches!(&error, Error::Simulation(_)) && error.to_string().contains("it has no users"), "{error}");
}

#[test]
fn a_user_whose_requests_end_at_once_leaves_their_turn_to_others() {
    let trace = Trace::default();
    let busy = scenario("busy").forever(dummy("at once", 0)).inject([at_once_users(1)]);
    let other = scenario("other").exec(trace.probe("other")).stop_load_generator("done").inject([at_once_users(1)]);
    let simulation = Simulation::new("turns").shards(1).grace_period(0.millis()).with(busy).with(other);
    let report = simulation.run().unwrap();
    assert_eq!(report.info().end, EndReason::Stopped("done".into()));
    assert_eq!(trace.names(), ["other"]);
    // And where time is simulated, it goes on.
    let during = scenario("s").during(1.millis(), dummy("at once", 0)).inject([at_once_users(1)]);
    assert!(run([during]).global().count() > 1000);
}
