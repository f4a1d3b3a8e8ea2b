//! Tasks of protocols: their samples, their panics, their end, and the simulated clock.

use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::custom_metric::{Counter, counter};
use loadspiker_core::dsl::*;
use loadspiker_core::inject::{at_once_users, hold_for, jump_to_rps};
use loadspiker_core::protocol_prelude::*;

use crate::probe::{Log, Probe, act, sample};

const TICKS: Counter = counter("ticks seen");

/// Subscribes to something that is pushed twice a second.
fn subscribe() -> crate::probe::Act {
    act("subscribe", |cx, used| {
        Box::pin(async move {
            let (shard, origin) = (cx.handle(), cx.origin());
            let reader = shard.clone();
            let task = shard.spawn("ticks", async move {
                loop {
                    reader.sleep(500.millis()).await;
                    reader.observe(origin, &sample("tick", reader.now()));
                    TICKS.add(reader.metrics(), 1);
                }
            });
            used.user(cx).task = Some(task);
            used.record(cx);
        })
    })
}

#[test]
fn pushed_messages_are_counted_in_their_second_group_and_scenario_while_the_user_rests() {
    let chain = group("live", exec(subscribe()).pause(2.secs() + 100.millis()));
    let report = Simulation::new("pushed")
        .with(scenario("S").exec(chain).inject([at_once_users(3)]))
        .simulated_clock()
        .run()
        .unwrap();
    let ticks = report.request("live / tick").unwrap();
    assert_eq!((ticks.count(), ticks.response_time().max()), (12, Duration::ZERO));
    let per_second: Vec<u64> = report.series().iter().map(|second| second.ok).collect();
    // A request each at the beginning; a tick at 0.5 s, at 1 s and at 1.5 s, at 2 s.
    assert_eq!(per_second, [6, 6, 3]);
    assert_eq!(report.metric("ticks seen").map(|ticks| ticks.count()), Some(12));
    // The end of a user is the end of its task.
    assert_eq!(report.users_ended(), 3);
}

#[test]
fn a_panic_of_a_task_is_counted_and_told_and_hurts_nobody() {
    let break_down = act("break", |cx, used| {
        Box::pin(async move {
            let shard = cx.handle();
            let sleeper = shard.clone();
            let task = shard.spawn("reader", async move {
                sleeper.sleep(10.millis()).await;
                panic!("bad frame");
            });
            used.user(cx).task = Some(task);
            used.record(cx);
        })
    });
    let other = scenario("Other").dummy("d", 1).inject([at_once_users(1)]);
    let report = Simulation::new("panics")
        .with(other)
        .with(scenario("S").exec(break_down).pause(1).inject([at_once_users(2)]))
        .simulated_clock()
        .run()
        .unwrap();
    assert_eq!((report.panics(), report.users_failed()), (2, 0));
    let [(error, 2)] = report.step_errors()[..] else { panic!("{:?}", report.step_errors()) };
    assert!(error.starts_with("reader: panicked at ") && error.ends_with("bad frame"), "{error}");
}

/// Panics when it is dropped.
struct Fragile;

impl Drop for Fragile {
    fn drop(&mut self) {
        panic!("torn");
    }
}

#[test]
fn a_panic_of_a_task_that_is_aborted_is_counted() {
    let carry = act("carry", |cx, used| {
        Box::pin(async move {
            let task = cx.handle().spawn("carrier", async {
                let _fragile = Fragile;
                std::future::pending::<()>().await;
            });
            tokio::task::yield_now().await;
            used.user(cx).task = Some(task);
            used.record(cx);
        })
    });
    let report = Simulation::new("torn")
        .with(scenario("S").exec(carry).inject([at_once_users(1)]))
        .simulated_clock()
        .run()
        .unwrap();
    assert_eq!(report.panics(), 1);
    assert!(report.step_errors()[0].0.starts_with("carrier: panicked"), "{:?}", report.step_errors());
}

/// Waits for a message that never comes.
fn wait() -> crate::probe::Act {
    act("wait", |cx, used| {
        Box::pin(async move {
            match cx.until_cut().await {
                Cut::Loop => used.record(cx),
                cut => {
                    used.protocol.log.add(format!("{cut:?}"));
                    let now = cx.now();
                    cx.finish(now);
                }
            }
        })
    })
}

#[test]
fn a_stop_ends_waits_at_once_and_they_are_not_failed() {
    for simulated in [false, true] {
        let log = Log::default();
        let simulation = Simulation::new("stop")
            .protocol(Probe { log: log.clone(), ..Probe::default() })
            .with(scenario("S").exec(wait()).exec(wait()).inject([at_once_users(20)]))
            .max_duration(100.millis())
            .grace_period(1.hours());
        let simulation = if simulated { simulation.simulated_clock() } else { simulation };
        let report = simulation.run().unwrap();
        assert_eq!((log.count("Stopping"), report.users_failed(), report.users_interrupted()), (40, 0, 0));
        assert!(report.info().duration < 60.secs(), "{:?}", report.info().duration);
    }
}

#[test]
fn a_wait_is_cut_when_the_time_of_the_loop_around_it_is_over() {
    for simulated in [false, true] {
        let chain = during(200.millis(), exec(wait())).exec(dummy("after", 1.millis()));
        let simulation = Simulation::new("cut").with(scenario("S").exec(chain).inject([at_once_users(3)]));
        let simulation = if simulated { simulation.simulated_clock() } else { simulation };
        let report = simulation.run().unwrap();
        assert_eq!(report.request("wait").unwrap().count(), 3);
        assert_eq!(report.request("after").unwrap().ok_count(), 3);
        assert!(report.request("wait").unwrap().response_time().min() >= 200.millis());
    }
}

#[test]
fn a_pipeline_waits_for_all_its_slots() {
    let pipeline = act("pipeline", |cx, used| {
        Box::pin(async move {
            if cx.next_requests(9).await {
                used.record(cx);
            }
        })
    });
    let report = Simulation::new("slots")
        .with(scenario("S").exec(pipeline).inject([at_once_users(1)]))
        .throttle([jump_to_rps(10.0), hold_for(1.minutes())])
        .simulated_clock()
        .run()
        .unwrap();
    let duration = report.info().duration;
    assert!((800.millis()..=1.secs()).contains(&duration), "{duration:?}");
    assert_eq!(report.request("pipeline").unwrap().count(), 1);
}
