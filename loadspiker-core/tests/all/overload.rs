//! Targets that are too slow, and a target that stalls: what is bounded, what is counted, and that percentiles are those of
//! the schedule.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;
use loadspiker_core::inject::*;
use loadspiker_core::report::{Bottleneck, RunReport};

/// 10,000 users a second for ten seconds, of whom a hundred may be there at a time. Each takes 100 ms, so the target
/// serves a thousand a second: a tenth.
fn ten_times_too_slow(chain: Chain) -> (RunReport, u64) {
    let (alive, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let enter = {
        let (alive, most) = (alive.clone(), most.clone());
        exec_fn(move |_| {
            most.fetch_max(alive.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            Ok(())
        })
    };
    let leave = exec_fn(move |_| {
        alive.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    });
    let crowd = scenario("crowd").exec(enter).exec(chain).exec(leave);
    let population = crowd.inject([constant_users_per_sec(10_000).during(10.secs())]);
    let simulation = Simulation::new("overload").simulated_clock().shards(2).maximum_users(100).with(population);
    (simulation.run().unwrap(), most.load(Ordering::Relaxed))
}

#[test]
fn a_target_ten_times_too_slow_meets_as_many_users_as_allowed_and_every_other_arrival_is_counted() {
    let (report, most) = ten_times_too_slow(dummy("slow", 100.millis()));
    assert_eq!(most, 100);
    assert_eq!(report.users_started() + report.users_dropped(), 100_000);
    // A hundred at a time for 100 ms each, over ten seconds.
    assert_eq!(report.users_started(), 10_000);
    assert_eq!((report.users_ended(), report.request("slow").unwrap().ok_count()), (10_000, 10_000));
    assert!(report.series().iter().all(|second| second.users_active <= 100));
    assert_eq!(report.series().iter().map(|second| second.users_dropped).sum::<u64>(), 90_000);
    assert_eq!(report.bottleneck(), Some(Bottleneck::Target));
    let warnings = report.warnings();
    assert!(warnings[0].starts_with("90,000 arrivals were dropped"), "{warnings:?}");
    assert!(warnings[0].contains("The target was the bottleneck"), "{warnings:?}");
}

#[test]
fn users_that_only_pause_are_no_fault_of_the_target() {
    let (report, most) = ten_times_too_slow(exec(dummy("fast", 1.millis())).pause(99.millis()));
    assert_eq!((most, report.users_dropped()), (100, 90_000));
    assert_eq!(report.bottleneck(), Some(Bottleneck::MaximumUsers));
}

/// A thousand users a second for twenty seconds; the target takes a millisecond, and stands still from 10 s to 12 s.
#[test]
fn percentiles_over_a_stall_of_the_target_are_those_of_the_schedule() {
    let (stall, end) = (10.secs(), 12.secs());
    let response_time = move |due: Duration| {
        let served = if (stall..end).contains(&due) { end } else { due };
        served + 1.millis() - due
    };
    // User n, from 1 on, is due at n - 1 milliseconds.
    let due = |user: u64| Duration::from_millis(user - 1);
    let visit = scenario("visit").exec(dummy("page", move |session: &loadspiker_core::Session| {
        Ok::<_, loadspiker_core::StepError>(response_time(due(session.user_id())))
    }));
    let report = Simulation::new("stall")
        .simulated_clock()
        .shards(1)
        .with(visit.inject([constant_users_per_sec(1000).during(20.secs())]))
        .run()
        .unwrap();
    let mut expected: Vec<Duration> = (1..=20_000).map(|user| response_time(due(user))).collect();
    expected.sort_unstable();
    let times = report.request("page").unwrap().response_time();
    assert_eq!(times.count(), 20_000);
    for (percent, rank) in [(50.0, 10_000), (90.0, 18_000), (95.0, 19_000), (99.0, 19_800), (99.9, 19_980)] {
        let (got, exact) = (times.percentile(percent), expected[rank - 1]);
        // A percent was promised; the histogram is right to a thousandth.
        assert!(got.abs_diff(exact) <= exact / 1000, "p{percent}: {got:?}, by the schedule {exact:?}");
    }
    assert_eq!(times.max(), 2_001.millis());
    // What a tester sees who sends the next request after the answer: one slow request in twenty thousand.
    assert!(times.percentile(99.0) > 1_700.millis());
}
