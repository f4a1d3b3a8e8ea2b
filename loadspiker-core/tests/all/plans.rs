//! What a run says of itself before it begins, and what it shows to those who debug.

use std::time::Duration;

use loadspiker_core::compile::Plan;
use loadspiker_core::dsl::*;
use loadspiker_core::engine::{Observer, RunOptions};
use loadspiker_core::feeder::records;
use loadspiker_core::inject::*;
use loadspiker_core::{DurationExt, Error, Session};

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
        "  users: 5, all at once",
        "  steps",
        "    exec_fn",
        "    pause 200ms..2s",
        "    pause \"#{think}\"",
        "    pace 5s",
        "",
        "at most 120 s, then 30 s of grace",
        "",
    ];
    assert_eq!(text, expected.join("\n"));
}

#[test]
fn a_plan_shows_everything_that_will_be_run() {
    let people = records((0..3).map(|n| [("id", n)])).circular();
    let everything = scenario("Browse")
        .on_user_start(pause(1))
        .feed(people.clone())
        .feed_n(people, 2)
        .exec_fn(|session| Ok(session.set("kind", "b")?))
        .exec_async("look up", async |_| Ok(()))
        .foreach_counted(vec![1, 2], "item", "i", dummy("#{item}", 5.millis()))
        .during_counted(2, "i", pause(normal(1, 0.5)))
        .exit_asap(false)
        .as_long_as("#{kind}", pace(1..3))
        .exit_asap(true)
        .do_while_during(|_: &Session| false, "2s", rendez_vous(10))
        .do_if_equals_or_else("#{kind}", 5, exit_here_if_failed(), stop_load_generator("five"))
        .do_switch_or_else("#{kind}", [("a", pause(1)), ("b", pause(2))], exit_here())
        .random_switch([(60, pause(1)), (40, pause(2))])
        .parallel([exec(pause(1)), try_max(2, group("g", repeat(3, pause(1))))]);
    let browse = everything
        .inject([constant_users_per_sec(20).during(1.minutes()), ramp_users_per_sec(20).to(0).during(30.secs())])
        .maximum_users(50)
        .pauses(PauseType::Exponential)
        .throttle([reach_rps(10).over(10.secs()), hold_for(2.minutes())])
        .and_then([users("One", 3.secs()), users("Two", 3.secs()).start_after("Desk", 5.secs())]);
    let desk = scenario("Desk").forever_counted("pass", pause(1)).inject([
        ramp_concurrent_users(0).to(1500).during(1.minutes()),
        constant_concurrent_users(1500).during(5.minutes()),
    ]);
    let simulation = Simulation::new("everything").with(browse).with(desk).before(pause(1)).after(pause(2));
    let limited = simulation.maximum_users(2000).throttle([jump_to_rps(100), hold_for(10.minutes())]).shards(2);
    let text = plan(limited.warm_up(10.secs())).to_string();
    let expected = r##"simulation "everything" (seed 7, shards 2)

before, at most 300 s
  pause 1s

scenario "Browse"
  inject
    constant_users_per_sec(20).during(1.minutes())
    ramp_users_per_sec(20).to(0).during(30.secs())
  users: 1,500 within 90 s
  maximum_users 50
  throttle
    reach_rps(10).over(10.secs())
    hold_for(2.minutes())
  pauses Exponential
  steps
    on_user_start
      pause 1s
    feed records(…).circular()
    feed 2 of records(…).circular()
    exec_fn
    exec_async "look up"
    foreach_counted [1,2] as "item", counter "i"
      exec dummy "#{item}" 5ms
    during_counted 2s, counter "i", exit_asap(false)
      pause normal(1s, 500ms)
    as_long_as "#{kind}", exit_asap(true)
      pace 1s..3s
    do_while_during |session| … "2s"
      rendez_vous 10
    do_if_equals "#{kind}" 5
      exit_here_if_failed
    else
      stop_load_generator "five"
    do_switch "#{kind}"
      case "a"
        pause 1s
      case "b"
        pause 2s
      else
        exit_here
    random_switch
      60 %
        pause 1s
      40 %
        pause 2s
    parallel
      branch 1
        pause 1s
      branch 2
        try_max 2
          group "g"
            repeat 3
              pause 1s

scenario "One"
  after Browse
  inject constant_users_per_sec(1).during(3.secs())
  users: 3 within 3 s
  steps
    pause 1s

scenario "Two"
  after Browse
  5 s after Desk
  inject constant_users_per_sec(1).during(3.secs())
  users: 3 within 3 s
  steps
    pause 1s

scenario "Desk"
  inject
    ramp_concurrent_users(0).to(1500).during(1.minutes())
    constant_concurrent_users(1500).during(5.minutes())
  users: at most 1,500 at a time, for 360 s
  steps
    forever_counted, counter "pass"
      pause 1s

after, at most 300 s
  pause 2s

maximum_users 2000

throttle
  jump_to_rps(100)
  hold_for(10.minutes())

at most 600 s, then 30 s of grace

warm-up: the first 10 s are left out of the figures
"##;
    assert_eq!(text, expected, "{text}");
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
    let trace = loadspiker_testkit::Trace::default();
    let chain = exec(trace.probe("good")).exec(trace.probe("!bad")).exec(exec_fn(|_| Err("no stock".into())));
    let expected = [
        "= \"good\", user 1 of \"S\", after 0 ms: ok\n",
        "= \"!bad\", user 1 of \"S\", after 0 ms: failed: probe failed\n",
        "= user 1 of \"S\": a step failed: no stock\n",
    ];
    assert_eq!(shown(chain)?, expected);
    Ok(())
}

#[test]
fn what_is_probably_not_meant_is_told_with_the_plan_and_in_the_report() {
    let switch = random_switch([(0.6, pause(1)), (0.4, pause(2))]);
    let or_else = random_switch_or_else([(0.5, pause(1)), (0.2, pause(1))], pause(1));
    let nobody = scenario("Nobody").pause(1).inject(at_once_users(0));
    let none = scenario("None").pause(1).inject([constant_concurrent_users(0).during(10)]);
    let shop = scenario("Shop").exec(switch).exec(or_else).inject(at_once_users(1));
    let simulation = Simulation::new("odd").with(shop).with(nobody).with(none).max_duration(0);
    let plan = plan(simulation.clone());
    let warnings: Vec<String> = plan.warnings().iter().map(ToString::to_string).collect();
    let expected = [
        "max_duration is 0 s, so the run ends before anybody has done anything",
        "the percentages add up to 1: they are percent, so 99 % of users take none; write 60 instead of 0.6",
        "the percentages add up to 0.7: they are percent, so 99.3 % of users take the other chain",
        "scenario \"Nobody\", at ",
        "nobody runs it: the profile at_once_users(0) has no users",
        "the profile constant_concurrent_users(0).during(10.secs()) has no users",
    ];
    for expected in expected {
        assert!(warnings.iter().any(|warning| warning.contains(expected)), "{expected} in {warnings:#?}");
    }
    assert_eq!(warnings.len(), 5, "{warnings:#?}");
    let (_, shown) =
        plan.to_string().split_once("\nwarnings\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap_or_default();
    assert_eq!(shown.lines().count(), 5, "{shown}");
    let report = simulation.simulated_clock().run();
    let told = report.map(|report| report.warnings()).unwrap_or_default();
    assert!(warnings.iter().all(|warning| told.iter().any(|told| told.contains(warning.as_str()))), "{told:#?}");
}

#[test]
fn weights_that_are_percent_and_profiles_with_users_are_no_reason_to_warn() {
    let few = random_switch([(1, pause(1))]).random_switch([(1.5, pause(1)), (0.5, pause(1))]);
    let whole = few.random_switch([(60, pause(1)), (40, pause(2))]).random_switch([(0.0, pause(1)), (0.0, pause(1))]);
    let users = [nothing_for(1), at_once_users(1)];
    let simulation = Simulation::new("x").with(scenario("s").exec(whole).inject(users)).max_duration(60);
    assert_eq!(plan(simulation).warnings(), []);
}
