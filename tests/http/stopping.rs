//! Ctrl-C and SIGTERM: the run ends, and a full report tells of it.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use loadspiker::prelude::*;
use loadspiker::report::EndReason;

use crate::support::process::Process;
use crate::support::server::{Reply, Server, Target, ok};

#[test]
fn a_signal_on_the_way_ends_the_run_with_a_full_report() {
    for signal in ["INT", "TERM"] {
        let (tell, seen) = channel();
        let tell = Mutex::new(tell);
        let server = Server::start(move |_| {
            let _ = tell.lock().unwrap().send(());
            ok()
        });
        let mut process = Process::start("visits", &["--base-url", &server.url]);
        assert_eq!(seen.iter().take(200).count(), 200);
        process.signal(signal);
        process.wait_for("interrupted by the user: users have");
        let ended = process.end();
        assert_eq!(ended.code, Some(3), "{}", ended.stderr);
        assert!(ended.stdout.contains("visits: interrupted by the user after"), "{}", ended.stdout);

        let report = ended.report();
        assert_eq!(report.info().end, EndReason::Interrupted);
        let requests = report.request("page").unwrap().count();
        assert!((200..2_000).contains(&requests), "{requests}");
        // Users who were there went on to their end, and everything they did is in the report.
        assert_eq!((report.users_started(), report.users_ended()), (requests, requests));
        assert_eq!((requests, report.global().failed_count()), (server.seen().len() as u64, 0));
        assert_eq!(report.series().iter().map(|second| second.ok).sum::<u64>(), requests);
        assert_eq!(report.request("page").unwrap().response_time().count(), requests);
    }
}

#[test]
fn a_second_signal_ends_the_run_at_once() {
    let (tell, seen) = channel();
    let tell = Mutex::new(tell);
    let server = Server::start(move |_| {
        let _ = tell.lock().unwrap().send(());
        Reply::Stall
    });
    let mut process = Process::start("stalled", &["--base-url", &server.url]);
    assert_eq!(seen.iter().take(20).count(), 20);
    process.signal("INT");
    process.wait_for("to finish; Ctrl-C ends the run at once");
    process.signal("INT");
    process.wait_for("interrupted by the user: ending now");
    let ended = process.end();
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);

    // Had the run gone on, the requests would have timed out.
    let report = ended.report();
    assert_eq!(report.info().end, EndReason::Interrupted);
    assert_eq!((report.users_started(), report.users_interrupted(), report.requests_interrupted()), (20, 20, 20));
    assert_eq!(report.global().count(), 0);
}

#[test]
fn the_time_limit_ends_a_run_with_what_was_done_until_then() {
    let server = Server::start(|seen| if seen.path() == "/stalls" { Reply::Stall } else { ok() });
    let stuck = scenario!("Stuck").exec(http("done").get("/")).exec(http("stuck").get("/stalls"));
    let report = Simulation::new("limited")
        .protocol(server.protocol())
        .with(stuck.inject([at_once_users(4), nothing_for(1.hours()), at_once_users(1)]))
        .max_duration(500.millis())
        .grace_period(100.millis())
        .run()
        .unwrap();
    assert_eq!(report.info().end, EndReason::MaxDuration);
    assert_eq!((report.users_started(), report.users_interrupted(), report.requests_interrupted()), (4, 4, 4));
    assert_eq!(report.request("done").unwrap().ok_count(), 4);
    assert_eq!(report.request("stuck").map_or(0, |stuck| stuck.count()), 0);
    assert!(report.info().duration >= 600.millis());
}
