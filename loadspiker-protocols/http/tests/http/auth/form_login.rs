//! Logins by a form, against a server that wants its token against forgery back, each once.

use std::collections::BTreeSet;
use std::sync::Mutex;

use loadspiker_core::check::{body_string, css_attr, status, substring};
use loadspiker_core::dsl::{Steps, exec, feed, repeat};
use loadspiker_core::feeder::records;
use loadspiker_core::imperative::User;
use loadspiker_http::auth::{FormLogin, authenticate, form_login};
use loadspiker_http::{UserHttp, flush_cookies, http};
use url::form_urlencoded;

use crate::support::*;

#[derive(Default)]
struct State {
    made: u32,
    tokens: BTreeSet<String>,
    sessions: BTreeSet<String>,
}

fn cookie(seen: &Seen, name: &str) -> Option<String> {
    let cookies = seen.header("cookie")?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix(&format!("{name}=")).map(str::to_owned))
}

fn field(seen: &Seen, name: &str) -> String {
    form_urlencoded::parse(&seen.body)
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// A shop whose account is for those who have logged in: each session is good for so many visits. `refuse` says how it
/// answers who has not.
fn shop(visits: usize, refuse: fn() -> Reply) -> Server {
    let state = Mutex::new(State::default());
    let visited = Mutex::new(std::collections::BTreeMap::<String, usize>::new());
    Server::start(move |seen| {
        let state = &mut *state.lock().unwrap();
        let page = |state: &mut State| {
            state.made += 1;
            let token = format!("csrf-{}-\"#{{x}}&", state.made);
            let page = format!(
                "<meta name='csrf' content='meta-{}'><form action='/search'><input name='q'></form>
                <form id='login' method='POST' action='session?from=form'>
                <input type='hidden' name='csrf' value='{}'><input type='hidden' name='next' value='/account'>
                <input name='user'><input name='password' type='password'><button name='go'>Go</button></form>",
                state.made,
                token.replace('&', "&amp;").replace('"', "&quot;")
            );
            let set = format!("form={}", state.made);
            state.tokens.insert(format!("{} {token}", state.made));
            reply_with(200, &[("set-cookie", &*set), ("content-type", "text/html")], &page)
        };
        match seen.line() {
            "GET /login" => page(state),
            "POST /session?from=form" => {
                let token = format!("{} {}", cookie(seen, "form").unwrap_or_default(), field(seen, "csrf"));
                if !state.tokens.remove(&token) || field(seen, "next") != "/account" || seen.text().contains("go=") {
                    return reply(403, "forged");
                }
                if field(seen, "password") != format!("secret of {}", field(seen, "user")) {
                    return page(state);
                }
                let session = format!("s{}", state.made);
                state.sessions.insert(session.clone());
                reply_with(303, &[("location", "/welcome"), ("set-cookie", &format!("session={session}; Path=/"))], "")
            }
            "GET /welcome" => reply_with(200, &[("content-type", "application/json")], "{\"hello\": \"you\"}"),
            _ => match cookie(seen, "session").filter(|session| state.sessions.contains(session)) {
                None => refuse(),
                Some(session) => {
                    let visits_made = &mut *visited.lock().unwrap();
                    let count = visits_made.entry(session.clone()).or_default();
                    *count += 1;
                    if *count > visits { refuse() } else { reply(200, "account") }
                }
            },
        }
    })
}

fn login() -> FormLogin {
    form_login("/login").field("user", "#{user}").field("password", "secret of #{user}")
}

#[test]
fn a_user_is_logged_in_before_its_first_request_with_all_that_is_hidden_in_the_form() {
    let server = shop(100, || reply(401, ""));
    let users = records((0..3).map(|n| [("user", format!("user {n}"))]));
    let visit = feed(users).repeat(3, http("account").get("/account").check(body_string().is("account")));
    let report = run_users(3, server.protocol().auth(login()), visit);
    for (name, count) in [("login page", 3), ("login", 3), ("login Redirect 1", 3), ("account", 9)] {
        assert_all_ok(&report, name, count);
    }
    assert_eq!(report.global().count(), 18);
}

#[test]
fn as_a_step_it_logs_in_there_and_then() {
    let server = shop(100, || reply(401, ""));
    let chain = repeat(2, exec(login()).exec(http("account").get("/account")).exec(flush_cookies()));
    let report = run(server.protocol(), feed(records([[("user", "ada")]]).circular()).exec(chain));
    assert_all_ok(&report, "login", 2);
    assert_all_ok(&report, "account", 2);
    // As another step, only if nobody has yet.
    let login = login();
    let chain = repeat(2, exec(authenticate(&login)).exec(http("account").get("/account").auth(&login)));
    let report = run(server.protocol(), feed(records([[("user", "ada")]]).circular()).exec(chain));
    assert_all_ok(&report, "login", 1);
    assert_all_ok(&report, "account", 2);
}

#[test]
fn a_session_that_has_ended_is_begun_anew() {
    for refuse in [(|| reply(401, "")) as fn() -> Reply, || redirect(302, "/login?from=account")] {
        let server = shop(2, refuse);
        let login = login().name("enter").silent();
        let visit =
            feed(records([[("user", "ada")]]).circular()).repeat(4, http("account").get("/account").auth(login));
        let report = run(server.protocol(), visit);
        assert_all_ok(&report, "account", 4);
        assert_all_ok(&report, "account Challenge", 1);
        assert_eq!(report.global().count(), 5, "the login is silent");
    }
}

#[test]
fn a_wrong_password_fails_the_login_and_says_so() {
    let server = shop(2, || reply(401, ""));
    let login = form_login("/login").field("user", "ada").field("password", "wrong");
    let report = run(server.protocol(), http("account").get("/account").auth(login));
    let why = report.request("login").unwrap().errors()[0].0.to_owned();
    assert!(why.starts_with("rejected: the form came back"), "{why}");
    assert_eq!(report.request("account").unwrap().errors(), [(&*format!("form_login: {why}"), 1)]);
    assert_all_ok(&report, "login page", 1);
}

#[test]
fn the_form_may_be_named_and_the_page_looked_at() {
    let server = shop(2, || reply(401, ""));
    let login = login()
        .form("form#login")
        .field("meta", "#{meta}")
        .page_check(css_attr("meta[name=csrf]", "content").save_as("meta"))
        .check(substring("hello"));
    let report = run(server.protocol(), feed(records([[("user", "ada")]]).circular()).exec(login));
    assert_all_ok(&report, "login", 1);
    assert_eq!(field(&server.seen()[1], "meta"), "meta-1");
    let none = form_login("/login").form("form#other").field("user", "ada");
    let report = run(server.protocol(), http("account").get("/account").auth(none));
    assert_eq!(
        only_error(&report),
        "form_login: the login page has no form form#other; select one with .form(selector)"
    );
    let told = mistakes(server.protocol(), http("account").get("/account").auth(form_login("/login")));
    assert!(told.contains("form_login: no fields are filled in"), "{told}");
}

#[test]
fn a_failed_login_of_a_step_is_counted_once_and_nothing_is_shown() {
    let server = shop(2, || reply(401, ""));
    let wrong = form_login("/login").field("user", "ada").field("password", "leak");
    let report = run(server.protocol(), exec(wrong.clone()).exec(http("page").get("/welcome").check(status().is(200))));
    assert_eq!(report.global().failed_count(), 1, "{:?}", report.global().errors());
    assert!(!format!("{wrong:?}").contains("leak"));
    let shown = debugged(server.protocol(), exec(wrong));
    assert!(shown.contains("password=•••") && !shown.contains("leak"), "{shown}");
}

#[test]
fn the_imperative_style_logs_in_too() {
    let server = shop(100, || reply(401, ""));
    let login = form_login("/login").field("user", "ada").field("password", "secret of ada");
    let code = loadspiker_core::dsl::Chain::journey("code", async move |user: &mut User| {
        user.request(authenticate(&login)).await?;
        for _ in 0..2 {
            user.http("account").get("/account").auth(&login).send().await?;
        }
        Ok(())
    });
    let report = run(server.protocol(), code);
    assert_all_ok(&report, "login", 1);
    assert_all_ok(&report, "account", 2);
}
