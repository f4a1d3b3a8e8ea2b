//! Ways to authenticate of one's own: what the frame promises to all of them.

use std::cell::{Cell, RefCell};

use loadspiker_core::check::{header, status};
use loadspiker_core::compile::CompileContext;
use loadspiker_core::dsl::{Simulation, Steps, exec, repeat, scenario};
use loadspiker_core::imperative::User;
use loadspiker_core::inject::{ThrottleStep, at_once_users, hold_for, jump_to_rps};
use loadspiker_core::{DurationExt, StepError};
use loadspiker_http::auth::{
    Answered, Auth, AuthContext, AuthFuture, AuthKey, AuthRequest, AuthResponse, Authenticator, auth_fn,
};
use loadspiker_http::{HttpRequest, UserHttp, http};

use crate::support::*;

/// Fetches a ticket once, and gets a new one when the server says `stale`.
#[derive(Clone, Debug)]
struct Ticket {
    key: AuthKey,
    shared: bool,
    request: HttpRequest,
}

fn ticket() -> Ticket {
    Ticket { key: AuthKey::new(), shared: false, request: http("ticket").post("/ticket") }
}

impl Auth for Ticket {
    fn name(&self) -> &'static str {
        "ticket"
    }

    fn compile(&self, _: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        Box::new(self.clone())
    }
}

impl Ticket {
    fn kept(&self, cx: &mut AuthContext<'_>) -> std::rc::Rc<RefCell<Option<String>>> {
        if self.shared { cx.shard_state(&self.key) } else { cx.user_state(&self.key) }
    }
}

impl Authenticator for Ticket {
    fn obtain<'a>(&'a self, cx: &'a mut AuthContext<'_>) -> Option<AuthFuture<'a>> {
        let kept = self.kept(cx);
        if kept.borrow().is_some() {
            return None;
        }
        Some(Box::pin(async move {
            let reply = cx.send(self.request.clone()).await?;
            *kept.borrow_mut() = Some(reply.text().into_owned());
            Ok(())
        }))
    }

    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let kept = self.kept(cx);
        request.set_header("x-ticket", kept.borrow().as_deref().unwrap_or("none"))
    }

    fn answered(&self, response: &AuthResponse<'_>, cx: &mut AuthContext<'_>) -> Result<Answered, StepError> {
        if response.status() != 401 {
            return Ok(Answered::Accept);
        }
        *self.kept(cx).borrow_mut() = None;
        Ok(Answered::SendAgain)
    }
}

/// Gives out tickets t1, t2, …; `accepts` says which of them open `/x`.
fn box_office(accepts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Server {
    let given = std::sync::atomic::AtomicU32::new(0);
    Server::start(move |seen| match seen.path() {
        "/ticket" => reply(200, &format!("t{}", 1 + given.fetch_add(1, std::sync::atomic::Ordering::Relaxed))),
        _ if seen.header("x-ticket").is_some_and(&accepts) => reply(200, "in"),
        _ => reply(401, "out"),
    })
}

#[test]
fn what_is_obtained_is_counted_under_its_own_name_and_kept_for_the_user() {
    let server = box_office(|_| true);
    let report = run_users(2, server.protocol().auth(ticket()), repeat(3, http("x").get("/x")));
    assert_all_ok(&report, "ticket", 2);
    assert_all_ok(&report, "x", 6);
    // Both go over one connection of the user.
    assert_eq!(report.global().phases().connect().count(), 2);
}

#[test]
fn users_of_a_shard_may_share_what_was_obtained() {
    let server = box_office(|_| true);
    let visit = exec(http("x").get("/x")).exec(http("x").get("/x"));
    // One after another, since the second must find what the first got.
    let ticket = Ticket { shared: true, ..ticket() };
    let first = scenario("First").exec(visit.clone()).inject([at_once_users(1)]);
    let then = scenario("Then").exec(visit).inject([at_once_users(3)]);
    let simulation = Simulation::new("shared").protocol(server.protocol().auth(ticket)).shards(1);
    let report = simulation.with(first.and_then(then)).run().unwrap();
    assert_all_ok(&report, "ticket", 1);
    assert_all_ok(&report, "x", 8);
}

#[test]
fn a_challenge_is_a_sample_of_its_own_and_the_request_is_sent_again() {
    let server = box_office(|ticket| ticket != "t1");
    let request = http("x").post("/x").body("the body").auth(ticket());
    let report = run(server.protocol(), request);
    assert_eq!(server.lines(), ["POST /ticket", "POST /x", "POST /ticket", "POST /x"]);
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
    assert_eq!(server.seen()[3].text(), "the body");
    for (name, count, code) in [("ticket", 2, 200), ("x Challenge", 1, 401), ("x", 1, 200)] {
        assert_all_ok(&report, name, count);
        assert_eq!(report.request(name).unwrap().status_codes().get(&code), Some(&count), "{name}");
    }
    assert_eq!(report.global().count(), 4);
}

#[test]
fn a_server_that_is_never_content_has_its_last_answer_checked() {
    let server = box_office(|_| false);
    let report = run(server.protocol(), http("x").get("/x").auth(ticket()));
    assert_all_ok(&report, "x Challenge", 4);
    assert_eq!(report.request("x").unwrap().errors(), [("status is 401, expected 2xx or 304", 1)]);
    let report = run(server.protocol(), http("x").get("/x").auth(ticket()).check(status().is(401)));
    assert_all_ok(&report, "x", 1);
}

#[test]
fn what_cannot_be_obtained_fails_the_request_with_the_reason() {
    let server = Server::start(|seen| match seen.path() {
        "/ticket" => reply(503, ""),
        _ => reply(200, ""),
    });
    let report = run(server.protocol(), http("x").get("/x").auth(ticket()));
    assert_eq!(report.request("x").unwrap().errors(), [("ticket: status is 503, expected 2xx or 304", 1)]);
    assert_eq!(report.request("ticket").unwrap().failed_count(), 1);
    assert_eq!(server.lines(), ["POST /ticket"]);
}

#[test]
fn requests_of_its_own_have_neither_the_checks_nor_the_authentication_of_the_protocol() {
    let server = box_office(|_| true);
    let protocol =
        server.protocol().auth(ticket()).bearer("of the protocol").check(header("x-only-pages").not_exists());
    let strict = protocol.clone().check(header("x-only-pages").exists());
    let report = run(strict, http("x").get("/x"));
    assert_all_ok(&report, "ticket", 1);
    assert_eq!(report.request("x").unwrap().failed_count(), 1);
    assert_eq!(server.seen()[0].header("authorization"), None);
    assert_eq!(server.seen()[1].header("authorization"), Some("Bearer of the protocol"));
    run(protocol, http("x").get("/x"));
}

#[test]
fn a_request_says_itself_how_it_is_authenticated() {
    let server = Server::ok();
    let mark = |text: &'static str| auth_fn("mark", move |request, _| request.set_header("x-mark", text));
    let chain = exec(http("all").get("/"))
        .exec(http("own").get("/").auth(mark("own")))
        .exec(http("none").get("/").no_auth())
        .exec(http("header").get("/").header("Authorization", "Custom 1"))
        .exec(http("bearer").get("/").bearer("t"))
        .exec(http("key").get("/").api_key("x-key", "k"));
    run(server.protocol().auth(mark("all")), chain);
    let marks: Vec<_> = server.seen().iter().map(|seen| seen.header("x-mark").map(str::to_owned)).collect();
    let expected = [Some("all"), Some("own"), None, None, None, Some("all")];
    assert_eq!(marks, expected.map(|mark| mark.map(str::to_owned)));
}

#[test]
fn a_closure_sees_the_request_as_it_is_sent_and_adds_to_all_parts_of_it() {
    let server = Server::ok();
    let url = server.url.clone();
    let sign = auth_fn("sign", move |request, session| {
        assert_eq!((request.method().as_str(), request.path_and_query()), ("PUT", "/x?a=1"));
        assert_eq!((request.origin(), request.body()), (url.clone(), &b"user 1"[..]));
        let host = request.headers().get("host").unwrap().to_str()?.to_owned();
        request.set_header("x-signature", &format!("{host} {}", session.user_id()))?;
        request.add_query("key", "a b&c")?;
        request.add_cookie("api", "k")
    });
    let request = http("x").put("/x").query("a", 1).header("cookie", "own=1").body("user #{userId()}").auth(sign);
    let report = run(server.protocol(), request);
    assert_eq!(report.global().ok_count(), 1, "{:?}", report.global().errors());
    let seen = server.only();
    assert_eq!(seen.line(), "PUT /x?a=1&key=a%20b%26c");
    assert_eq!(seen.header("x-signature").unwrap(), format!("{} 1", server.url.trim_start_matches("http://")));
    assert_eq!(seen.header("cookie"), Some("own=1; api=k"));
}

#[test]
fn what_cannot_be_applied_fails_the_request_before_it_is_sent() {
    let server = Server::ok();
    for (name, value, why) in [
        ("x y", "v", "header \"x y\": this is not a valid header name"),
        ("x", "a\nb", "header \"x\": its value has a line break or a control character"),
    ] {
        let sign = auth_fn("sign", move |request, _| request.set_header(name, value));
        let report = run(server.protocol(), http("x").get("/").auth(sign));
        assert_eq!(only_error(&report), format!("sign: {why}"));
    }
    let cookie = auth_fn("cookie", |request, _| request.add_cookie("a", "b;c"));
    assert!(
        only_error(&run(server.protocol(), http("x").get("/").auth(cookie))).starts_with("cookie: a cookie cannot")
    );
    let asks = auth_fn("asks", |request, session| request.set_header("x", session.get_str("nothing")?));
    assert!(only_error(&run(server.protocol(), http("x").get("/").auth(asks))).starts_with("asks: no attribute named"));
    assert!(server.seen().is_empty());
}

#[test]
fn nothing_is_applied_where_a_redirect_has_led_to_another_origin() {
    let other = Server::ok();
    let target = format!("{}/x", other.url);
    let server = Server::start(move |seen| match seen.path().split('?').next().unwrap() {
        "/near" => redirect(302, "/away"),
        "/away" => redirect(307, &target),
        _ => reply(200, ""),
    });
    let mark = auth_fn("mark", |request, _| {
        request.set_header("x-mark", "1")?;
        request.add_query("key", "secret")
    });
    run(server.protocol(), http("x").get("/near").auth(mark));
    assert_eq!(server.lines(), ["GET /near?key=secret", "GET /away?key=secret"]);
    assert!(server.seen().iter().all(|seen| seen.header("x-mark") == Some("1")));
    assert_eq!((other.only().line(), other.only().header("x-mark")), ("GET /x", None));
}

#[test]
fn what_is_applied_is_never_shown() {
    let server = Server::ok();
    let mark = auth_fn("mark", |request, _| {
        request.set_header("x-mark", "leak")?;
        request.add_query("appid", "leak")
    });
    let shown = debugged(server.protocol(), http("x").get("/x?a=1").auth(mark.clone()));
    assert!(shown.contains("/x?a=1&appid=•••") && shown.contains("x-mark: •••") && !shown.contains("leak"), "{shown}");
    assert_eq!(format!("{mark:?}"), "auth_fn(\"mark\", |request, session| …)");
}

#[test]
fn every_request_takes_a_slot_of_a_throttle() {
    let server = box_office(|ticket| ticket != "t1");
    let visit = scenario("Visit").exec(http("x").get("/x")).inject([at_once_users(1)]);
    let throttle: [ThrottleStep; 2] = [jump_to_rps(10), hold_for(10.secs())];
    let simulation = Simulation::new("throttled").protocol(server.protocol().auth(ticket())).with(visit);
    let report = simulation.throttle(throttle).shards(1).run().unwrap();
    assert_eq!(report.global().ok_count(), 4);
    // Four requests, a tenth of a second apart; the clock is not read before a slot is due.
    let waits = report.global().throttle_wait();
    assert_eq!(waits.count(), 4);
    assert!(waits.max() >= 90.millis(), "{:?}", waits.max());
}

#[test]
fn branches_of_a_user_have_in_common_what_it_knew() {
    let server = box_office(|_| true);
    let branches = ["a", "b"].map(|name| http(name).get("/x"));
    let chain = exec(http("x").get("/x")).parallel(branches);
    let report = run(server.protocol().auth(ticket()), chain);
    assert_all_ok(&report, "ticket", 1);
    assert_eq!(report.global().ok_count(), 4);
}

#[test]
fn the_imperative_style_has_the_same() {
    let server = box_office(|ticket| ticket != "t1");
    let ticket = ticket();
    let code = loadspiker_core::dsl::Chain::journey("code", async move |user: &mut User| {
        for _ in 0..3 {
            let reply = user.http("x").get("/x").auth(&ticket).send().await?;
            assert_eq!((reply.status(), &*reply.text()), (200, "in"));
        }
        let refused = user.http("y").get("/x").send().await.unwrap_err();
        assert_eq!(refused.to_string(), "status is 401, expected 2xx or 304");
        Ok(())
    });
    let report = run(server.protocol(), code);
    assert_all_ok(&report, "ticket", 2);
    assert_all_ok(&report, "x Challenge", 1);
    assert_all_ok(&report, "x", 3);
    assert_eq!(report.request("y").unwrap().failed_count(), 1);
}

#[test]
fn state_is_kept_by_key() {
    #[derive(Clone, Debug)]
    struct Counting(AuthKey);
    impl Auth for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }
        fn compile(&self, _: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
            Box::new(self.clone())
        }
    }
    impl Authenticator for Counting {
        fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
            let count = cx.user_state::<Cell<u32>>(&self.0);
            count.set(count.get() + 1);
            request.set_header("x-count", &count.get().to_string())
        }
    }
    let server = Server::ok();
    let (a, b) = (Counting(AuthKey::new()), Counting(AuthKey::new()));
    let chain = exec(http("1").get("/").auth(&a)).exec(http("2").get("/").auth(&b)).exec(http("3").get("/").auth(a));
    run(server.protocol(), chain);
    let counts: Vec<_> = server.seen().iter().map(|seen| seen.header("x-count").unwrap().to_owned()).collect();
    assert_eq!(counts, ["1", "1", "2"]);
}
