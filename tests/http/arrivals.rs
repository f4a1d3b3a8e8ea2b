//! As many users arrive as the profile says, to the last one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loadspiker::prelude::*;

use crate::support::assert_all_ok;
use crate::support::server::{Server, Target, ok, response};

#[test]
fn five_hundred_a_second_for_two_seconds_are_a_thousand() {
    let server = Server::start(|_| ok());
    let visit = scenario!("Visit").exec(http("front page").get("/"));
    let report = Simulation::new("visits")
        .protocol(server.protocol())
        .with(visit.inject([constant_users_per_sec(500.0).during(2.secs())]))
        .assert(global().all_requests().count().is(1_000))
        .assert(global().failed_requests().count().is(0))
        .run()
        .unwrap();
    report.assert_passed();
    assert_all_ok(&report, "front page", 1_000);
    assert_eq!((report.users_started(), report.users_ended(), report.users_failed()), (1_000, 1_000, 0));
    assert_eq!(server.seen().len(), 1_000);
    assert_eq!(report.series().iter().map(|point| point.ok).sum::<u64>(), 1_000);
    assert_eq!(report.series().iter().map(|point| point.users_started).sum::<u64>(), 1_000);
    // The last arrival is due 2 ms before the end of the second second.
    assert!(report.info().duration >= 1_998.millis());
}

#[test]
fn a_closed_profile_never_has_more_users_than_it_says() {
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let highest = most.clone();
    let server = Server::start(move |_| {
        highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(5.millis());
        now.fetch_sub(1, Ordering::SeqCst);
        response(200, &[], "")
    });
    let visit = scenario!("Visit").exec(http("front page").get("/"));
    let report = Simulation::new("visits")
        .protocol(server.protocol())
        .with(visit.inject([constant_concurrent_users(8).during(1.secs())]))
        .run()
        .unwrap();
    assert_all_ok(&report, "front page", report.users_started());
    assert!(report.users_started() > 8, "users who are done are replaced");
    assert!(most.load(Ordering::SeqCst) <= 8);
    assert_eq!(server.seen().len() as u64, report.users_started());
}
