//! Keys in headers, queries and cookies, against a server that wants one of them.

use loadspiker_core::check::{current_location, header};
use loadspiker_core::dsl::{Steps, exec, feed};
use loadspiker_core::feeder::records;
use loadspiker_http::auth::api_key;
use loadspiker_http::{add_cookie, http};

use crate::support::*;

/// Lets those in who show the key `a&b=c d`, as far as the place can hold it.
fn server() -> Server {
    Server::start(|seen| {
        let shown = match seen.path().split('?').next().unwrap() {
            "/header" => seen.header("x-key") == Some("a&b=c d"),
            "/query" => seen.path().contains("key=a%26b%3Dc%20d"),
            "/cookie" => {
                seen.header("cookie").is_some_and(|cookies| cookies.split("; ").any(|one| one == "key=a&b=c%20d"))
            }
            _ => false,
        };
        if shown { reply_with(200, &[("set-cookie", "seen=1")], "") } else { reply(401, "") }
    })
}

#[test]
fn a_key_goes_where_it_is_told_to_go() {
    let server = server();
    let chain = exec(http("header").get("/header").auth(api_key("x-key", "#{key}")))
        .exec(http("query").get("/query").auth(api_key("key", "#{key}").in_query()))
        .exec(http("query with others").get("/query?x=1").query("y", 2).auth(api_key("key", "#{key}").in_query()))
        .exec(add_cookie("own", "1"))
        .exec(http("cookie").get("/cookie").auth(api_key("key", "a&b=c%20d").in_cookie()))
        .exec(http("without").get("/cookie"));
    let report = run(server.protocol(), feed(records([[("key", "a&b=c d")]]).circular()).exec(chain));
    for name in ["header", "query", "query with others", "cookie"] {
        assert_all_ok(&report, name, 1);
    }
    assert_eq!(report.request("without").unwrap().failed_count(), 1, "a key in a cookie is not kept");
    assert_eq!(server.lines()[2], "GET /query?x=1&y=2&key=a%26b%3Dc%20d");
    assert_eq!(server.seen()[3].header("cookie"), Some("own=1; seen=1; key=a&b=c%20d"));
}

#[test]
fn a_key_in_the_query_is_seen_by_nobody_but_the_server() {
    let server = server();
    let request = http("x").get("/query?x=1").auth(api_key("key", "a&b=c d").in_query());
    let location = format!("{}/query?x=1", server.url);
    let report = run(server.protocol(), request.clone().check(current_location().is(location)));
    assert_all_ok(&report, "x", 1);
    let shown = debugged(server.protocol(), request.clone());
    assert!(shown.contains("/query?x=1&key=•••") && !shown.contains("c%20d") && !shown.contains("c+d"), "{shown}");
    assert!(!format!("{request:?}").contains("a&b"));
}

#[test]
fn a_name_that_cannot_be_one_is_a_mistake_and_a_key_that_cannot_be_sent_a_failure() {
    for (auth, mistake) in [
        (api_key("x key", "k"), "api_key: \"x key\" cannot be the name of a header"),
        (api_key("", "k").in_query(), "api_key: \"\" cannot be the name of a parameter of the query"),
        (api_key("a=b", "k").in_cookie(), "api_key: \"a=b\" cannot be the name of a cookie"),
    ] {
        let told = mistakes(Server::ok().protocol(), http("x").get("/").auth(auth));
        assert!(told.contains(mistake), "{told}");
    }
    let report = run(Server::ok().protocol(), http("x").get("/").auth(api_key("key", "a;b").in_cookie()));
    assert!(only_error(&report).starts_with("api_key: a cookie cannot hold"));
    let report = run(Server::ok().protocol(), http("x").get("/").auth(api_key("x-key", "a\nb")));
    assert!(only_error(&report).starts_with("api_key: header \"x-key\": its value has a line break"));
}

#[test]
fn a_key_goes_beside_other_authentication() {
    let server = Server::ok();
    let chain = exec(http("x").get("/").bearer("t").api_key("x-key", "k").check(header("x").not_exists()));
    run(server.protocol().auth(api_key("all", "0")), chain);
    assert_eq!(server.only().header("x-key"), Some("k"));
    assert_eq!(server.only().header("authorization"), Some("Bearer t"));
}
