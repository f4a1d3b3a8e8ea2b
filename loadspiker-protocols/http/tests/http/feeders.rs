//! Records of an endpoint: pages in several forms, redirects, waits, mistakes; on the simulated clock.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::{Simulation, Steps, dummy, scenario};
use loadspiker_core::feeder::{Feeder, IntoFeeder};
use loadspiker_core::inject::at_once_users;
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_http::http_feeder;

use crate::support::{Reply, Seen, Server, redirect, reply, reply_with};

/// So many users take a record each, and say its field `n`.
fn take(feeder: impl IntoFeeder, users: u64) -> RunReport {
    let users = scenario("Users").feed(feeder).exec(dummy("#{n}", 1.secs())).inject([at_once_users(users)]);
    Simulation::new("fed").with(users).seed(1).simulated_clock().run().unwrap()
}

#[track_caller]
fn assert_taken(report: &RunReport, names: &[&str]) {
    let taken: Vec<_> = report.requests().iter().map(|request| request.name().to_owned()).collect();
    assert_eq!(taken, names, "{:?}", report.info().end);
}

#[track_caller]
fn why(report: &RunReport) -> &str {
    match &report.info().end {
        EndReason::Aborted(why) => why,
        other => panic!("{other:?}"),
    }
}

/// Answers `/users?page=1`, `2` and `3` with links to the next, in a different form each.
fn pages(seen: &Seen) -> Reply {
    let json = ("content-type", "application/json");
    match seen.path() {
        "/users?page=1" => {
            reply_with(200, &[json, ("link", "</users?page=2>; rel=\"next\"")], "[{\"n\": 1}, {\"n\": 2}]")
        }
        "/users?page=2" => reply_with(200, &[("link", "<?page=3>; rel=next")], "{\"n\": 3}\n{\"n\": 4}\n"),
        "/users?page=3" => reply_with(200, &[("content-type", "text/csv")], "n\r\n5\r\n"),
        "/users?page=4" => reply_with(200, &[json], "[]"),
        _ => reply(404, ""),
    }
}

#[test]
fn pages_are_followed_by_their_links_and_read_in_every_form() {
    let server = Server::start(pages);
    let feeder = http_feeder(format!("{}/users?page=1", server.url)).bearer("t0ken").header("x-team", "shop");
    assert_taken(&take(feeder, 5), &["1", "2", "3", "4", "5"]);
    let seen = server.seen();
    assert_eq!(seen.iter().map(Seen::path).collect::<Vec<_>>(), ["/users?page=1", "/users?page=2", "/users?page=3"]);
    assert!(seen.iter().all(|seen| seen.header("authorization") == Some("Bearer t0ken") && seen.connection == 0));
    assert_eq!(seen[2].header("x-team"), Some("shop"));
}

#[test]
fn after_the_last_page_the_run_ends_or_the_first_comes_again() {
    let server = Server::start(pages);
    let url = format!("{}/users?page=1", server.url);
    let report = take(http_feeder(&url), 6);
    assert_eq!(
        why(&report),
        format!(
            "feeder http_feeder(\"{}/users?page=1\") has come to its end after 5 records; provide more records, or start fewer users",
            server.url
        )
    );
    let report = take(http_feeder(&url).circular(), 7);
    assert_eq!(report.request("1").unwrap().count() + report.request("2").unwrap().count(), 4);
}

#[test]
fn pages_are_counted_if_the_service_wants_it_so() {
    let server = Server::start(pages);
    let feeder = http_feeder(format!("{}/users", server.url)).paged_by("page", 1);
    let report = take(feeder.clone(), 5);
    assert_taken(&report, &["1", "2", "3", "4", "5"]);
    assert!(why(&take(feeder, 6)).contains("has come to its end after 5 records"));
    assert_eq!(server.seen().last().unwrap().path(), "/users?page=4");
}

#[test]
fn simulated_time_stands_still_while_a_page_is_waited_for() {
    let (open, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let server = Server::start(move |_| {
        // Until the run is on and waits.
        gate.lock().unwrap().recv().unwrap();
        reply(200, "[{\"n\": 1}]")
    });
    let opener = std::thread::spawn(move || open.send(()).unwrap());
    let report = take(http_feeder(&server.url), 1);
    opener.join().unwrap();
    assert_taken(&report, &["1"]);
    assert_eq!(report.info().duration, 1.secs());
}

#[test]
fn on_the_real_clock_users_of_all_shards_share_the_pages() {
    let server = Server::start(pages);
    let taken = Arc::new(Mutex::new(Vec::new()));
    let take = {
        let taken = taken.clone();
        move |session: &mut loadspiker_core::Session| {
            taken.lock().unwrap().push(session.get::<u64>("n")?);
            Ok(())
        }
    };
    let feeder = http_feeder(format!("{}/users?page=1", server.url));
    let users = scenario("Users").feed(feeder).exec_fn(take).inject([at_once_users(5)]);
    let report = Simulation::new("shared").with(users).shards(3).run().unwrap();
    assert_eq!(report.info().end, EndReason::Completed);
    let mut taken = taken.lock().unwrap().clone();
    taken.sort_unstable();
    assert_eq!(taken, [1, 2, 3, 4, 5]);
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn what_is_secret_goes_to_the_origin_that_was_asked_for_alone() {
    let other = Server::start(|_| reply(200, "[{\"n\": 1}]"));
    let location = format!("{}/there", other.url);
    let server = Server::start(move |_| redirect(302, &location));
    assert_taken(&take(http_feeder(&server.url).bearer("t0ken").header("x-key", "s3cret"), 1), &["1"]);
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer t0ken"));
    let seen = other.seen();
    assert_eq!((seen[0].path(), seen[0].header("authorization"), seen[0].header("x-key")), ("/there", None, None));
}

#[test]
fn an_answer_that_cannot_be_used_ends_the_run_with_what_to_do() {
    for (answer, message) in [
        (
            reply(401, ""),
            ": the service returned 401 Unauthorized; check the URL and what it requires, such as a token",
        ),
        (reply(200, "[1]"), ": record 1: this is a number; each record has to be an object"),
        (
            reply(200, "a,b\n1"),
            ", line 2: 1 field, the header has 2; where a value is empty, its separator has to be there",
        ),
        (reply(200, "<html>"), ": the service returned what looks like HTML, not JSON or CSV; check the URL"),
        (redirect(302, "/again"), ": it was redirected more than 10 times"),
    ] {
        let answer = Arc::new(Mutex::new(match answer {
            Reply::Answer(bytes) => bytes,
            _ => unreachable!(),
        }));
        let server = Server::start(move |_| Reply::Answer(answer.lock().unwrap().clone()));
        let report = take(http_feeder(format!("{}/?key=s3cret", server.url)), 1);
        let why = why(&report);
        assert!(why.starts_with("feeder http_feeder(") && why.contains(message), "{why}");
        assert!(!why.contains("s3cret"), "{why}");
    }
}

#[test]
fn what_is_wrong_with_the_settings_is_told_before_the_run() {
    let mistake = |feeder: Feeder| feeder.open().unwrap_err().to_string();
    let message = mistake(http_feeder("users").into_feeder());
    assert!(message.contains("the URL cannot be read: relative URL without a base; write http://"), "{message}");
    let message = mistake(http_feeder("ftp://h/users").into_feeder());
    assert!(message.contains("the URL is of the scheme ftp"), "{message}");
    let message = mistake(http_feeder("http://h").header("a b", "c").into_feeder());
    assert!(message.contains("\"a b\" cannot be the name of a header"), "{message}");
    let message = mistake(http_feeder("http://h").header("a", "line\nend").into_feeder());
    assert!(message.contains("the value of the header \"a\" has characters"), "{message}");
    let message = mistake(http_feeder("https://h").root_certificate("no/such.pem").into_feeder());
    assert!(message.contains("root_certificate no/such.pem: "), "{message}");
}
