//! What is wrong with a simulation is found before the run, all of it, with the place in the source.

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::feeder::{csv, records};
use loadspiker_core::inject::{at_once_users, constant_concurrent_users, constant_users_per_sec};
use loadspiker_testkit::{Trace, mistakes};

#[test]
fn all_mistakes_are_told_at_once_with_scenario_step_and_place() {
    let trace = Trace::default();
    let chain = repeat("many", trace.probe("a"))
        .random_switch([(60.0, trace.probe("b")), (50.0, trace.probe("c"))])
        .do_switch("x", Vec::<(&str, Chain)>::new())
        .exec(trace.probe("#{unclosed"));
    let text = mistakes([scenario("Shop").exec(chain).inject([at_once_users(1)])]);
    assert!(text.starts_with("the simulation has 4 mistakes"), "{text}");
    for expected in ["repeat", "add up to 110", "no cases", "unclosed", "scenario \"Shop\"", "mistakes.rs:"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn the_place_of_a_mistake_is_the_line_of_the_step() {
    let trace = Trace::default();
    let line = line!() + 1;
    let step = trace.probe("#{}");
    let text = mistakes([scenario("s").exec(step).inject([at_once_users(1)])]);
    assert!(text.contains(&format!("mistakes.rs:{line}:")), "{text}");
}

#[test]
fn an_attribute_that_nothing_sets_is_a_mistake() {
    let trace = Trace::default();
    let fed = scenario("s").feed(records([[("user", 1)]]).circular());
    let text = mistakes([fed.exec(trace.probe("#{usr}")).inject([at_once_users(1)])]);
    assert!(text.contains("no step sets the attribute \"usr\"; did you mean \"user\"? (there are: user)"), "{text}");
}

#[test]
fn code_of_the_users_may_set_any_attribute() {
    let trace = Trace::default();
    let chain = exec_fn(|session| Ok(session.set("a", 1)?)).exec(trace.probe("#{a}"));
    loadspiker_testkit::run([scenario("s").exec(chain).inject([at_once_users(1)])]);
    assert_eq!(trace.names(), ["1"]);
}

#[test]
fn a_missing_file_is_named() {
    let text = mistakes([scenario("s").feed(csv("no/such/users.csv")).inject([at_once_users(1)])]);
    assert!(text.contains("no/such/users.csv"), "{text}");
}

#[test]
fn empty_things_and_equal_names_are_mistakes() {
    for (population, expected) in [
        (scenario("").pause(1).inject([at_once_users(1)]), "name of the scenario is empty"),
        (scenario("s").inject([at_once_users(1)]), "no steps"),
        (scenario("s").repeat(2, Chain::new()).inject([at_once_users(1)]), "no steps in it"),
        (scenario("s").group(" ", pause(1)).inject([at_once_users(1)]), "name of a group"),
        (scenario("s").pause(1).exit_asap(true).inject([at_once_users(1)]), "no loop"),
        (scenario("s").rendez_vous(0).inject([at_once_users(1)]), "rendez_vous of 0"),
        (scenario("s").foreach("abc", "i", pause(1)).inject([at_once_users(1)]), "\"abc\" is no list"),
        (scenario("s").foreach(3, "i", pause(1)).inject([at_once_users(1)]), "3 is no list"),
    ] {
        let text = mistakes([population]);
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let same = || scenario("same").pause(1).inject([at_once_users(1)]);
    assert!(mistakes([same(), same()]).contains("same name"));
}

#[test]
fn a_rendez_vous_of_more_users_than_there_can_be_is_a_mistake() {
    let meeting = || scenario("s").rendez_vous(5).pause(1);
    for population in [
        meeting().inject([constant_users_per_sec(2).during(2.secs())]),
        meeting().inject([constant_concurrent_users(4).during(1.hours())]),
        meeting().inject(at_once_users(10)).maximum_users(4),
    ] {
        let text = mistakes([population]);
        assert!(text.contains("5 users never come together, as the population has no more than 4 at a time"), "{text}");
    }
    for population in
        [meeting().inject(at_once_users(5)), meeting().inject(constant_concurrent_users(5).during(1.secs()))]
    {
        loadspiker_testkit::run([population]);
    }
}

#[test]
fn who_debugs_a_scenario_waits_for_nobody() {
    let report = Simulation::new("alone")
        .with(scenario("s").rendez_vous(5).dummy("on", 1).inject([at_once_users(5)]))
        .simulated_clock()
        .run_with(&RunOptions { debug: true, ..RunOptions::default() }, &mut ())
        .unwrap();
    assert_eq!(report.request("on").unwrap().count(), 1);
}

#[test]
fn a_list_that_is_none_is_named_as_it_was_written() {
    let chain = exec_fn(|session| Ok(session.set("items", 5)?)).foreach("#{items}", "i", pause(1));
    let report = loadspiker_testkit::run([scenario("s").exec(chain).inject([at_once_users(1)])]);
    assert_eq!(report.step_errors(), [("\"#{items}\" is the integer \"5\", expected list", 1)]);
}
