//! Criteria on snapshots made by hand.

use proptest::prelude::*;

use super::super::watch::Watches;
use super::*;
use crate::collector::Collector;
use crate::metrics::tests::{collector, event};
use crate::metrics::{EndOf, Recorder, Snapshot};
use crate::report::{EndReason, RunInfo};

const ASSERT: Purpose = Purpose::Assert;
const STOP: Purpose = Purpose::Stop;

fn watched(shards: usize, guards: &[(Purpose, &Criterion)]) -> (Collector, Vec<Recorder>) {
    let guards: Vec<_> = guards
        .iter()
        .map(|(purpose, criterion)| Guard { purpose: *purpose, criterion: (*criterion).clone() })
        .collect();
    let (collector, recorders) = collector(shards);
    (collector.watched_by(Watches::new(&guards)), recorders)
}

fn take(recorder: &mut Recorder, second: u64, until: EndOf) -> Snapshot {
    let mut snapshot = recorder.take_snapshot(second);
    snapshot.until = until;
    snapshot
}

/// The results of the criteria, and the report.
fn finish(mut collector: Collector, secs: u64) -> (Vec<AssertionResult>, RunReport) {
    let watches = std::mem::take(collector.watches());
    let mut info = RunInfo::new("x");
    info.duration = secs.secs();
    let report = collector.finish(info);
    (watches.results(&report), report)
}

/// The results of one asserted criterion on a run of whole seconds, its events dealt out to the shards in turn.
fn asserted(criterion: &Criterion, events: &[Event], seconds: u64, shards: usize) -> Vec<AssertionResult> {
    let (mut collector, mut recorders) = watched(shards, &[(ASSERT, criterion)]);
    for second in 0..seconds {
        for (index, event) in events.iter().enumerate().filter(|(_, event)| event.second == second) {
            event.record(&mut recorders[index % shards]);
        }
        for (shard, recorder) in recorders.iter_mut().enumerate() {
            collector.absorb(shard, take(recorder, second, EndOf::Second));
        }
    }
    finish(collector, seconds).0
}

fn end(collector: &mut Collector) -> Option<String> {
    let (why, at) = collector.watches().take_end()?;
    assert_eq!(EndReason::Stopped(why.clone()).to_string(), format!("stopped: {why}"));
    assert_eq!(at.as_nanos() % 1_000_000_000, 0);
    Some(why)
}

#[test]
fn a_window_is_looked_at_when_the_last_shard_has_told_of_it() {
    let criterion = global().all_requests().count().over(2.secs()).gte(3);
    let (mut collector, mut recorders) = watched(2, &[(STOP, &criterion)]);
    for second in 0..3 {
        Event::ok(second, 0, 10).record(&mut recorders[0]);
        collector.absorb(0, take(&mut recorders[0], second, EndOf::Second));
        assert_eq!(end(&mut collector), None);
    }
    Event::ok(0, 1, 10).record(&mut recorders[1]);
    collector.absorb(1, take(&mut recorders[1], 0, EndOf::Second));
    assert_eq!(end(&mut collector), None, "no window has passed");
    collector.absorb(1, take(&mut recorders[1], 1, EndOf::Second));
    let why = "global: count of all requests over 2 s ≥ 3, was 3 at 2 s";
    assert_eq!(end(&mut collector).as_deref(), Some(why));
    collector.absorb(1, take(&mut recorders[1], 2, EndOf::Second));
    assert_eq!(end(&mut collector), None, "told once");
}

#[test]
fn a_second_that_the_run_ended_within_is_in_no_window() {
    let criterion = global().all_requests().count().over(1.secs()).is(1);
    let (mut collector, mut recorders) = watched(2, &[(ASSERT, &criterion)]);
    for second in 0..2 {
        Event::ok(second, 0, 10).record(&mut recorders[0]);
        for (shard, recorder) in recorders.iter_mut().enumerate() {
            // One of the shards has not come to the end of the last second.
            let until = if (shard, second) == (1, 1) { EndOf::Run } else { EndOf::Second };
            collector.absorb(shard, take(recorder, second, until));
        }
    }
    let (results, report) = finish(collector, 2);
    assert_eq!(results[0].message, "held in 1 window, at worst 1 at 1 s");
    assert_eq!(report.global().count(), 2);
}

#[test]
fn nothing_after_the_end_that_was_told_is_looked_at() {
    let criterion = global().all_requests().count().over(1.secs()).is(0);
    let (mut collector, mut recorders) = watched(1, &[(ASSERT, &criterion)]);
    collector.watches().until(2500.millis());
    collector.watches().until(9.secs());
    for second in 0..5 {
        collector.absorb(0, take(&mut recorders[0], second, EndOf::Second));
    }
    assert_eq!(finish(collector, 5).0[0].message, "held in 2 windows, at worst 0 at 1 s");
}

#[test]
fn the_warm_up_of_every_shard_is_left_out_and_the_second_it_ends_in_is_no_window() {
    let criterion = global().all_requests().count().over(1.secs()).is(0);
    let (collector, mut recorders) = watched(2, &[(ASSERT, &criterion)]);
    let mut collector = collector.warming_up(Some(1500.millis()));
    for second in 0..3 {
        for (shard, recorder) in recorders.iter_mut().enumerate() {
            let event = Event { error: Some("bad"), group: Some("g"), ..Event::ok(second, 0, 10) };
            event.record(recorder);
            let until = if second == 1 { EndOf::WarmUp } else { EndOf::Second };
            let mut snapshot = take(recorder, second, until);
            snapshot.warm_up = second < 2;
            // It goes through another process.
            let json = serde_json::to_string(&snapshot).unwrap();
            collector.absorb(shard, serde_json::from_str(&json).unwrap());
            if second == 1 {
                assert!(collector.live().warm_up);
                event.record(recorder);
                collector.absorb(shard, take(recorder, second, EndOf::Second));
            }
        }
        assert_eq!(collector.live().elapsed, (second + 1).secs());
    }
    assert!(!collector.live().warm_up);
    let (results, report) = finish(collector, 3);
    assert_eq!(results[0].message, "failed in 1 of 1 window, at worst 2 at 3 s");
    assert_eq!((report.global().count(), report.warm_up().unwrap().statistics().count()), (4, 4));
    assert_eq!((report.group("g").unwrap().count(), report.users_started(), report.users_failed()), (4, 8, 8));
    assert_eq!(report.global().requests_per_sec(), 4.0 / 1.5);
    let points: Vec<_> = report.series().iter().map(|point| (point.failed, point.warm_up)).collect();
    assert_eq!(points, [(2, true), (4, true), (2, false)]);
}

#[test]
fn a_name_means_the_request_then_those_in_groups_then_the_group() {
    let within = |second, micros| Event { group: Some("shop"), ..Event::ok(second, 0, micros) };
    let counted = |name: &str, events: &[Event]| {
        let criterion = details(name).response_time().max().over(2.secs()).lt(1.secs());
        asserted(&criterion, events, 4, 1)[0].message.clone()
    };
    let events = [within(0, 30), within(1, 40), Event::ok(2, 0, 10)];
    // While it occurs in a group only it is that one; once it occurs outside, only that.
    assert_eq!(counted("login", &events), "held in 3 windows, at worst 40 µs at 2 s");
    assert_eq!(counted("login", &events[..2]), "held in 2 windows, at worst 40 µs at 2 s");
    assert_eq!(counted("login", &[within(0, 30), events[2]]), "held in 3 windows, at worst 30 µs at 2 s");
    assert_eq!(counted("login", &[within(1, 30), events[2]]), "held in 3 windows, at worst 30 µs at 2 s");
    assert_eq!(counted("shop / login", &events), "held in 2 windows, at worst 40 µs at 2 s");
    assert_eq!(counted("shop", &events), "held in 2 windows, at worst 40 µs at 2 s");
    assert!(
        counted("sho", &events)
            .starts_with("there is no request or group \"sho\", or it was never made; there are: \"shop\"")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Each window gives what a run of nothing but this window would have given, whatever the number of shards.
    #[test]
    fn a_window_is_like_a_run_of_its_own(
        events in proptest::collection::vec(event(), 1..60),
        length in 1_u64..4,
        percent in 0.0..100.0_f64,
    ) {
        let metrics = [
            (global().response_time().percentile(percent).over(length.secs()).lt(200.millis()),
             global().response_time().percentile(percent).lt(200.millis())),
            (global().response_time().std_dev().over(length.secs()).lt(100.millis()),
             global().response_time().std_dev().lt(100.millis())),
            (global().failed_requests().percent().over(length.secs()).lt(30),
             global().failed_requests().percent().lt(30)),
            (details("shop").response_time().mean().over(length.secs()).lt(200.millis()),
             details("shop").response_time().mean().lt(200.millis())),
        ];
        for (criterion, assertion) in metrics {
            let mut failed = 0;
            let mut looked = Vec::new();
            for end in length..=4 {
                let inside = |event: &&Event| (end - length..end).contains(&event.second);
                let inside: Vec<_> = events.iter().filter(inside).copied().collect();
                let result = assertion.evaluate(&run(&inside, 1, Limits::default())).remove(0);
                if !inside.is_empty() && !result.message.starts_with("there is no") {
                    failed += usize::from(!result.passed);
                    looked.push(result.actual);
                }
            }
            let results = asserted(&criterion, &events, 4, 1);
            prop_assert_eq!(&asserted(&criterion, &events, 4, 3), &results);
            let result = &results[0];
            if looked.is_empty() {
                prop_assert!(!result.passed && result.actual.is_empty());
                continue;
            }
            prop_assert!(looked.contains(&result.actual), "{} {:?}", result, looked);
            prop_assert_eq!(result.passed, failed == 0);
            let expected = match failed {
                0 => format!("held in {} window", looked.len()),
                _ => format!("failed in {failed} of {} window", looked.len()),
            };
            prop_assert!(result.message.starts_with(&expected), "{} {}", result, expected);
        }
    }
}
