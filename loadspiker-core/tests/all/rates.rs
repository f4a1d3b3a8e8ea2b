//! Rates go by the time for which users were planned, where there is one.

use loadspiker_core::DurationExt;
use loadspiker_core::assertion::{details, global, metric};
use loadspiker_core::custom_metric::counter;
use loadspiker_core::dsl::*;
use loadspiker_core::inject::{
    OpenStep, at_once_users, constant_concurrent_users, constant_users_per_sec, nothing_for,
};
use loadspiker_core::report::RunReport;

fn simulation(took: u64, step: OpenStep) -> Simulation {
    let chain = group(
        "g",
        dummy("a", took.millis()).exec_fn(|session| {
            counter("orders").add(session, 1);
            Ok(())
        }),
    );
    Simulation::new("rates").seed(1).simulated_clock().with(scenario("s").exec(chain).inject(step))
}

fn run(took: u64, step: OpenStep) -> RunReport {
    simulation(took, step).run().unwrap()
}

#[test]
fn a_constant_rate_is_reported_as_what_was_planned() {
    let simulation = simulation(5, constant_users_per_sec(10).during(5.secs()))
        .assert(global().requests_per_sec().is(10))
        .assert(details("g / a").requests_per_sec().is(10))
        .assert(metric("orders").per_sec().is(10));
    let report = simulation.run().unwrap();
    report.assert_passed();
    assert_eq!(report.info().duration, 4905.millis());
    assert_eq!(report.info().rate_window(), 5.secs());
    assert_eq!(report.group("g").unwrap().requests_per_sec(), 10.0);
    assert_eq!(report.scenario("s").unwrap().requests_per_sec(), 10.0);
    let read = RunReport::from_json(&report.to_json()).unwrap();
    assert_eq!(read.global().requests_per_sec(), 10.0);
}

#[test]
fn a_run_that_outlasts_its_profile_counts_for_as_long_as_it_lasted() {
    let report = run(5100, constant_users_per_sec(10).during(5.secs()));
    assert_eq!(report.info().rate_window(), 10.secs());
    assert_eq!(report.global().requests_per_sec(), 5.0);
}

#[test]
fn a_run_that_is_stopped_counts_for_as_long_as_it_lasted() {
    let stops = global().requests_per_sec().over(2.secs()).gte(10);
    let report = simulation(5, constant_users_per_sec(10).during(5.secs())).stop_when(stops).run().unwrap();
    assert_eq!(report.info().rate_window(), report.info().duration);
    assert!(report.info().duration < 3.secs());
}

#[test]
fn a_maximum_duration_cuts_what_was_planned() {
    let limited = simulation(5, constant_users_per_sec(10).during(5.secs())).max_duration(2.secs());
    let report = limited.run().unwrap();
    assert_eq!((report.info().rate_window(), report.global().requests_per_sec()), (2.secs(), 10.0));
}

#[test]
fn a_profile_without_duration_plans_nothing() {
    let report = run(500, at_once_users(10));
    assert_eq!((report.info().rate_window(), report.global().requests_per_sec()), (500.millis(), 20.0));
}

#[test]
fn a_profile_that_ends_with_a_pause_was_planned_with_it() {
    let users =
        scenario("s").dummy("a", 5).inject([constant_users_per_sec(10).during(5.secs()), nothing_for(5.secs())]);
    let report = Simulation::new("pause").simulated_clock().with(users).run().unwrap();
    assert_eq!(report.info().rate_window(), 10.secs());
}

#[test]
fn closed_profiles_are_planned_as_well() {
    let users = scenario("s").dummy("a", 300.millis()).inject(constant_concurrent_users(3).during(3.secs()));
    let report = Simulation::new("closed").simulated_clock().with(users).run().unwrap();
    assert_eq!(report.global().count(), 30);
    assert!((report.global().requests_per_sec() - 10.0).abs() < 0.01);
}
