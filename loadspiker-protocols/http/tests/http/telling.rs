//! What messages and `--debug` show of HTTP: no secret, whether it is told by its name or known by its value; and errors
//! by kind.

use loadspiker_core::check::{header, json_path, regex, status};
use loadspiker_core::dsl::*;
use loadspiker_core::feeder::records;
use loadspiker_http::auth::{form_login, oauth2};
use loadspiker_http::{HttpProtocol, http};
use serde_json::json;

use crate::support::*;

#[test]
fn failed_comparisons_show_no_secret() {
    let server = Server::start(|_| {
        let headers = [("set-cookie", "sid=leak1"), ("x-auth-token", "leak2"), ("x-kind", "seen")];
        reply_with(200, &headers, r#"{"session":"leak3","pin":4711}"#)
    });
    let chain = exec(http("a").get("/").check(header("set-cookie").is("leak4")))
        .exec(http("b").get("/").check(header("x-auth-token").is("leak5")))
        .exec(http("c").get("/").check(json_path("$.session").is("leak6")))
        .exec(http("d").get("/").check(json_path("$.pin").is(1234)))
        .exec(http("e").get("/").check(header("x-kind").is("other")));
    let report = run(server.protocol(), chain);
    let text = report.to_json() + &report.failure().unwrap_or_default();
    assert!(!text.contains("leak") && !text.contains("4711") && !text.contains("1234"), "{text}");
    assert_eq!(report.request("b").unwrap().errors(), [("header x-auth-token: is not •••", 1)]);
    assert_eq!(report.request("e").unwrap().errors(), [("header x-kind: \"seen\" is not \"other\"", 1)]);
}

#[test]
fn a_server_that_echoes_a_secret_tells_nobody() {
    let server = Server::start(|seen| match seen.path() {
        // What was sent comes back in the reason.
        "/token" => reply(401, r#"{"error":"invalid_client","error_description":"bad secret leak-of-secret"}"#),
        _ => reply(
            400,
            &format!("{{\"message\":\"cannot use {} as {}\"}}", seen.text().replace('"', ""), "leak-of-bearer"),
        ),
    });
    let client = oauth2("/token", "app").client_secret("leak-of-secret");
    let body = json!({ "passphrase": "#{phrase}", "user": "ann" });
    let message = || json_path("$.message").is("ok");
    let chain = feed(records([[("phrase", "leak-of-phrase")]]).circular())
        .exec(http("data").get("/").auth(client))
        .exec(http("json").post("/").json(body).check(status().is(400)).check(message()))
        .exec(http("form").post("/").form_param("passphrase", "leak-of-form").check(status().is(400)).check(message()))
        .exec(http("bearer").get("/").bearer("leak-of-bearer").check(status().is(400)).check(message()));
    let report = run(server.protocol(), chain.clone());
    let text = report.to_json();
    assert!(!text.contains("leak-of"), "{text}");
    assert_eq!(report.request("token").unwrap().errors(), [("refused: invalid_client (bad secret •••)", 1)]);
    let shown = debugged(server.protocol(), chain);
    assert!(!shown.contains("leak-of"), "{shown}");
    assert!(shown.contains("cannot use {passphrase:•••,user:ann} as •••"), "{shown}");
}

#[test]
fn exchanges_are_shown_under_the_name_of_the_request_and_without_secrets() {
    let server = Server::start(|_| {
        let headers = [("x-session", "leak1"), ("x-kind", "seen")];
        reply_with(
            200,
            &headers,
            r#"<a><password>leak2</password><name>ann</name><input name="csrf" value="leak3"/></a>"#,
        )
    });
    let body = json!({ "passphrase": "leak4", "pin": 47114711, "name": "ann" });
    let shown = debugged(server.protocol(), http("log in").post("/").json(body));
    assert!(!shown.contains("leak") && !shown.contains("4711"), "{shown}");
    assert!(shown.contains("x-kind: seen") && shown.contains("<name>ann</name>"), "{shown}");
    assert!(shown.starts_with("# \"log in\", user 1 of \""), "{shown}");
}

#[test]
fn failed_exchanges_are_kept_without_secrets_and_passing_ones_are_not() {
    let server = Server::start(|seen| match seen.path() {
        path if path.starts_with("/down") => {
            reply_with(503, &[("x-session", "leak1"), ("x-kind", "seen")], "{\"password\":\"leak2\",\"why\":\"busy\"}")
        }
        _ => reply(200, "item 7"),
    });
    let body = json!({ "passphrase": "leak3", "name": "ann" });
    let chain = group(
        "shop",
        exec(http("down").post("/down?api_key=leak4").json(body).bearer("leak-of-bearer"))
            .exec(http("text").get("/").check(regex("item (\\d+)").is("8")))
            .exec(http("status").get("/down").check(status().is(503)))
            .exec(http("good").get("/")),
    );
    let report = run_users(5, server.protocol(), chain);
    let kept = report.exchanges();
    let of = |name: &str| kept.iter().filter(|kept| &*kept.name == name).collect::<Vec<_>>();
    assert_eq!([of("down"), of("text"), of("status"), of("good")].map(|kept| kept.len()), [3, 3, 0, 0]);
    let down = of("down")[0];
    assert_eq!((&*down.groups[0], &*down.error), ("shop", "status is 503, expected 2xx or 304"));
    for seen in ["> POST ", "/down?api_key=•••", "\"name\":\"ann\"", "authorization: •••"] {
        assert!(down.request.contains(seen), "{seen} is not in\n{}", down.request);
    }
    for seen in ["< 503 Service Unavailable", "x-kind: seen", "\"why\":\"busy\""] {
        assert!(down.response.contains(seen), "{seen} is not in\n{}", down.response);
    }
    assert!(of("text")[0].response.ends_with("item 7\n"), "{}", of("text")[0].response);
    let json = report.to_json();
    assert!(!json.contains("leak"), "{json}");
    let read = loadspiker_core::report::RunReport::from_json(&json).unwrap();
    assert_eq!(read.exchanges(), kept);
}

#[test]
fn a_request_without_a_response_is_kept_with_what_was_sent() {
    let report = run(HttpProtocol::new("http://127.0.0.1:1"), http("nobody").get("/x"));
    let [kept] = report.exchanges() else { panic!("{:?}", report.exchanges()) };
    assert!(kept.request.starts_with("> GET http://127.0.0.1:1/x\n"), "{}", kept.request);
    assert_eq!(kept.response, "");
}

#[test]
fn errors_that_differ_in_a_value_are_one() {
    let server = Server::start(|seen| {
        let n = format!("{}{}", seen.connection, seen.turn);
        reply(
            200,
            &format!("<form id=\"f\"><input name=\"user\"><input name=\"csrf\" value=\"token-{n}\"></form>item {n}."),
        )
    });
    let login = form_login("/login").field("user", "ada").field("password", "wrong");
    let chain =
        exec(http("page").get("/").check(regex("item (\\d+)").is("x"))).exec(http("account").get("/").auth(login));
    let report = run_users(20, server.protocol(), chain);
    let errors = |name: &str| {
        let errors = report.request(name).unwrap().error_groups();
        errors.iter().map(|group| (group.text().to_owned(), group.count)).collect::<Vec<_>>()
    };
    assert_eq!(errors("page"), [("regex item (\\d+): \"…\" is not \"x\"".to_owned(), 20)]);
    assert_eq!(errors("login").len(), 1, "{:?}", errors("login"));
    assert_eq!(errors("account").len(), 1, "{:?}", errors("account"));
    assert!(!report.to_json().contains("token-"), "a token against forgery is a secret, too");
    let names: Vec<_> = report.checks().iter().map(|check| check.name()).collect();
    assert!(names.contains(&"rejected: the form came back (implied by form_login)"), "{names:?}");
}
