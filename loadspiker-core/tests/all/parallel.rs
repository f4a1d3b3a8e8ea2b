//! Branches of one user: what they share, how they join, what failures and exits in them do, on the simulated clock.

use std::time::Duration;

use loadspiker_core::dsl::*;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::feeder::records;
use loadspiker_core::inject::*;
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_core::{DurationExt, Session};
use loadspiker_testkit::{Trace, mistakes, run};

/// One user runs this chain.
#[track_caller]
fn walk(make: impl FnOnce(&Trace) -> Chain) -> (Trace, RunReport) {
    let trace = Trace::default();
    let report = run([scenario("walk").exec(make(&trace)).inject([at_once_users(1)])]);
    (trace, report)
}

#[track_caller]
fn names(make: impl FnOnce(&Trace) -> Chain) -> Vec<String> {
    walk(make).0.names()
}

fn set(name: &'static str, value: i64) -> Chain {
    exec_fn(move |session| Ok(session.set(name, value)?))
}

fn remove(name: &'static str) -> Chain {
    exec_fn(move |session| {
        session.remove(name);
        Ok(())
    })
}

#[test]
fn branches_run_side_by_side_and_the_user_goes_on_when_all_are_done() {
    let (trace, report) = walk(|t| {
        pause(1)
            .parallel([
                t.probe("a1").pause(2).exec(t.probe("a2")),
                dummy("b1", 300.millis()).exec(t.probe("b2")).pause(3).exec(t.probe("b3")),
                t.probe("c1"),
            ])
            .exec(t.probe("joined"))
    });
    let at = |name| trace.millis(name);
    assert_eq!([at("a1"), at("c1"), at("b2"), at("a2")].concat(), [1000, 1000, 1300, 3000]);
    assert_eq!([at("b3"), at("joined")].concat(), [4300, 4300]);
    assert_eq!((report.users_started(), report.users_ended(), report.users_failed()), (1, 1, 0));
    assert_eq!(report.info().duration, 4300.millis());
}

#[test]
fn what_follows_is_meant_to_begin_when_the_last_branch_ends_although_it_is_no_pause() {
    let (trace, report) = walk(|t| parallel([dummy("a", 500.millis()), dummy("b", 200.millis())]).exec(t.probe("on")));
    assert_eq!(trace.millis("on"), [500]);
    assert_eq!(report.global().start_lag().max(), Duration::ZERO);
}

#[test]
fn a_branch_sees_what_was_there_and_what_it_set_itself() {
    let branch = |t: &Trace, n: i64| {
        t.probe("#{x}").exec(set("x", n)).pause(1).exec(t.probe("#{x}")).pause(n.unsigned_abs()).exec(t.probe("#{x}"))
    };
    let seen = names(|t| set("x", 0).parallel([branch(t, 1), branch(t, 2)]));
    assert_eq!(seen, ["0", "0", "1", "2", "1", "2"]);
}

#[test]
fn at_the_join_the_user_has_all_changes_and_of_two_the_one_that_ended_last() {
    let late_a = pause(2).exec(set("late", 1));
    let early_b = set("late", 2).exec(set("only b", 3)).exec(remove("gone"));
    let seen = names(|t| {
        set("late", 0)
            .exec(set("gone", 1))
            .exec(set("kept", 4))
            .parallel([late_a, early_b])
            .exec(t.probe("#{late} #{only b} #{kept} #{gone.exists()}"))
    });
    assert_eq!(seen, ["1 3 4 false"]);
    // The other way round, and with a removal that comes last.
    let (late_a, early_b) = (pause(2).exec(remove("late")), set("late", 2));
    let seen = names(|t| set("late", 0).parallel([late_a, early_b]).exec(t.probe("#{late.exists()}")));
    assert_eq!(seen, ["false"]);
}

#[test]
fn a_branch_that_leaves_an_attribute_alone_does_not_undo_what_another_changed() {
    let seen = names(|t| set("x", 0).parallel([set("x", 1), pause(5)]).exec(t.probe("#{x}")));
    assert_eq!(seen, ["1"]);
}

#[test]
fn counters_of_loops_in_a_branch_are_gone_and_those_around_stay() {
    let seen = names(|t| {
        let inner = repeat_counted(2, "i", t.probe("#{o}#{i}"));
        repeat_counted(2, "o", parallel([inner]).exec(t.probe("#{o} #{i.exists()}"))).exec(t.probe("#{o.exists()}"))
    });
    assert_eq!(seen, ["00", "01", "0 false", "10", "11", "1 false", "false"]);
}

#[test]
fn a_feeder_in_a_branch_gives_its_record_to_the_user() {
    let seen = names(|t| {
        let people = records((1..=2).map(|n| [("n", n)]));
        parallel([feed(people), pause(1)]).exec(t.probe("#{n}"))
    });
    assert_eq!(seen, ["1"]);
}

#[test]
fn parallel_nests_and_stands_in_loops_and_groups() {
    let (trace, report) = walk(|t| {
        let inner = || parallel([t.probe("x").pause(1), t.probe("y").pause(3)]).exec(t.probe("inner"));
        repeat(2, group("g", parallel([inner(), pause(2).exec(t.probe("z"))]))).exec(t.probe("end"))
    });
    assert_eq!(trace.names(), ["x", "y", "z", "inner", "x", "y", "z", "inner", "end"]);
    assert_eq!(trace.millis("inner"), [3000, 6000]);
    assert_eq!(report.group("g").unwrap().duration().max(), 3.secs());
    assert_eq!(report.request("g / x").unwrap().count(), 2);
}

#[test]
fn a_group_around_cumulates_the_requests_of_all_branches() {
    let branches = || [dummy("a", 100.millis()).group("in", dummy("b", 50.millis())), dummy("c", 70.millis()).pause(1)];
    let (_, report) = walk(|_| group("g", parallel([parallel(branches()), dummy("d", 30.millis())])));
    let group = report.group("g").unwrap();
    assert_eq!(group.response_time().max(), 250.millis());
    assert_eq!(group.duration().max(), 1070.millis());
    assert_eq!((group.count(), group.failed_count()), (1, 0));
    assert_eq!(report.group("g / in").unwrap().response_time().max(), 50.millis());
    for request in ["g / a", "g / in / b", "g / c", "g / d"] {
        assert_eq!(report.request(request).unwrap().count(), 1, "{request}");
    }
}

#[test]
fn a_failed_branch_marks_the_user_and_the_group_around_at_the_join() {
    let (trace, report) = walk(|t| {
        let branches = [t.probe("!a").exec(t.probe("a2")), pause(1).exec(t.probe("b"))];
        group("g", parallel(branches).exec(t.probe("still in g"))).exit_here_if_failed().exec(t.probe("never"))
    });
    assert_eq!(trace.names(), ["!a", "a2", "b", "still in g"]);
    assert_eq!((report.users_failed(), report.group("g").unwrap().failed_count()), (1, 1));
}

#[test]
fn failures_that_a_branch_deals_with_itself_are_not_the_users() {
    let flaky = |t: &Trace| {
        set("n", 0).try_max(
            3,
            exec_fn(|s| Ok(s.set("n", s.get::<i64>("n")? + 1)?))
                .do_if(|s: &Session| s.get::<i64>("n").is_ok_and(|n| n < 3), t.probe("!flaky"))
                .exec(t.probe("through")),
        )
    };
    let (trace, report) =
        walk(|t| group("g", parallel([flaky(t), pause(1)])).exit_here_if_failed().exec(t.probe("on")));
    assert_eq!(trace.names(), ["!flaky", "!flaky", "through", "on"]);
    assert_eq!((report.users_failed(), report.group("g").unwrap().failed_count()), (0, 0));
}

#[test]
fn a_block_in_a_branch_is_left_alone_and_its_failure_told_at_the_join() {
    let (trace, report) = walk(|t| {
        let failing = exit_block_on_fail(t.probe("!a").exec(t.probe("never"))).exec(t.probe("behind"));
        group("g", parallel([failing, pause(1).exec(t.probe("b"))]))
    });
    assert_eq!(trace.names(), ["!a", "behind", "b"]);
    assert_eq!((report.users_failed(), report.group("g").unwrap().failed_count()), (1, 1));
}

#[test]
fn in_a_try_max_around_a_failed_branch_ends_the_others_go_on_and_the_block_starts_over() {
    let (trace, report) = walk(|t| {
        let branches = [t.probe("!a").exec(t.probe("never")), t.probe("b").pause(1).exec(t.probe("b2"))];
        group("g", try_max(2, parallel(branches).exec(t.probe("never")))).exec(t.probe("on"))
    });
    assert_eq!(trace.names(), ["!a", "b", "b2", "!a", "b", "b2", "on"]);
    assert_eq!(trace.millis("on"), [2000]);
    assert_eq!((report.users_failed(), report.group("g").unwrap().failed_count()), (1, 1));
}

#[test]
fn a_try_max_around_two_forks_concerns_the_inner_branches_too() {
    let (trace, report) = walk(|t| {
        let inner = parallel([t.probe("!x").exec(t.probe("never")), pause(1).exec(t.probe("y"))]);
        let outer = [inner.exec(t.probe("never")), pause(2).exec(t.probe("z"))];
        try_max(2, parallel(outer)).exec(t.probe("on"))
    });
    assert_eq!(trace.names(), ["!x", "y", "z", "!x", "y", "z", "on"]);
    assert_eq!(report.users_failed(), 1);
}

#[test]
fn a_block_around_whose_second_attempt_succeeds_leaves_the_user_unharmed() {
    let (trace, report) = walk(|t| {
        let once = do_if_or_else("#{again.exists()}", t.probe("fine"), set("again", 1).exec(t.probe("!bad")));
        try_max(3, parallel([once, t.probe("b")])).exec(t.probe("on"))
    });
    // What the failed attempt set stays, as in any other block.
    assert_eq!(trace.names(), ["!bad", "b", "fine", "b", "on"]);
    assert_eq!(report.users_failed(), 0);
}

#[test]
fn an_exit_in_a_branch_ends_the_user_and_the_others_before_their_next_step() {
    let (trace, report) = walk(|t| {
        let leaving = pause(1).exec(t.probe("a")).exit_here().exec(t.probe("never"));
        let other = t.probe("b").pause(3).exec(t.probe("never"));
        let nested = parallel([pause(2).exec(t.probe("never")), pause(1)]).exec(t.probe("never"));
        group("g", parallel([leaving, other, nested]).exec(t.probe("never"))).exec(t.probe("never"))
    });
    assert_eq!(trace.names(), ["b", "a"]);
    assert_eq!(report.group("g").unwrap().duration().max(), 3.secs());
    assert_eq!((report.users_ended(), report.users_failed()), (1, 0));
    assert_eq!(report.info().duration, 3.secs());
}

#[test]
fn an_exit_two_forks_deep_ends_the_user() {
    let (trace, report) = walk(|t| {
        let deep = parallel([pause(1).exit_here(), pause(2).exec(t.probe("never"))]);
        parallel([deep.exec(t.probe("never")), repeat(9, pause(600.millis()).exec(t.probe("b")))])
            .exec(t.probe("never"))
    });
    assert_eq!(trace.millis("b"), [600]);
    assert_eq!((report.users_ended(), report.info().duration), (1, 2.secs()));
}

#[test]
fn a_loop_around_that_is_left_as_soon_as_possible_is_left_by_the_branches_too() {
    let (trace, report) = walk(|t| {
        let a = repeat(9, pause(1).exec(t.probe("a")));
        let b = pause(500.millis()).exec(t.probe("b"));
        during(2500.millis(), group("g", parallel([a, b]).exec(t.probe("never")))).exec(t.probe("on"))
    });
    assert_eq!(trace.names(), ["b", "a", "a", "on"]);
    assert_eq!(trace.millis("on"), [2500]);
    assert_eq!(report.group("g").unwrap().count(), 1);
}

#[test]
fn a_loop_that_one_branch_finds_over_is_left_at_the_join_whatever_the_others_did() {
    // The second branch, which ends last, sets the condition back; the loop is left all the same, through two forks.
    let (trace, _) = walk(|t| {
        let over = set("go", 0).exec(t.probe("never"));
        let back = pause(1).exec(set("go", 0)).exec(exec_fn(|_| Ok(())));
        let last = pause(2).exec(t.probe("last"));
        let inner = parallel([over, last]).exec(t.probe("never"));
        let again = |s: &Session| s.get::<i64>("go").is_ok_and(|go| go == 1);
        set("go", 1)
            .as_long_as(again, parallel([inner, back]).exec(t.probe("never")))
            .exit_asap(true)
            .exec(t.probe("on"))
    });
    assert_eq!(trace.names(), ["last", "on"]);
}

#[test]
fn a_loop_around_that_is_not_left_early_finishes_its_pass() {
    let seen = names(|t| {
        let branches = [repeat(2, pause(1).exec(t.probe("a"))), t.probe("b")];
        during(1500.millis(), parallel(branches)).exit_asap(false).exec(t.probe("on"))
    });
    assert_eq!(seen, ["b", "a", "a", "on"]);
}

#[test]
fn a_pace_in_a_branch_remembers_its_last_pass() {
    let trace = Trace::default();
    let paced = pace(3).exec(trace.probe("tick"));
    let other = pace(1).exec(trace.probe("tock"));
    run([scenario("s").repeat(3, parallel([paced, other])).inject([at_once_users(1)])]);
    assert_eq!(trace.millis("tick"), [0, 3000, 6000]);
    assert_eq!(trace.millis("tock"), [0, 1000, 3000]);
}

#[test]
fn branches_are_no_users() {
    let chain = || parallel([pause(1), pause(1), pause(1)]);
    let closed = run([scenario("s").exec(chain()).inject([constant_concurrent_users(3).during(10.secs())])]);
    assert_eq!((closed.users_started(), closed.users_ended()), (30, 30));
    assert!(closed.series().iter().all(|point| point.users_active <= 3), "{:?}", closed.series());
    let trace = Trace::default();
    let after = scenario("after").exec(trace.probe("after")).inject([at_once_users(1)]);
    let open = scenario("s").exec(chain()).inject([constant_users_per_sec(2).during(5.secs())]);
    let open = run([open.and_then(after)]);
    assert_eq!((open.users_started(), open.users_ended()), (11, 11));
    assert_eq!(trace.millis("after"), [5500]);
}

#[test]
fn at_the_end_of_the_grace_period_a_user_is_counted_once_and_its_requests_all() {
    let limited = |chain: Chain| {
        Simulation::new("cut")
            .simulated_clock()
            .max_duration(1.secs())
            .grace_period(2.secs())
            .with(scenario("s").exec(chain).inject([at_once_users(2)]))
            .run()
            .unwrap()
    };
    let slow = || dummy("slow", 10.secs());
    // Two requests on their way, and a branch that rests for too long; then one that would rest beyond the end.
    for chain in [
        parallel([slow(), slow(), pause(20)]),
        parallel([slow(), parallel([slow(), pause(2).pause(9)]), dummy("done", 1)]),
    ] {
        let report = limited(chain);
        let counts = (report.users_started(), report.users_ended(), report.users_interrupted());
        assert_eq!(counts, (2, 0, 2));
        assert_eq!(report.requests_interrupted(), 4);
    }
    // Nothing but pauses, in two forks: nobody can go on, so the run is over before the grace period is.
    let report = limited(parallel([pause(20), parallel([pause(30), pause(0)])]));
    assert_eq!((report.users_ended(), report.users_interrupted(), report.requests_interrupted()), (0, 2, 0));
    // A branch that is done in time does not help a user whose other branch is cut off.
    let report = limited(parallel([pause(20), pause(2)]).dummy("never", 0));
    assert_eq!((report.users_ended(), report.users_interrupted(), report.global().count()), (0, 2, 0));
}

#[test]
fn a_queue_that_runs_out_in_a_branch_ends_the_run() {
    let people = records((1..=3).map(|n| [("n", n)]));
    let chain = parallel([feed(people), pause(1)]);
    let report = run([scenario("s").exec(chain).inject([constant_users_per_sec(1).during(1.minutes())])]);
    assert!(matches!(&report.info().end, EndReason::Aborted(why) if why.contains("circular")));
}

#[test]
fn a_panic_in_a_branch_fails_the_user_and_is_counted() {
    let (trace, report) = walk(|t| {
        let panicking = exec_fn(|_| panic!("a branch trips")).exec(t.probe("goes on"));
        parallel([panicking, t.probe("b")]).exec(t.probe("joined"))
    });
    assert_eq!(trace.names(), ["goes on", "b", "joined"]);
    assert_eq!((report.panics(), report.users_failed(), report.users_ended()), (1, 1, 1));
}

#[test]
fn the_same_branch_of_several_users_meets_at_a_rendez_vous() {
    let trace = Trace::default();
    let meeting = rendez_vous(3).exec(trace.probe("met"));
    let chain = parallel([meeting, pause(1).exec(trace.probe("meanwhile"))]).exec(trace.probe("joined"));
    run([scenario("s").exec(chain).inject([constant_users_per_sec(1).during(3.secs())])]);
    assert_eq!(trace.millis("met"), [2000, 2000, 2000]);
    assert_eq!(trace.millis("meanwhile"), [1000, 2000, 3000]);
    assert_eq!(trace.millis("joined"), [2000, 2000, 3000]);
}

#[test]
fn the_order_at_one_instant_is_that_of_the_branches_and_always_the_same() {
    let once = || {
        let trace = Trace::default();
        let branch = |name: &str| repeat(3, pause(1).exec(trace.probe(name)));
        let chain = parallel([branch("a"), parallel([branch("b"), branch("c")]), branch("d")]);
        run([scenario("s").exec(chain).inject([at_once_users(20)])]);
        trace.passages()
    };
    let first = once();
    assert_eq!(first, once());
    let names: Vec<_> = first.iter().take(4).map(|(user, name, _)| format!("{name}{user}")).collect();
    assert_eq!(names, ["a1", "d1", "b1", "c1"]);
    assert!(first.chunks(80).all(|second| second.is_sorted_by_key(|(user, _, at)| (*at, *user))));
}

#[test]
fn every_user_of_many_runs_all_branches_of_all_passes() {
    let trace = Trace::default();
    let branches = || (0..10).map(|n| trace.probe(&format!("{n}")).pause(0.001..0.1)).collect::<Vec<_>>();
    let report = run([scenario("s").repeat(5, parallel(branches())).inject([at_once_users(300)])]);
    assert_eq!(report.users_ended(), 300);
    assert_eq!(report.global().count(), 300 * 5 * 10);
}

#[test]
fn two_hundred_forks_within_each_other_run() {
    let trace = Trace::default();
    let deep = (0..200).fold(trace.probe("core").exit_here_if(false), |chain, _| parallel([chain, pause(1)]));
    let report = run([scenario("s").exec(deep).inject([at_once_users(2)])]);
    assert_eq!(trace.names(), ["core", "core"]);
    assert_eq!(report.users_ended(), 2);
    let exiting = (0..200).fold(exit_here(), |chain, _| parallel([chain]).exec(trace.probe("never")));
    run([scenario("s").exec(exiting).inject([at_once_users(1)])]);
    assert_eq!(trace.names().len(), 2);
}

#[test]
fn branches_are_shown_in_the_plan() {
    let chain = parallel([pause(1).pause(2), dummy("d", 1)]).pause(3);
    let simulation = Simulation::new("p").with(scenario("s").exec(chain).inject([at_once_users(1)]));
    let plan = simulation.plan(&RunOptions::default()).unwrap().to_string();
    let expected = "    parallel\n      branch 1\n        pause 1s\n        pause 2s\n      branch 2\n        exec dummy \"d\" 1s\n    pause 3s\n";
    assert!(plan.contains(expected), "{plan}");
}

#[test]
fn no_branches_and_empty_ones_are_mistakes() {
    let of = |chain: Chain| mistakes([scenario("s").exec(chain).inject([at_once_users(1)])]);
    assert!(of(parallel(Vec::<Chain>::new())).contains("no branches in it"));
    let text = of(parallel([pause(1), Chain::new()]));
    assert!(text.contains("branch 2 has no steps") && text.contains("scenario \"s\", parallel, at "), "{text}");
}
