//! Connections of each user's own, and connections that users share, as the server counts them.

use loadspiker::prelude::*;

use crate::support::server::{Server, Target, ok};
use crate::support::{assert_all_ok, tally};

fn visits(protocol: HttpProtocol, shards: usize) -> RunReport {
    let visit = scenario!("Visit").repeat(3, exec(http("page").get("/#{userId()}")).pause(1.millis()));
    Simulation::new("visits").protocol(protocol).with(visit.inject([at_once_users(20)])).shards(shards).run().unwrap()
}

#[test]
fn every_user_has_a_connection_of_its_own() {
    let server = Server::start(|_| ok());
    let report = visits(server.protocol(), 2);
    assert_all_ok(&report, "page", 60);
    assert_eq!(server.connections(), 20);
    let users = tally(server.seen().iter().map(|seen| (seen.connection, seen.path().to_owned())));
    assert!(users.len() == 20 && users.values().all(|requests| *requests == 3), "{users:?}");
    assert_eq!(report.global().phases().connect().count(), 20);
    assert_eq!(report.global().phases().wait().count(), 0);
}

#[test]
fn shared_connections_are_bounded_on_each_shard() {
    for (shards, bound) in [(1, 4), (2, 3)] {
        let server = Server::start(|_| ok());
        let report = visits(server.protocol().share_connections().max_connections_per_host(bound), shards);
        assert_all_ok(&report, "page", 60);
        assert!(server.connections() <= shards * bound, "{} connections", server.connections());
        assert_eq!(report.global().phases().connect().count(), server.connections() as u64);
    }
}

#[test]
fn without_keep_alive_each_request_has_a_connection() {
    let server = Server::start(|_| ok());
    let report = visits(server.protocol().keep_alive(false), 2);
    assert_all_ok(&report, "page", 60);
    assert_eq!(server.connections(), 60);
}
