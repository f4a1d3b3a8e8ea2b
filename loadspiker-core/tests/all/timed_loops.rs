//! The limit of a timed loop: whoever waits in it goes on at once, and a request on its way is finished.

use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;
use loadspiker_core::feeder::{async_records, records};
use loadspiker_core::inject::*;
use loadspiker_core::pool::{Pool, pool};
use loadspiker_core::report::RunReport;
use loadspiker_testkit::{Trace, run};

/// One user; when it came by `on`, in milliseconds.
#[track_caller]
fn on(chain: impl FnOnce(&Trace) -> Chain) -> (Vec<u128>, RunReport) {
    let trace = Trace::default();
    let chain = chain(&trace).exec(trace.probe("on"));
    let report = run([scenario("s").exec(chain).inject(at_once_users(1))]);
    assert_eq!(report.users_failed(), 0, "{:?}", report.step_errors());
    (trace.millis("on"), report)
}

/// The same for the first of several users, of whom the others come a minute later.
#[track_caller]
fn first_on(chain: impl FnOnce(&Trace) -> Chain) -> Vec<(String, u128)> {
    let trace = Trace::default();
    let chain = chain(&trace).exec(trace.probe("on"));
    let late = [at_once_users(1), nothing_for(60), at_once_users(8)];
    run([scenario("s").exec(chain).inject(late)]);
    let passages = trace.passages().into_iter().filter(|(user, _, _)| *user == 1);
    passages.map(|(_, name, at)| (name, at.as_millis())).collect()
}

/// The only account of the pool is somebody else's for a minute.
fn taken(accounts: &Pool) -> Population {
    scenario("Holder").checkout(accounts).pause(60).inject(at_once_users(1))
}

#[test]
fn a_pause_ends_with_every_kind_of_timed_loop() {
    let long = || pause(5).exec(pause(5));
    type Loop = fn(Chain) -> Chain;
    let loops: [(&str, Loop); 6] = [
        ("during", |chain| during(1, chain)),
        ("during_counted", |chain| during_counted(1, "n", chain)),
        ("as_long_as_during", |chain| as_long_as_during(true, 1, chain)),
        ("as_long_as_during_counted", |chain| as_long_as_during_counted(true, 1, "n", chain)),
        ("do_while_during", |chain| do_while_during(true, 1, chain)),
        ("do_while_during_counted", |chain| do_while_during_counted(true, 1, "n", chain)),
    ];
    for (name, timed) in loops {
        assert_eq!(on(|_| timed(long())).0, [1000], "{name}");
        assert_eq!(on(|_| timed(long()).exit_asap(false)).0, [10_000], "{name}, not left early");
    }
}

#[test]
fn a_pace_a_meeting_and_a_wait_for_a_record_end_there_too() {
    assert_eq!(on(|_| during(1, pace(5))).0, [1000]);
    assert_eq!(first_on(|t| during(1, rendez_vous(2).exec(t.probe("never")).pause(9))), [("on".to_owned(), 1000)]);
    let never = || async_records(async || std::future::pending::<Option<[(&str, u8); 1]>>().await);
    assert_eq!(on(|_| during(1, feed(never()))).0, [1000]);
    assert_eq!(on(|_| during(1, feed_n(never(), 2))).0, [1000]);

    let (accounts, trace) = (pool("accounts", records([[("account", 1)]])), Trace::default());
    let waiter = scenario("Waiter").pause(1).during(2, checkout(&accounts).exec(trace.probe("never")));
    let report = run([taken(&accounts), waiter.exec(trace.probe("on")).inject(at_once_users(1))]);
    assert_eq!((trace.names(), trace.millis("on")), (vec!["on".to_owned()], vec![3000]));
    assert_eq!(report.users_failed(), 0);
}

#[test]
fn the_limit_that_comes_first_cuts_a_wait_wherever_it_is() {
    assert_eq!(on(|_| during(2, during(5, repeat(3, group("g", pause(9)))))).0, [2000]);
    // The inner loop is left after a second, time and again, until the outer one is over.
    let (at, report) = on(|t| during(2500.millis(), t.probe("pass").during(1, pause(9))));
    assert_eq!((at, report.request("pass").unwrap().count()), (vec![2500], 3));
    // Groups count the time that was spent in them.
    let (_, report) = on(|_| during(2, group("g", pause(9))));
    assert_eq!(report.group("g").unwrap().duration().max(), 2.secs());
}

#[test]
fn branches_are_cut_at_the_limit_of_a_loop_around_the_fork() {
    let (at, report) = on(|t| during(2, parallel([pause(9).exec(t.probe("never")), pause(7)])));
    assert_eq!((at, report.request("never").is_none()), (vec![2000], true));
    let met = first_on(|t| during(2, parallel([rendez_vous(5).exec(t.probe("never")), pause(1)])));
    assert_eq!(met, [("on".to_owned(), 2000)]);
    // One branch ends by itself, and one has a loop of its own.
    let (at, _) = on(|_| during(3, parallel([pause(1), during(2, pause(9)), parallel([pause(9)])])));
    assert_eq!(at, [3000]);
}

#[test]
fn a_request_on_its_way_is_finished() {
    let (at, report) = on(|_| during(1, dummy("slow", 3.secs()).pause(5)));
    assert_eq!((at, report.request("slow").unwrap().response_time().max()), (vec![3000], 3.secs()));
    // So is code.
    let code = exec_async("code", async |user| {
        user.pause(2).await;
        Ok(())
    });
    assert_eq!(on(|_| during(1, code)).0, [2000]);
}

#[test]
fn who_leaves_a_meeting_is_not_waited_with() {
    // There are two places of a meeting of three; the first user has left its own when the others come to theirs.
    let trace = Trace::default();
    let user = |chain: Chain| scenario("s").exec(chain);
    let chain = do_if_or_else(
        |session: &loadspiker_core::Session| session.user_id() == 1,
        during(1, rendez_vous(3)).exec(trace.probe("left")),
        pause(2).exec(rendez_vous(3)).exec(trace.probe("met")),
    );
    let report = run([user(chain).inject(at_once_users(4))]);
    assert_eq!((trace.millis("left"), trace.millis("met")), (vec![1000], vec![2000, 2000, 2000]));
    assert_eq!(report.users_interrupted(), 0);

    // A meeting in one place, to which the same user comes again and again.
    let rounds =
        first_on(|t| repeat(3, during(1, rendez_vous(2).exec(t.probe("met")).pause(9)).exec(t.probe("round"))));
    let expected = [("round", 1000), ("round", 2000), ("round", 3000), ("on", 3000)];
    assert_eq!(rounds, expected.map(|(name, at)| (name.to_owned(), at)));
}

#[test]
fn a_pace_that_was_cut_has_not_been_passed() {
    let trace = Trace::default();
    let paced = during(1500.millis(), pace(2).exec(trace.probe("tick")));
    run([scenario("s").repeat(3, paced).inject(at_once_users(1))]);
    // Passed at 0; due at 2 s, cut at 1.5 s, and so passed at 2 s in the second loop, and at 4 s in the third.
    assert_eq!(trace.millis("tick"), [0, 2000, 4000]);
}

#[test]
fn a_user_that_goes_on_in_time_is_left_alone_at_the_limit() {
    let trace = Trace::default();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let queue = async_records(async move || receiver.recv().await).fields(["n"]);
    let filler = scenario("Filler").pause(1).exec_fn(move |_| Ok(sender.send([("n", 1)])?)).pause(20);
    // It has its record after 1 s, and is in the next loop, waiting for another, when the first would have ended.
    let user = during(2, feed(queue.clone()).exec(trace.probe("got")).pause(1.secs()))
        .exec(trace.probe("first"))
        .during(5, feed(queue))
        .exec(trace.probe("second"));
    run([filler.inject(at_once_users(1)), scenario("User").exec(user).inject(at_once_users(1))]);
    assert_eq!(trace.millis("got").len(), 1);
    let between = |name: &str, from: u128, to: u128| {
        let at = trace.millis(name);
        assert!(at.len() == 1 && (from..=to).contains(&at[0]), "{name}: {at:?}");
    };
    between("first", 2000, 2010);
    between("second", 7000, 7010);
}

#[test]
fn in_real_time_a_long_pause_does_not_outlast_its_loop() {
    let report = Simulation::new("real")
        .with(scenario("s").during(100.millis(), pause(60)).inject(at_once_users(1)))
        .run()
        .unwrap();
    assert!((100.millis()..Duration::from_secs(30)).contains(&report.info().duration));
}
