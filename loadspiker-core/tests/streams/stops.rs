//! Waits that are cut: by the end of the run, by loops with a time limit.

use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;

use crate::push::*;

#[test]
fn a_run_that_stops_ends_waits_at_once_and_they_are_interrupted_and_not_failed() {
    let chain = push("connect")
        .connect([])
        .into_chain()
        .exec(push("background").send([]).await_text(1.minutes(), []).in_background())
        .exec(push("waits").await_text(1.minutes(), []));
    let report = simulation(chain).max_duration(2.secs()).grace_period(30.secs()).run().unwrap();
    assert_eq!(report.info().duration.as_secs(), 2);
    assert!(report.request("waits").is_none() && report.request("background").is_none());
    let users = report.users();
    assert_eq!((users.interrupted, users.requests_interrupted, report.global().failed_count()), (1, 2, 0));
}

#[test]
fn a_join_that_waits_ends_with_the_run_too() {
    let chain = push("connect")
        .connect([])
        .into_chain()
        .exec(push("background").send([]).await_text(1.minutes(), []).in_background())
        .join_awaits();
    let report = simulation(chain).max_duration(2.secs()).grace_period(30.secs()).run().unwrap();
    assert_eq!(report.info().duration.as_secs(), 2);
    assert_eq!(report.users_interrupted(), 1);
    assert_eq!(report.global().failed_count(), 0);
}

#[test]
fn a_loop_with_a_time_limit_cuts_a_wait_and_the_user_goes_on_behind_it() {
    let report = run(push("connect")
        .connect([says(5_000, "late")])
        .into_chain()
        .during(2.secs(), push("cut").await_text(1.minutes(), []))
        .exec(push("uncut").await_text(1.minutes(), [])));
    assert!(report.request("cut").is_none());
    assert_eq!(figures(&report, "uncut"), (1, 0, 3.secs()));
    assert_eq!(report.users().requests_interrupted, 1);
    assert_eq!(report.global().failed_count(), 0);
}

#[test]
fn ten_thousand_users_wait_and_each_gets_its_message() {
    use loadspiker_core::inject::at_once_users;
    let chain = push("ask").connect([says(700, "x")]).await_text(10.secs(), []);
    let population = scenario("many").exec(chain).inject([at_once_users(10_000)]);
    let report = Simulation::new("many").with(population).simulated_clock().run().unwrap();
    let request = report.request("ask").unwrap();
    assert_eq!((request.count(), request.failed_count()), (10_000, 0));
    assert_eq!(request.response_time().min(), Duration::from_millis(700));
    assert!(request.response_time().max() < Duration::from_millis(702));
}
