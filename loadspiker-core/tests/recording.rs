//! What a report tells of the course of a run: events, the first and last second of errors, and what was used.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use loadspiker_core::dsl::*;
use loadspiker_core::engine::{Observer, RunHandle, RunOptions};
use loadspiker_core::inject::{at_once_users, constant_users_per_sec};
use loadspiker_core::metrics::{EventKind, RunEvent};
use loadspiker_core::report::RunReport;
use loadspiker_core::{DurationExt, StepError};

fn kinds(report: &RunReport) -> Vec<(u64, EventKind, String)> {
    let event = |event: &RunEvent| (event.at.as_secs(), event.kind, event.text.clone());
    report.info().events.iter().map(event).collect()
}

/// Steers a run from its beginning on.
struct Steering;

impl Observer for Steering {
    fn started(&mut self, _: &loadspiker_core::compile::Plan, handle: &RunHandle) {
        handle.scale(2.0).unwrap();
        handle.pause().unwrap();
        handle.resume().unwrap();
    }
}

#[test]
fn what_happens_to_a_run_is_told_in_order() {
    let visit = scenario("Visit").exec(dummy("page", 10.millis()));
    let simulation = Simulation::new("events")
        .with(visit.inject([constant_users_per_sec(5).during(20.secs())]))
        .warm_up(4.secs())
        .simulated_clock();
    let report = simulation.run_with(&RunOptions::default(), &mut Steering).unwrap();
    let expected = [
        (0, EventKind::Scale, "× 2".to_owned()),
        (0, EventKind::Pause, String::new()),
        (0, EventKind::Resume, String::new()),
        (4, EventKind::WarmUpEnd, String::new()),
    ];
    assert_eq!(kinds(&report), expected);
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn a_stop_is_told_with_its_reason() {
    let visit = scenario("Visit").exec(dummy("page", 10.millis())).stop_load_generator("enough");
    let simulation = Simulation::new("stop").with(visit.inject([at_once_users(1)])).simulated_clock();
    let report = simulation.run().unwrap();
    assert_eq!(kinds(&report), [(0, EventKind::Stop, "stopped: enough".to_owned())]);
}

#[test]
fn errors_tell_their_first_and_last_second() {
    let visit = scenario("Visit").exec(dummy("page", 10.millis())).exec_fn(|session| match session.user_id() {
        4..=9 => Err(StepError::from("broken")),
        _ => Ok(()),
    });
    let simulation =
        Simulation::new("errors").with(visit.inject([constant_users_per_sec(1).during(20.secs())])).simulated_clock();
    let report = simulation.run().unwrap();
    let [group] = &report.users().step_error_groups()[..] else { panic!("{:?}", report.step_errors()) };
    let first = group.first_second.unwrap();
    assert_eq!((group.count, group.last_second), (6, Some(first + 5)));
    assert!((3..=4).contains(&first), "{first}");
}

#[test]
fn the_series_has_what_the_load_generator_used() {
    let visit = scenario("Visit").pause(1200.millis());
    let report = Simulation::new("used").with(visit.inject([at_once_users(1)])).run().unwrap();
    let points = report.series();
    assert!(points.len() >= 2);
    if cfg!(target_os = "linux") {
        assert!(points[0].generator_cpu > Duration::ZERO && points[0].generator_memory > 1_000_000, "{:?}", points[0]);
    }
    let simulated = Simulation::new("simulated").with(scenario("S").pause(3).inject([at_once_users(1)]));
    let report = simulated.simulated_clock().run().unwrap();
    assert!(report.series().iter().all(|point| point.generator_cpu.is_zero() && point.generator_memory == 0));
}

#[test]
fn waits_for_a_throttle_are_in_the_series() {
    use loadspiker_core::inject::{hold_for, jump_to_rps};

    let visit = scenario("Visit").exec(dummy("page", 1.millis()));
    let simulation = Simulation::new("throttled")
        .with(visit.inject([at_once_users(40)]))
        .throttle([jump_to_rps(10), hold_for(60.secs())])
        .simulated_clock();
    let report = simulation.run().unwrap();
    let waits: Vec<_> = report.series().iter().map(|point| point.throttle_wait_p99.as_secs()).collect();
    assert!(waits.is_sorted() && *waits.last().unwrap() >= 3, "{waits:?}");
}
