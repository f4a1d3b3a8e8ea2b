//! The steps of the language, each by what it does, on the simulated clock.

use loadspiker_core::assertion::details;
use loadspiker_core::dsl::*;
use loadspiker_core::inject::{at_once_users, constant_users_per_sec};
use loadspiker_core::{DurationExt, Session};
use loadspiker_testkit::{Trace, run};

/// One user runs this chain; returns the names it came by.
#[track_caller]
fn walk(make: impl FnOnce(&Trace) -> Chain) -> Vec<String> {
    let trace = Trace::default();
    run([scenario("walk").exec(make(&trace)).inject([at_once_users(1)])]);
    trace.names()
}

#[test]
fn steps_run_in_order_and_pauses_take_their_time() {
    let trace = Trace::default();
    let chain =
        trace.probe("a").pause(1).exec(trace.probe("b")).pause(200.millis()).exec(trace.probe("c")).pause("1.5s");
    run([scenario("s").exec(chain).exec(trace.probe("d")).inject([at_once_users(1)])]);
    let times: Vec<_> = ["a", "b", "c", "d"].map(|name| trace.millis(name)).concat();
    assert_eq!(times, [0, 1000, 1200, 2700]);
}

#[test]
fn a_pause_between_two_limits_is_drawn_for_each_user() {
    let trace = Trace::default();
    run([scenario("s").pause(1..3).exec(trace.probe("a")).inject([at_once_users(200)])]);
    let mut times = trace.millis("a");
    assert!(times.iter().all(|time| (1000..=3000).contains(time)));
    times.dedup();
    assert!(times.len() > 150, "{}", times.len());
}

#[test]
fn repeat_counts_from_zero_and_the_counter_disappears() {
    let names = walk(|t| repeat_counted(3, "i", t.probe("#{i}")).exec(t.probe("#{i.exists()}")));
    assert_eq!(names, ["0", "1", "2", "false"]);
}

#[test]
fn repeat_takes_its_number_from_an_expression_or_a_closure() {
    let names = walk(|t| {
        exec_fn(|session| Ok(session.set("n", 2)?))
            .repeat("#{n}", t.probe("a"))
            .repeat(|session: &Session| session.get::<u64>("n").unwrap_or(0) + 1, t.probe("b"))
            .repeat(0, t.probe("never"))
    });
    assert_eq!(names, ["a", "a", "b", "b", "b"]);
}

#[test]
fn foreach_goes_over_a_list_and_forgets_the_element() {
    let names = walk(|t| {
        exec_fn(|session| Ok(session.set("items", vec!["x", "y"])?))
            .foreach_counted("#{items}", "item", "i", t.probe("#{i}#{item}"))
            .exec(t.probe("#{item.exists()}"))
    });
    assert_eq!(names, ["0x", "1y", "false"]);
}

#[test]
fn during_ends_within_a_pass_as_soon_as_its_time_is_over() {
    let names = walk(|t| during(2.secs(), t.probe("a").pause(800.millis()).exec(t.probe("b"))).exec(t.probe("end")));
    // Passes begin at 0, 0.8, 1.6 s; the third is left in its pause, at 2 s.
    assert_eq!(names, ["a", "b", "a", "b", "a", "end"]);
}

#[test]
fn a_loop_that_is_left_early_unwinds_what_is_open_inside_and_records_its_groups() {
    let trace = Trace::default();
    let inner = repeat_counted(9, "i", trace.probe("a").pause(800.millis()));
    let chain = during(2.secs(), group("outer", group("inner", inner))).exec(trace.probe("#{i.exists()}"));
    let report = run([scenario("s").exec(chain).exec(trace.probe("end")).inject([at_once_users(1)])]);
    assert_eq!(trace.names(), ["a", "a", "a", "false", "end"]);
    for name in ["outer", "outer / inner"] {
        let group = report.group(name).unwrap();
        assert_eq!((group.ok_count(), group.duration().max()), (1, 2.secs()), "{name}");
    }
}

#[test]
fn during_without_exit_asap_finishes_its_pass() {
    let names = walk(|t| {
        during(2.secs(), t.probe("a").pause(800.millis()).exec(t.probe("b"))).exit_asap(false).exec(t.probe("end"))
    });
    assert_eq!(names, ["a", "b", "a", "b", "a", "b", "end"]);
}

#[test]
fn as_long_as_looks_at_its_condition_before_each_pass_only() {
    let body = |t: &Trace| exec_fn(|s| Ok(s.set("go", false)?)).exec(t.probe("rest of the pass"));
    let start = || exec_fn(|s| Ok(s.set("go", true)?));
    assert_eq!(walk(|t| start().as_long_as("#{go}", body(t))), ["rest of the pass"]);
    assert!(walk(|t| start().as_long_as("#{go}", body(t)).exit_asap(true)).is_empty());
}

#[test]
fn do_while_runs_once_at_least() {
    let names = walk(|t| do_while_counted(|s: &Session| s.get::<i64>("i").unwrap_or(9) < 2, "i", t.probe("#{i}")));
    assert_eq!(names, ["0", "1", "2"]);
    assert_eq!(walk(|t| do_while(false, t.probe("once"))), ["once"]);
}

#[test]
fn loops_with_a_condition_and_a_time_end_with_the_first_of_both() {
    let pass = |t: &Trace| t.probe("a").pause(1);
    assert_eq!(walk(|t| as_long_as_during(true, 2500.millis(), pass(t))).len(), 3);
    assert_eq!(walk(|t| as_long_as_during(false, 2500.millis(), pass(t))).len(), 0);
    assert_eq!(walk(|t| do_while_during(true, 2500.millis(), pass(t))).len(), 3);
    assert_eq!(walk(|t| do_while_during(false, 2500.millis(), pass(t))).len(), 1);
}

#[test]
fn conditions_choose() {
    let names = walk(|t| {
        exec_fn(|s| Ok(s.set("n", 5)?))
            .do_if("#{n.exists()}", t.probe("there"))
            .do_if(|s: &Session| s.contains("m"), t.probe("never"))
            .do_if_or_else(false, t.probe("never"), t.probe("else"))
            .do_if_equals("#{n}", "5", t.probe("five"))
            .do_if_equals_or_else("#{n}", 6, t.probe("never"), t.probe("not six"))
    });
    assert_eq!(names, ["there", "else", "five", "not six"]);
}

#[test]
fn switches_choose_by_value() {
    let names = walk(|t| {
        let cases = |t: &Trace| [("a", t.probe("A")), ("b", t.probe("B"))];
        exec_fn(|s| Ok(s.set("kind", "b")?)).do_switch("#{kind}", cases(t)).do_switch("c", cases(t)).do_switch_or_else(
            "c",
            cases(t),
            t.probe("other"),
        )
    });
    assert_eq!(names, ["B", "other"]);
}

#[test]
fn random_switches_follow_their_percentages() {
    let trace = Trace::default();
    let chain = random_switch([(60.0, trace.probe("a")), (30.0, trace.probe("b"))])
        .random_switch_or_else([(10.0, trace.probe("c"))], trace.probe("d"))
        .uniform_random_switch([trace.probe("e"), trace.probe("f")]);
    run([scenario("s").exec(chain).inject([at_once_users(10_000)])]);
    let names = trace.names();
    let count = |name| names.iter().filter(|n| *n == name).count();
    for (name, expected) in [("a", 6000), ("b", 3000), ("c", 1000), ("d", 9000), ("e", 5000), ("f", 5000)] {
        assert!(count(name).abs_diff(expected) < 200, "{name}: {}", count(name));
    }
    assert_eq!(count("c") + count("d"), 10_000);
    assert_eq!(count("e") + count("f"), 10_000);
}

#[test]
fn round_robin_goes_round_over_all_users() {
    let trace = Trace::default();
    let chain = round_robin_switch([trace.probe("a"), trace.probe("b"), trace.probe("c")]);
    run([scenario("s").exec(chain).inject([constant_users_per_sec(1).during(6.secs())])]);
    assert_eq!(trace.names(), ["a", "b", "c", "a", "b", "c"]);
}

#[test]
fn pace_lets_pass_once_a_period_and_catches_nothing_up() {
    let trace = Trace::default();
    let slow_once = do_if_equals("#{i}", 1, pause(2500.millis()));
    let chain = repeat_counted(4, "i", pace(1).exec(trace.probe("tick")).exec(slow_once));
    run([scenario("s").exec(chain).inject([at_once_users(1)])]);
    assert_eq!(trace.millis("tick"), [0, 1000, 3500, 4500]);
}

#[test]
fn a_rendez_vous_holds_users_until_all_are_there_and_then_lets_everyone_pass() {
    let trace = Trace::default();
    let chain = rendez_vous(3).exec(trace.probe("on"));
    run([scenario("s").exec(chain).inject([constant_users_per_sec(1).during(5.secs())])]);
    assert_eq!(trace.millis("on"), [2000, 2000, 2000, 3000, 4000]);
}

#[test]
fn a_failure_marks_the_user_and_does_not_stop_it() {
    let names = walk(|t| t.probe("!a").exec(t.probe("b")).exit_here_if_failed().exec(t.probe("never")));
    assert_eq!(names, ["!a", "b"]);
}

#[test]
fn try_max_starts_over_at_the_first_failure() {
    let names = walk(|t| try_max(3, t.probe("a").exec(t.probe("!b")).exec(t.probe("never"))).exec(t.probe("on")));
    assert_eq!(names, ["a", "!b", "a", "!b", "a", "!b", "on"]);
}

#[test]
fn try_max_that_succeeds_in_the_end_leaves_the_user_unharmed() {
    let trace = Trace::default();
    let flaky = exec_fn(|s| Ok(s.set("n", s.get::<i64>("n").unwrap_or(0) + 1)?))
        .do_if(|s: &Session| s.get::<i64>("n").is_ok_and(|n| n < 3), trace.probe("!flaky"))
        .exec(trace.probe("through"));
    let report = run([scenario("s")
        .group("g", try_max(5, flaky))
        .exit_here_if_failed()
        .exec(trace.probe("on"))
        .inject([at_once_users(1)])]);
    assert_eq!(trace.names(), ["!flaky", "!flaky", "through", "on"]);
    assert_eq!(report.users_failed(), 0);
    // Failed attempts belong to the block, not to the group around it.
    assert_eq!(report.group("g").unwrap().failed_count(), 0);
}

#[test]
fn a_block_is_left_at_the_first_failure_with_its_groups_and_loops() {
    let trace = Trace::default();
    let block = group("inner", repeat_counted(5, "i", trace.probe("!a").exec(trace.probe("never"))));
    let chain =
        exit_block_on_fail(block).exec(trace.probe("#{i.exists()}")).exit_here_if_failed().exec(trace.probe("never"));
    let report = run([scenario("s").group("outer", chain).inject([at_once_users(1)])]);
    assert_eq!(trace.names(), ["!a", "false"]);
    for name in ["outer", "outer / inner"] {
        let group = report.group(name).unwrap();
        assert_eq!((group.count(), group.failed_count()), (1, 1), "{name}");
    }
}

#[test]
fn groups_have_a_duration_and_a_cumulated_time_without_pauses() {
    let inner = group("inner", dummy("a", 100.millis()).pause(1));
    let chain = group("outer", inner.dummy("b", 50.millis()));
    let report = run([scenario("s").exec(chain).inject([at_once_users(1)])]);
    let outer = report.group("outer").unwrap();
    assert_eq!(outer.duration().max(), 1150.millis());
    assert_eq!(outer.response_time().max(), 150.millis());
    let inner = report.group("outer / inner").unwrap();
    assert_eq!(inner.duration().max(), 1100.millis());
    assert_eq!(inner.response_time().max(), 100.millis());
    assert_eq!(report.request("outer / inner / a").unwrap().count(), 1);
    assert_eq!(report.request("outer / b").unwrap().count(), 1);
}

#[test]
fn assertions_on_a_group_look_at_its_cumulated_time() {
    let chain = group("g", dummy("a", 100.millis()).pause(1));
    let report = Simulation::new("test")
        .simulated_clock()
        .with(scenario("s").exec(chain).inject([at_once_users(1)]))
        .assert(details("g").response_time().max().is(100.millis()))
        .run()
        .unwrap();
    assert!(report.passed(), "{:?}", report.assertions());
}

#[test]
fn exit_here_closes_groups_on_the_way_out() {
    let report = run([scenario("s").group("g", pause(1).exit_here().pause(1)).inject([at_once_users(2)])]);
    assert_eq!(report.group("g").unwrap().count(), 2);
    assert_eq!(report.group("g").unwrap().duration().max(), 1.secs());
}

#[test]
fn ten_thousand_steps_and_two_hundred_levels_run() {
    let trace = Trace::default();
    let long = (0..10_000).fold(Chain::new(), |chain, _| chain.exec(trace.probe("a")));
    let deep = (0..200).fold(trace.probe("b"), |chain, level| group(format!("g{level}"), repeat(1, chain)));
    run([scenario("s").exec(long).exec(deep).inject([at_once_users(1)])]);
    assert_eq!(trace.names().len(), 10_001);
}

#[test]
fn a_hundred_thousand_levels_take_no_stack() {
    // The threads of tests have 2 MiB.
    let deep = |nest: fn(Chain) -> Chain| (0..100_000).fold(pause(1), |chain, _| nest(chain));
    let chain = deep(|chain| repeat(1, chain));
    drop(chain.clone());
    assert_eq!(run([scenario("s").exec(chain).inject([at_once_users(1)])]).users_ended(), 1);
    // What is never run is dropped all the same; each way of nesting has its own.
    let nests: [fn(Chain) -> Chain; 12] = [
        |chain| do_if_or_else(true, chain, pause(2)),
        |chain| do_switch_or_else("b", [("a", pause(3))], chain),
        |chain| markov([("a", chain)], [[0.0]]),
        |chain| group("g", chain),
        |chain| try_max(2, chain),
        |chain| parallel([chain]),
        |chain| weighted([(1, chain)]),
        |chain| random_switch_or_else([(50, pause(1))], chain),
        |chain| uniform_random_switch([chain]),
        |chain| round_robin_switch([chain]),
        |chain| do_if_equals("a", "b", chain),
        |chain| foreach(vec![1], "i", during(1, chain)),
    ];
    for nest in nests {
        drop(deep(nest));
    }
}

#[test]
fn a_clone_of_a_chain_is_independent() {
    let names = walk(|t| {
        let once = during(1.secs(), t.probe("a").pause(700.millis()).exec(t.probe("b")));
        let finishing = once.clone().exit_asap(false);
        once.exec(finishing)
    });
    assert_eq!(names, ["a", "b", "a", "a", "b", "a", "b"]);
}

#[test]
fn a_loop_without_requests_does_not_hold_up_simulated_time() {
    let loops = [during(5.secs(), exec_fn(|_| Ok(()))), during(5.secs(), pace(0)), during(5.secs(), pause(0))];
    for chain in loops {
        let report = run([scenario("s").exec(chain).inject([at_once_users(1)])]);
        assert!((5.secs()..5100.millis()).contains(&report.info().duration), "{:?}", report.info().duration);
    }
}

#[test]
fn a_user_that_does_nothing_but_loop_leaves_time_to_others() {
    let trace = Trace::default();
    let busy = as_long_as(
        |s: &Session| s.get::<i64>("n").unwrap_or(0) < 1_000_000,
        exec_fn(|s| {
            let n = s.get::<i64>("n").unwrap_or(0);
            Ok(s.set("n", n + 1)?)
        }),
    )
    .exec(trace.probe("busy"));
    run([
        scenario("busy").exec(busy).inject([at_once_users(1)]),
        scenario("other").exec(trace.probe("other")).inject([at_once_users(1)]),
    ]);
    assert_eq!(trace.names(), ["other", "busy"]);
}

#[test]
fn percentages_may_be_integers() {
    let trace = Trace::default();
    let chain = random_switch([(100, trace.probe("always"))]).random_switch([(0.0, trace.probe("never"))]);
    run([scenario("S").exec(chain).inject([at_once_users(1)])]);
    assert_eq!(trace.names(), ["always"]);
}
