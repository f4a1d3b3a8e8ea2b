//! Checks of responses, and the one that is implied.

use loadspiker_core::check::{body_string, current_location, header, json_path, response_time, status};
use loadspiker_core::dsl::{Steps, exec};
use loadspiker_http::http;

use crate::support::*;

#[test]
fn without_a_status_check_only_success_and_not_modified_pass() {
    let server = Server::start(|seen| reply(seen.path()[1..].parse().unwrap(), ""));
    let chain = exec(http("ok").get("/204"))
        .exec(http("ok").get("/304"))
        .exec(http("down").get("/503").check(body_string().is("never")))
        .exec(http("asked for").get("/503").check(status().is(503)));
    let report = run(server.protocol(), chain);
    assert_eq!(report.request("ok").unwrap().ok_count(), 2);
    assert_eq!(report.request("down").unwrap().errors(), [("status is 503, expected 2xx or 304", 1)]);
    assert_eq!(report.request("asked for").unwrap().ok_count(), 1);
    assert_eq!(report.global().status_codes().get(&503), Some(&2));
}

#[test]
fn what_checks_save_is_there_for_the_next_request() {
    let server = Server::start(|seen| match seen.path() {
        "/login" => reply_with(200, &[("X-Session-Id", "s1")], r#"{"token": "t1", "ids": [4, 5]}"#),
        _ => reply(200, ""),
    });
    let login = http("login")
        .post("/login")
        .check(status().is(200))
        .check(json_path("$.token").save_as("token"))
        .check(json_path("$.ids[*]").find_nth(1).save_as("id"))
        .check(header("x-session-id").save_as("session"))
        .check(current_location().is(format!("{}/login", server.url)))
        .check(response_time().lt(60_000));
    let next = http("next").get("/items/#{id}").header("x-session-id", "#{session}").bearer("#{token}");
    let report = run(server.protocol(), exec(login).exec(next));
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    let next = &server.seen()[1];
    assert_eq!(
        (next.path(), next.header("x-session-id"), next.header("authorization")),
        ("/items/5", Some("s1"), Some("Bearer t1"))
    );
}

#[test]
fn checks_of_the_protocol_hold_for_every_request() {
    let server = Server::start(|seen| reply(200, seen.path()));
    let protocol = server.protocol().check(body_string().is("/right"));
    let report = run(protocol, exec(http("right").get("/right")).exec(http("wrong").get("/wrong")));
    assert_eq!(report.request("right").unwrap().ok_count(), 1);
    assert_eq!(report.request("wrong").unwrap().failed_count(), 1);
}
