//! What a run says of itself before it begins, and what it shows to those who debug.

use std::time::Duration;

use loadspiker_core::compile::Plan;
use loadspiker_core::dsl::{Chain, Population, Simulation, Steps, exec, exec_fn, pause, scenario};
use loadspiker_core::engine::{Observer, RunOptions};
use loadspiker_core::inject::{at_once_users, constant_concurrent_users, constant_users_per_sec};
use loadspiker_core::{DurationExt, Error};

mod common;

fn plan(simulation: Simulation) -> Plan {
    simulation.plan(&RunOptions { seed: Some(7), ..RunOptions::default() }).unwrap_or_else(|error| panic!("{error}"))
}

fn users(name: &str, during: Duration) -> Population {
    scenario(name).pause(1).inject([constant_users_per_sec(1).during(during)])
}

#[test]
fn users_start_as_long_as_the_longest_sequence_of_profiles_lasts() {
    let one = Simulation::new("one").with(users("a", 30.secs()));
    assert_eq!(plan(one.clone()).injection(), Some(30.secs()));
    assert_eq!(plan(one.max_duration(20.secs())).injection(), Some(20.secs()));
    let closed = scenario("c").pause(1).inject([constant_concurrent_users(5).during(50.secs())]);
    let sequence = users("a", 30.secs()).and_then(users("b", 10.secs()).and_then(closed));
    let several = Simulation::new("several").with(users("d", 80.secs())).with(sequence);
    assert_eq!(plan(several).injection(), Some(90.secs()));
}

#[test]
fn a_profile_without_duration_plans_nothing() {
    let at_once = Simulation::new("at once").with(scenario("a").pause(1).inject(at_once_users(5)));
    assert_eq!(plan(at_once).injection(), None);
}

#[test]
fn a_report_says_how_long_users_were_meant_to_start() {
    let report = Simulation::new("x").with(users("a", 3.secs())).simulated_clock().run();
    assert_eq!(report.map(|report| report.info().planned).ok(), Some(Some(3.secs())));
}

#[test]
fn a_plan_shows_pauses_and_limits_as_they_are_written() {
    let chain = pause(200.millis()..2.secs()).pause("#{think}").pace(5);
    let scenario = scenario("Browse").exec_fn(|session| Ok(session.set("think", 1)?)).exec(chain);
    let simulation = Simulation::new("shop").with(scenario.inject(at_once_users(5))).max_duration(2.minutes());
    let text = plan(simulation.shards(2)).to_string();
    let expected = [
        "simulation \"shop\" (seed 7, shards 2)",
        "",
        "scenario \"Browse\"",
        "  inject at_once_users(5)",
        "  exec_fn",
        "  pause 200ms..2s",
        "  pause \"#{think}\"",
        "  pace 5s",
        "",
        "at most 120 s, then 30 s of grace",
        "",
    ];
    assert_eq!(text, expected.join("\n"));
}

#[derive(Default)]
struct Shown(Vec<String>);

impl Observer for Shown {
    fn debug(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

fn shown(chain: Chain) -> Result<Vec<String>, Error> {
    let mut shown = Shown::default();
    let simulation = Simulation::new("debugged").with(scenario("S").exec(chain).inject([at_once_users(100)]));
    simulation.simulated_clock().run_with(&RunOptions { debug: true, ..RunOptions::default() }, &mut shown)?;
    Ok(shown.0)
}

#[test]
fn debugging_tells_how_each_request_and_step_of_one_user_went() -> Result<(), Error> {
    let trace = common::Trace::default();
    let chain = exec(trace.probe("good")).exec(trace.probe("!bad")).exec(exec_fn(|_| Err("no stock".into())));
    let expected = [
        "= \"good\", user 1 of \"S\", after 0 ms: ok\n",
        "= \"!bad\", user 1 of \"S\", after 0 ms: failed: probe failed\n",
        "= a step failed: no stock\n",
    ];
    assert_eq!(shown(chain)?, expected);
    Ok(())
}
