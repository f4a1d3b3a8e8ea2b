//! What is done around the load: before and after a run, at the start and the end of each user.

use loadspiker_core::dsl::*;
use loadspiker_core::engine::{Observer, RunOptions};
use loadspiker_core::feeder::records;
use loadspiker_core::inject::*;
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_core::{DurationExt, Error};
use loadspiker_testkit::Trace;

fn simulation(population: Population) -> Simulation {
    Simulation::new("hooked").seed(1).simulated_clock().with(population)
}

fn users(chain: Chain, users: u64) -> Population {
    scenario("S").exec(chain).inject([at_once_users(users)])
}

/// Why the run did not start, and why `after` failed.
fn failure(simulation: Simulation) -> (String, Option<String>) {
    match simulation.run() {
        Err(Error::Before { cause, after }) => (cause, after),
        other => panic!("{other:?}"),
    }
}

#[test]
fn before_and_after_run_once_around_the_run_and_are_in_no_figure_of_it() {
    let trace = Trace::default();
    let report = simulation(users(trace.probe("visit"), 3))
        .before(trace.probe("create").pause(60))
        .after(pause(60).exec(trace.probe("delete")))
        .run()
        .unwrap();
    assert_eq!(trace.names(), ["create", "visit", "visit", "visit", "delete"]);
    assert_eq!(report.global().count(), 3);
    assert_eq!(report.users_started(), 3);
    assert!(report.request("create").is_none() && report.request("delete").is_none());
    assert_eq!(report.scenarios().len(), 1);
    // The clock of the run begins when all is set up.
    assert_eq!(trace.millis("visit"), [0, 0, 0]);
    assert!(report.info().duration.is_zero(), "{:?}", report.info().duration);
    assert!(report.passed());
}

#[test]
fn what_before_knows_at_its_end_is_known_to_all_users_and_to_after() {
    let trace = Trace::default();
    let set = exec_fn(|session| {
        session.set("tenant", "t-17")?;
        session.set("limits", vec![10, 20])?;
        session.set("gone", 1)?;
        Ok(())
    });
    let leave_out = exec_fn(|session| {
        session.remove("gone");
        Ok(())
    });
    // Read by a closure and by an expression; typed as they were set.
    let visit = exec_fn(|session| {
        let limits: Vec<i64> = session.get("limits")?;
        session.set("sum", limits.iter().sum::<i64>())?;
        assert!(!session.contains("gone") && !session.contains("i"));
        Ok(())
    });
    let chain = visit.exec(trace.probe("#{tenant} #{sum}")).exec_fn(|session| Ok(session.set("tenant", "mine")?));
    let report = simulation(users(chain, 2))
        .before(set.repeat_counted(2, "i", pause(1)).exec(leave_out))
        .after(trace.probe("drop #{tenant} #{limits(1)}"))
        .run()
        .unwrap();
    assert_eq!(trace.names(), ["t-17 30", "t-17 30", "drop t-17 20"]);
    assert_eq!((report.users_failed(), report.panics()), (0, 0));
}

#[test]
fn all_shards_get_what_before_knows() {
    let report = Simulation::new("real")
        .shards(3)
        .before(exec_fn(|session| Ok(session.set("tenant", "t")?)))
        .with(users(dummy("visit #{tenant}", 0), 30))
        .run()
        .unwrap();
    assert_eq!(report.request("visit t").unwrap().count(), 30);
}

#[test]
fn several_hooks_are_done_in_order() {
    let trace = Trace::default();
    simulation(users(trace.probe("visit"), 1))
        .before(trace.probe("b1"))
        .after(trace.probe("a1"))
        .before(trace.probe("b2"))
        .after(trace.probe("a2"))
        .run()
        .unwrap();
    assert_eq!(trace.names(), ["b1", "b2", "visit", "a1", "a2"]);
}

#[test]
fn a_feeder_goes_on_where_before_left_it() {
    let trace = Trace::default();
    let ids = records([[("id", 1)], [("id", 2)], [("id", 3)]]);
    let chain = feed(ids.clone()).exec(trace.probe("#{id}"));
    simulation(users(chain.clone(), 2)).before(chain).run().unwrap();
    assert_eq!(trace.names(), ["1", "2", "3"]);
}

#[test]
fn attributes_of_before_are_known_to_the_compiler_and_all_mistakes_come_together() {
    let trace = Trace::default();
    let ids = || feed(records([[("id", 1)]]));
    simulation(users(trace.probe("#{id}"), 1)).before(ids()).after(trace.probe("#{id}")).run().unwrap();
    assert_eq!(trace.names(), ["1", "1"]);

    let wrong = simulation(users(trace.probe("#{idd}"), 1))
        .before(ids().exec(trace.probe("#{early}")))
        .after(repeat(2, Chain::new()).rendez_vous(2))
        .run();
    let text = wrong.unwrap_err().to_string();
    assert!(text.starts_with("the simulation has 4 mistakes\n  before, exec probe \"#{early}\", at "), "{text}");
    for expected in [
        "no step sets the attribute \"early\" (there are: id)",
        "scenario \"S\", exec probe \"#{idd}\"",
        "no step sets the attribute \"idd\"; did you mean \"id\"? (there are: id)",
        "\n  after, repeat 2, at ",
        "there are no steps in it",
        "\n  after, rendez_vous 2, at ",
        "tests/all/hooks.rs:",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_hook_without_steps_is_a_mistake() {
    let text = simulation(users(pause(1), 1)).before(Chain::new()).run().unwrap_err().to_string();
    assert!(text.contains("before, at") && text.contains("it has no steps"), "{text}");
}

#[test]
fn a_before_that_fails_keeps_the_run_from_starting_and_names_the_request() {
    let trace = Trace::default();
    let chain = group("set up", trace.probe("fine").exec(trace.probe("!bad")));
    let hooked = simulation(users(trace.probe("visit"), 1)).before(chain).after(trace.probe("delete"));
    let text = hooked.clone().run().unwrap_err().to_string();
    assert_eq!(text, "before failed, so the run did not start: request \"set up / !bad\": probe failed");
    assert_eq!(trace.names(), ["fine", "!bad", "delete"]);

    let (cause, after) = failure(hooked.after(trace.probe("!worse")));
    assert!(cause.contains("probe failed"), "{cause}");
    assert_eq!(after.as_deref(), Some("request \"!worse\": probe failed"));
}

#[test]
fn a_before_that_fails_at_a_step_names_it_and_its_line() {
    let visit = || users(pause(1), 1);
    let line = line!() + 1;
    let step = exec_fn(|_| Err("no stock".into()));
    let (cause, _) = failure(simulation(visit()).before(pause(1).exec(step)));
    assert!(cause.starts_with("exec_fn at ") && cause.ends_with(": no stock"), "{cause}");
    assert!(cause.contains(&format!("hooks.rs:{line}:")), "{cause}");

    let (cause, _) = failure(simulation(visit()).before(exec_fn(|_| panic!("broken"))));
    assert!(cause.contains("panicked at") && cause.contains("broken"), "{cause}");

    let marked = exec_fn(|session| {
        session.mark_as_failed();
        Ok(())
    });
    assert_eq!(failure(simulation(visit()).before(marked)).0, "its user was marked as failed");
}

#[test]
fn a_failure_that_a_block_made_good_is_none() {
    let trace = Trace::default();
    let late = try_max(
        3,
        exec_fn(|session| {
            let tries = session.get::<i64>("tries").unwrap_or(0) + 1;
            session.set("tries", tries)?;
            if tries < 3 { Err("not yet".into()) } else { Ok(()) }
        }),
    );
    let report = simulation(users(pause(1), 1)).before(late).run().unwrap();
    assert!(report.passed());
    // And one that it could not make good is one.
    let retried = try_max(2, trace.probe("!bad"));
    assert_eq!(failure(simulation(users(pause(1), 1)).before(retried)).0, "request \"!bad\": probe failed");
}

#[test]
fn a_before_that_stops_or_has_no_records_left_keeps_the_run_from_starting() {
    let trace = Trace::default();
    let hooked = || simulation(users(trace.probe("visit"), 1)).after(trace.probe("delete"));
    let (cause, _) = failure(hooked().before(stop_load_generator("no target")));
    assert_eq!(cause, "stopped: no target");
    let one = feed(records([[("id", 1)]]));
    let (cause, _) = failure(hooked().before(repeat(2, one)));
    assert!(cause.starts_with("aborted: ") && cause.contains("records"), "{cause}");
    assert_eq!(trace.names(), ["delete", "delete"]);
}

#[test]
fn a_hook_that_takes_too_long_is_cut_off() {
    let trace = Trace::default();
    let hooked = || simulation(users(trace.probe("visit"), 1)).max_duration(1.secs());
    let set = || exec_fn(|session| Ok(session.set("tenant", "t")?));
    let (cause, after) = failure(hooked().before(set().dummy("slow", 1.hours())).after(trace.probe("drop #{tenant}")));
    assert_eq!(cause, "it took longer than 300 s; give it more with hook_time_limit, or less to do");
    assert_eq!(after, None);
    // What it knew before the step that took too long is known to after.
    assert_eq!(trace.names(), ["drop t"]);

    let report = hooked().before(pause(10)).after(pause(11)).hook_time_limit(10_500.millis()).run().unwrap();
    assert!(report.info().after_error.as_ref().unwrap().contains("longer than 10.5 s"), "{:?}", report.info());
}

#[test]
fn a_run_whose_after_failed_has_not_passed_and_says_so() {
    let trace = Trace::default();
    let report = simulation(users(trace.probe("visit"), 1)).after(trace.probe("!delete")).run().unwrap();
    assert_eq!(report.info().end, EndReason::Completed);
    assert_eq!(report.info().after_error.as_deref(), Some("request \"!delete\": probe failed"));
    assert!(!report.passed());
    let warnings = report.warnings();
    assert!(warnings.iter().any(|warning| warning.contains("request \"!delete\": probe failed")), "{warnings:?}");
    let panic = std::panic::catch_unwind(|| report.assert_passed()).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("after failed: request \"!delete\""));
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn after_runs_however_the_run_ended() {
    let visit = || exec_fn(|_| Ok(()));
    let one = records([[("id", 1)]]);
    for (chain, end) in [
        (visit().pause(1), "completed"),
        (visit().pause(3600), "stopped at its maximum duration"),
        (visit().stop_load_generator("enough"), "stopped: enough"),
        (visit().crash_load_generator("broken"), "aborted: broken"),
        (repeat(2, feed(one.clone())), "aborted: feeder records"),
    ] {
        let trace = Trace::default();
        let limited = simulation(users(chain, 1)).max_duration(60.secs()).after(trace.probe("delete"));
        let report = limited.run().unwrap();
        assert!(report.info().end.to_string().starts_with(end), "{} is not {end}", report.info().end);
        assert_eq!(trace.names(), ["delete"], "{end}");
        assert_eq!(report.info().after_error, None);
    }
}

#[derive(Default)]
struct Shown(Vec<String>);

impl Observer for Shown {
    fn hook(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    fn debug(&mut self, text: &str) {
        self.0.push(text.trim_end().to_owned());
    }
}

#[test]
fn debugging_shows_the_exchanges_of_hooks() {
    let trace = Trace::default();
    let mut shown = Shown::default();
    let options = RunOptions { debug: true, ..RunOptions::default() };
    let hooked = simulation(users(trace.probe("v"), 5)).before(trace.probe("b")).after(trace.probe("a"));
    hooked.run_with(&options, &mut shown).unwrap();
    let expected = [
        "before",
        "= \"b\", user 1 of \"before\", after 0 ms: ok",
        "= \"v\", user 1 of \"S\", after 0 ms: ok",
        "after",
        "= \"a\", user 1 of \"after\", after 0 ms: ok",
    ];
    assert_eq!(shown.0, expected);
}

#[test]
fn the_plan_shows_all_hooks_in_their_places() {
    let trace = Trace::default();
    let scenario = scenario("S").on_user_start(pause(3)).on_user_end(pause(5)).pause(4).inject(at_once_users(1));
    let hooked = simulation(scenario).before(group("g", pause(1))).after(trace.probe("a"));
    let hooked = hooked.on_user_start(pause(2)).on_user_end(pause(6));
    let text = hooked.plan(&RunOptions::default()).unwrap().to_string();
    let expected = [
        "simulation \"hooked\" (seed 1, shards 1)",
        "",
        "before, at most 300 s",
        "  group \"g\"",
        "    pause 1s",
        "",
        "scenario \"S\"",
        "  inject at_once_users(1)",
        "  users: 1, all at once",
        "  steps",
        "    on_user_start of all scenarios",
        "      pause 2s",
        "    on_user_start",
        "      pause 3s",
        "    pause 4s",
        "    on_user_end",
        "      pause 5s",
        "    on_user_end of all scenarios",
        "      pause 6s",
        "",
        "after, at most 300 s",
        "  exec probe \"a\"",
        "",
    ];
    assert_eq!(text, expected.join("\n"));
}

/// A scenario whose users leave a trace at both ends, in a simulation whose users do so, too.
fn traced(trace: &Trace, chain: Chain) -> RunReport {
    let inner = scenario("S").on_user_end(trace.probe("out")).exec(chain).on_user_start(trace.probe("in"));
    simulation(inner.inject([at_once_users(1)]))
        .on_user_start(trace.probe("first"))
        .on_user_end(trace.probe("last"))
        .run()
        .unwrap()
}

#[test]
fn users_start_and_end_with_what_is_written_for_them_however_they_leave() {
    let nested = |exit: Chain| group("g", repeat(5, try_max(2, during(60, pause(1).exec(exit)))));
    for (name, exit) in [
        ("exit_here", exit_here()),
        ("exit_here_if", exit_here_if(true)),
        (
            "exit_here_if_failed",
            exec_fn(|session| {
                session.mark_as_failed();
                Ok(())
            })
            .exit_here_if_failed(),
        ),
    ] {
        let trace = Trace::default();
        traced(&trace, trace.probe("a").exec(exit).exec(trace.probe("never")));
        assert_eq!(trace.names(), ["first", "in", "a", "out", "last"], "{name}");
    }
    let trace = Trace::default();
    let report = traced(&trace, trace.probe("a").exec(nested(exit_here())).exec(trace.probe("never")));
    assert_eq!(trace.names(), ["first", "in", "a", "out", "last"]);
    // The group was closed before: what is done at the end is outside of it.
    assert_eq!(report.group("g").unwrap().count(), 1);
    assert_eq!(report.group("g").unwrap().duration().max(), 1.secs());
    assert!(report.request("last").is_some() && report.request("g / last").is_none());
    let trace = Trace::default();
    traced(&trace, trace.probe("a"));
    assert_eq!(trace.names(), ["first", "in", "a", "out", "last"]);
}

#[test]
fn leaving_at_the_start_goes_to_the_end_and_leaving_at_the_end_is_for_good() {
    let trace = Trace::default();
    let scenario = scenario("S")
        .exec(trace.probe("never"))
        .on_user_start(trace.probe("in").exit_here().exec(trace.probe("never")))
        .on_user_end(trace.probe("out").exit_here().exec(trace.probe("never")));
    let report = simulation(scenario.inject([at_once_users(2)])).on_user_end(trace.probe("never")).run().unwrap();
    assert_eq!(trace.names_of(1), ["in", "out"]);
    assert_eq!((report.users_ended(), report.users_failed()), (2, 0));
}

#[test]
fn the_mark_of_failure_outlives_the_end_of_a_user() {
    let trace = Trace::default();
    let ends = |end: Chain, body: Chain| {
        let scenario = scenario("S").exec(body).on_user_end(end);
        let report = simulation(scenario.inject([at_once_users(1)])).run().unwrap();
        (report.users_ended(), report.users_failed())
    };
    let seen = || do_if(|session: &loadspiker_core::Session| session.is_failed(), trace.probe("failed"));
    assert_eq!(ends(seen().try_max(2, trace.probe("out")), trace.probe("!a")), (1, 1));
    assert_eq!(trace.names(), ["!a", "failed", "out"]);
    assert_eq!(ends(trace.probe("!out"), trace.probe("a")), (1, 1));
    assert_eq!(ends(trace.probe("out"), trace.probe("a")), (1, 0));
}

#[test]
fn a_user_that_is_cut_off_does_not_do_what_it_does_at_its_end() {
    let trace = Trace::default();
    let scenario = |name, chain: Chain| scenario(name).exec(chain).on_user_end(trace.probe(name));
    let report = Simulation::new("cut")
        .simulated_clock()
        .max_duration(1.secs())
        .grace_period(5.secs())
        .with(scenario("rests", pause(60)).inject([at_once_users(1)]))
        .with(scenario("works", dummy("slow", 60.secs())).inject([at_once_users(1)]))
        .with(scenario("in time", pause(4)).inject([at_once_users(1)]))
        .run()
        .unwrap();
    assert_eq!(trace.names(), ["in time"]);
    assert_eq!(report.users_interrupted(), 2);
}

#[test]
fn a_feeder_that_runs_out_aborts_without_what_is_done_at_the_end_of_users() {
    let trace = Trace::default();
    let scenario = scenario("S").repeat(2, feed(records([[("id", 1)]]))).on_user_end(trace.probe("out"));
    let report = simulation(scenario.inject([at_once_users(1)])).run().unwrap();
    assert!(matches!(report.info().end, EndReason::Aborted(_)));
    assert!(trace.names().is_empty());
}

#[test]
fn what_is_set_at_the_start_is_known_to_the_steps_and_mistakes_there_are_found() {
    let trace = Trace::default();
    let fed = scenario("S").exec(trace.probe("#{id}")).on_user_end(trace.probe("end #{id}"));
    simulation(fed.inject([at_once_users(1)])).on_user_start(feed(records([[("id", 7)]]))).run().unwrap();
    assert_eq!(trace.names(), ["7", "end 7"]);
    let wrong = simulation(users(pause(1), 1)).on_user_end(trace.probe("#{id}")).run();
    assert!(wrong.unwrap_err().to_string().contains("no step sets the attribute \"id\""));
}
