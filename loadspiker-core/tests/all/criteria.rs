//! Criteria about windows of a run: what they look at, when, and what follows; on the simulated clock.

use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::assertion::{AssertionResult, Criterion, details, for_all, global};
use loadspiker_core::dsl::*;
use loadspiker_core::engine::{Observer, RunOptions};
use loadspiker_core::inject::*;
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_testkit::Trace;

/// Ten probes a second for up to an hour; those of users for whom `fails` says so fail. User `n` comes at
/// `(n - 1) / 10` seconds.
fn probing(trace: &Trace, fails: fn(u64) -> bool) -> Simulation {
    let name = exec_fn(move |session| {
        let name = if fails(session.user_id()) { "!bad" } else { "ok" };
        Ok(session.set("name", name)?)
    });
    let users = scenario("s").exec(name).exec(trace.probe("#{name}"));
    simulation(users.inject([constant_users_per_sec(10).during(1.hours())]))
}

fn simulation(population: Population) -> Simulation {
    Simulation::new("test").seed(1).simulated_clock().with(population)
}

/// A request a second, each of as many milliseconds as `millis` says for the number of its user.
fn timed(millis: fn(u64) -> u64, during: Duration) -> Simulation {
    let request = dummy("d", move |session: &loadspiker_core::Session| {
        Ok::<_, loadspiker_core::SessionError>(millis(session.user_id()).millis())
    });
    simulation(scenario("s").exec(request).inject([constant_users_per_sec(1).during(during)]))
}

fn stopped(report: &RunReport) -> &str {
    let EndReason::Stopped(why) = &report.info().end else { panic!("{:?}", report.info().end) };
    why
}

fn only(report: &RunReport) -> &AssertionResult {
    let [result] = report.assertions() else { panic!("{:?}", report.assertions()) };
    result
}

fn mostly_failed() -> Criterion {
    global().failed_requests().percent().over(10.secs()).gt(50.0)
}

#[test]
fn a_run_stops_at_the_very_second_at_which_a_window_meets_the_criterion() {
    let run = || {
        let trace = Trace::default();
        let report = probing(&trace, |user| user > 300).stop_when(mostly_failed()).run().unwrap();
        // At 35 s it is 50 % and not more.
        assert_eq!(stopped(&report), "global: percentage of failed requests over 10 s > 50 %, was 60 % at 36 s");
        assert!(report.assertions().is_empty() && report.passed());
        // User 361 would have come at 36 s.
        assert_eq!((report.users_started(), report.users_dropped(), report.users_ended()), (360, 0, 360));
        (trace.passages(), report.info().duration)
    };
    let first = run();
    assert!((0..20).all(|_| run() == first));
    assert_eq!(first.1, 36.secs());
}

#[test]
fn what_is_due_at_the_second_of_a_stop_does_not_happen_any_more() {
    for _ in 0..20 {
        let trace = Trace::default();
        let crowd = scenario("crowd").exec(trace.probe("crowd")).inject([nothing_for(36.secs()), at_once_users(1000)]);
        let report = probing(&trace, |user| user > 300).with(crowd).stop_when(mostly_failed()).run().unwrap();
        assert_eq!((report.users_started(), report.users_dropped()), (360, 0));
        assert!(report.request("crowd").is_none());
    }
}

#[test]
fn users_have_their_grace_after_a_stop() {
    let trace = Trace::default();
    let users = scenario("s").exec(trace.probe("in")).pause(2).exec(trace.probe("out"));
    let report = simulation(users.inject([constant_users_per_sec(1).during(1.hours())]))
        .grace_period(1500.millis())
        .stop_when(details("in").all_requests().count().over(3.secs()).is(3))
        .run()
        .unwrap();
    assert_eq!(stopped(&report), "in: count of all requests over 3 s is 3, was 3 at 3 s");
    // The first two get out at 2 s (before the stop) and 3 s, the third would at 4 s.
    assert_eq!(trace.millis("out"), [2000, 3000, 4000]);
    assert_eq!((report.users_started(), report.users_interrupted()), (3, 0));
}

#[test]
fn a_run_that_met_what_it_fails_by_has_failed_and_says_why() {
    let trace = Trace::default();
    let simulation = probing(&trace, |user| user > 300).max_duration(60.secs());
    let report = simulation.clone().fail_when(mostly_failed()).run().unwrap();
    assert_eq!(stopped(&report), "global: percentage of failed requests over 10 s > 50 %, was 60 % at 36 s");
    let text = "✗ fail when global: percentage of failed requests over 10 s > 50 %: was 60 % at 36 s";
    assert_eq!(only(&report).to_string(), text);
    assert_eq!((&*only(&report).actual, &*only(&report).expected), ("60 %", "never > 50 %"));
    assert!(!report.passed());

    let never = global().failed_requests().percent().over(60.secs()).gt(50.0);
    let report = simulation.fail_when(never).run().unwrap();
    assert_eq!(report.info().end, EndReason::MaxDuration);
    let text = "✓ fail when global: percentage of failed requests over 60 s > 50 %: in none of 1 window";
    assert_eq!(only(&report).to_string(), text);
    assert!(report.passed());
}

#[test]
fn what_is_asserted_of_windows_must_hold_in_each_and_names_the_worst() {
    // A request a second; those at 10 to 12 s take longer, all of them end within their second.
    let simulation = timed(|user| if (11..=13).contains(&user) { 600 + user } else { user }, 1.minutes());
    let slowest = || global().response_time().max();
    let report = simulation
        .max_duration(30.secs())
        .assert(slowest().over(5.secs()).lt(600.millis()))
        .assert(slowest().over(5.secs()).lt(1.secs()))
        .assert(slowest().lt(1.secs()))
        .run()
        .unwrap();
    assert_eq!(report.info().end, EndReason::MaxDuration);
    let lines: Vec<_> = report.assertions().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "✓ global: maximum of response time < 1 s: was 613 ms",
            "✗ global: maximum of response time over 5 s < 600 ms: failed in 7 of 26 windows, at worst 613 ms at 13 s",
            "✓ global: maximum of response time over 5 s < 1 s: held in 26 windows, at worst 613 ms at 13 s",
        ]
    );
    assert_eq!((&*report.assertions()[1].actual, &*report.assertions()[1].expected), ("613 ms", "< 600 ms"));
}

#[test]
fn the_worst_window_is_the_one_farthest_from_the_condition() {
    // Each second has one request more than the one before: 0 at first, 9 in the last.
    let rising = || simulation(scenario("s").dummy("d", 0).inject([ramp_users_per_sec(0).to(10).during(10.secs())]));
    let rate = || global().requests_per_sec().over(1.secs());
    let counts: Vec<u64> = rising().run().unwrap().series().iter().take(10).map(|point| point.ok).collect();
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(least < most && counts[9] == *most, "{counts:?}");
    let worst = |criterion: Criterion| {
        let report = rising().max_duration(10.secs()).assert(criterion).run().unwrap();
        let result = only(&report).clone();
        (result.passed, result.actual)
    };
    assert_eq!(worst(rate().gte(5)), (false, least.to_string()));
    assert_eq!(worst(rate().lte(5)), (false, most.to_string()));
    assert_eq!(worst(rate().between(0, 100)), (true, least.to_string()));
    assert_eq!(worst(rate().around(50, 50)), (true, least.to_string()));
    assert_eq!(worst(rate().is(0)), (false, most.to_string()));
    assert_eq!(worst(rate().deviates_around(1, 10)), (false, most.to_string()));
    assert_eq!(worst(rate().one_of([0, 1])), (false, most.to_string()));
}

#[test]
fn each_request_is_looked_at_by_itself() {
    let quick = scenario("quick").dummy("quick", 10.millis()).inject([constant_users_per_sec(2).during(10.secs())]);
    let slow = scenario("slow").pause(4).dummy("slow", 100.millis());
    let slow = slow.inject([constant_users_per_sec(2).during(10.secs())]);
    let base = Simulation::new("test").simulated_clock().max_duration(10.secs()).with(quick).with(slow);
    let worst = || for_all().response_time().max().over(2.secs());
    let report = base.clone().assert(worst().lt(50.millis())).run().unwrap();
    let lines: Vec<_> = report.assertions().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "✓ quick: maximum of response time over 2 s < 50 ms: held in 9 windows, at worst 10 ms at 2 s",
            "✗ slow: maximum of response time over 2 s < 50 ms: failed in 6 of 6 windows, at worst 100 ms at 5 s",
        ]
    );
    let report = base.clone().stop_when(worst().gt(50.millis())).run().unwrap();
    assert_eq!(stopped(&report), "slow: maximum of response time over 2 s > 50 ms, was 100 ms at 5 s");
    let report = base.fail_when(worst().gt(50.millis())).run().unwrap();
    assert!(only(&report).description.starts_with("fail when slow: "), "{}", only(&report));
}

#[test]
fn groups_are_looked_at_by_passes_and_cumulated_time() {
    let inside = dummy("a", 100.millis()).pause(200.millis()).dummy("b", 150.millis());
    let users = scenario("s").group("shop", inside).inject([constant_users_per_sec(1).during(1.hours())]);
    let shop = || details("shop");
    let report = simulation(users)
        .max_duration(10.secs())
        .assert(shop().response_time().mean().over(3.secs()).is(250.millis()))
        .assert(shop().all_requests().count().over(3.secs()).is(3))
        .assert(details("shop / b").response_time().max().over(3.secs()).is(150.millis()))
        .assert(details("b").requests_per_sec().over(3.secs()).is(1))
        .run()
        .unwrap();
    report.assert_passed();
    assert!(report.assertions().iter().all(|result| result.message.starts_with("held in 8 windows")));
}

#[test]
fn a_window_without_requests_says_nothing_of_times_but_has_a_count_of_0() {
    // Requests at 0 s and at 20 s.
    let users = || scenario("s").dummy("d", 0).pause(20).dummy("d", 0).pause(5).inject([at_once_users(1)]);
    let in_window = || global().all_requests().count().over(2.secs());
    let report = simulation(users())
        .assert(global().response_time().max().over(2.secs()).lt(1.secs()))
        .assert(global().failed_requests().percent().over(2.secs()).lt(1))
        .assert(in_window().gte(0))
        .run()
        .unwrap();
    let messages: Vec<_> = report.assertions().iter().map(|result| &*result.message).collect();
    // Windows that end at 2, at 21 and at 22 s.
    assert!(messages[0].starts_with("held in 3 windows"), "{messages:?}");
    assert!(messages[1].starts_with("held in 3 windows"), "{messages:?}");
    assert_eq!(messages[2], "held in 24 windows, at worst 0 at 3 s");
    let report = simulation(users()).stop_when(global().requests_per_sec().over(2.secs()).lt(0.1)).run().unwrap();
    assert_eq!(stopped(&report), "global: requests per second over 2 s < 0.1, was 0 at 3 s");
    let never = global().failed_requests().percent().over(2.secs()).gte(0);
    let idle = simulation(scenario("s").pause(9).inject([at_once_users(1)])).stop_when(never).run().unwrap();
    assert_eq!(idle.info().end, EndReason::Completed);
}

#[test]
fn there_is_no_window_before_its_length_has_passed_nor_after_the_end() {
    let rate = || global().requests_per_sec().over(5.secs());
    // 2.5 s measured.
    let report = timed(|_| 500, 3.secs()).fail_when(rate().lt(99)).assert(rate().gt(0)).run().unwrap();
    assert_eq!(report.info().end, EndReason::Completed);
    let messages: Vec<_> = report.assertions().iter().map(|result| &*result.message).collect();
    assert_eq!(messages, ["in none of 0 windows", "no window of 5 s was complete: 2 whole seconds were measured"]);
    assert_eq!(report.assertions().iter().map(|result| result.passed).collect::<Vec<_>>(), [true, false]);
    // After `max_duration` users need 20 s to finish; the rate falls, and that is nobody's fault.
    let users = || scenario("s").forever(dummy("d", 100.millis())).inject([at_once_users(1)]);
    let leaving = || scenario("leaving").pause(25).inject([at_once_users(1)]);
    let simulation = simulation(users()).with(leaving()).max_duration(10.secs()).fail_when(rate().lt(1));
    let report = simulation.grace_period(20.secs()).run().unwrap();
    assert!(report.passed(), "{:?}", report.assertions());
}

#[test]
fn a_name_that_never_occurs_fails_with_those_that_do() {
    let criterion = || details("e").failed_requests().count().over(2.secs());
    let chain = dummy("d", 1.millis()).do_if(false, dummy("e", 1.millis()));
    let users = scenario("s").exec(chain).inject([constant_users_per_sec(1).during(5.secs())]);
    let report = simulation(users).fail_when(criterion().gt(3)).assert(criterion().lt(3)).run().unwrap();
    for result in report.assertions() {
        assert!(
            !result.passed
                && result.message == "there is no request or group \"e\", or it was never made; there are: \"d\"",
            "{result}"
        );
    }
}

#[test]
fn the_first_criterion_that_holds_ends_the_run_and_all_that_hold_then_count() {
    let criterion = |n: u64| global().all_requests().count().over(2.secs()).gte(n);
    let report = timed(|_| 1, 9.secs())
        .stop_when(criterion(50))
        .stop_when(criterion(2))
        .fail_when(criterion(1))
        .fail_when(criterion(3))
        .run()
        .unwrap();
    assert_eq!(stopped(&report), "global: count of all requests over 2 s ≥ 2, was 2 at 2 s");
    assert_eq!(report.assertions().iter().map(|result| result.passed).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn windows_of_several_shards_are_those_of_all_of_them() {
    // In real time: that it stops at all, and at a whole second, is what is certain.
    let users = scenario("s").dummy("d", 1.millis()).inject([constant_users_per_sec(100).during(1.hours())]);
    let report = Simulation::new("shards")
        .shards(3)
        .with(users)
        .stop_when(global().all_requests().count().over(1.secs()).gte(1))
        .run()
        .unwrap();
    assert!(stopped(&report).ends_with(" s"), "{}", stopped(&report));
    assert!(report.users_started() >= 34, "{}", report.users_started());
}

#[test]
fn mistakes_are_told_before_the_run() {
    let rate = |window: Duration| global().requests_per_sec().over(window).lt(900.0);
    let error = timed(|_| 1, 5.secs())
        .stop_when(rate(0.secs()))
        .fail_when(rate(1500.millis()))
        .assert(rate(2.hours()))
        .assert(global().response_time().percentile(101).over(1.secs()).lt(1.secs()))
        .stop_when(details("").failed_requests().percent().over(1.secs()).between(2, 1))
        .run()
        .unwrap_err()
        .to_string();
    for text in [
        "criterion \"global: requests per second over 0 ms < 900\": the window is 0 ms; give one of whole seconds",
        "criterion \"global: requests per second over 1.5 s < 900\": the window is 1.5 s; give one of whole seconds",
        "the window is 7200 s; give one of at most 3600 s",
        "criterion \"global: 101st percentile of response time over 1 s < 1 s\": the percentile is 101",
        "nothing is between 2 % and 1 %",
        "the name of the request is empty",
    ] {
        assert!(error.contains(text), "{text}\n{error}");
    }
    assert!(error.starts_with("the simulation has 6 mistakes"), "{error}");
}

#[test]
fn a_plan_shows_criteria_by_what_they_are_for() {
    let rate = || global().requests_per_sec().over(10.secs());
    let simulation = timed(|_| 1, 5.secs())
        .assert(rate().gt(1))
        .fail_when(rate().lt(2))
        .stop_when(rate().lt(3))
        .assert(global().requests_per_sec().gt(4));
    let text = simulation.plan(&RunOptions::default()).unwrap().to_string();
    let expected = "\nstop when\n  global: requests per second over 10 s < 3\n\
                    \nfail when\n  global: requests per second over 10 s < 2\n\
                    \nassertions\n  global: requests per second > 4\n  global: requests per second over 10 s > 1\n";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn who_watches_is_told_why_the_run_stops_and_debugging_is_not_stopped() {
    #[derive(Default)]
    struct Told(Vec<String>);
    impl Observer for Told {
        fn stopping(&mut self, reason: &EndReason, grace: Duration) {
            self.0.push(format!("{reason}, {grace:?}"));
        }
    }
    let simulation = timed(|_| 1, 9.secs()).stop_when(global().requests_per_sec().over(2.secs()).lte(1));
    let mut told = Told::default();
    simulation.clone().run_with(&RunOptions::default(), &mut told).unwrap();
    let text = "stopped: global: requests per second over 2 s ≤ 1, was 1 at 2 s, 30s";
    assert_eq!(told.0, [text]);
    let slow = timed(|_| 9000, 9.secs()).fail_when(global().requests_per_sec().over(2.secs()).lte(1));
    let report = slow.run_with(&RunOptions { debug: true, ..RunOptions::default() }, &mut ()).unwrap();
    assert_eq!((report.info().end.clone(), report.assertions().len()), (EndReason::Completed, 0));
}
