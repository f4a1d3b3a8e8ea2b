//! Names of requests, groups, scenarios, checks and attributes: two things have no one path, and misspelt names are found
//! before the run.

use loadspiker_core::DurationExt;
use loadspiker_core::assertion::{Requirement, check_details, details, global, scenario_details};
use loadspiker_core::check::{CheckSet, status, substring};
use loadspiker_core::compile::CompileContext;
use loadspiker_core::dsl::*;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::feeder::{csv, records};
use loadspiker_core::imperative::User;
use loadspiker_core::inject::at_once_users;
use loadspiker_core::protocol_prelude::*;
use loadspiker_core::report::RunReport;
use loadspiker_testkit::{Trace, mistakes};

#[track_caller]
fn probe(name: &str) -> Chain {
    Trace::default().probe(name)
}

fn simulation(chain: Chain) -> Simulation {
    Simulation::new("names").seed(1).simulated_clock().with(scenario("Shop").exec(chain).inject([at_once_users(1)]))
}

fn paths(report: &RunReport) -> Vec<String> {
    report.requests().iter().map(|request| request.path()).collect()
}

fn asserting(chain: Chain, assertion: impl Into<Requirement>) -> Result<RunReport, String> {
    simulation(chain).assert(assertion).run().map_err(|error| error.to_string())
}

fn warnings(simulation: &Simulation) -> Vec<String> {
    let plan = simulation.clone().plan(&RunOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let warnings: Vec<_> = plan.warnings().iter().map(ToString::to_string).collect();
    let shown = plan.to_string();
    assert_eq!(shown.contains("\nwarnings\n"), !warnings.is_empty(), "{shown}");
    assert!(warnings.iter().all(|warning| shown.contains(warning)), "{shown}");
    warnings
}

#[test]
fn two_requests_of_one_path_are_a_mistake_with_both_places() {
    let line = line!() + 1;
    let first = group("a", probe("b"));
    let text = mistakes([scenario("s").exec(first).exec(probe("a / b")).inject([at_once_users(1)])]);
    assert!(text.contains("the request \"a / b\" and the request \"b\" in the group \"a\" (at "), "{text}");
    assert!(text.contains(&format!("names.rs:{line}:")) && text.contains(&format!("names.rs:{}:", line + 1)), "{text}");
    assert!(text.contains("have one path, \"a / b\""), "{text}");
}

#[test]
fn paths_clash_across_groups_and_scenarios() {
    let inside = |chain: Chain, other: Chain| {
        let other = scenario("other").exec(other).inject([at_once_users(1)]);
        mistakes([scenario("s").exec(chain).inject([at_once_users(1)]), other])
    };
    let groups = inside(group("a / b", probe("x")), group("a", group("b", probe("y"))));
    assert!(groups.contains("group \"b\" in the group \"a\"") && groups.contains("\"a / b\""), "{groups}");
    let request_and_group = inside(probe("a / b"), group("a", group("b", probe("y"))));
    assert!(request_and_group.contains("request \"a / b\""), "{request_and_group}");
    let ends = inside(group("a", probe("/ b")), group("a /", probe("b")));
    assert!(ends.contains("\"a / / b\""), "{ends}");
    let branches = inside(group("a", parallel([probe("b"), probe("c")])), repeat(2, probe("a / c")));
    assert!(branches.contains("\"a / c\""), "{branches}");
}

#[test]
fn a_separator_in_a_name_alone_is_no_mistake() {
    let report = asserting(probe("a / b").group("c", probe("b")), details("a / b").all_requests().count().is(1));
    let report = report.unwrap();
    report.assert_passed();
    assert_eq!(paths(&report), ["a / b", "c / b"]);
    // The requests before a run are in no report of it.
    let hooked = simulation(group("a", probe("b"))).before(probe("a / b"));
    assert_eq!(paths(&hooked.run().unwrap()), ["a / b"]);
}

#[test]
fn names_made_during_the_run_keep_clear_of_paths() {
    let chain = exec_fn(|session| Ok(session.set("x", "a / b")?))
        .exec(probe("#{x}"))
        .group("a", probe("b"))
        .group("#{x}", probe("c"))
        .exec(Chain::journey("code", async |user: &mut User| {
            user.group("a / b", async |user| user.dummy("d / e", 1.millis()).await).await
        }));
    let report = simulation(chain).run().unwrap();
    assert_eq!(paths(&report), ["a / b", "a/b / c", "a/b", "a/b / d/e"]);
    let groups: Vec<_> = report.groups().iter().map(|group| group.path()).collect();
    assert_eq!(groups, ["a", "a/b"]);
    assert_eq!(report.group("a/b").unwrap().count(), 2);
    // What was written keeps its name; what comes to the same path gets another one.
    let chain = exec_fn(|session| Ok(session.set("x", "a")?)).exec(probe("a / b")).group("#{x}", probe("b"));
    let report = simulation(chain.clone()).run().unwrap();
    assert_eq!(paths(&report), ["a / b", "a / b (2)"]);
    // The same on every shard.
    let several = Simulation::new("shards").shards(3).with(scenario("s").exec(chain).inject([at_once_users(9)]));
    let report = several.run().unwrap();
    assert_eq!(report.request("a / b").unwrap().count(), 9);
    assert_eq!(report.request("a / b (2)").unwrap().count(), 9);
}

#[test]
fn an_assertion_about_a_request_that_nobody_makes_is_a_mistake() {
    let chain = || probe("login").group("shop", probe("list").group("inner", probe("detail")));
    let found = |path: &str| asserting(chain(), details(path).failed_requests().count().is(0));
    for path in ["login", "shop / list", "list", "shop", "shop / inner", "shop / inner / detail", "login Redirect 1"] {
        assert!(found(path).is_ok(), "{path}: {:?}", found(path));
    }
    for path in ["logon", "shop / login", "inner", "shop / lists", "Login"] {
        let text = found(path).unwrap_err();
        assert!(text.contains(&format!("there is no request or group \"{path}\"; there are: ")), "{text}");
    }
    assert_eq!(
        found("logon").unwrap_err(),
        "the simulation has a mistake\n  assertion \"logon: count of failed requests is 0\": there is no request or group \
         \"logon\"; there are: \"login\", \"shop\", \"shop / inner\", \"shop / list\", \"shop / inner / detail\""
    );
    let text = simulation(chain()).stop_when(details("logon").requests_per_sec().over(2.secs()).lt(1)).run();
    let text = text.unwrap_err().to_string();
    assert!(text.contains("criterion \"logon: requests per second over 2 s < 1\": there is no request"), "{text}");
}

#[test]
fn an_assertion_about_a_scenario_that_is_not_there_is_a_mistake() {
    // Scenarios are known, whatever code of the user's does.
    let chain = || exec_fn(|_| Ok(())).exec(probe("#{userId()}"));
    let text = asserting(chain(), scenario_details("Shpo").failed_users().count().is(0)).unwrap_err();
    assert!(text.contains("there is no scenario \"Shpo\"; there are: \"Shop\""), "{text}");
    asserting(chain(), scenario_details("Shop").failed_users().count().is(0)).unwrap().assert_passed();
}

#[test]
fn an_assertion_about_what_is_both_request_and_group_is_a_mistake() {
    let chain = || probe("a").group("a", probe("b"));
    let text = asserting(chain(), details("a").failed_requests().count().is(0)).unwrap_err();
    assert!(text.contains("\"a\" is a request and a group; give one of them another name"), "{text}");
    assert!(asserting(chain(), details("b").failed_requests().count().is(0)).is_ok());
}

/// A request with checks, of a response with status 200 and the text `hello`.
struct Checked;

struct Hello;

impl Response for Hello {
    fn status(&self) -> Option<Status<'_>> {
        Some(Status::Code(200))
    }

    fn body(&self) -> &[u8] {
        b"hello"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl ActionBuilder for Checked {
    fn describe(&self) -> String {
        "checked".to_owned()
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let checks = [status().is(200).name("is fine"), substring("hello"), all_named()];
        Box::new(CheckedAction(cx.request_name("checked"), CheckSet::compile(&checks, cx)))
    }
}

fn all_named() -> loadspiker_core::check::Check {
    loadspiker_core::check::all_of([substring("h").name("has h")])
}

struct CheckedAction(RequestName, CheckSet);

impl Action for CheckedAction {
    fn name(&self) -> &RequestName {
        &self.0
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            let _ = self.1.run(&Hello, cx.session_mut());
        })
    }
}

#[test]
fn an_assertion_about_a_check_that_nobody_makes_is_a_mistake() {
    let chain = || Chain::action(Checked);
    let found = |name: &str| asserting(chain(), check_details(name).failed().count().is(0));
    let text = found("is fin").unwrap_err();
    assert!(text.contains("there is no check \"is fin\"; there are: \"is fine\""), "{text}");
    for name in ["is fine", "has h", "all_of(…)"] {
        found(name).unwrap().assert_passed();
    }
}

#[test]
fn where_code_names_requests_a_near_name_is_a_warning_of_the_plan() {
    let code = || Chain::journey("code", async |user: &mut User| user.dummy("made", 1.millis()).await);
    let simulation =
        |path: &str| simulation(probe("login").exec(code())).assert(details(path).failed_requests().count().is(0));
    assert_eq!(
        warnings(&simulation("logon")),
        ["assertion \"logon: count of failed requests is 0\": no request or group named \"logon\" was found; did you \
          mean \"login\"?"]
    );
    assert!(warnings(&simulation("made")).is_empty());
    simulation("made").run().unwrap().assert_passed();
    let rendered = |path: &str| {
        let chain = probe("login").exec(probe("page #{userId()}"));
        self::simulation(chain).assert(details(path).failed_requests().count().is(0))
    };
    assert_eq!(warnings(&rendered("lgin")).len(), 1);
    rendered("page 1").run().unwrap().assert_passed();
}

#[test]
fn code_of_the_users_leaves_misspelt_attributes_to_be_warned_of() {
    let fed = || scenario("s").feed(records([[("username", 1)]]).circular());
    let warned = |chain: Chain| {
        let population = fed().exec(chain).inject([at_once_users(1)]);
        warnings(&Simulation::new("w").with(population))
    };
    let line = line!() + 1;
    let warned_of = warned(exec_fn(|_| Ok(())).exec(probe("#{usrname}")));
    let [warning] = &warned_of[..] else { panic!("{warned_of:?}") };
    assert!(
        warning.contains("no step is seen to set the attribute \"usrname\"; did you mean \"username\"?"),
        "{warning}"
    );
    assert!(warning.contains(&format!("names.rs:{line}:")) && warning.contains("scenario \"s\""), "{warning}");
    for quiet in ["#{other}", "#{username}", "#{username2}"] {
        assert!(warned(exec_fn(|_| Ok(())).exec(probe(quiet))).is_empty(), "{quiet}");
    }
    // Before the run and in hooks alike.
    let hook =
        exec_fn(|session| Ok(session.set("token", 1)?)).feed(records([[("username", 1)]])).exec(probe("#{usename}"));
    let hooked = Simulation::new("h").before(hook).with(scenario("s").pause(1).inject([at_once_users(1)]));
    assert_eq!(warnings(&hooked).len(), 1);
}

#[test]
fn a_missing_file_hides_no_misspelt_attribute() {
    let fed = scenario("s").feed(csv("no/such/users.csv")).feed(records([[("username", 1)]]).circular());
    let text = mistakes([fed.exec(probe("#{usrname} #{other}")).inject([at_once_users(1)])]);
    assert!(text.starts_with("the simulation has 2 mistakes") && text.contains("no/such/users.csv"), "{text}");
    assert!(text.contains("no step sets the attribute \"usrname\"; did you mean \"username\"?"), "{text}");
}

#[test]
fn assertions_on_the_whole_run_need_no_name() {
    asserting(probe("a"), global().all_requests().count().is(1)).unwrap().assert_passed();
}
