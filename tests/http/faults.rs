//! Targets that misbehave: each fault is counted under its own text, nothing hangs, and other users are not harmed.

use loadspiker::prelude::*;
use loadspiker_testkit::machine::unused_port;

use crate::support::assert_all_ok;
use crate::support::server::{Reply, Seen, Server, Target, ok};

const CLOSED: &str = "connection closed by SERVER before the response was complete";

/// The faults by their paths, and what the report says of them, with `SERVER` for host and port.
const FAULTS: [(&str, &str); 10] = [
    ("/closes-before", CLOSED),
    ("/closes-mid-body", CLOSED),
    ("/closes-mid-chunk", CLOSED),
    ("/announces-too-much", "response from SERVER timed out (request timeout 300 ms)"),
    ("/stalls", "response from SERVER timed out (request timeout 300 ms)"),
    ("/resets", "connection reset by SERVER"),
    ("/garbage", "invalid HTTP response: invalid HTTP version parsed"),
    ("/bad-length", "invalid HTTP response: invalid content-length parsed"),
    ("/bad-chunk", "invalid HTTP response: malformed chunk"),
    ("/endless-head", "invalid HTTP response: message head is too large"),
];

fn raw(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn misbehave(seen: &Seen) -> Reply {
    match seen.path() {
        "/closes-before" => Reply::Last(Vec::new()),
        "/closes-mid-body" => Reply::Last(raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")),
        "/closes-mid-chunk" => Reply::Last(raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nhalf")),
        "/announces-too-much" => Reply::Answer(raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")),
        "/announces-too-little" => {
            Reply::Answer(raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more than was announced"))
        }
        "/stalls" => Reply::Stall,
        "/resets" => Reply::Reset,
        "/garbage" => Reply::Last(raw("220 mail.test ESMTP\r\n\r\n")),
        "/bad-length" => Reply::Last(raw("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n")),
        "/bad-chunk" => Reply::Last(raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n")),
        "/endless-head" => Reply::Endless(b"HTTP/1.1 200 OK\r\nx-header: and so on\r\nx-header: and so on"),
        _ => ok(),
    }
}

/// Two requests by each of three users.
fn visitors(name: &str, url: &str) -> Population {
    let request = http(name).get(url).timeout(300.millis());
    scenario!(name).repeat(2, request).inject([at_once_users(3)])
}

#[test]
fn each_fault_is_told_apart_and_harms_nobody_else() {
    let server = Server::start(misbehave);
    let healthy = scenario!("healthy").repeat(10, exec(http("healthy").get("/")).pause(20.millis()));
    let mut simulation =
        Simulation::new("faults").protocol(server.protocol()).with(healthy.inject([at_once_users(20)]));
    for (path, _) in FAULTS {
        simulation = simulation.with(visitors(path, path));
    }
    let nobody = format!("127.0.0.1:{}", unused_port());
    simulation = simulation
        .with(visitors("refused", &format!("http://{nobody}/")))
        .with(visitors("longer", "/announces-too-little"));
    let report = simulation.run().unwrap();

    let refused = format!("connection refused by {nobody}");
    for (name, text) in FAULTS.into_iter().chain([("refused", &*refused)]) {
        let request = report.request(name).unwrap();
        let text = text.replace("SERVER", server.address());
        assert_eq!((request.ok_count(), request.errors()), (0, vec![(&*text, 6)]), "{name}");
    }
    assert_all_ok(&report, "longer", 6);
    assert_all_ok(&report, "healthy", 200);
    assert_eq!(report.scenario("healthy").unwrap().failed_count(), 0);
    assert_eq!(report.users_ended(), report.users_started());
    assert_eq!(report.global().failed_count(), 6 * 11);
    assert_eq!(report.request("refused").unwrap().bytes_sent(), 0);
    assert!(report.request("/stalls").unwrap().response_time().min() >= 300.millis());
}

#[test]
fn a_stall_of_two_seconds_is_a_slow_answer_or_a_timeout_as_the_limit_says() {
    let server = Server::start(|seen| {
        if seen.path() == "/slow" {
            std::thread::sleep(2.secs());
        }
        ok()
    });
    let impatient = scenario!("impatient").exec(http("impatient").get("/slow").timeout(500.millis()));
    let patient = scenario!("patient").exec(http("patient").get("/slow").timeout(1.minutes()));
    let report = Simulation::new("stall")
        .protocol(server.protocol())
        .with(impatient.inject([at_once_users(5)]))
        .with(patient.inject([at_once_users(5)]))
        .run()
        .unwrap();
    let failed = report.request("impatient").unwrap();
    let text = format!("response from {} timed out (request timeout 500 ms)", server.address());
    assert_eq!(failed.errors(), [(&*text, 5)]);
    assert!(failed.response_time().min() >= 500.millis());
    assert_all_ok(&report, "patient", 5);
    let patient = report.request("patient").unwrap();
    assert!(patient.response_time().min() >= 2.secs() && patient.service_time().min() >= 2.secs());
}

#[test]
fn a_failed_request_marks_the_user_and_the_user_goes_on() {
    let server = Server::start(misbehave);
    let chain = exec(http("first").get("/resets")).exec(http("second").get("/"));
    let report = crate::support::run(4, server.protocol(), chain);
    assert_eq!(report.request("first").unwrap().failed_count(), 4);
    assert_all_ok(&report, "second", 4);
    assert_eq!((report.users_ended(), report.users_failed()), (4, 4));
}
