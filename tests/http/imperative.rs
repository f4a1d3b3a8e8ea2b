//! HTTP in the imperative style: the same requests, samples and checks, and replies to look at.

use std::sync::LazyLock;

use loadspiker::prelude::*;
use loadspiker_testkit::servers::Python;

use crate::support::server::{Reply, Server, Target, response};
use crate::support::{assert_all_ok, run};

fn journey(code: impl AsyncFn(&mut User) -> Outcome + Send + Sync + 'static) -> Chain {
    Chain::journey("journey", code)
}

#[derive(serde::Serialize)]
struct Credentials {
    user: &'static str,
    password: String,
}

#[derive(serde::Deserialize)]
struct Product {
    id: u64,
    name: String,
}

static PEOPLE: LazyLock<Feeder> = LazyLock::new(|| records((1..=4).map(|n| [("username", format!("user-{n}"))])));

#[loadspiker::scenario("Customer")]
async fn customer(user: &mut User) -> Outcome {
    user.feed(&PEOPLE)?;
    let credentials = Credentials { user: "#{username}", password: "secret".into() };
    let login = user
        .http("login")
        .post("/login")
        .json(&credentials)
        .check(json_path("$.token").save_as("token"))
        .send()
        .await?;
    if login.header("X-Session") != Some("s") {
        return Err("no session".into());
    }
    for page in 1..=2 {
        let list = user.http("list").get(format!("/products?page={page}")).bearer("#{token}").send().await?;
        let products: Vec<Product> = list.json()?;
        let first = products.first().ok_or("an empty page")?;
        user.session_mut().set("id", first.id)?;
        user.group("look", async |user| {
            let detail = user.http("detail").get("/products/#{id}").bearer("#{token}").send().await?;
            if detail.text() != first.name { Err("another product".into()) } else { Ok(()) }
        })
        .await?;
    }
    Ok(())
}

#[test]
fn a_journey_carries_what_it_gets_from_answer_to_answer() {
    let server = Server::start(|seen| match seen.path() {
        "/login" => response(200, &[("x-session", "s")], r#"{"token": "t-1"}"#),
        "/products?page=1" => response(200, &[], r#"[{"id": 7, "name": "apple"}]"#),
        "/products?page=2" => response(200, &[], r#"[{"id": 8, "name": "pear"}, {"id": 9, "name": "plum"}]"#),
        "/products/7" => response(200, &[], "apple"),
        "/products/8" => response(200, &[], "pear"),
        _ => response(404, &[], ""),
    });
    let report = Simulation::new("shop")
        .protocol(server.protocol())
        .with(customer.inject([at_once_users(4)]))
        .shards(2)
        .run()
        .unwrap();
    assert_all_ok(&report, "login", 4);
    assert_all_ok(&report, "list", 8);
    assert_all_ok(&report, "look / detail", 8);
    assert_eq!((report.users_ended(), report.users_failed()), (4, 0));
    assert!(report.step_errors().is_empty(), "{:?}", report.step_errors());
    let seen = server.seen();
    let mut details = seen.iter().filter(|seen| seen.path() == "/products/8");
    assert!(details.all(|seen| seen.header("authorization") == Some("Bearer t-1")));
    // A connection for each user, kept over its requests.
    assert_eq!(server.connections(), 4);
}

#[test]
fn failures_are_errors_with_the_text_of_the_report() {
    let server = Server::start(|seen| match seen.path() {
        "/gone" => response(410, &[], "gone"),
        "/reset" => Reply::Reset,
        _ => response(200, &[], "fine"),
    });
    let report = run(
        2,
        server.protocol(),
        journey(async |user| {
            let gone = user.http("gone").get("/gone").send().await.unwrap_err();
            assert_eq!(gone.to_string(), "status is 410, expected 2xx or 304");
            let expected = user.http("expected").get("/gone").check(status().is(410)).send().await?;
            assert_eq!((expected.status(), expected.body()), (410, &b"gone"[..]));
            assert!(user.http("check").get("/").check(substring("else").exists()).send().await.is_err());
            assert!(user.http("broken").get("/reset").send().await.is_err());
            assert!(user.http("silent").get("/gone").silent().send().await.is_err());
            user.session_mut().mark_as_succeeded();
            let reply = user.http("fine").get("/").send().await?;
            assert_eq!(reply.text(), "fine");
            assert!(reply.json::<Vec<u8>>().unwrap_err().to_string().contains("cannot be read as"));
            user.http("last").get("/gone").send().await?;
            unreachable!("the request has failed");
        }),
    );
    for failed in ["gone", "check", "broken", "last"] {
        assert_eq!(report.request(failed).unwrap().failed_count(), 2, "{failed}");
    }
    assert_all_ok(&report, "expected", 2);
    assert_all_ok(&report, "fine", 2);
    assert!(report.request("silent").is_none());
    assert_eq!((report.users_failed(), report.panics()), (2, 0), "{:?}", report.step_errors());
    assert!(report.step_errors().is_empty(), "{:?}", report.step_errors());
}

#[test]
fn redirects_are_followed_and_are_samples_of_their_own() {
    let server = Server::start(|seen| match seen.path() {
        "/a" => response(302, &[("location", "/b")], ""),
        _ => response(200, &[], "there"),
    });
    let end = format!("{}/b", server.url);
    let report = run(
        3,
        server.protocol(),
        journey(async move |user| {
            let reply = user.http("go").get("/a").send().await?;
            assert_eq!((reply.url(), reply.text().as_ref()), (end.as_str(), "there"));
            Ok(())
        }),
    );
    assert_all_ok(&report, "go", 3);
    assert_all_ok(&report, "go Redirect 1", 3);
    assert_eq!(report.panics(), 0);
}

#[test]
fn a_mistake_in_a_request_is_a_failed_request() {
    let server = Server::start(|_| response(200, &[], ""));
    let report = run(
        1,
        server.protocol(),
        journey(async |user| {
            let _ = user.http("path").get("/").check(json_path("$[").exists()).send().await;
            let _ = user.http("file").post("/").body_file("no/such/file").send().await;
            let _ = user.http("missing").get("/#{nothing}").send().await;
            user.http("fine").get("/").send().await?;
            Ok(())
        }),
    );
    for (failed, text) in [("path", "$["), ("file", "no/such/file"), ("missing", "nothing")] {
        let errors = report.request(failed).unwrap().errors();
        assert!(errors[0].0.contains(text), "{failed}: {errors:?}");
    }
    assert_all_ok(&report, "fine", 1);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn without_a_protocol_requests_name_their_server() {
    let server = Server::start(|_| response(200, &[], ""));
    let url = server.url.clone();
    let chain = journey(async move |user| {
        assert!(user.http("nowhere").get("/path").send().await.is_err());
        user.http("there").get(format!("{url}/path")).send().await?;
        Ok(())
    });
    let population = scenario!("Bare").exec(chain).inject([at_once_users(3)]);
    let report = Simulation::new("bare").with(population).shards(2).run().unwrap();
    assert_all_ok(&report, "there", 3);
    let nowhere = report.request("nowhere").unwrap();
    assert!(nowhere.errors()[0].0.contains("HttpProtocol::new"), "{:?}", nowhere.errors());
    assert_eq!(report.panics(), 0);
}

#[test]
fn a_step_in_the_middle_of_a_built_scenario_counts_as_one_request_and_so_do_those_in_it() {
    let python = Python::start("HTTP/1.1");
    let step = exec_async("step", async |user| {
        for _ in 0..20 {
            let reply = user.http("made").get("/length").send().await?;
            assert_eq!((reply.header("content-length"), reply.body().len()), (Some("100000"), 100_000));
        }
        Ok(())
    });
    let built = || http("built").get("/length");
    let report = run(5, HttpProtocol::new(&python.url), exec(built()).exec(step).exec(built()));
    assert_all_ok(&report, "built", 10);
    assert_all_ok(&report, "made", 100);
    assert_all_ok(&report, "step", 5);
    assert!(
        report.request("step").unwrap().response_time().min() > report.request("made").unwrap().response_time().min()
    );
}
