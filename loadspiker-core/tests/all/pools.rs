//! Data pools: no two live users have the same record, however users end, and whoever waits is served in turn.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadspiker_core::dsl::*;
use loadspiker_core::engine::{Observer, RunHandle, RunOptions};
use loadspiker_core::feeder::{csv, generate, records};
use loadspiker_core::imperative::{Outcome, User};
use loadspiker_core::inject::*;
use loadspiker_core::pool::{Pool, pool};
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_core::{DurationExt, Session, StepError};
use loadspiker_testkit::{Trace, mistakes, run};

fn accounts(count: u32) -> Pool {
    pool("accounts", (0..count).map(|n| [("account", n)]))
}

/// Who has which account, seen by the steps of users themselves.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<BTreeMap<i64, u64>>>, Arc<AtomicUsize>);

impl Watch {
    fn takes(&self) -> Chain {
        let Watch(held, most) = self.clone();
        exec_fn(move |session: &mut Session| {
            let mut held = held.lock().unwrap();
            let other = held.insert(session.get("account")?, session.user_id());
            assert_eq!(other, None, "two live users have the account {}", session.get::<i64>("account")?);
            most.fetch_max(held.len(), Ordering::Relaxed);
            Ok(())
        })
    }

    fn leaves(&self) -> Chain {
        let Watch(held, _) = self.clone();
        exec_fn(move |session: &mut Session| {
            if let Ok(account) = session.get::<i64>("account") {
                held.lock().unwrap().remove(&account);
            }
            Ok(())
        })
    }

    fn most(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }
}

#[test]
fn two_live_users_never_share_a_record_on_any_number_of_shards() {
    let watch = Watch::default();
    let accounts = accounts(5);
    // Users do all there is to do at once, and then anew: on the real clock, over four shards.
    let users = scenario("Users")
        .repeat(
            20,
            accounts.checkout().append(watch.takes()).pause(1.millis()).append(watch.leaves()).checkin(&accounts),
        )
        .inject([at_once_users(40)]);
    let report = Simulation::new("shared").with(users).shards(4).seed(1).run().unwrap();
    assert_eq!((report.panics(), report.users_ended()), (0, 40), "{:?}", report.step_errors());
    assert!(watch.most() <= 5);
    assert_eq!(report.record_waits("accounts").unwrap().taken(), 800);
}

#[test]
fn a_user_that_ends_returns_its_record_however_it_ends() {
    type End = fn() -> Chain;
    let ends: [(&str, End); 6] = [
        ("by itself", || dummy("last", 0)),
        ("exit", || exit_here()),
        ("failed", || exec_fn(|_| Err("no".into())).exit_here_if_failed()),
        ("panicked", || exec_fn(|_| panic!("boom")).exit_here_if_failed()),
        ("panicked code", || exec_async("code", async |_: &mut User| panic!("boom"))),
        ("exit in a branch", || parallel([exit_here(), pause(1)])),
    ];
    for (name, end) in ends {
        let accounts = accounts(1);
        let users = scenario("Users").checkout(&accounts).pause(1).append(end()).inject([at_once_users(3)]);
        let report = run([users]);
        let waits = report.record_waits("accounts").unwrap();
        assert_eq!((waits.taken(), waits.given_up(), report.users_ended()), (3, 0, 3), "{name}");
        assert!(waits.longest() >= 2.secs(), "{name}: {:?}", waits.longest());
    }
}

#[test]
fn those_who_wait_are_served_in_turn_and_mean_to_go_on_when_the_record_came() {
    let trace = Trace::default();
    let accounts = accounts(2);
    let users = scenario("Users")
        .checkout(&accounts)
        .append(trace.probe("#{account}"))
        .dummy("work", 10.secs())
        .inject([constant_users_per_sec(1).during(5.secs())]);
    let report = run([users]);
    let seen: Vec<_> =
        trace.passages().into_iter().map(|(user, account, at)| (user, account, at.as_secs_f64())).collect();
    let expected = [(1, "0", 0.5), (2, "1", 1.5), (3, "0", 10.5), (4, "1", 11.5), (5, "0", 20.5)];
    let shift = seen[0].2 - expected[0].2;
    for ((user, account, at), (expected_user, expected_account, expected_at)) in seen.iter().zip(expected) {
        assert_eq!((*user, account.as_str()), (expected_user, expected_account));
        assert!((at - expected_at - shift).abs() < 1e-6, "{seen:?}");
    }
    let work = report.request("work").unwrap();
    assert_eq!((work.response_time().max(), work.start_lag().max()), (10.secs(), Duration::ZERO));
    let waits = report.record_waits("accounts").unwrap();
    assert_eq!((waits.taken(), waits.waited(), waits.given_up(), waits.longest()), (5, 3, 0, 16.secs()));
    let warnings = report.warnings();
    assert!(
        warnings
            .iter()
            .any(|text| text.starts_with("Users waited 3 times for a record of \"accounts\", for up to 16.0 s")),
        "{warnings:?}"
    );
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn whoever_waits_for_too_long_fails_and_goes_on_without() {
    let trace = Trace::default();
    let accounts = accounts(1).wait_at_most(5.secs());
    let users = scenario("Users")
        .checkout(&accounts)
        .append(do_if(|session: &Session| session.contains("account"), pause(8)))
        .append(trace.probe("behind"))
        .inject([at_once_users(3)]);
    let report = run([users]);
    assert_eq!(trace.millis("behind"), [5000, 5000, 8000]);
    let waits = report.record_waits("accounts").unwrap();
    assert_eq!((waits.taken(), waits.waited(), waits.given_up(), waits.longest()), (1, 2, 2, 5.secs()));
    assert_eq!(report.users_failed(), 2);
    assert_eq!(
        report.step_errors(),
        [(
            "pool \"accounts\" is exhausted: its only record is checked out (1), and one was not returned within 5 s; add \
             records, return them earlier with checkin, or let fewer users come",
            2
        )]
    );
}

#[test]
fn an_exhausted_pool_fails_at_once_if_it_is_told_to() {
    let accounts = accounts(2).fail_when_exhausted();
    let users = scenario("Users").checkout(&accounts).exit_here_if_failed().dummy("work", 1.secs());
    let report = run([users.inject([at_once_users(5)])]);
    assert_eq!(report.request("work").unwrap().count(), 2);
    assert_eq!(report.users_failed(), 3);
    let waits = report.record_waits("accounts").unwrap();
    assert_eq!((waits.taken(), waits.waited(), waits.given_up()), (2, 0, 3));
    // And may be tried again.
    let again = scenario("Again")
        .try_max(3, accounts.checkout().pause(1))
        .append(checkin(&accounts))
        .inject([at_once_users(3)]);
    let report = run([again]);
    assert_eq!(report.record_waits("accounts").unwrap().given_up(), 3);
    assert_eq!(report.users_failed(), 1);
}

#[test]
fn a_user_keeps_what_it_has_until_it_returns_it() {
    let trace = Trace::default();
    let accounts = accounts(3);
    let users = scenario("Users")
        .checkout(&accounts)
        .append(trace.probe("#{account}"))
        .checkout(&accounts)
        .append(trace.probe("#{account}"))
        .checkin(&accounts)
        .append(trace.probe("#{account.exists()}"))
        .checkin(&accounts)
        .checkout(&accounts)
        .append(trace.probe("#{account}"));
    run([users.inject([at_once_users(1)])]);
    // The one that was returned first is checked out first: 1, as 0 has just come back.
    assert_eq!(trace.names(), ["0", "0", "false", "1"]);
}

#[test]
fn what_a_branch_checks_out_is_the_users_when_the_branches_join() {
    let trace = Trace::default();
    let accounts = accounts(2);
    let users = scenario("Users")
        .parallel([accounts.checkout().pause(1), pause(2)])
        // It still has it: another user could not have got it meanwhile.
        .append(trace.probe("#{account}"))
        .parallel([accounts.checkout().append(trace.probe("#{account}")).pause(1), pause(3)])
        .parallel([accounts.checkin(), pause(1)])
        .append(trace.probe("#{account.exists()}"))
        .pause(10);
    let late = scenario("Late").pause(4).checkout(&accounts).checkout(&accounts).append(trace.probe("late #{account}"));
    let others = scenario("Others").pause(5500.millis()).checkout(&accounts).append(trace.probe("other #{account}"));
    let report = run([
        users.inject([at_once_users(1)]),
        late.pause(10).inject([at_once_users(1)]),
        others.inject([at_once_users(1)]),
    ]);
    assert_eq!(trace.names(), ["0", "0", "late 1", "other 0", "false"]);
    assert_eq!(report.record_waits("accounts").unwrap().waited(), 0);
}

#[test]
fn users_of_a_closed_population_hand_their_records_to_those_who_take_their_place() {
    let accounts = accounts(3);
    let users = scenario("Users").checkout(&accounts).dummy("work", 1.secs());
    let report = run([users.inject([constant_concurrent_users(3).during(10.secs())])]);
    let waits = report.record_waits("accounts").unwrap();
    assert_eq!((waits.waited(), waits.given_up()), (0, 0));
    assert!(waits.taken() >= 30);
    // One user more than there are records: in each second one waits for the others.
    let report = run([scenario("More")
        .checkout(&accounts)
        .dummy("work", 1.secs())
        .inject([constant_concurrent_users(4).during(10.secs())])]);
    let waits = report.record_waits("accounts").unwrap();
    assert_eq!((waits.waited(), waits.longest().as_secs_f64().round()), (10, 1.0), "{waits:?}");
}

#[test]
fn whoever_waits_at_the_end_of_the_run_is_interrupted() {
    let accounts = accounts(1);
    let built = scenario("Built").checkout(&accounts).pause(100);
    let code = accounts.clone();
    let imperative = scenario("Imperative").exec_async("code", async move |user: &mut User| user.checkout(&code).await);
    let report = Simulation::new("stopped")
        .with(built.inject([at_once_users(3)]))
        .with(imperative.inject([at_once_users(2)]))
        .max_duration(10.secs())
        .simulated_clock()
        .run()
        .unwrap();
    assert_eq!(report.info().end, EndReason::MaxDuration);
    assert_eq!((report.users_interrupted(), report.users_ended()), (5, 0));
    assert_eq!(report.info().duration, 10.secs());
}

#[test]
fn in_the_imperative_style_it_is_the_same() {
    async fn work(user: &mut User, accounts: &Pool) -> Outcome {
        user.checkout(accounts).await?;
        user.dummy("work #{account}", 2.secs()).await?;
        user.checkin(accounts)?;
        user.dummy("rest #{account.exists()}", 1.secs()).await
    }
    let accounts = accounts(2);
    let code = accounts.clone();
    let users = scenario("Code").exec_async("code", async move |user: &mut User| work(user, &code).await);
    let report = run([users.inject([at_once_users(4)])]);
    assert_eq!(report.request("work 0").unwrap().count(), 2);
    assert_eq!(report.request("work 1").unwrap().count(), 2);
    assert_eq!(report.request("rest false").unwrap().count(), 4);
    // The wait is in no time of a request, not even of the step around.
    assert_eq!(report.request("code").unwrap().response_time().max(), 3.secs());
    let waits = report.record_waits("accounts").unwrap();
    assert_eq!((waits.taken(), waits.waited(), waits.longest()), (4, 2, 2.secs()));
}

#[test]
fn a_wait_that_the_users_code_drops_leaves_the_record_to_others() {
    /// Polls once, and drops the future.
    async fn once(future: impl Future<Output = Result<(), StepError>>) -> bool {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_ready())).await
    }
    let trace = Trace::default();
    let accounts = accounts(1);
    let code = accounts.clone();
    let holder = scenario("Holder").checkout(&accounts).pause(2);
    let impatient = scenario("Impatient").exec_async("code", async move |user: &mut User| {
        assert!(!once(user.checkout(&code)).await);
        user.pause(1).await;
        assert!(!user.session().contains("account"));
        Ok(())
    });
    let patient = scenario("Patient").pause(500.millis()).checkout(&accounts).append(trace.probe("patient #{account}"));
    let report = run([
        holder.inject([at_once_users(1)]),
        impatient.inject([at_once_users(1)]),
        patient.inject([at_once_users(1)]),
    ]);
    assert_eq!((trace.millis("patient 0"), report.panics()), (vec![2000], 0));
}

#[test]
fn in_code_too_a_wait_that_is_too_long_is_an_error() {
    let accounts = accounts(1).wait_at_most(1.secs());
    let code = accounts.clone();
    let holder = scenario("Holder").checkout(&accounts).pause(5);
    let users = scenario("Code").exec_async("code", async move |user: &mut User| {
        let error = user.checkout(&code).await.unwrap_err();
        assert!(error.to_string().starts_with("pool \"accounts\" is exhausted"), "{error}");
        user.dummy("without", 1.secs()).await
    });
    let report = run([holder.inject([at_once_users(1)]), users.inject([at_once_users(1)])]);
    assert_eq!((report.request("without").unwrap().count(), report.users_failed()), (1, 1));
    assert_eq!(report.record_waits("accounts").unwrap().given_up(), 1);
}

#[test]
fn nobody_loses_patience_while_the_run_is_paused() {
    struct Pauses;
    impl Observer for Pauses {
        fn started(&mut self, _: &loadspiker_core::compile::Plan, handle: &RunHandle) {
            handle.pause().unwrap();
            let handle = handle.clone();
            std::thread::spawn(move || handle.resume().unwrap());
        }
    }
    let accounts = accounts(1).wait_at_most(5.secs());
    let users = scenario("Users").checkout(&accounts).dummy("work", 3.secs()).inject([at_once_users(2)]);
    let simulation = Simulation::new("paused").with(users).simulated_clock();
    let report = simulation.run_with(&RunOptions::default(), &mut Pauses).unwrap();
    assert_eq!(report.record_waits("accounts").unwrap().given_up(), 0);
    assert_eq!(report.request("work").unwrap().count(), 2);
}

#[test]
fn the_same_seed_checks_the_same_records_out() {
    let order = |seed| {
        let trace = Trace::default();
        let accounts = pool("accounts", records((0..20).map(|n| [("account", n)])).shuffle());
        let users = scenario("Users")
            .checkout(&accounts)
            .append(trace.probe("#{account}"))
            .pause(uniform(1.secs(), 3.secs()))
            .inject([constant_users_per_sec(12).during(20.secs())]);
        Simulation::new("seeded").with(users).seed(seed).simulated_clock().run().unwrap();
        trace.passages()
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
    assert!(order(1).len() == 240);
}

#[test]
fn what_is_wrong_with_a_pool_is_told_before_the_run() {
    let of = |pool: Pool| mistakes([scenario("Users").checkout(&pool).inject([at_once_users(1)])]);
    let message = of(pool("", [[("a", 1)]]));
    assert!(message.contains("the name of the pool is empty; give it one"), "{message}");
    let message = of(pool("accounts", records([[("a", 1)]]).circular()));
    assert!(message.contains("remove the strategy, or use .shuffle()"), "{message}");
    let message = of(pool("accounts", generate(|n| [("a", n)])));
    assert!(message.contains("a pool needs all records before the run"), "{message}");
    let message = of(pool("accounts", csv("no/such.csv")));
    assert!(message.contains("no/such.csv: no such file"), "{message}");
    let twice = scenario("Users").checkout(accounts(1)).checkout(accounts(2)).inject([at_once_users(1)]);
    let message = mistakes([twice]);
    assert!(message.contains("another pool is named \"accounts\", too; make it once"), "{message}");
    let unknown = scenario("Users").checkout(accounts(1)).dummy("#{acount}", 1).inject([at_once_users(1)]);
    let message = mistakes([unknown]);
    assert!(
        message.contains("no step sets the attribute \"acount\"; did you mean \"account\"? (there are: account)"),
        "{message}"
    );
}

#[test]
fn a_pool_is_one_for_hooks_and_users_and_shows_in_the_plan() {
    let accounts = accounts(1);
    let simulation = Simulation::new("hooked")
        .before(accounts.checkout().exec_fn(|session| Ok(session.set("prepared", session.get::<i64>("account")?)?)))
        .with(scenario("Users").checkout(&accounts).dummy("work #{prepared}", 1.secs()).inject([at_once_users(2)]))
        .simulated_clock();
    let plan = simulation.clone().plan(&RunOptions::default()).unwrap().to_string();
    assert!(plan.contains("checkout pool(\"accounts\", records(…))"), "{plan}");
    let report = simulation.run().unwrap();
    assert_eq!(report.request("work 0").unwrap().count(), 2);
}
