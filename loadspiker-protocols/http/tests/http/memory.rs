//! What checked bodies take of memory, and cookies.

use std::io::{Read, Write};
use std::sync::Barrier;

use loadspiker_core::check::{body_bytes, md5, status, substring};
use loadspiker_core::dsl::{Steps, exec, repeat};
use loadspiker_http::{HttpProtocol, http};
use loadspiker_testkit::TcpServer;

use crate::support::*;

const BODY: usize = 1_000_000;

/// A server that sends half of a body, waits until that has been sent so many times, and sends the other half.
fn halves(times: usize) -> (TcpServer, HttpProtocol) {
    let barrier = Barrier::new(times);
    let server = TcpServer::start(move |mut peer| {
        let _ = peer.read(&mut [0; 4096]);
        let _ = peer.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY}\r\n\r\n").as_bytes());
        let _ = peer.write_all(&vec![b'x'; BODY / 2]);
        barrier.wait();
        let _ = peer.write_all(&vec![b'x'; BODY / 2]);
        peer.stall();
    });
    let protocol = HttpProtocol::new(format!("http://{server}"));
    (server, protocol)
}

#[test]
fn bodies_beyond_the_memory_of_a_shard_fail_with_the_setting_to_raise() {
    let request = || http("n").get("/").check(body_bytes());
    let (_server, protocol) = halves(3);
    let report = run_users(3, protocol.max_checked_memory(2 * BODY + BODY / 2), request());
    let statistics = report.request("n").unwrap();
    assert_eq!((statistics.ok_count(), statistics.failed_count()), (2, 1));
    let expected = "checked bodies take more than 2.5 MB of this shard: raise max_checked_memory(bytes), check less, or let \
                    fewer users run at a time";
    assert_eq!(statistics.errors(), [(expected, 1)]);
    // What no check keeps takes nothing of it.
    let (_server, protocol) = halves(3);
    let report = run_users(3, protocol.max_checked_memory(1), http("n").get("/").check(md5()).check(status()));
    assert_all_ok(&report, "n", 3);
}

#[test]
fn memory_is_returned_when_the_checks_are_done() {
    let server = Server::start(|_| reply(200, &"x".repeat(300_000)));
    let chain = repeat(5, http("n").get("/").check(substring("x").count().gt(0)));
    assert_all_ok(&run(server.protocol().max_checked_memory(300_000), chain), "n", 5);
}

#[test]
fn the_largest_body_that_is_checked_is_a_setting() {
    let server = Server::start(|seen| reply(200, &"x".repeat(seen.path().len() * 100)));
    let chain = exec(http("small").get("/1").check(body_bytes())).exec(http("large").get("/123").check(body_bytes()));
    let report = run(server.protocol().max_checked_body(300), chain.exec(http("unchecked").get("/123")));
    assert_eq!(
        report.request("large").unwrap().errors(),
        [("body is larger than 300 bytes, too large to be checked; see max_checked_body(bytes)", 1)]
    );
    assert_all_ok(&report, "small", 1);
    assert_all_ok(&report, "unchecked", 1);
    let text = mistakes(server.protocol().max_checked_body(0).max_checked_memory(0), http("n").get("/"));
    assert!(text.contains("max_checked_body(0) leaves no body to check"), "{text}");
    assert!(text.contains("max_checked_memory(0) leaves no body to check"), "{text}");
}

#[test]
fn a_server_that_sets_ever_more_cookies_does_not_get_ever_larger_requests() {
    let server = Server::start(|seen| {
        let cookies: Vec<String> = (0..20).map(|n| format!("c{}x{n}={}", seen.turn, "v".repeat(100))).collect();
        let fields: Vec<_> = cookies.iter().map(|cookie| ("set-cookie", cookie.as_str())).collect();
        reply_with(200, &fields, "")
    });
    run(server.protocol(), repeat(50, http("n").get("/")));
    let longest = server.seen().iter().map(|seen| seen.head.len()).max().unwrap();
    assert!(longest < 6_000, "{longest}");
    assert_eq!(server.seen()[49].header("cookie").unwrap().split("; ").count(), 50);
}
