//! Branches of one user: they share its cookies, and each has connections, as the parts of a page in a browser.

use std::collections::BTreeSet;
use std::sync::Barrier;

use loadspiker_core::dsl::{Chain, Steps, exec, parallel, repeat};
use loadspiker_http::http;

use crate::support::*;

/// A server that answers requests to `/both…` only when so many are there at the same time.
fn server_of_pairs(together: usize) -> Server {
    let barrier = Barrier::new(together);
    Server::start(move |seen| {
        if seen.path().starts_with("/both") {
            barrier.wait();
        }
        reply(200, "ok")
    })
}

#[test]
fn requests_of_branches_are_on_their_way_at_the_same_time_over_connections_of_their_own() {
    let server = server_of_pairs(3);
    let branches = ["/both/a", "/both/b", "/both/c"].map(|path| http(path).get(path));
    let report = run(server.protocol(), exec(http("page").get("/")).parallel(branches).exec(http("end").get("/")));
    assert_eq!(report.global().ok_count(), 5, "{:?}", report.global().errors());
    let used: BTreeSet<_> = server.seen()[1..4].iter().map(|seen| seen.connection).collect();
    // One branch goes on with the connection of the page.
    assert_eq!(used, BTreeSet::from([0, 1, 2]));
    assert_eq!(report.global().phases().connect().count(), 3);
}

#[test]
fn idle_connections_go_back_to_the_user_and_out_to_its_branches_again() {
    let server = server_of_pairs(2);
    let branches = ["/both/a", "/both/b"].map(|path| repeat(2, http(path).get(path)));
    let report = run(server.protocol(), repeat(3, parallel(branches)).exec(http("end").get("/")));
    assert_eq!(report.global().ok_count(), 13, "{:?}", report.global().errors());
    assert_eq!(report.global().phases().connect().count(), 2);
    assert!(server.seen().iter().all(|seen| seen.connection < 2));
}

#[test]
fn no_more_idle_connections_go_back_than_a_user_may_have() {
    let server = server_of_pairs(3);
    let branches = ["/both/a", "/both/b", "/both/c"].map(|path| http(path).get(path));
    let report = run(server.protocol().max_connections_per_host(2), repeat(2, parallel(branches)));
    assert_eq!(report.global().ok_count(), 6, "{:?}", report.global().errors());
    // Two of three were kept for the second pass.
    assert_eq!(report.global().phases().connect().count(), 4);
}

/// A server that sets the cookie `user=1` on the page and `branch=2` in branch a.
fn server_of_cookies() -> Server {
    let barrier = Barrier::new(2);
    Server::start(move |seen| match seen.path() {
        "/page" => reply_with(200, &[("set-cookie", "user=1")], ""),
        "/a" => reply_with(200, &[("set-cookie", "branch=2")], ""),
        path => {
            if path.starts_with("/both") {
                barrier.wait();
            }
            reply(200, "")
        }
    })
}

/// Branch b asks for `/b` when branch a has got its cookie.
fn branches() -> [Chain; 2] {
    let get = |path: &'static str| exec(http(path).get(path));
    [get("/a").exec(get("/both/a")), get("/both/b").exec(get("/b"))]
}

fn cookies(server: &Server, path: &str) -> String {
    let seen = server.seen().into_iter().find(|seen| seen.path() == path).unwrap();
    seen.header("cookie").unwrap_or_default().to_owned()
}

#[test]
fn branches_share_the_cookies_of_the_user() {
    let server = server_of_cookies();
    run(server.protocol(), exec(http("page").get("/page")).parallel(branches()).exec(http("end").get("/end")));
    assert_eq!(cookies(&server, "/a"), "user=1");
    assert_eq!(cookies(&server, "/b"), "branch=2; user=1");
    assert_eq!(cookies(&server, "/end"), "branch=2; user=1");
}

#[test]
fn cookies_that_come_first_in_a_branch_are_the_users_all_the_same() {
    let server = server_of_cookies();
    let [a, b] = branches();
    run(server.protocol(), parallel([parallel([a]), b]).exec(http("end").get("/end")));
    assert_eq!(cookies(&server, "/a"), "");
    assert_eq!(cookies(&server, "/b"), "branch=2");
    assert_eq!(cookies(&server, "/end"), "branch=2");
}

#[test]
fn users_do_not_share_with_each_other() {
    let server = Server::start(|seen| reply_with(200, &[("set-cookie", &format!("id={}", &seen.path()[1..]))], ""));
    run_users(3, server.protocol(), parallel([repeat(2, http("n").get("/#{userId()}"))]));
    for user in ["1", "2", "3"] {
        let path = format!("/{user}");
        let seen: Vec<_> = server.seen().into_iter().filter(|seen| seen.path() == path).collect();
        assert_eq!(seen[0].connection, seen[1].connection, "{path}");
        let cookies: Vec<_> = seen.iter().map(|seen| seen.header("cookie").map(str::to_owned)).collect();
        assert_eq!(cookies, [None, Some(format!("id={user}"))]);
    }
}

#[test]
fn a_shared_pool_bounds_the_branches_too() {
    let server = Server::ok();
    let branches = (0..8).map(|n| http("n").get(format!("/{n}")));
    let protocol = server.protocol().share_connections().max_connections_per_host(2);
    let report = run(protocol, parallel(branches));
    assert_eq!(report.request("n").unwrap().ok_count(), 8);
    assert!(server.seen().iter().all(|seen| seen.connection < 2));
}
