//! The warm-up: what it leaves out, what it does not, and where it ends; on the simulated clock.

use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::assertion::{details, for_all, global};
use loadspiker_core::dsl::*;
use loadspiker_core::engine::{Observer, RunOptions};
use loadspiker_core::inject::*;
use loadspiker_core::metrics::LiveView;
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_testkit::Trace;

/// Ten requests of 50 ms a second, for 20 s.
fn requests() -> Simulation {
    let users = scenario("s").dummy("d", 50.millis()).inject([constant_users_per_sec(10).during(20.secs())]);
    Simulation::new("test").seed(1).simulated_clock().with(users)
}

fn run(simulation: Simulation) -> RunReport {
    simulation.run().unwrap()
}

#[test]
fn requests_that_end_within_the_warm_up_are_left_out() {
    let report = run(requests().warm_up(5.secs()));
    let warm_up = report.warm_up().unwrap();
    assert_eq!((warm_up.duration(), warm_up.statistics().count()), (5.secs(), 50));
    assert_eq!(warm_up.statistics().requests_per_sec(), 10.0);
    assert_eq!(warm_up.statistics().response_time().max(), 50.millis());
    assert_eq!(report.global().count(), 150);
    assert_eq!(report.request("d").unwrap().count(), 150);
    assert_eq!(report.scenario("s").unwrap().count(), 150);
    assert_eq!((report.users_started(), report.users_ended()), (200, 200));
    // The last request ends at 19.95 s.
    assert_eq!(report.info().measured(), 14_950.millis());
    // Users are planned for 20 s, and so the rate goes by 15.
    assert_eq!(report.info().rate_window(), 15.secs());
    assert_eq!(report.global().requests_per_sec(), 10.0);
}

#[test]
fn the_boundary_is_exact_and_what_ends_at_it_is_measured() {
    // Requests end at 50 ms, 150 ms, 250 ms, …
    for (millis, left_out) in [(1, 0), (50, 0), (51, 1), (150, 1), (151, 2), (2550, 25), (2551, 26), (3050, 30)] {
        let report = run(requests().warm_up(millis.millis()));
        assert_eq!(report.warm_up().unwrap().statistics().count(), left_out, "{millis}");
        assert_eq!(report.global().count(), 200 - left_out, "{millis}");
        let shown: u64 = report.series().iter().map(|point| point.ok).sum();
        assert_eq!(shown, 200, "{millis}");
    }
}

#[test]
fn points_of_the_warm_up_are_shown_and_say_so() {
    let report = run(requests().warm_up(2500.millis()));
    let points = report.series();
    let flags: Vec<_> = points.iter().take(5).map(|point| (point.second, point.warm_up, point.ok)).collect();
    assert_eq!(flags, [(0, true, 10), (1, true, 10), (2, true, 10), (3, false, 10), (4, false, 10)]);
    assert_eq!(points[0].max, 50.millis());
    assert_eq!(points.iter().map(|point| point.users_started).sum::<u64>(), 200);
    let request = report.requests()[0].series();
    assert_eq!(request.iter().filter(|point| point.warm_up).map(|point| point.ok).sum::<u64>(), 30);
    assert!(run(requests()).series().iter().all(|point| !point.warm_up));
}

#[test]
fn groups_errors_and_lags_are_left_out_but_users_are_not() {
    let trace = Trace::default();
    let steps = group("g", trace.probe("!x"))
        .exec_fn(|_| Err("no stock".into()))
        .exec_fn(|session| if session.user_id() == 1 { panic!("trips") } else { Ok(()) });
    let users = scenario("s").exec(steps).inject([constant_users_per_sec(1).during(10.secs())]);
    let report = run(Simulation::new("test").simulated_clock().with(users).warm_up(4.secs()));
    let group = report.group("g").unwrap();
    assert_eq!((group.count(), group.failed_count(), group.requests().count()), (6, 6, 6));
    assert_eq!(report.global().errors(), [("probe failed", 6)]);
    assert_eq!(report.step_errors(), [("no stock", 6)]);
    assert_eq!(report.users().arrival_lag.count(), 6);
    assert_eq!((report.users_started(), report.users_failed(), report.panics()), (10, 10, 1));
    assert_eq!(report.warm_up().unwrap().statistics().errors(), [("probe failed", 4)]);
    // The series shows all of it.
    assert_eq!(report.series().iter().map(|point| point.errors).sum::<u64>(), 10 + 10 + 1);
}

#[test]
fn what_occurs_in_the_warm_up_only_is_no_request_of_the_report() {
    let trace = Trace::default();
    let users = scenario("s").group("start", trace.probe("login")).pause(5).exec(trace.probe("list"));
    let report = run(Simulation::new("test")
        .simulated_clock()
        .with(users.inject([at_once_users(3)]))
        .warm_up(2.secs())
        .assert(for_all().response_time().max().lt(1.secs()))
        .assert(details("login").failed_requests().count().is(0)));
    assert_eq!(report.requests().iter().map(|request| request.path()).collect::<Vec<_>>(), ["list"]);
    assert!(report.group("start").is_none());
    let lines: Vec<_> = report.assertions().iter().map(ToString::to_string).collect();
    assert_eq!(lines[0], "✓ list: maximum of response time < 1 s: was 0 ms");
    assert!(
        lines[1].contains("there is no request or group \"login\", or it was never made; there are: \"list\""),
        "{lines:?}"
    );
}

#[test]
fn assertions_and_windows_begin_behind_the_warm_up() {
    // The first 30 users are served slowly.
    let request = dummy("d", |session: &loadspiker_core::Session| {
        Ok::<_, loadspiker_core::SessionError>(if session.user_id() <= 30 { 90.millis() } else { 10.millis() })
    });
    let users = scenario("s").exec(request).inject([constant_users_per_sec(10).during(1.minutes())]);
    let base = Simulation::new("test").simulated_clock().max_duration(10.secs()).with(users);
    let slowest = || global().response_time().max();
    let asserted = |simulation: Simulation| {
        let report = run(simulation.assert(slowest().lt(50.millis())).assert(slowest().over(2.secs()).lt(50.millis())));
        report.assertions().iter().map(|result| result.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(asserted(base.clone()), ["was 90 ms", "failed in 3 of 9 windows, at worst 90 ms at 2 s"]);
    // The second in which the warm-up ends is no whole one.
    let held = "held in 5 windows, at worst 10 ms at 6 s";
    assert_eq!(asserted(base.clone().warm_up(3500.millis())), ["was 10 ms", held]);
    let held = "held in 6 windows, at worst 10 ms at 5 s";
    assert_eq!(asserted(base.clone().warm_up(3.secs())), ["was 10 ms", held]);
    let report = run(base.warm_up(4.secs()).stop_when(global().requests_per_sec().over(2.secs()).gte(10)));
    let why = "global: requests per second over 2 s ≥ 10, was 10 at 6 s";
    assert_eq!(report.info().end, EndReason::Stopped(why.to_owned()));
}

#[test]
fn a_run_that_ends_within_its_warm_up_has_measured_nothing_and_says_so() {
    let report = run(requests()
        .warm_up(30.secs())
        .assert(global().response_time().max().lt(1.secs()))
        .assert(global().failed_requests().percent().lt(1))
        .assert(for_all().failed_requests().count().is(0))
        .assert(global().response_time().max().over(5.secs()).lt(1.secs())));
    assert!(report.ended_within_warm_up());
    assert_eq!((report.global().count(), report.global().requests_per_sec()), (0, 0.0));
    let warm_up = report.warm_up().unwrap();
    // The rate goes by the time for which users were planned.
    assert_eq!((warm_up.duration(), warm_up.statistics().requests_per_sec()), (30.secs(), 10.0));
    let warning = &report.warnings()[0];
    assert!(warning.starts_with("The run was over after 19.9 s, within its warm-up of 30.0 s"), "{warning}");
    let messages: Vec<_> = report.assertions().iter().map(|result| (result.passed, &*result.message)).collect();
    assert_eq!(
        messages,
        [
            (false, "there is no response time: no request has ended after the warm-up"),
            (false, "there is no percentage: no request has ended after the warm-up"),
            (false, "no request has ended after the warm-up"),
            (false, "no window of 5 s was complete: 0 whole seconds were measured"),
        ]
    );
}

#[test]
fn json_is_read_as_it_was_written_and_older_ones_have_no_warm_up() {
    let report = run(requests().warm_up(2500.millis()).assert(global().requests_per_sec().over(5.secs()).gt(1)));
    let json = report.to_json();
    let read = RunReport::from_json(&json).unwrap();
    assert_eq!(read, report);
    assert_eq!(read.to_json(), json);
    assert_eq!(read.warm_up().unwrap().statistics().count(), 25);
    let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["schema_version"], 2);
    assert_eq!(value["run"]["warm_up_secs"], 2.5);
    assert_eq!(value["summary"]["warm_up"]["count"], 25);
    // As it was written before there were warm-ups.
    value.as_object_mut().unwrap().remove("warm_up");
    value["run"].as_object_mut().unwrap().remove("warm_up_secs");
    value["series"][0].as_object_mut().unwrap().remove("warm_up");
    let old = RunReport::from_json(&value.to_string()).unwrap();
    assert!(old.warm_up().is_none() && !old.series()[0].warm_up);
    assert_eq!(old.info().measured(), old.info().duration);
}

#[test]
fn several_shards_in_real_time_leave_out_the_same() {
    let users = scenario("s").dummy("d", 1.millis()).inject([constant_users_per_sec(100).during(1500.millis())]);
    let report = run(Simulation::new("real").shards(3).with(users).warm_up(500.millis()));
    let left_out = report.warm_up().unwrap().statistics().count();
    assert_eq!(left_out + report.global().count(), 150);
    assert!((1..150).contains(&left_out), "{left_out}");
    assert_eq!(report.users_started(), 150);
    assert_eq!(report.series().iter().map(|point| point.ok).sum::<u64>(), 150);
}

#[test]
fn progress_says_that_the_warm_up_is_on() {
    #[derive(Default)]
    struct Seen(Vec<(Duration, bool)>);
    impl Observer for Seen {
        fn progress(&mut self, view: &LiveView) {
            self.0.push((view.elapsed, view.warm_up));
        }
    }
    let mut seen = Seen::default();
    requests().warm_up(1.minutes()).run_with(&RunOptions::default(), &mut seen).unwrap();
    assert_eq!(seen.0.last(), Some(&(20.secs(), true)));
    let mut seen = Seen::default();
    requests().warm_up(10.secs()).run_with(&RunOptions::default(), &mut seen).unwrap();
    assert_eq!(seen.0.last(), Some(&(20.secs(), false)));
}

#[test]
fn a_plan_shows_the_warm_up_and_mistakes_are_told() {
    let plan = |simulation: Simulation| simulation.plan(&RunOptions::default()).map(|plan| plan.to_string());
    let text = plan(requests().warm_up(1500.millis())).unwrap();
    assert!(text.ends_with("\nwarm-up: the first 1.5 s are left out of the figures\n"), "{text}");
    let error = plan(requests().warm_up(0.secs())).unwrap_err().to_string();
    assert!(error.contains("the warm-up is 0 s; give a longer one, or leave it out"), "{error}");
    let error = plan(requests().warm_up(10.secs()).max_duration(10.secs())).unwrap_err().to_string();
    assert!(error.contains("the warm-up is 10 s and the run lasts at most 10 s; shorten it"), "{error}");
    assert!(plan(requests().warm_up(10.secs()).max_duration(10_001.millis())).is_ok());
}
