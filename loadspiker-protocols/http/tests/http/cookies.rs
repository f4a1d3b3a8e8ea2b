//! Cookies: checked in responses, read and changed by steps.

use loadspiker_core::DurationExt;
use loadspiker_core::check::status;
use loadspiker_core::dsl::{Steps, exec, exec_async, exec_fn};
use loadspiker_http::{
    HttpProtocol, UserHttp, add_cookie, cookie, flush_cookies, flush_session_cookies, get_cookie, http,
};

use crate::support::*;

/// Sets a cookie that passes with the session and one that stays, on `/login`.
fn shop() -> Server {
    Server::start(|seen| match seen.path() {
        "/login" => {
            reply_with(200, &[("set-cookie", "sid=s1; Path=/shop"), ("set-cookie", "stay=y; Max-Age=600; Path=/")], "")
        }
        "/moved" => reply_with(302, &[("location", "/landed"), ("set-cookie", "way=w1")], ""),
        "/logout" => reply_with(200, &[("set-cookie", "sid=; Path=/shop; Max-Age=0")], ""),
        _ => reply(200, ""),
    })
}

#[test]
fn a_check_finds_what_the_user_has_in_cookies() {
    let server = shop();
    let chain = exec(http("none").get("/").check(cookie("sid").not_exists()))
        .exec(http("now").get("/login").check(cookie("sid").is("s1").save_as("sid")))
        .exec(http("later").get("/other/#{sid}").check(cookie("sid").is("s1")).check(cookie("stay").is("y")))
        .exec(http("on the way").get("/moved").check(cookie("way").is("w1")))
        .exec(http("gone").get("/logout").check(cookie("sid").not_exists()))
        .exec(http("wrong").get("/").check(cookie("stay").is("n")))
        .exec(http("missing").get("/").check(cookie("sid")));
    let report = run(server.protocol(), chain);
    assert_eq!(report.request("wrong").unwrap().errors(), [("cookie stay: is not •••", 1)], "the value is a secret");
    assert_eq!(report.request("missing").unwrap().errors(), [("cookie sid: nothing found", 1)]);
    assert_eq!(report.global().failed_count(), 2, "{:?}", report.global().errors());
    assert!(server.lines().contains(&"GET /other/s1".to_owned()));
}

#[test]
fn a_user_without_cookies_has_none_to_check() {
    let server = shop();
    let chain = exec(http("n").get("/login").check(cookie("sid").not_exists()).check(status().is(200)));
    assert_eq!(run(server.protocol().no_cookies(), chain).global().failed_count(), 0);
}

#[test]
fn cookies_are_added_read_and_flushed_by_steps() {
    let server = shop();
    let chain = exec(add_cookie("consent", "u#{userId()}"))
        .exec(add_cookie("deep", "1").path("/shop"))
        .exec(add_cookie("kept", "2").max_age(1.hours()))
        .exec(add_cookie("sure", "3").secure())
        .exec(add_cookie("alien", "4").domain("example.com"))
        .exec(http("n").get("/1"))
        .exec(http("n").get("/login"))
        .exec(get_cookie("sid"))
        .exec(get_cookie("alien").domain("www.example.com").save_as("other"))
        .exec(http("n").get("/shop/#{sid}/#{other}"))
        .exec(flush_session_cookies())
        .exec(http("n").get("/shop/2"))
        .exec(flush_cookies())
        .exec(http("n").get("/shop/3"));
    let report = run(server.protocol(), chain);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    assert_eq!(report.global().count(), 5, "steps are no requests");
    let sent: Vec<_> =
        server.seen().iter().map(|seen| (seen.path().to_owned(), seen.header("cookie").map(str::to_owned))).collect();
    let expected = [
        // Loopback is as good as TLS.
        ("/1", Some("consent=u1; kept=2; sure=3")),
        ("/login", Some("consent=u1; kept=2; sure=3")),
        ("/shop/s1/4", Some("deep=1; sid=s1; consent=u1; kept=2; stay=y; sure=3")),
        ("/shop/2", Some("kept=2; stay=y")),
        ("/shop/3", None),
    ];
    assert_eq!(sent, expected.map(|(path, cookies)| (path.to_owned(), cookies.map(str::to_owned))));
}

/// Answers a login with the name of the user as cookies of its session, also on the hops of a redirect.
fn accounts() -> Server {
    Server::start(|seen| match seen.path().split_once("?user=") {
        Some(("/login", user)) => {
            let location = format!("/second?user={user}");
            reply_with(302, &[("location", &location), ("set-cookie", &format!("first={user}"))], "")
        }
        Some(("/second", user)) => {
            reply_with(303, &[("location", "/home"), ("set-cookie", &format!("second={user}; Path=/"))], "")
        }
        _ => reply(200, ""),
    })
}

#[test]
fn no_user_sees_cookies_of_another_over_connections_of_its_own_or_shared_ones() {
    for share in [false, true] {
        let server = accounts();
        let protocol = if share { server.protocol().share_connections() } else { server.protocol() };
        let chain = exec(http("before").get("/before"))
            .exec(http("login").get("/login").query("user", "#{userId()}"))
            .pause(10.millis())
            .exec(http("after").get("/after/#{userId()}").check(cookie("second").is("#{userId()}").save_as("mine")))
            .exec(http("mine").get("/mine/#{mine}"));
        let report = run_users(20, protocol, chain);
        assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
        let seen = server.seen();
        assert!(seen.iter().filter(|seen| seen.path() == "/before").all(|seen| seen.header("cookie").is_none()));
        for user in 1..=20 {
            let cookies = format!("first={user}; second={user}");
            for path in [format!("/after/{user}"), format!("/mine/{user}")] {
                let seen = seen.iter().find(|seen| seen.path() == path).unwrap();
                assert_eq!(seen.header("cookie"), Some(cookies.as_str()), "shared: {share}");
            }
        }
        assert_eq!(seen.iter().filter(|seen| seen.path() == "/home").count(), 20);
    }
}

#[test]
fn each_host_on_the_way_sets_and_sees_its_own_cookies() {
    let server = Server::start(|seen| {
        let host = seen.header("host").unwrap();
        let (name, port) = host.split_once(':').unwrap();
        let next = |host: &str, path: &str| format!("http://{host}:{port}{path}");
        match seen.path() {
            "/start" => reply_with(302, &[("location", &next("b.test", "/hop")), ("set-cookie", "of=a")], ""),
            "/hop" => reply_with(302, &[("location", &next("a.test", "/end")), ("set-cookie", "of=b")], ""),
            "/cross" => reply_with(200, &[("set-cookie", "of=evil; Domain=a.test")], name),
            _ => reply(200, name),
        }
    });
    let port = server.url.rsplit(':').next().unwrap().to_owned();
    let url = |host: &str, path: &str| format!("http://{host}:{port}{path}");
    let protocol =
        HttpProtocol::new(url("a.test", "")).host_alias("a.test", "127.0.0.1").host_alias("b.test", "127.0.0.1");
    let chain = exec(http("n").get("/start").check(cookie("of").is("a")))
        .exec(http("n").get(url("b.test", "/cross")).check(cookie("of").is("b")))
        .exec(http("n").get("/last"))
        .exec(get_cookie("of").save_as("a"))
        .exec(get_cookie("of").domain("b.test").save_as("b"))
        .exec(http("n").get("/of/#{a}/and/#{b}"));
    let report = run(protocol, chain);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    let sent: Vec<_> =
        server.seen().iter().map(|seen| (seen.path().to_owned(), seen.header("cookie").map(str::to_owned))).collect();
    let expected = [
        ("/start", None),
        ("/hop", None),
        ("/end", Some("of=a")),
        ("/cross", Some("of=b")),
        ("/last", Some("of=a")),
        ("/of/a/and/b", Some("of=a")),
    ];
    assert_eq!(sent, expected.map(|(path, cookies)| (path.to_owned(), cookies.map(str::to_owned))));
}

#[test]
fn in_the_imperative_style_cookies_are_read_and_written_as_well() {
    let server = shop();
    let visit = exec_async("visit", async |user| {
        user.request(add_cookie("consent", "all")).await?;
        user.http("login").get("/login").check(cookie("sid").save_as("sid")).send().await?;
        assert_eq!(user.session().get_str("sid")?, "s1");
        user.request(get_cookie("stay")).await?;
        assert_eq!(user.session().get_str("stay")?, "y");
        user.request(flush_cookies()).await?;
        user.http("n").get("/after").send().await?;
        Ok(())
    });
    let report = run(server.protocol(), visit);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    let seen = server.seen();
    assert_eq!(seen[0].header("cookie"), Some("consent=all"));
    assert_eq!((seen[1].path(), seen[1].header("cookie")), ("/after", None));
}

#[test]
fn a_name_with_a_promise_is_told_what_it_asks_for() {
    let server = shop();
    let chain = exec(add_cookie("__Host-a", "1")).exec(add_cookie("__Host-b", "2").secure()).exec(http("n").get("/"));
    let report = run(server.protocol(), chain);
    let error = "the cookie cannot be set: a name that begins with __Host- asks for a secure cookie of the path / and of \
                 no domain";
    assert_eq!(report.request("add_cookie __Host-a").unwrap().errors(), [(error, 1)]);
    assert_eq!(server.only().header("cookie"), Some("__Host-b=2"));
}

#[test]
fn a_step_that_fails_is_counted_under_its_name() {
    let server = shop();
    let chain = exec(get_cookie("gone"))
        .exec(exec_fn(|session| Ok(session.set("evil", "a; Domain=b")?)))
        .exec(add_cookie("n", "#{evil}"))
        .exec(add_cookie("x", "1").domain("no host"))
        .exec(http("after").get("/"));
    let report = run(server.protocol(), chain);
    assert_eq!(report.request("get_cookie gone").unwrap().errors(), [("the user has no such cookie", 1)]);
    let errors = [("a cookie cannot hold ; or line breaks; encode them", 1)];
    assert_eq!(report.request("add_cookie n").unwrap().errors(), errors);
    assert_eq!(report.request("add_cookie x").unwrap().failed_count(), 1);
    assert_eq!(report.request("after").unwrap().ok_count(), 1);
    assert_eq!(server.only().header("cookie"), None);
}

#[test]
fn mistakes_are_told_before_the_run() {
    let base = || HttpProtocol::new("http://a.test");
    for (protocol, step, expected) in [
        (base(), add_cookie("a b", "1"), "\"a b\" is not a valid cookie name"),
        (base(), add_cookie("a", "1").path("shop"), "does not begin with /; write /shop"),
        (base().no_cookies(), add_cookie("a", "1"), "the protocol does not keep cookies"),
    ] {
        let found = mistakes(protocol, step);
        assert!(found.contains(expected) && found.contains("add_cookie a"), "{found}");
    }
    assert!(mistakes(base(), get_cookie("a").save_as("x.y")).contains("cannot name an attribute"));
    assert!(mistakes(base(), http("n").get("/").check(cookie(""))).contains("the name of a cookie is empty"));
}

#[test]
fn a_logout_by_a_date_of_whatever_form_logs_out() {
    for date in ["Thu, 01 Jan 1970 00:00:00 UTC", "Thu, 1 Jan 1970 00:00:00 GMT", "Thursday, 01-Jan-70 00:00:01 GMT"] {
        let server = Server::start(move |seen| match seen.path() {
            "/login" => reply_with(200, &[("set-cookie", "sid=1; Path=/")], ""),
            "/logout" => reply_with(200, &[("set-cookie", &format!("sid=; Path=/; Expires={date}"))], ""),
            _ => reply(200, ""),
        });
        let chain = exec(http("n").get("/login"))
            .exec(http("n").get("/logout").check(cookie("sid").not_exists()))
            .exec(http("n").get("/"));
        assert_all_ok(&run(server.protocol(), chain), "n", 3);
        assert_eq!(server.seen()[2].header("cookie"), None, "{date}");
    }
}
