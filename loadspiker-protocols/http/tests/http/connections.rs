//! Pools, keep-alive, and what samples tell of them.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::{Steps, exec, repeat};
use loadspiker_http::http;
use loadspiker_testkit::TcpServer;

use crate::support::*;

#[test]
fn a_user_keeps_its_connection_and_users_do_not_share() {
    let server = Server::ok();
    let report = run_users(3, server.protocol(), repeat(4, http("n").get("/#{userId()}")));
    assert_eq!(report.request("n").unwrap().ok_count(), 12);
    let seen = server.seen();
    for path in ["/1", "/2", "/3"] {
        let mut connections: Vec<_> = seen.iter().filter(|s| s.path() == path).map(|s| s.connection).collect();
        connections.dedup();
        assert_eq!(connections.len(), 1, "{path}");
    }
    assert_eq!(report.global().phases().connect().count(), 3);
    assert_eq!(report.global().phases().dns().count(), 0);
}

#[test]
fn a_connection_survives_a_pause() {
    let server = Server::ok();
    let report = run(server.protocol(), repeat(3, exec(http("n").get("/")).pause(60.millis())));
    assert_eq!(report.request("n").unwrap().ok_count(), 3);
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
}

#[test]
fn without_keep_alive_every_request_has_a_connection_of_its_own() {
    let server = Server::ok();
    let report = run(server.protocol().keep_alive(false), repeat(3, http("n").get("/")));
    assert_eq!(report.request("n").unwrap().ok_count(), 3);
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.turn == 0 && seen.header("connection") == Some("close")));
    assert_eq!(report.global().phases().connect().count(), 3);
}

#[test]
fn a_shared_pool_is_bounded_and_the_wait_is_told() {
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let highest = most.clone();
    // Two connections answer only when both are busy.
    let barrier = Barrier::new(2);
    let server = Server::start(move |_| {
        highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        barrier.wait();
        now.fetch_sub(1, Ordering::SeqCst);
        reply(200, "")
    });
    let protocol = server.protocol().share_connections().max_connections_per_host(2);
    let report = run_users(10, protocol, http("n").get("/"));
    assert_eq!(report.request("n").unwrap().ok_count(), 10);
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert!(server.seen().iter().all(|seen| seen.connection < 2));
    assert_eq!(report.global().phases().wait().count(), 8);
}

#[test]
fn users_who_wait_for_a_connection_are_served_in_order() {
    let server = Server::ok();
    let protocol = server.protocol().share_connections().max_connections_per_host(1);
    run_users(20, protocol, http("n").get("/#{userId()}"));
    let paths: Vec<_> = server.seen().iter().map(|seen| seen.path().to_owned()).collect();
    assert_eq!(paths, (1..=20).map(|n| format!("/{n}")).collect::<Vec<_>>());
}

#[test]
fn a_connection_the_server_closed_while_idle_is_replaced_without_a_failure() {
    let server = Server::start(|_| Reply::Last(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec()));
    let chain = repeat(5, exec(http("n").post("/").body("order")).pause(30.millis()));
    let report = run(server.protocol(), chain);
    assert_eq!(report.request("n").unwrap().ok_count(), 5, "{:?}", report.global().errors());
    assert_eq!(server.seen().len(), 5);
}

#[test]
fn connection_close_ends_a_connection_at_once() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
    let server = Server::start(|_| Reply::Last(answer.to_vec()));
    let report = run(server.protocol(), repeat(20, http("n").get("/")));
    assert_eq!(report.request("n").unwrap().ok_count(), 20, "{:?}", report.global().errors());
}

#[test]
fn bytes_are_counted_with_their_headers() {
    let server = Server::start(|_| reply(200, "12345"));
    let report = run(server.protocol(), repeat(2, http("n").get("/").header("accept", "a").header("user-agent", "b")));
    let host = server.url.trim_start_matches("http://");
    let sent = format!("GET / HTTP/1.1\r\nhost: {host}\r\naccept: a\r\nuser-agent: b\r\n\r\n").len() as u64;
    let received = "HTTP/1.1 200 Status\r\ncontent-length: 5\r\n\r\n12345".len() as u64;
    let request = report.request("n").unwrap();
    assert_eq!((request.bytes_sent(), request.bytes_received()), (2 * sent, 2 * received));
    assert_eq!(request.phases().first_byte().count(), 2);
    // Answers that come in one piece take no time to receive.
    assert_eq!(request.phases().receive().count(), 0);
}

#[test]
fn host_aliases_lead_elsewhere_and_keep_the_name() {
    let server = Server::ok();
    let port = server.url.rsplit(':').next().unwrap();
    let protocol =
        loadspiker_http::HttpProtocol::new(format!("http://Shop.test:{port}")).host_alias("shop.test", "127.0.0.1");
    let report = run(protocol, http("n").get("/"));
    assert_eq!(report.request("n").unwrap().ok_count(), 1, "{:?}", report.global().errors());
    assert_eq!(server.only().header("host"), Some(format!("shop.test:{port}").as_str()));
    assert_eq!(report.global().phases().dns().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn local_addresses_take_turns() {
    let peers: Arc<Mutex<Vec<String>>> = Arc::default();
    let record = peers.clone();
    let server = TcpServer::start(move |mut peer| {
        record.lock().unwrap().push(peer.client().ip().to_string());
        let _ = peer.read_until(b"\r\n\r\n");
        let _ = peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    let url = format!("http://{server}");
    let protocol = loadspiker_http::HttpProtocol::new(url).local_addresses(["127.0.0.2", "127.0.0.3"]);
    let report = run(protocol, repeat(4, http("n").get("/")));
    assert_eq!(report.request("n").unwrap().ok_count(), 4, "{:?}", report.global().errors());
    assert_eq!(*peers.lock().unwrap(), ["127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.3"]);
}
