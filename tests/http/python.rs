//! Against a server in Python: bodies that end with the connection, with their length, in chunks.

use loadspiker::prelude::*;
use loadspiker_testkit::servers::Python;

use crate::support::{assert_all_ok, run};

fn fetch(name: &str) -> HttpRequest {
    http(name).get(format!("/{name}")).check(body_length().is(100_000)).check(regex("^(0123456789)+$").exists())
}

#[test]
fn http_1_0_closes_after_every_answer() {
    let python = Python::start("HTTP/1.0");
    let chain = repeat(3, exec(fetch("close")).exec(fetch("length")))
        .exec(http("connections").get("/connections").check(body_string().is("7")));
    let report = run(1, HttpProtocol::new(&python.url), chain);
    assert_all_ok(&report, "close", 3);
    assert_all_ok(&report, "length", 3);
    assert_all_ok(&report, "connections", 1);
}

#[test]
fn http_1_1_keeps_the_connection_until_an_answer_ends_with_it() {
    let python = Python::start("HTTP/1.1");
    let chain = repeat(3, exec(fetch("length")).exec(fetch("chunked")).exec(fetch("close")))
        .exec(http("echo").post("/echo").body("grüße").check(body_string().is("grüße")))
        .exec(http("connections").get("/connections").check(body_string().is("4")));
    let report = run(1, HttpProtocol::new(&python.url), chain);
    for name in ["length", "chunked", "close"] {
        assert_all_ok(&report, name, 3);
    }
    assert_all_ok(&report, "echo", 1);
    assert_all_ok(&report, "connections", 1);
}

#[test]
fn many_users_at_once_all_get_their_answer() {
    let python = Python::start("HTTP/1.1");
    let report = run(50, HttpProtocol::new(&python.url), repeat(4, exec(fetch("chunked")).exec(fetch("length"))));
    assert_all_ok(&report, "chunked", 200);
    assert_all_ok(&report, "length", 200);
    assert_eq!(report.global().phases().connect().count(), 50);
}
