//! A server that stalls once: the users who had to wait for it are in the figures, though the server served them fast.
//!
//! Users arrive every 5 ms. The server stalls for half a second at the first request of user 100 or later. Whatever the
//! load generator and the server do meanwhile, user 100 + j was due 5·j ms after user 100, and gets its answer 500 ms after
//! user 100 was due at the earliest: it takes 500 − 5·j ms or more. So of the 400 response times at least
//! (500 − t) / 5 are t or longer.

use std::time::Duration;

use loadspiker::prelude::*;
use loadspiker_testkit::Gate;

use crate::support::assert_all_ok;
use crate::support::server::{Server, Target, ok};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const STALL: Duration = Duration::from_millis(500);
const FIRST_STALLED: u64 = 100;

/// Answers at once up to user 99, then to nobody for half a second, then at once.
fn stalling_once() -> Server {
    let (gate, stalled) = (Arc::new(Gate::default()), AtomicBool::new(false));
    Server::start(move |seen| {
        let user: u64 = seen.path().trim_start_matches('/').parse().unwrap();
        if user >= FIRST_STALLED {
            if !stalled.swap(true, Ordering::SeqCst) {
                std::thread::sleep(STALL);
                gate.open();
            }
            gate.pass();
        }
        ok()
    })
}

fn two_hundred_a_second(protocol: HttpProtocol) -> RunReport {
    let visit = scenario!("Visit").exec(http("page").get("/#{userId()}"));
    let simulation = Simulation::new("stall").protocol(protocol).shards(1);
    let report = simulation.with(visit.inject([constant_users_per_sec(200.0).during(2.secs())])).run().unwrap();
    assert_all_ok(&report, "page", 400);
    report
}

/// How many times were this long or longer.
fn at_least(times: &loadspiker::metrics::TimeStatistics, bound: Duration) -> u64 {
    times.buckets().into_iter().filter(|(time, _)| *time >= bound).map(|(_, count)| count).sum()
}

/// The response times hold what follows from the schedule.
fn assert_the_stall_is_seen(report: &RunReport) {
    let times = report.request("page").unwrap().response_time();
    for millis in (0..500).step_by(25) {
        let least = (500 - millis) / 5;
        let found = at_least(times, Duration::from_millis(millis));
        assert!(found >= least, "{found} of at least {least} took {millis} ms or longer");
    }
    assert!(times.max() >= STALL);
    // The tenth part of 400 is 40: of those who waited, all but the 60 who waited least.
    assert!(times.percentile(90.0) >= 300.millis(), "{:?}", times.percentile(90.0));
    assert!(times.percentile(95.0) >= 400.millis(), "{:?}", times.percentile(95.0));
    assert!(times.percentile(99.0) >= 480.millis(), "{:?}", times.percentile(99.0));
    assert!(report.series().iter().any(|second| second.max >= STALL));
}

#[test]
fn with_connections_of_their_own_users_keep_coming_and_all_feel_it() {
    let report = two_hundred_a_second(stalling_once().protocol());
    assert_the_stall_is_seen(&report);
    // Each was sent, and waited for the server.
    assert!(report.global().service_time().max() >= STALL);
}

/// With a single connection only one request meets the stall. To look at that one alone is what hides it.
#[test]
fn with_one_connection_the_users_behind_it_are_not_forgotten() {
    let server = stalling_once();
    let report = two_hundred_a_second(server.protocol().share_connections().max_connections_per_host(1));
    assert_the_stall_is_seen(&report);
    assert_eq!(server.connections(), 1);

    let page = report.request("page").unwrap();
    let bound = 250.millis();
    let felt = at_least(page.response_time(), bound);
    // The server took long once; neither the server's nor the load generator's figures are charged with the rest.
    assert!(page.service_time().max() >= STALL);
    assert!(at_least(page.service_time(), bound) < felt / 2, "{}", at_least(page.service_time(), bound));
    assert!(at_least(page.start_lag(), bound) < felt / 2, "{}", at_least(page.start_lag(), bound));
    assert!(page.phases().wait().count() >= 50, "{}", page.phases().wait().count());

    // Nothing is lost between the figures: lag, waiting, connecting and service are the whole response time, up to
    // what it takes to write a request down.
    let sum = |times: &loadspiker::metrics::TimeStatistics| times.mean() * u32::try_from(times.count()).unwrap();
    let phases = page.phases();
    let parts = sum(page.start_lag()) + sum(phases.wait()) + sum(phases.connect()) + sum(page.service_time());
    let rounding = Duration::from_nanos(4 * 400);
    assert!(parts <= sum(page.response_time()) + rounding);
    assert!(sum(phases.wait()) >= 20 * bound, "those who waited waited for the connection");
}
