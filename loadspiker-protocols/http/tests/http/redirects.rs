//! Redirects and cookies.

use loadspiker_core::DurationExt;
use loadspiker_core::check::{body_string, current_location, header_regex, status};
use loadspiker_core::dsl::{Simulation, Steps, exec, scenario};
use loadspiker_core::inject::{ThrottleStep, at_once_users, hold_for, jump_to_rps};
use loadspiker_http::http;

use crate::support::*;

#[test]
fn every_hop_is_a_sample_and_checks_look_at_the_last() {
    let server = Server::start(|seen| match seen.path() {
        "/a" => redirect(302, "/b"),
        "/b" => redirect(301, "c?x=1"),
        _ => reply(200, "there"),
    });
    let request = http("go")
        .get("/a")
        .check(body_string().is("there"))
        .check(current_location().is(format!("{}/c?x=1", server.url)));
    let report = run(server.protocol(), request);
    assert_eq!(server.lines(), ["GET /a", "GET /b", "GET /c?x=1"]);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    for (name, code) in [("go", 302), ("go Redirect 1", 301), ("go Redirect 2", 200)] {
        let request = report.request(name).unwrap();
        assert_eq!((request.ok_count(), request.status_codes().get(&code)), (1, Some(&1)), "{name}");
    }
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
}

#[test]
fn a_redirected_post_becomes_a_get_unless_the_status_forbids_it() {
    let server = Server::start(|seen| match seen.path() {
        "/303" => redirect(303, "/done"),
        "/307" => redirect(307, "/done"),
        _ => reply(200, ""),
    });
    run(
        server.protocol(),
        exec(http("n").post("/303").json(serde_json::json!(1))).exec(http("n").post("/307").json(serde_json::json!(2))),
    );
    let seen = server.seen();
    assert_eq!((seen[1].line(), seen[1].text(), seen[1].header("content-type")), ("GET /done", "", None));
    assert_eq!(
        (seen[3].line(), seen[3].text(), seen[3].header("content-type")),
        ("POST /done", "2", Some("application/json"))
    );
}

#[test]
fn other_methods_and_their_bodies_survive_a_redirect() {
    let server = Server::start(|seen| match seen.path() {
        "/303" => redirect(303, "/done"),
        "/301" => redirect(301, "/done"),
        "/302" => redirect(302, "/done"),
        _ => reply(200, ""),
    });
    let chain = exec(http("n").put("/301").body("put").header("content-type", "text/plain"))
        .exec(http("n").patch("/302").body("patch"))
        .exec(http("n").delete("/302"))
        .exec(http("n").put("/303").body("put"));
    run(server.protocol(), chain);
    let followed: Vec<_> =
        server.seen().iter().skip(1).step_by(2).map(|seen| (seen.line().to_owned(), seen.text().to_owned())).collect();
    let expected = [("PUT /done", "put"), ("PATCH /done", "patch"), ("DELETE /done", ""), ("GET /done", "")];
    assert_eq!(followed, expected.map(|(line, body)| (line.to_owned(), body.to_owned())));
    assert_eq!(server.seen()[1].header("content-type"), Some("text/plain"));
}

#[test]
fn a_redirect_that_leads_nowhere_in_http_is_the_response() {
    let server = Server::start(|seen| match seen.path() {
        "/app" => reply_with(302, &[("location", "shop.app://callback?code=c1")], "away"),
        "/first" => redirect(302, "/app"),
        _ => reply(304 - 1, "no location"),
    });
    let chain = exec(
        http("app")
            .get("/first")
            .check(status().is(302))
            .check(header_regex("location", "code=(.*)").is("c1").save_as("code"))
            .check(body_string().is("away")),
    )
    .exec(http("bare").get("/bare?#{code}").check(status().is(303)).check(body_string().is("no location")))
    .exec(http("unchecked").get("/bare"));
    let report = run(server.protocol().max_redirects(1), chain);
    assert_all_ok(&report, "app Redirect 1", 1);
    assert_all_ok(&report, "bare", 1);
    assert_eq!(report.request("unchecked").unwrap().errors(), [("status is 303, expected 2xx or 304", 1)]);
    assert_eq!(server.lines(), ["GET /first", "GET /app", "GET /bare?c1", "GET /bare"]);
}

#[test]
fn credentials_do_not_go_to_another_origin() {
    let other = Server::ok();
    let target = format!("{}/x", other.url);
    let server = Server::start(move |seen| match seen.path() {
        "/away" => redirect(302, &target),
        "/near" => redirect(302, "/here"),
        _ => reply(200, ""),
    });
    let with_secrets = |path: &str| {
        http("n")
            .get(path)
            .bearer("secret")
            .api_key("x-key", "secret")
            .header("cookie", "own=secret")
            .header("x-plain", "1")
    };
    run(server.protocol(), exec(with_secrets("/away")).exec(with_secrets("/near")));
    let away = other.only();
    assert!(!away.head.contains("secret"), "{}", away.head);
    assert_eq!(away.header("x-plain"), Some("1"));
    assert_eq!(away.header("host"), Some(other.url.trim_start_matches("http://")));
    let near = server.seen();
    assert_eq!(near.last().unwrap().head.matches("secret").count(), 3);
}

#[test]
fn too_many_redirects_and_a_location_that_is_no_url_are_failures() {
    let server = Server::start(|seen| match seen.path() {
        "/lost" => redirect(302, "http://"),
        path => redirect(302, &format!("{path}x")),
    });
    let report = run(server.protocol().max_redirects(3), exec(http("round").get("/")).exec(http("lost").get("/lost")));
    assert_eq!(report.request("round").unwrap().ok_count(), 1);
    assert_eq!(
        report.request("round Redirect 3").unwrap().errors(),
        [("more than 3 redirects; see max_redirects(n)", 1)]
    );
    assert_eq!(report.request("lost").unwrap().errors(), [("redirect without a valid location header", 1)]);
    assert_eq!(server.seen().len(), 5);
}

#[test]
fn every_hop_needs_a_slot_of_a_throttle() {
    let server = Server::start(|seen| match seen.path() {
        "/a" => redirect(302, "/b"),
        "/b" => redirect(302, "/c"),
        _ => reply(200, "there"),
    });
    let throttled = |steps: [ThrottleStep; 2]| {
        let population = scenario("Test").exec(http("go").get("/a")).exec(http("then").get("/c"));
        let population = population.inject(at_once_users(1)).throttle(steps);
        Simulation::new("test").protocol(server.protocol()).with(population).shards(1).run().unwrap()
    };
    let report = throttled([jump_to_rps(20), hold_for(1.minutes())]);
    for name in ["go", "go Redirect 1", "go Redirect 2", "then"] {
        let request = report.request(name).unwrap();
        assert_eq!((request.ok_count(), request.throttle_wait().count()), (1, 1), "{name}");
    }
    // The last of four slots, however quick the answers are.
    assert!(report.info().duration >= 150.millis(), "{:?}", report.info().duration);

    // There are two slots. The third request is not made, and the user ends.
    let report = throttled([jump_to_rps(20), hold_for(100.millis())]);
    assert_eq!(report.request("go Redirect 1").unwrap().ok_count(), 1);
    assert!(report.request("go Redirect 2").is_none() && report.request("then").is_none());
    assert_eq!((report.users_ended(), report.users_failed(), report.users_interrupted()), (1, 0, 0));
    assert_eq!(server.lines()[4..], ["GET /a", "GET /b"]);
}

#[test]
fn redirects_can_be_left_alone() {
    let server = Server::start(|_| redirect(302, "/x"));
    let seen = |request: loadspiker_http::HttpRequest| exec(request.check(status().is(302)));
    let report = run(server.protocol(), seen(http("n").get("/").no_follow_redirects()));
    assert_eq!(report.request("n").unwrap().ok_count(), 1);
    let report = run(server.protocol().no_follow_redirects(), seen(http("n").get("/")));
    assert_eq!(report.request("n").unwrap().ok_count(), 1);
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn cookies_are_kept_for_each_user_and_over_redirects() {
    let server = Server::start(|seen| match seen.path() {
        "/login" => {
            reply_with(302, &[("location", "/home"), ("set-cookie", "sid=1"), ("set-cookie", "u=2; Path=/home")], "")
        }
        _ => reply(200, ""),
    });
    let chain = exec(http("login").get("/login")).exec(http("other").get("/other"));
    run(server.protocol(), chain.clone());
    let cookies: Vec<_> = server.seen().iter().map(|seen| seen.header("cookie").map(str::to_owned)).collect();
    assert_eq!(cookies, [None, Some("u=2; sid=1".into()), Some("sid=1".into())]);

    run_users(2, server.protocol(), chain.clone());
    assert!(server.seen().iter().filter(|seen| seen.path() == "/login").all(|seen| seen.header("cookie").is_none()));

    let before = server.seen().len();
    run(server.protocol().no_cookies(), chain);
    assert!(server.seen()[before..].iter().all(|seen| seen.header("cookie").is_none()));
}
