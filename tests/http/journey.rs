//! What users carry from answer to answer: cookies, saved values; and what the report keeps of the exchanges.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loadspiker::prelude::*;

use crate::support::server::{Reply, Server, Target, response};
use crate::support::{assert_all_ok, run, tally};

#[test]
fn cookies_are_each_users_own_and_follow_redirects() {
    let server = Server::start(|seen| match seen.path() {
        "/login" => {
            let cookie = format!("session={}; Path=/", seen.connection);
            response(302, &[("location", "/home"), ("set-cookie", &cookie)], "")
        }
        _ => response(200, &[], "home"),
    });
    let report = run(5, server.protocol(), exec(http("login").post("/login")).exec(http("cart").get("/cart")));
    assert_all_ok(&report, "login", 5);
    assert_all_ok(&report, "login Redirect 1", 5);
    assert_all_ok(&report, "cart", 5);
    for seen in server.seen() {
        let expected = (seen.path() != "/login").then(|| format!("session={}", seen.connection));
        assert_eq!(seen.header("cookie"), expected.as_deref(), "{}", seen.line());
    }
}

#[test]
fn every_hop_of_a_redirect_is_a_sample_with_its_status() {
    let server = Server::start(|seen| match seen.path() {
        "/a" => response(301, &[("location", "/b")], ""),
        "/b" => response(303, &[("location", "/c")], ""),
        "/c" => response(200, &[], "there"),
        _ => response(307, &[("location", "/round")], ""),
    });
    let there = exec(http("there").post("/a").body("x").check(current_location().is(format!("{}/c", server.url))));
    let report = run(3, server.protocol().max_redirects(4), there.exec(http("round").get("/round")));
    for (name, status) in [("there", 301), ("there Redirect 1", 303), ("there Redirect 2", 200)] {
        assert_all_ok(&report, name, 3);
        assert_eq!(*report.request(name).unwrap().status_codes(), [(status, 3)].into());
    }
    let last = report.request("round Redirect 4").unwrap();
    assert_eq!(last.errors(), [("more than 4 redirects; see max_redirects(n)", 3)]);
    assert!(report.request("round Redirect 5").is_none());
    assert_eq!(*report.global().status_codes(), [(200, 3), (301, 3), (303, 3), (307, 15)].into());
    let lines = tally(server.seen().into_iter().map(|seen| seen.line().to_owned()));
    assert_eq!((lines["POST /a"], lines["GET /b"], lines["GET /c"], lines["GET /round"]), (3, 3, 3, 15));
}

#[test]
fn what_a_check_saves_is_sent_with_the_next_request() {
    let server = Server::start(|seen| match seen.path() {
        "/offers" => response(200, &[], r#"{"offers": [{"id": 7}, {"id": 8}, {"id": 9}], "etag": "e 1"}"#),
        _ => response(200, &[], "{}"),
    });
    let chain = exec(
        http("offers")
            .get("/offers")
            .check(json_path("$.offers[*].id").find_random().save_as("id"))
            .check(json_path("$.offers[*].id").find_all().save_as("all"))
            .check(json_path("$.etag").save_as("etag")),
    )
    .exec(http("buy").put("/buy/#{id}/of/#{all.size()}").query("etag", "#{etag}").header("x-last", "#{all(-1)}"));
    let report = run(100, server.protocol(), chain);
    assert_all_ok(&report, "buy", 100);
    let bought: Vec<_> = server.seen().into_iter().filter(|seen| seen.path() != "/offers").collect();
    assert!(bought.iter().all(|seen| seen.header("x-last") == Some("9")));
    let paths = tally(bought.iter().map(|seen| seen.path().to_owned()));
    // Of a hundred draws among three, none missing one is certain to fourteen digits.
    let expected: Vec<_> = [7, 8, 9].map(|id| format!("/buy/{id}/of/3?etag=e%201")).into();
    assert_eq!(paths.into_keys().collect::<Vec<_>>(), expected);
}

#[test]
fn status_codes_and_failed_checks_are_counted_by_request() {
    let server = Server::start(|seen| match seen.path() {
        "/gone" => response(410, &[], "gone"),
        "/teapot" => response(418, &[], "short and stout"),
        _ => response(204, &[], ""),
    });
    let chain = exec(http("gone").get("/gone"))
        .exec(http("teapot").get("/teapot").check(status().is(418)).check(substring("tall").exists()))
        .exec(http("none").delete("/none").check(status().one_of([200, 204])));
    let report = run(2, server.protocol(), chain);
    assert_eq!(report.request("gone").unwrap().errors(), [("status is 410, expected 2xx or 304", 2)]);
    let teapot = report.request("teapot").unwrap();
    assert_eq!(teapot.failed_count(), 2);
    assert!(teapot.errors()[0].0.contains("tall"), "{:?}", teapot.errors());
    assert_all_ok(&report, "none", 2);
    assert_eq!(*report.global().status_codes(), [(204, 2), (410, 2), (418, 2)].into());
}

#[test]
fn bytes_in_the_report_are_those_the_server_saw() {
    let answered = Arc::new(AtomicU64::new(0));
    let sum = answered.clone();
    let server = Server::start(move |seen| {
        let reply = response(200, &[("x-filler", "abc")], &"x".repeat(seen.number * 10));
        if let Reply::Answer(bytes) = &reply {
            sum.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        }
        reply
    });
    let chain = exec(http("send").post("/").body("0123456789")).exec(http("form").post("/").form_param("a", "b c"));
    let report = run(5, server.protocol(), chain);
    assert_all_ok(&report, "send", 5);
    assert_all_ok(&report, "form", 5);
    assert_eq!(report.global().bytes_sent(), server.seen().iter().map(|seen| seen.bytes() as u64).sum::<u64>());
    assert_eq!(report.global().bytes_received(), answered.load(Ordering::SeqCst));
}
