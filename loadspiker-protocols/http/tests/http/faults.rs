//! Servers that misbehave: each fault is a failed sample with a text that says what happened.

use loadspiker_core::check::{Check, body_string, header, status};
use loadspiker_core::dsl::{Steps, exec, exec_fn, repeat};
use loadspiker_core::{DurationExt, FailureKind, Phase};
use loadspiker_http::{HttpProtocol, http};
use loadspiker_testkit::machine::{Unresponsive, unused_address};

use crate::support::*;

/// The error, with `SERVER` for host and port.
fn error_of(reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> String {
    let server = Server::start(reply);
    let report = run(server.protocol().request_timeout(200.millis()), http("n").get("/"));
    let request = report.request("n").unwrap();
    assert_eq!(request.failed_count(), 1);
    assert_eq!(request.service_time().count(), 1, "it was sent");
    only_error(&report).replace(server.address(), "SERVER")
}

fn raw(response: &str) -> Reply {
    Reply::Last(response.as_bytes().to_vec())
}

#[test]
fn faults_of_a_server_are_told_apart() {
    let closed = "connection closed by SERVER before the response was complete";
    assert_eq!(error_of(|_| raw("")), closed);
    assert_eq!(error_of(|_| raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")), closed);
    assert_eq!(error_of(|_| raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel")), closed);
    assert_eq!(error_of(|_| Reply::Reset), "connection reset by SERVER");
    assert_eq!(error_of(|_| raw("what?\r\n\r\n")), "invalid HTTP response: invalid HTTP version parsed");
    assert_eq!(error_of(|_| Reply::Stall), "response from SERVER timed out (request timeout 200 ms)");
    let stalling = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    assert_eq!(
        error_of(move |seen| if seen.turn == 0 { Reply::Answer(stalling.into()) } else { Reply::Stall }),
        "response from SERVER timed out (request timeout 200 ms)"
    );
}

#[test]
fn a_refused_connection_is_a_failure_that_was_never_sent() {
    let address = unused_address();
    let report = run(HttpProtocol::new(format!("http://{address}")), repeat(3, http("n").get("/")));
    let request = report.request("n").unwrap();
    assert_eq!(request.errors(), [(&*format!("connection refused by {address}"), 3)]);
    assert_eq!((request.service_time().count(), request.bytes_sent()), (0, 0));
    assert_eq!(*request.failure_kinds(), [(FailureKind::Refused, 3)].into());
}

#[test]
fn failures_have_a_kind_whatever_their_text() {
    let kind_of = |reply: fn(&Seen) -> Reply, check: Option<Check>| {
        let server = Server::start(reply);
        let request = check.into_iter().fold(http("n").get("/"), |request, check| request.check(check));
        let report = run(server.protocol().request_timeout(200.millis()), request);
        let kinds = report.request("n").unwrap().failure_kinds().clone();
        kinds.into_keys().map(|kind| kind.to_string()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(kind_of(|_| raw(""), None), "closed-by-peer");
    assert_eq!(kind_of(|_| Reply::Reset, None), "reset");
    assert_eq!(kind_of(|_| raw("what?\r\n\r\n"), None), "protocol");
    assert_eq!(kind_of(|_| Reply::Stall, None), FailureKind::Timeout(Phase::RESPONSE).to_string());
    assert_eq!(kind_of(|_| reply(503, ""), None), "status");
    assert_eq!(kind_of(|_| reply(200, ""), Some(status().is(201))), "check");
}

#[test]
fn what_comes_of_a_request_is_counted_under_its_tags_as_well() {
    let server = Server::start(|seen| match seen.turn {
        0 => Reply::Answer("HTTP/1.1 302 Found\r\nlocation: /then\r\ncontent-length: 0\r\n\r\n".into()),
        _ => reply(200, "ok"),
    });
    let chain = exec(http("first").get("/").tag("team", "#{team}")).exec(http("second").get("/"));
    let chain = exec_fn(|session| Ok(session.set("team", "checkout")?)).exec(chain);
    let report = run(server.protocol(), chain);
    assert_eq!(report.global().count(), 3);
    let tagged = report.tagged("team", "checkout").unwrap();
    assert_eq!((tagged.count(), tagged.status_codes().clone()), (2, [(200, 1), (302, 1)].into()));
}

#[test]
fn a_host_that_does_not_resolve_is_named() {
    let report = run(HttpProtocol::new("http://nowhere.invalid"), http("n").get("/"));
    assert_eq!(report.global().failure_kinds().get(&FailureKind::Dns), Some(&1));
    assert!(only_error(&report).starts_with("cannot look up host \"nowhere.invalid\": "));
}

#[test]
fn a_request_the_server_may_have_processed_is_not_sent_again() {
    let server = Server::start(|seen| if seen.turn == 0 { reply(200, "") } else { raw("") });
    let report = run(server.protocol(), exec(http("a").get("/a")).exec(http("b").get("/b")).exec(http("c").get("/c")));
    assert_eq!(server.lines(), ["GET /a", "GET /b", "GET /c"]);
    let closed = format!("connection closed by {} before the response was complete", server.address());
    assert_eq!(report.request("b").unwrap().errors(), [(&*closed, 1)]);
    assert_eq!(report.request("c").unwrap().ok_count(), 1);
}

#[test]
fn a_body_longer_than_announced_harms_nobody() {
    let server = Server::start(|_| {
        Reply::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 500 X\r\n\r\n".to_vec())
    });
    let report = run(server.protocol(), repeat(5, http("n").get("/")));
    assert_eq!(report.request("n").unwrap().ok_count(), 5, "{:?}", report.global().errors());
}

#[test]
fn a_timeout_of_a_request_takes_the_place_of_the_protocols() {
    let server = Server::start(|_| Reply::Stall);
    let report = run(server.protocol(), http("n").get("/").timeout(50.millis()));
    let expected = format!("response from {} timed out (request timeout 50 ms)", server.address());
    assert_eq!(only_error(&report), expected);
}

#[test]
fn waiting_for_a_shared_connection_counts_into_the_timeout() {
    let server = Server::start(|_| Reply::Stall);
    let protocol = server.protocol().share_connections().max_connections_per_host(1).request_timeout(100.millis());
    let report = run_users(3, protocol, http("n").get("/"));
    // Who waits may get the connection at the very end of its time.
    let request = report.request("n").unwrap();
    assert_eq!(request.failed_count(), 3);
    for (error, _) in request.errors() {
        let at = server.address();
        let (response, wait) = (format!("response from {at} timed out"), format!("wait for a free connection to {at}"));
        assert!(error.starts_with(&response) || error.starts_with(&wait), "{error}");
        assert!(error.contains("(request timeout 100 ms)"), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_does_not_come_about_times_out() {
    let peer = Unresponsive::at([127, 0, 0, 1], 0);
    let address = peer.address();
    let protocol = HttpProtocol::new(format!("http://{address}")).connect_timeout(100.millis());
    let report = run(protocol, http("n").get("/"));
    assert_eq!(only_error(&report), format!("connect to {address} timed out (connect timeout 100 ms)"));
    assert_eq!(report.request("n").unwrap().service_time().count(), 0);
}

#[test]
fn a_line_of_the_header_that_cannot_be_read_is_counted_by_its_name() {
    let server = Server::start(|_| {
        let lines =
            "<b>Warning</b>: session_start() failed\r\nX-Spaced : 1\r\nx-good: 2\r\ncontent-length: 2\r\n\r\nok";
        Reply::Answer(format!("HTTP/1.1 200 OK\r\n{lines}").into_bytes())
    });
    let request = || http("n").get("/").check(header("x-good").is(2)).check(body_string().is("ok"));
    let report = run(server.protocol(), repeat(3, request()));
    assert_all_ok(&report, "n", 3);
    let lines = report.metrics().iter().find(|metric| metric.name() == "unreadable response header lines").unwrap();
    let counted: Vec<_> = lines.parts().map(|(line, figures)| (line, figures.count())).collect();
    assert_eq!(counted, [("line=<b>Warning</b>".to_owned(), 3), ("line=X-Spaced".to_owned(), 3)]);
    let shown = debugged(server.protocol(), request());
    assert!(shown.contains("! a header line is not \"name: value\" and was skipped: X-Spaced\n"), "{shown}");
}
