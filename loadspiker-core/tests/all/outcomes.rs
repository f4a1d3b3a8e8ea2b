//! What is asserted of users, and what the verdict says of them.

use loadspiker_core::DurationExt;
use loadspiker_core::assertion::{Assertion, global, scenario_details};
use loadspiker_core::dsl::*;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::inject::{at_once_users, constant_users_per_sec, nothing_for};
use loadspiker_core::report::RunReport;
use loadspiker_testkit::Trace;

/// Ten users whose step fails, five whose code panics, five who are well; and five in a scenario of their own.
fn simulation() -> Simulation {
    let number = std::sync::atomic::AtomicU64::new(0);
    let code = exec_fn(move |_| match number.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0..10 => Err("no stock".into()),
        10..15 => panic!("no idea"),
        _ => Ok(()),
    });
    let mixed = scenario("Mixed").exec(code).inject(at_once_users(20));
    let fine = scenario("Fine").exec(Trace::default().probe("a")).inject(at_once_users(5));
    Simulation::new("test").seed(1).simulated_clock().with(mixed).with(fine)
}

fn run_with(assertion: Assertion) -> RunReport {
    simulation().assert(assertion).run().unwrap()
}

#[test]
fn users_their_errors_and_panics_are_asserted_on() {
    for assertion in [
        global().users().count().is(25),
        global().failed_users().count().is(15),
        global().failed_users().percent().is(60),
        global().step_errors().count().is(15),
        global().panics().count().is(5),
        scenario_details("Mixed").users().count().is(20),
        scenario_details("Mixed").failed_users().percent().is(75),
        scenario_details("Mixed").panics().count().between(1, 5),
        scenario_details("Fine").failed_users().count().is(0),
        scenario_details("Fine").step_errors().count().is(0),
    ] {
        let text = assertion.to_string();
        let report = run_with(assertion);
        assert!(report.assertions()[0].passed, "{text}: {}", report.assertions()[0].message);
    }
}

#[test]
fn a_failed_assertion_on_users_names_scenarios_and_errors() {
    let told = |assertion| {
        let report = run_with(assertion);
        let result = report.assertions()[0].clone();
        assert!(!result.passed && !report.passed());
        (result.to_string(), result.look_at)
    };
    let (text, look_at) = told(global().failed_users().percent().lt(1));
    assert_eq!(text, "✗ global: percentage of failed users < 1 %: was 60 %");
    assert_eq!(look_at[0], "scenarios: Mixed 15");
    assert!(look_at[1].starts_with("errors: 10 × no stock, 5 × panicked at"), "{look_at:?}");
    let (text, look_at) = told(scenario_details("Mixed").step_errors().count().is(0));
    assert_eq!(text, "✗ scenario Mixed: count of errors of steps is 0: was 15");
    assert_eq!(look_at.len(), 1);
    assert_eq!(told(global().users().count().gt(100)).1, Vec::<String>::new());
}

#[test]
fn criteria_look_at_the_users_of_a_window() {
    let failing =
        || scenario("s").exec_fn(|_| Err("broken".into())).inject(constant_users_per_sec(10).during(20.secs()));
    let simulation = || Simulation::new("test").seed(1).simulated_clock();
    let report = simulation()
        .with(failing())
        .fail_when(global().failed_users().percent().over(3.secs()).gt(50))
        .assert(scenario_details("s").users().count().over(2.secs()).is(20))
        .run()
        .unwrap();
    let end = report.info().end.to_string();
    assert_eq!(end, "stopped: global: percentage of failed users over 3 s > 50 %, was 100 % at 3 s");
    let messages: Vec<_> = report.assertions().iter().map(|result| (result.passed, &*result.message)).collect();
    assert_eq!(messages, [(false, "was 100 % at 3 s"), (true, "held in 2 windows, at worst 20 at 2 s")]);
    let idle = scenario("s").pause(100).inject(at_once_users(1));
    let report = simulation().with(idle).assert(global().failed_users().percent().over(2.secs()).lt(1)).run().unwrap();
    // The only user ends with the run, in no whole second.
    assert_eq!(report.assertions()[0].message, "there was no user that has ended in any window of 2 s");
}

#[test]
fn a_share_of_users_of_which_none_has_ended_is_no_share() {
    let report = Simulation::new("test")
        .simulated_clock()
        .with(scenario("s").pause(100).inject(at_once_users(2)))
        .max_duration(1.secs())
        .assert(global().failed_users().percent().lt(1))
        .assert(global().failed_users().count().is(0))
        .run()
        .unwrap();
    let messages: Vec<_> = report.assertions().iter().map(|result| (result.passed, &*result.message)).collect();
    assert_eq!(messages, [(false, "there is no percentage: no user has ended"), (true, "was 0")]);
}

#[test]
fn the_verdict_says_that_users_failed_or_nobody_came() {
    let verdict = |simulation: Simulation| {
        let report = simulation.simulated_clock().run().unwrap();
        (report.passed(), report.verdict())
    };
    let users =
        |chain: Chain, number| Simulation::new("t").with(scenario("s").exec(chain).inject(at_once_users(number)));
    let broken = || exec_fn(|_| Err("broken".into()));
    assert_eq!(verdict(users(pause(1), 3)), (true, "passed: nothing was asserted".to_owned()));
    let failed = |what: &str| (true, format!("passed: nothing was asserted; {what}"));
    assert_eq!(verdict(users(broken(), 20)), failed("all 20 users that ended failed"));
    assert_eq!(verdict(users(broken(), 1)), failed("the only user that ended failed"));
    let one = exec_fn(|session| if session.user_id() == 1 { Err("broken".into()) } else { Ok(()) });
    let asserted = users(one, 4).assert(global().failed_requests().count().is(0));
    assert_eq!(verdict(asserted), (true, "passed: the assertion holds; 1 of 4 users failed".to_owned()));
    assert_eq!(verdict(users(pause(1), 0)), failed("no user started"));
    let nobody = Simulation::new("t").with(scenario("s").pause(1).inject(nothing_for(5.secs())));
    let (passed, text) = verdict(nobody.assert(global().users().count().gt(0)));
    assert_eq!((passed, &*text), (false, "not passed: 1 of 1 assertions failed; no user started"));
}

#[test]
fn a_panic_of_the_users_code_fails_the_run() {
    let report = simulation().run().unwrap();
    assert!(!report.passed());
    assert_eq!(report.verdict(), "not passed: steps panicked 5 times; 15 of 25 users failed");
    let failure = report.failure().unwrap();
    assert!(failure.starts_with("load test \"test\": 5 panics in its steps; their errors:\n"), "{failure}");
    assert!(failure.contains("no idea") && failure.ends_with("\n15 of 25 users failed"), "{failure}");
    let asserted = run_with(global().users().count().is(0)).failure().unwrap();
    assert!(asserted.contains("\nsteps panicked 5 times\n15 of 25 users failed\n"), "{asserted}");
    assert!(!RunReport::from_json(&report.to_json()).unwrap().passed());
    // In the imperative style as well, and of a request's own closures.
    let code = Chain::journey("code", async |_| panic!("oh"));
    let journey = Simulation::new("j").simulated_clock().with(scenario("s").exec(code).inject(at_once_users(1)));
    assert_eq!(journey.run().unwrap().verdict(), "not passed: a step panicked; the only user that ended failed");
}

#[test]
fn who_asserts_on_panics_says_how_many_there_may_be() {
    assert!(run_with(global().panics().count().lte(5)).passed());
    assert!(!run_with(global().panics().count().lte(4)).passed());
    assert!(run_with(scenario_details("Mixed").panics().count().lte(5)).passed());
    // Of a scenario without panics it says nothing of those in others.
    assert!(!run_with(scenario_details("Fine").panics().count().lte(5)).passed());
    assert!(!run_with(global().step_errors().count().lte(50)).passed());
    let report = run_with(global().panics().count().lte(5));
    assert!(RunReport::from_json(&report.to_json()).unwrap().passed());
}

#[test]
fn one_user_who_debugs_fails_by_a_panic_as_well() {
    let panics = scenario("s").exec_fn(|_| panic!("oh")).inject(at_once_users(5));
    let debug = RunOptions { debug: true, ..RunOptions::default() };
    let report = Simulation::new("d").simulated_clock().with(panics).run_with(&debug, &mut ()).unwrap();
    assert_eq!((report.panics(), report.passed()), (1, false));
}
