//! Throttles and limits of users, on the simulated clock: who passes when, who waits, who is dropped.

use std::time::Duration;

use loadspiker_core::compile::CompileContext;
use loadspiker_core::dsl::*;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::inject::*;
use loadspiker_core::protocol_prelude::{Action, ActionBuilder, ActionContext, ActionFuture, RequestName};
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_core::{DurationExt, Error};
use loadspiker_testkit::{Trace, mistakes, run};

fn one_user(name: &str, chain: impl Into<Chain>) -> Population {
    scenario(name).exec(chain.into()).inject(at_once_users(1))
}

fn simulation() -> Simulation {
    Simulation::new("throttled").seed(1).simulated_clock()
}

fn waits(report: &RunReport, request: &str) -> (u64, Duration, Duration) {
    let waits = report.request(request).unwrap().throttle_wait();
    (waits.count(), waits.min(), waits.max())
}

#[test]
fn the_wait_for_a_slot_is_no_time_of_the_imperative_step_around_the_request() {
    let step = exec_async("step", async |user| {
        user.dummy("first", 10.millis()).await?;
        user.dummy("second", 10.millis()).await
    });
    let report = run([one_user("s", step).throttle([jump_to_rps(1), hold_for(1.minutes())])]);
    assert_eq!(waits(&report, "second"), (1, 990.millis(), 990.millis()));
    assert_eq!(report.request("step").unwrap().response_time().max(), 20.millis());
}

#[test]
fn requests_of_a_crowd_pass_one_by_one_in_order_of_coming() {
    let trace = Trace::default();
    let population = scenario("s").exec(trace.probe("a")).inject(at_once_users(5));
    let report = run([population.throttle([jump_to_rps(10), hold_for(1.minutes())])]);
    assert_eq!(trace.millis("a"), [0, 100, 200, 300, 400]);
    let ids: Vec<_> = trace.passages().into_iter().map(|(id, _, _)| id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    // Response times count from the slot; the wait is a figure of its own, in which those who did not wait are zeros.
    assert_eq!(waits(&report, "a"), (5, Duration::ZERO, 400.millis()));
    assert_eq!(report.global().response_time().max(), Duration::ZERO);
    assert_eq!(report.global().start_lag().max(), Duration::ZERO);
    assert_eq!(report.users_ended(), 5);
}

#[test]
fn a_ramp_and_a_jump_let_requests_pass_at_exact_instants() {
    let trace = Trace::default();
    let population = one_user("s", forever(trace.probe("a")));
    let report = run([population.throttle([
        reach_rps(4.0).over(2.secs()),
        hold_for(1.secs()),
        jump_to_rps(10),
        hold_for(300.millis()),
        reach_rps(0).over(400.millis()),
    ])]);
    // The integral of the ramp is t²; slot i is due at √i. Of the last ramp, 10·t − 12.5·t², two are left.
    assert_eq!(trace.millis("a"), [0, 1000, 1414, 1732, 2000, 2250, 2500, 2750, 3000, 3100, 3200, 3300, 3300 + 117]);
    assert_eq!(report.users_ended(), 1);
    assert_eq!(report.info().end, EndReason::Completed);
    assert_eq!(report.info().duration, 3700.millis());
}

#[test]
fn below_the_limit_nobody_waits_and_what_passed_unused_is_lost() {
    let trace = Trace::default();
    // A request each 250 ms, where one each 100 ms may pass; then, after a pause, several at once.
    let chain = repeat(4, trace.probe("slow").pause(250.millis())).pause(5).exec(repeat(3, trace.probe("quick")));
    let report = run([one_user("s", chain).throttle([jump_to_rps(10), hold_for(1.minutes())])]);
    assert_eq!(trace.millis("slow"), [0, 250, 500, 750]);
    assert_eq!(waits(&report, "slow"), (4, Duration::ZERO, Duration::ZERO));
    // At 6 s: the slot of 5.9 s is still good, those before are lost.
    assert_eq!(trace.millis("quick"), [6000, 6000, 6100]);
}

#[test]
fn pauses_stay_as_they_are() {
    let trace = Trace::default();
    let chain = repeat(3, trace.probe("a").pause(150.millis()));
    let population = scenario("s").exec(chain).inject(at_once_users(2));
    run([population.throttle([jump_to_rps(20), hold_for(1.minutes())])]);
    // Each comes again 150 ms behind its slot.
    assert_eq!(trace.millis("a"), [0, 50, 150, 200, 300, 350]);
}

#[test]
fn a_throttle_of_the_simulation_holds_for_all_populations_together() {
    let trace = Trace::default();
    let many = |name: &str| scenario(name).exec(trace.probe(name)).inject(at_once_users(3));
    let report =
        simulation().with(many("a")).with(many("b")).throttle([jump_to_rps(10), hold_for(1.minutes())]).run().unwrap();
    let mut all = [trace.millis("a"), trace.millis("b")].concat();
    all.sort_unstable();
    assert_eq!(all, [0, 100, 200, 300, 400, 500]);
    assert_eq!(report.global().throttle_wait().count(), 6);
}

#[test]
fn both_throttles_must_be_passed_and_a_slow_population_takes_no_slots_from_others() {
    let trace = Trace::default();
    let slow = scenario("slow").exec(trace.probe("slow")).inject(at_once_users(3));
    let quick = scenario("quick").pause(100.millis()).exec(trace.probe("quick")).inject(at_once_users(4));
    let report = simulation()
        .with(slow.throttle([jump_to_rps(1), hold_for(1.minutes())]))
        .with(quick)
        .throttle([jump_to_rps(4), hold_for(1.minutes())])
        .run()
        .unwrap();
    assert_eq!(trace.millis("quick"), [250, 500, 750, 1000]);
    // The second comes to the simulation's throttle at 1 s, just behind the last of the quick ones.
    assert_eq!(trace.millis("slow"), [0, 1250, 2000]);
    assert_eq!(waits(&report, "slow"), (3, Duration::ZERO, 2.secs()));
}

#[test]
fn the_throttle_of_a_population_counts_from_its_start() {
    let trace = Trace::default();
    let second = scenario("second").exec(trace.probe("a")).inject(at_once_users(3));
    let second = second.throttle([jump_to_rps(10), hold_for(1.minutes())]);
    run([scenario("first").pause(3).inject(at_once_users(1)).and_then(second)]);
    assert_eq!(trace.millis("a"), [3000, 3100, 3200]);
}

#[test]
fn populations_without_a_throttle_have_no_such_figure() {
    let trace = Trace::default();
    let free = one_user("free", trace.probe("free"));
    let report = run([free, one_user("held", trace.probe("held")).throttle([jump_to_rps(10), hold_for(1.secs())])]);
    assert_eq!(waits(&report, "free").0, 0);
    assert_eq!(waits(&report, "held").0, 1);
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let summary = &json["summary"]["requests"];
    assert!(summary[0].get("throttle_wait_ms").is_none() && summary[1]["throttle_wait_ms"]["max"] == 0.0, "{summary}");
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn the_wait_is_no_part_of_the_time_in_requests_of_a_group() {
    let population = scenario("s").group("g", dummy("d", 5.millis())).inject(at_once_users(3));
    let report = run([population.throttle([jump_to_rps(10), hold_for(1.minutes())])]);
    let group = report.group("g").unwrap();
    assert_eq!((group.response_time().max(), group.duration().max()), (5.millis(), 205.millis()));
}

#[test]
fn the_end_of_a_populations_throttle_ends_that_population() {
    let trace = Trace::default();
    let chain = group("g", repeat(2, trace.probe("a").pause(2)));
    let open = scenario("open").exec(chain).inject([constant_users_per_sec(2).during(1.minutes())]);
    let other = one_user("other", pause(30));
    let report = run([open.throttle([jump_to_rps(100), hold_for(3.secs())]), other]);
    let of = |index: usize| report.scenarios()[index].users().clone();
    // Who came in the first second makes two requests; the others end where they come to the second. Nobody comes
    // after three seconds.
    assert_eq!((of(0).started, of(0).ended, of(0).interrupted, of(0).dropped), (6, 6, 0, 0));
    assert_eq!(trace.millis("a"), [0, 500, 1000, 1500, 2000, 2000, 2500, 2500]);
    assert_eq!(report.group("g").unwrap().count(), 6);
    // It ended when its last user came back from its pause; the rest of the run goes on.
    assert_eq!((of(1).ended, report.info().duration, &report.info().end), (1, 30.secs(), &EndReason::Completed));
}

#[test]
fn users_that_would_come_behind_the_end_of_a_throttle_are_not_dropped_but_not_planned() {
    let open = scenario("open").pause(1).inject([constant_users_per_sec(2).during(1.minutes())]);
    let open = open.throttle([jump_to_rps(100), hold_for(3.secs())]);
    let stopped = simulation().with(open).with(one_user("other", pause(30))).max_duration(10.secs());
    let report = stopped.run().unwrap();
    assert_eq!((report.users_started(), report.users_dropped()), (7, 0));
}

#[test]
fn users_of_a_closed_profile_for_whom_no_slot_is_left_are_not_replaced_over_and_over() {
    let trace = Trace::default();
    let population = scenario("s").exec(trace.probe("a")).inject([constant_concurrent_users(5).during(1.minutes())]);
    let report = run([population.throttle([jump_to_rps(1), hold_for(3.secs())])]);
    assert_eq!(trace.millis("a"), [0, 1000, 2000]);
    // Five, and one for each of the three that passed.
    assert_eq!((report.users_started(), report.users_ended()), (8, 8));
    assert_eq!(report.info().duration, 3.secs());
}

#[test]
fn the_end_of_the_simulations_throttle_is_one_of_the_run_with_its_grace() {
    let trace = Trace::default();
    let chain = trace.probe("in").pause(4).dummy("out", 1.secs());
    let open = |simulation: Simulation| {
        let population = scenario("s").exec(chain.clone()).inject([constant_users_per_sec(1).during(1.hours())]);
        simulation.grace_period(2.secs()).with(population)
    };
    let throttle = [jump_to_rps(100), hold_for(10.secs())];
    let report = open(simulation()).throttle(throttle).run().unwrap();
    assert_eq!((report.users_started(), &report.info().end), (10, &EndReason::MaxDuration));
    // Who started by second 5 is out in time; those of 6 and 7 come to a request at the end or in the grace period, for
    // which there is no slot; the last two would rest until its end or longer.
    assert_eq!(report.request("out").unwrap().count(), 6);
    assert_eq!((report.users_ended(), report.users_interrupted()), (8, 2));
    assert_eq!(report.info().duration, 12.secs());
    // The shorter of both holds.
    assert_eq!(open(simulation()).throttle(throttle).max_duration(5.secs()).run().unwrap().users_started(), 5);
    assert_eq!(open(simulation()).throttle(throttle).max_duration(1.hours()).run().unwrap().users_started(), 10);
}

#[test]
fn a_request_that_waits_beyond_the_end_of_the_grace_period_is_interrupted_at_once() {
    let trace = Trace::default();
    let population = scenario("s").exec(trace.probe("a")).inject(at_once_users(100));
    let report = simulation()
        .max_duration(2.secs())
        .grace_period(1500.millis())
        .with(population.throttle([jump_to_rps(1), hold_for(1.hours())]))
        .run()
        .unwrap();
    assert_eq!(trace.millis("a"), [0, 1000, 2000, 3000]);
    assert_eq!((report.users_ended(), report.users_interrupted(), report.requests_interrupted()), (4, 96, 0));
    // The grace period lasts longer, but there is nobody left.
    assert_eq!(report.info().duration, 3.secs());
}

#[test]
fn a_loop_with_a_time_limit_does_not_lose_a_request_that_has_its_slot() {
    let trace = Trace::default();
    let population = scenario("s").during(1.secs(), trace.probe("a")).inject(at_once_users(1));
    run([population.throttle([jump_to_rps(0), hold_for(5.secs()), jump_to_rps(2), hold_for(1.minutes())])]);
    assert_eq!(trace.millis("a"), [5000]);
}

/// A request that is followed by others of the same action, such as redirects.
struct Hops(u32);

impl ActionBuilder for Hops {
    fn describe(&self) -> String {
        "hops".to_owned()
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        Box::new(HopsAction(self.0, cx.request_name("hop")))
    }
}

struct HopsAction(u32, RequestName);

impl Action for HopsAction {
    fn name(&self) -> &RequestName {
        &self.1
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            for _ in 0..self.0 {
                cx.sleep(10.millis()).await;
                let sent = cx.started();
                cx.sample(&self.1).sent(sent).record();
                if !cx.next_request().await {
                    return;
                }
            }
        })
    }
}

#[test]
fn each_request_of_an_action_needs_a_slot() {
    let trace = Trace::default();
    let hops = || Chain::action(Hops(2));
    let report = run([one_user("s", hops().exec(trace.probe("end")))]);
    assert_eq!(trace.millis("end"), [20]);
    assert_eq!(waits(&report, "hop").0, 0);

    let trace = Trace::default();
    let held = one_user("s", hops().exec(trace.probe("end")));
    let report = run([held.throttle([jump_to_rps(10), hold_for(1.minutes())])]);
    // From 0 to 10, from 100 to 110 ms; the slot of 200 ms is taken for a third that the action does not make.
    assert_eq!(waits(&report, "hop"), (2, Duration::ZERO, 90.millis()));
    assert_eq!(
        (report.global().response_time().max(), report.global().start_lag().max()),
        (10.millis(), Duration::ZERO)
    );
    assert_eq!(trace.millis("end"), [300]);
}

#[test]
fn a_request_of_an_action_for_which_no_slot_is_left_is_not_made_and_its_user_ends() {
    let trace = Trace::default();
    let hops = || scenario("s").group("g", Chain::action(Hops(9)).exec(trace.probe("never"))).inject(at_once_users(1));
    let report = run([hops().throttle([jump_to_rps(10), hold_for(300.millis())])]);
    assert_eq!(report.request("g / hop").unwrap().count(), 3);
    assert_eq!((report.users_ended(), report.users_interrupted(), report.group("g").unwrap().count()), (1, 0, 1));
    assert_eq!(report.info().duration, 300.millis());
    // In the grace period of a stop, one whose slot comes too late ends at once.
    let held = hops().throttle([jump_to_rps(10), hold_for(500.millis()), jump_to_rps(1), hold_for(1.hours())]);
    let report = simulation().max_duration(450.millis()).grace_period(1.secs()).with(held).run().unwrap();
    assert_eq!(report.request("g / hop").unwrap().count(), 6);
    assert_eq!((report.users_ended(), report.users_interrupted(), report.requests_interrupted()), (0, 1, 0));
    assert_eq!(report.info().duration, 510.millis());
    assert_eq!(trace.names(), Vec::<String>::new());
}

#[test]
fn a_factor_of_users_leaves_throttles_alone_and_debugging_leaves_them_out() {
    let trace = Trace::default();
    let population = scenario("s").exec(repeat(3, trace.probe("a"))).inject(at_once_users(1));
    let simulation = simulation().with(population).throttle([jump_to_rps(1), hold_for(1.minutes())]);
    let run = |options: RunOptions| {
        simulation.clone().run_with(&options, &mut ()).unwrap();
        let times = trace.millis("a");
        times[times.len().saturating_sub(6)..].to_vec()
    };
    let doubled = run(RunOptions { users_factor: Some(2.0), ..RunOptions::default() });
    assert_eq!(doubled, [0, 1000, 2000, 3000, 4000, 5000]);
    let debugged = run(RunOptions { debug: true, ..RunOptions::default() });
    assert_eq!(debugged[3..], [0, 0, 0]);
}

#[test]
fn slots_are_shared_among_shards() {
    let chain = forever(dummy("d", 0));
    let population = scenario("s").exec(chain).inject([constant_concurrent_users(8).during(1.minutes())]);
    let report = Simulation::new("shared")
        .shards(2)
        .with(population.throttle([jump_to_rps(200), hold_for(250.millis())]))
        .run()
        .unwrap();
    // Each shard has every other one of 50; one that passed while its users came is lost.
    let count = report.request("d").unwrap().count();
    assert!((1..=50).contains(&count), "{count}");
}

#[test]
fn arrivals_beyond_the_maximum_of_users_are_dropped_and_counted() {
    let trace = Trace::default();
    let population = scenario("s").exec(trace.probe("a")).pause(2500.millis());
    let report = run([population
        .inject([nothing_for(300.millis()), constant_users_per_sec(1).during(10.secs())])
        .maximum_users(2)]);
    // Two are there for two and a half seconds each.
    assert_eq!(trace.millis("a"), [300, 1300, 3300, 4300, 6300, 7300, 9300]);
    assert_eq!((report.users_started(), report.users_dropped(), report.users_ended()), (7, 3, 7));
    assert_eq!(report.users().dropped_late, 0);
    let dropped: Vec<_> = report.series().iter().map(|point| point.users_dropped).take(9).collect();
    assert_eq!(dropped, [0, 0, 1, 0, 0, 1, 0, 0, 1]);
    let warnings = report.warnings().join("\n");
    assert!(warnings.contains("3 arrivals were dropped") && warnings.contains("maximum_users(…)"), "{warnings}");
}

#[test]
fn of_a_crowd_as_many_start_as_may_be_there() {
    let trace = Trace::default();
    let crowd = scenario("s").exec(trace.probe("a")).pause(1).inject([at_once_users(1000), at_once_users(10)]);
    let report = run([crowd.maximum_users(100)]);
    assert_eq!((trace.names().len(), report.users_started(), report.users_dropped()), (100, 100, 910));
}

#[test]
fn the_maximum_of_the_simulation_counts_all_users_but_drops_open_arrivals_alone() {
    let closed = scenario("closed").pause(5).inject([constant_concurrent_users(3).during(5.secs())]);
    let open = scenario("open").pause(5).inject([constant_users_per_sec(1).during(8.secs())]);
    let report = simulation().with(open).with(closed).maximum_users(4).run().unwrap();
    let of = |index: usize| report.scenarios()[index].users().clone();
    assert_eq!((of(1).started, of(1).dropped), (3, 0));
    // One may be there beside the three, until all of them are gone just behind 5 s; then there is room.
    assert_eq!((of(0).started, of(0).dropped), (3, 5));
}

#[test]
fn a_run_has_no_more_shards_than_users_that_may_be_there() {
    let population = |name: &str| scenario(name).pause(1).inject(at_once_users(10));
    let shards = |simulation: Simulation| {
        let text = simulation.shards(8).plan(&RunOptions::default()).unwrap().to_string();
        text.lines().next().unwrap().to_owned()
    };
    assert!(shards(Simulation::new("x").with(population("a"))).ends_with("shards 8)"));
    assert!(shards(Simulation::new("x").with(population("a")).maximum_users(5)).ends_with("shards 5)"));
    let nested = population("a").and_then(population("b").maximum_users(3));
    assert!(shards(Simulation::new("x").with(nested)).ends_with("shards 3)"));
    // And the parts of the number add up to it.
    let report = Simulation::new("x").shards(2).with(population("a").maximum_users(3)).run().unwrap();
    assert_eq!((report.users_started(), report.users_dropped()), (3, 7));
}

#[test]
fn a_plan_shows_throttles_and_limits() {
    let population = scenario("Browse").pause(1).inject([constant_users_per_sec(5).during(5.minutes())]);
    let simulation = Simulation::new("shop")
        .with(population.throttle(reach_rps(10).over(1.minutes())).maximum_users(20))
        .throttle([jump_to_rps(50.5), hold_for(2.minutes())])
        .maximum_users(100)
        .shards(2);
    let plan = simulation.plan(&RunOptions { seed: Some(7), ..RunOptions::default() }).unwrap();
    let expected = [
        "simulation \"shop\" (seed 7, shards 2)",
        "",
        "scenario \"Browse\"",
        "  inject constant_users_per_sec(5).during(5.minutes())",
        "  users: 1,500 within 300 s",
        "  maximum_users 20",
        "  throttle reach_rps(10).over(1.minutes())",
        "  steps",
        "    pause 1s",
        "",
        "maximum_users 100",
        "",
        "throttle",
        "  jump_to_rps(50.5)",
        "  hold_for(2.minutes())",
        "",
        "at most 120 s, then 30 s of grace",
        "",
    ];
    assert_eq!(plan.to_string(), expected.join("\n"));
    assert_eq!(plan.injection(), Some(1.minutes()));
}

#[test]
fn limits_that_make_no_sense_are_mistakes() {
    let user = || scenario("s").pause(1).inject(at_once_users(1));
    let text = mistakes([user().throttle([]).maximum_users(0)]);
    assert!(text.contains("scenario \"s\"") && text.contains("throttle.rs:"), "{text}");
    assert!(
        text.contains("the throttle has no steps") && text.contains("maximum_users(0) lets no user start"),
        "{text}"
    );
    let closed = scenario("s").pause(1).inject([constant_concurrent_users(5).during(1.secs())]);
    let text = mistakes([closed.maximum_users(7)]);
    assert!(text.contains("maximum_users(7) is for open profiles") && text.contains("leave it out"), "{text}");
    let whole = Simulation::new("x").with(user()).maximum_users(0).throttle([jump_to_rps(-1), hold_for(1.secs())]);
    let error: Error = whole.run().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("2 mistakes") && text.contains("jump_to_rps(-1): the rate is -1 requests a second"),
        "{text}"
    );
}
