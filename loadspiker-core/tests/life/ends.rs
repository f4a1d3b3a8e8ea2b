//! Every user says goodbye, every shard and the run, and nobody is waited for without end.

use std::time::{Duration, Instant};

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;
use loadspiker_core::inject::{at_once_users, constant_concurrent_users, nothing_for};
use loadspiker_core::report::RunReport;

use crate::probe::{Log, Probe, act, connect};

fn probe(log: &Log) -> Probe {
    Probe { log: log.clone(), goodbye: Some(20.millis()), ..Probe::default() }
}

/// An action that never ends by itself.
fn hang() -> crate::probe::Act {
    act("hang", |cx, used| {
        Box::pin(async move {
            used.user(cx);
            std::future::pending::<()>().await;
        })
    })
}

#[test]
fn each_of_400_users_says_goodbye_wherever_its_end_finds_it() {
    let log = Log::default();
    let users = |name: &str, chain: Chain| scenario(name).exec(connect()).exec(chain).inject([at_once_users(80)]);
    let imperative = Chain::journey("waits", async |user: &mut loadspiker_core::imperative::User| {
        user.pause(100.millis()).await;
        std::future::pending().await
    });
    let report = Simulation::new("ends")
        .protocol(probe(&log))
        .with(users("finished", dummy("short", 1.millis())))
        .with(users("in an action", hang().into()))
        .with(users("at rest", pause(1.hours())))
        .with(scenario("at a meeting").exec(connect()).rendez_vous(81).inject([
            at_once_users(80),
            nothing_for(1.hours()),
            at_once_users(1),
        ]))
        .with(users("in code", imperative))
        .max_duration(300.millis())
        .grace_period(200.millis())
        .shards(2)
        .run()
        .unwrap();
    assert_eq!(report.users_started(), 400);
    assert_eq!(report.users_interrupted(), 320);
    assert_eq!((log.count("Finished"), log.count("Stopped"), log.count("Interrupted")), (80, 160, 160));
    assert_eq!(log.count("goodbye"), 400);
    // Each shard closes when its users have taken their leave, and the run when its shards are closed.
    let lines = log.lines();
    assert_eq!((log.count("close 0"), log.count("close 1"), log.count("close run")), (1, 1, 1));
    assert_eq!(lines.last().map(String::as_str), Some("close run"));
    let last = |line: &str| lines.iter().rposition(|known| known == line);
    assert!(last("goodbye") < last("close 0").max(last("close 1")));
    assert_eq!(report.panics(), 0, "{:?}", report.step_errors());
}

#[test]
fn branches_say_goodbye_too() {
    let log = Log::default();
    let chain = exec(connect()).exec(parallel([exec(hang()), exec(connect()).pause(1.hours())]));
    let report = Simulation::new("branches")
        .protocol(probe(&log))
        .with(scenario("S").exec(chain).inject([at_once_users(3)]))
        .max_duration(100.millis())
        .grace_period(100.millis())
        .run()
        .unwrap();
    assert_eq!(report.users_interrupted(), 3);
    // The user's own state and those of two branches.
    assert_eq!(log.count("goodbye"), 9, "{:?}", log.lines());
}

#[test]
fn a_user_keeps_its_place_until_it_has_said_goodbye() {
    let log = Log::default();
    let report = Simulation::new("places")
        .protocol(Probe { goodbye: Some(250.millis()), ..probe(&log) })
        .with(scenario("S").exec(connect()).inject([constant_concurrent_users(2).during(1.secs())]))
        .simulated_clock()
        .run()
        .unwrap();
    assert_eq!(report.users_started(), 8, "{:?}", log.lines());
    assert_eq!((report.users_interrupted(), log.count("goodbye")), (0, 8));
}

fn endless(log: &Log, simulated: bool) -> (RunReport, Duration) {
    let begin = Instant::now();
    let simulation = Simulation::new("endless")
        .protocol(Probe { goodbye: Some(1.hours()), ..probe(log) })
        .with(scenario("S").exec(connect()).inject([at_once_users(5)]));
    let simulation = if simulated { simulation.simulated_clock() } else { simulation };
    (simulation.run().unwrap(), begin.elapsed())
}

#[test]
fn a_goodbye_that_does_not_end_is_cut_off_and_told() {
    for simulated in [false, true] {
        let log = Log::default();
        let (report, took) = endless(&log, simulated);
        assert!(took < 10.secs(), "{took:?}");
        assert_eq!((log.count("Finished"), log.count("goodbye")), (5, 0));
        assert_eq!(report.users_interrupted(), 0);
        assert_eq!(report.step_errors(), [("probe: the end of a connection was cut off after 1 s", 5)]);
    }
}
