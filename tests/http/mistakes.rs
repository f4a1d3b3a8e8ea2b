//! A simulation that is wrong is told so, all of it, before the first request; and the exit codes of a program.

use loadspiker::prelude::*;

use crate::support::process::Process;
use crate::support::server::{Server, Target, ok, response};

#[test]
fn all_mistakes_are_told_with_their_place_and_nothing_is_sent() {
    let server = Server::start(|_| ok());
    let line = line!() + 2;
    let wrong = scenario!("Wrong")
        .feed(csv("no/such/users.csv"))
        .exec(http("unclosed").get("/#{id"))
        .exec(http("path").get("/").check(json_path("$[").exists()))
        .exec(http("regex").get("/").check(regex("(").exists()))
        .exec(http("method").method("GE T", "/"));
    // What columns a missing file has nobody knows, so an attribute can be found unknown only without one.
    let known = feed(records([[("id", 1)]]).circular());
    let typo = scenario!("Typo").exec(known).exec(http("typo").get("/#{idd}")).inject([at_once_users(1)]);
    let simulation = Simulation::new("wrong").protocol(server.protocol());
    let text = simulation.with(wrong.inject([at_once_users(1)])).with(typo).run().unwrap_err().to_string();
    assert!(text.starts_with("the simulation has 6 mistakes\n"), "{text}");
    assert!(text.contains("no step sets the attribute \"idd\"; did you mean \"id\"? (there are: id)"), "{text}");
    for (step, what) in
        ["no/such/users.csv", "#{id", "$[", "(", "\"GE T\" is not a valid HTTP method"].into_iter().enumerate()
    {
        let place = format!("mistakes.rs:{}:", line as usize + step);
        let told = text.lines().find(|told| told.contains(&place)).unwrap_or_else(|| panic!("{place} not in {text}"));
        assert!(told.contains(what) && told.contains("scenario \"Wrong\""), "{told}");
    }
    assert!(server.seen().is_empty());
}

#[test]
fn a_program_ends_with_the_code_that_says_how_it_went() {
    let server = Server::start(|seen| if seen.path() == "/broken" { response(500, &[], "") } else { ok() });
    let base = server.url.as_str();
    for (program, arguments, code) in [
        ("asserts", &["--base-url", base][..], 0),
        ("asserts", &["--base-url", &format!("{base}/broken")], 1),
        ("wrong", &["--base-url", base], 2),
        ("asserts", &["--base-url", "shop.test"], 2),
        ("asserts", &["--duration", "soon"], 2),
        ("crashes", &["--base-url", base], 3),
    ] {
        let ended = Process::start(program, arguments).end();
        assert_eq!(ended.code, Some(code), "{program} {arguments:?}: {}{}", ended.stdout, ended.stderr);
        assert_eq!(ended.wrote_nothing(), code == 2, "{program} {arguments:?}");
    }
}

#[test]
fn a_wrong_program_says_what_is_wrong_and_where_without_a_backtrace() {
    let ended = Process::start("wrong", &[]).end();
    for part in ["error: the simulation has 2 mistakes", "no/such/users.csv", "programs.rs:", "\"usernmae\""] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

#[test]
fn a_dry_run_shows_the_plan_and_sends_nothing() {
    let server = Server::start(|_| ok());
    let ended = Process::start("asserts", &["--base-url", &server.url, "--check"]).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("http \"page\" GET"), "{}", ended.stdout);
    assert!(ended.wrote_nothing() && server.seen().is_empty());
}
