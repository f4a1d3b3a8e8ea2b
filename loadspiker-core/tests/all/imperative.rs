//! The imperative style, on the simulated clock: what code of the user's does is measured, counted and ended as built
//! steps are.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::dsl::*;
use loadspiker_core::feeder::{Feeder, csv, records};
use loadspiker_core::imperative::{Outcome, User};
use loadspiker_core::inject::*;
use loadspiker_core::protocol_prelude::*;
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_testkit::{Trace, mistakes, run};

fn journey(code: impl AsyncFn(&mut User) -> Outcome + Send + Sync + 'static) -> Chain {
    Chain::journey("journey", code)
}

/// One user runs the chain, alone.
#[track_caller]
fn alone(chain: impl Into<Chain>) -> RunReport {
    run([scenario("s").exec(chain).inject([at_once_users(1)])])
}

fn numbers(n: i32) -> Feeder {
    records((1..=n).map(|n| [("n", n)]))
}

fn count(report: &RunReport, name: &str) -> u64 {
    report.request(name).map_or(0, |request| request.count())
}

#[test]
fn requests_and_pauses_follow_each_other_exactly() {
    let report = alone(journey(async |user| {
        for _ in 0..3 {
            user.dummy("look", 250.millis()).await?;
            user.pause(2).await;
        }
        user.dummy("leave", 100.millis()).await
    }));
    assert_eq!((count(&report, "look"), count(&report, "leave")), (3, 1));
    // Pauses are part of no response time, and nothing is late on this clock.
    assert_eq!(report.request("look").unwrap().response_time().max(), 250.millis());
    assert_eq!(report.request("leave").unwrap().response_time().max(), 100.millis());
    assert_eq!(report.global().start_lag().max(), Duration::ZERO);
    assert_eq!(report.info().duration, 3 * 2250.millis() + 100.millis());
    assert_eq!((report.users_ended(), report.users_failed()), (1, 0));
}

#[test]
fn a_journey_that_is_not_timed_is_no_request() {
    let report = alone(journey(async |user| user.dummy("only", 5.millis()).await));
    assert_eq!(report.global().count(), 1);
}

#[test]
fn a_timed_step_is_a_request_without_its_pauses() {
    let report = alone(
        group(
            "around",
            exec_async("step", async |user| {
                user.dummy("a", 100.millis()).await?;
                user.pause(30).await;
                user.dummy("b", 50.millis()).await
            }),
        )
        .dummy("after", 10.millis()),
    );
    assert_eq!(report.request("around / step").unwrap().response_time().max(), 150.millis());
    assert_eq!(report.request("after").unwrap().response_time().max(), 10.millis());
    let group = report.group("around").unwrap();
    assert_eq!(group.duration().max(), 30_150.millis());
    // The step holds the requests: their time is counted once.
    assert_eq!(group.response_time().max(), 150.millis());
}

#[test]
fn time_that_the_code_takes_itself_is_not_the_load_generators() {
    // Something that is not the engine's: another user's request wakes this one up.
    let (tell, hear) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (heard, told) = (tell.clone(), hear.clone());
    let waits = journey(async move |user| {
        user.dummy("before", 0).await?;
        tell.notify_one();
        hear.notified().await;
        user.dummy("after", 10.millis()).await
    });
    let other = exec_async("other", async move |user| {
        heard.notified().await;
        user.pause(3).await;
        told.notify_one();
        Ok(())
    });
    let report = run([
        scenario("waits").exec(waits).inject([at_once_users(1)]),
        scenario("other").exec(other).inject([at_once_users(1)]),
    ]);
    let after = report.request("after").unwrap();
    assert_eq!((after.response_time().max(), after.start_lag().max()), (10.millis(), Duration::ZERO));
    assert_eq!(report.info().duration, 3010.millis());
}

#[test]
fn pauses_are_drawn_as_the_population_says() {
    let once = |pauses| {
        let chain = journey(async |user| {
            user.session_mut().set("think", "1500 ms")?;
            user.pause("#{think}").await;
            user.pause(1..2).await;
            Ok(())
        });
        run([scenario("s").exec(chain).inject([at_once_users(1)]).pauses(pauses)]).info().duration
    };
    assert_eq!(once(PauseType::Disabled), Duration::ZERO);
    let drawn = once(PauseType::Constant);
    assert!((2500.millis()..=3500.millis()).contains(&drawn), "{drawn:?}");
}

#[test]
fn a_pause_that_cannot_be_told_fails_the_user_and_does_not_pause() {
    let report = alone(journey(async |user| {
        user.pause("#{nothing}").await;
        user.pause("long").await;
        user.dummy("on", 1.millis()).await
    }));
    assert_eq!((count(&report, "on"), report.users_failed()), (1, 1));
    let errors = report.step_errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!(report.info().duration, 1.millis());
}

#[test]
fn groups_nest_and_are_counted_however_they_are_left() {
    let trace = Trace::default();
    let probes = trace.clone();
    let report = alone(journey(async move |user| {
        let inner = user
            .group("outer #{userId()}", async |user| {
                user.dummy("a", 100.millis()).await?;
                user.pause(1).await;
                user.group("inner", async |user| {
                    user.dummy("b", 50.millis()).await?;
                    Ok(7)
                })
                .await
            })
            .await?;
        assert_eq!(inner, 7);
        let left = user.group("left", async |_| Err::<(), _>("enough".into())).await;
        assert_eq!(left.unwrap_err().to_string(), "enough");
        user.request(probes.builder("behind")).await?;
        user.group("panicked", async |user| user.group("within", async |_| panic!("oh")).await).await
    }));
    assert_eq!(count(&report, "outer 1 / a"), 1);
    assert_eq!(count(&report, "outer 1 / inner / b"), 1);
    // Outside of all groups again.
    assert_eq!(count(&report, "behind"), 1);
    let outer = report.group("outer 1").unwrap();
    assert_eq!((outer.ok_count(), outer.duration().max()), (1, 1150.millis()));
    assert_eq!(outer.response_time().max(), 150.millis());
    for failed in ["left", "panicked", "panicked / within"] {
        assert_eq!(report.group(failed).unwrap().failed_count(), 1, "{failed}");
    }
    assert_eq!(report.panics(), 1);
}

#[test]
fn a_group_without_a_name_is_refused() {
    let report = alone(journey(async |user| user.group(" ", async |user| user.dummy("never", 1).await).await));
    assert_eq!(count(&report, "never"), 0);
    assert!(report.step_errors()[0].0.contains("name of a group is empty"), "{:?}", report.step_errors());
}

#[test]
fn a_failed_request_ends_the_journey_by_a_question_mark_and_is_counted_once() {
    let trace = Trace::default();
    let probes = trace.clone();
    let chain = journey(async move |user| {
        user.request(probes.builder("!broken")).await?;
        user.dummy("never", 1).await
    });
    let report = alone(chain.dummy("next", 1.millis()));
    assert_eq!(report.request("!broken").unwrap().errors(), [("probe failed", 1)]);
    assert_eq!((count(&report, "never"), count(&report, "next")), (0, 1));
    assert_eq!(report.users_failed(), 1);
    assert!(report.step_errors().is_empty(), "{:?}", report.step_errors());
}

#[test]
fn a_failed_request_may_be_survived() {
    let trace = Trace::default();
    let probes = trace.clone();
    let report = alone(journey(async move |user| {
        let error = user.request(probes.builder("!broken")).await.unwrap_err();
        assert!(error.is_counted() && error.to_string() == "probe failed");
        user.session_mut().mark_as_succeeded();
        user.dummy("on", 1.millis()).await
    }));
    assert_eq!((count(&report, "on"), report.users_failed()), (1, 0));
}

#[test]
fn other_errors_are_errors_of_the_step_and_the_user_goes_on() {
    let number = journey(async |_| {
        "x".parse::<u8>()?;
        Ok(())
    });
    let text = journey(async |_| Err("no stock".into()));
    let report = alone(number.exec(text).dummy("next", 1.millis()));
    let errors = report.step_errors();
    let texts: Vec<_> = errors.iter().map(|(text, count)| (*text, *count)).collect();
    assert!(texts.contains(&("invalid digit found in string", 1)) && texts.contains(&("no stock", 1)), "{texts:?}");
    assert_eq!((count(&report, "next"), report.users_failed()), (1, 1));
}

#[test]
fn a_timed_step_that_fails_is_a_failed_request_with_its_error() {
    let report = alone(
        exec_async("says", async |_| Err("no".into()))
            .exec_async("breaks", async |user| if user.user_id() == 1 { panic!("down") } else { Ok(()) })
            .exec_async("fine", async |_| Ok(())),
    );
    assert_eq!(report.request("says").unwrap().errors(), [("no", 1)]);
    let breaks = report.request("breaks").unwrap();
    assert!(breaks.errors()[0].0.contains("down") && breaks.errors()[0].0.contains("imperative.rs"));
    assert_eq!(report.request("fine").unwrap().ok_count(), 1);
    assert_eq!(report.panics(), 1);
    assert!(report.step_errors().is_empty());
}

#[test]
fn a_panic_fails_its_user_and_no_other() {
    let chain = journey(async |user| {
        assert!(user.user_id() != 2, "user 2 trips");
        user.dummy("on", 1.millis()).await
    });
    let report = run([scenario("s").exec(chain).inject([at_once_users(3)])]);
    assert_eq!((count(&report, "on"), report.users_failed(), report.panics()), (2, 1, 1));
    assert!(report.step_errors()[0].0.contains("user 2 trips"));
}

#[test]
fn failures_belong_to_the_block_around_as_in_built_scenarios() {
    let tries = Arc::new(AtomicU64::new(0));
    let tried = tries.clone();
    let chain =
        journey(async move |_| if tried.fetch_add(1, Ordering::Relaxed) < 2 { Err("not yet".into()) } else { Ok(()) });
    let report = alone(try_max(5, chain));
    assert_eq!(tries.load(Ordering::Relaxed), 3);
    assert_eq!(report.users_failed(), 0);
}

#[test]
fn records_are_shared_with_built_steps_and_over_users() {
    let feeder = numbers(6);
    let fed = feeder.clone();
    let trace = Trace::default();
    let probes = trace.clone();
    let imperative = journey(async move |user| {
        user.feed(&fed)?;
        user.request(probes.builder("#{n}")).await?;
        user.feed_n(&fed, 2)?;
        user.request(probes.builder("#{n(0)}#{n(1)}")).await
    });
    let built = scenario("built").feed(feeder).exec(trace.probe("#{n}")).inject([at_once_users(3)]);
    run([built, scenario("imperative").exec(imperative).inject([at_once_users(1)])]);
    assert_eq!(trace.names(), ["1", "2", "3", "4", "56"]);
}

#[test]
fn a_feeder_that_only_code_uses_is_bound_once_for_all_shards() {
    let (feeder, trace) = (numbers(40), Trace::default());
    let probes = trace.clone();
    let chain = journey(async move |user| {
        user.feed(&feeder)?;
        user.request(probes.builder("#{n}")).await
    });
    let injected = scenario("s").exec(chain).inject([at_once_users(40)]);
    Simulation::new("shards").shards(3).with(injected).run().unwrap();
    let mut seen: Vec<u32> = trace.names().iter().map(|name| name.parse().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, (1..=40).collect::<Vec<_>>());
}

#[test]
fn a_queue_that_runs_out_ends_the_run_and_says_so() {
    let feeder = numbers(3);
    let chain = journey(async move |user| {
        user.feed(&feeder)?;
        user.dummy("fed", 1.millis()).await
    });
    let report =
        run([scenario("s").exec(chain).dummy("next", 0).inject([constant_users_per_sec(1).during(1.hours())])]);
    assert_eq!((count(&report, "fed"), count(&report, "next")), (3, 3));
    let EndReason::Aborted(why) = &report.info().end else { panic!("{:?}", report.info().end) };
    assert!(why.contains("used up"), "{why}");
}

#[test]
fn a_feeder_that_cannot_be_opened_ends_the_run_and_names_the_file() {
    let missing = csv("no/such/file.csv");
    let report = alone(journey(async move |user| user.feed(&missing)));
    let EndReason::Aborted(why) = &report.info().end else { panic!("{:?}", report.info().end) };
    assert!(why.contains("no/such/file.csv"), "{why}");
}

#[test]
fn attributes_are_the_same_for_code_requests_and_built_steps() {
    let trace = Trace::default();
    let probes = trace.clone();
    let chain = exec_fn(|session| Ok(session.set("built", 1)?)).exec(trace.probe("#{built}")).exec(journey(
        async move |user| {
            user.session_mut().set("late", "x")?;
            user.session_mut().set("built", 2)?;
            user.request(probes.builder("#{built}#{late}")).await?;
            user.request(Saves { attribute: "late".into() }).await?;
            assert_eq!(user.session().get_str("late")?, "saved");
            user.request(probes.builder("#{late}")).await
        },
    ));
    let report = alone(chain.exec(trace.probe("#{built}")));
    assert_eq!(trace.names(), ["1", "2x", "saved", "2"]);
    assert!(report.step_errors().is_empty(), "{:?}", report.step_errors());
}

#[test]
fn attribute_names_made_up_without_end_fail_the_request() {
    let report = alone(journey(async |user| {
        for n in 0..5000 {
            let _ = user.request(Saves { attribute: format!("a{n}") }).await;
        }
        Ok(())
    }));
    let saves = report.request("saves").unwrap();
    assert_eq!((saves.ok_count(), saves.failed_count()), (4096, 5000 - 4096));
    assert_eq!(saves.errors().len(), 1);
    assert!(saves.errors()[0].0.contains("more than 4096 names"), "{:?}", saves.errors());
}

#[test]
fn names_are_counted_together_with_those_of_built_steps() {
    let chain = dummy("page", 1.millis()).exec(journey(async |user| {
        user.session_mut().set("kind", "a")?;
        user.dummy("page", 3.millis()).await?;
        user.dummy("of #{kind}", 1.millis()).await?;
        user.dummy(format!("of {}", "b"), 1.millis()).await
    }));
    let report = alone(chain);
    assert_eq!((count(&report, "page"), count(&report, "of a"), count(&report, "of b")), (2, 1, 1));
}

#[test]
fn a_mistake_in_a_request_is_a_failure_of_it() {
    let report = alone(journey(async |user| {
        let error = user.dummy("typo", "#{unclosed").await.unwrap_err();
        assert!(error.is_counted());
        let _ = user.dummy("", 1).await;
        Ok(())
    }));
    let typo = report.request("typo").unwrap();
    assert!(typo.errors()[0].0.contains("unclosed"), "{:?}", typo.errors());
    assert!(report.request("(no name)").unwrap().errors()[0].0.contains("is empty"));
    assert!(report.step_errors().is_empty());
    assert_eq!(report.users_failed(), 1);
}

#[test]
fn an_empty_name_of_a_timed_step_is_a_mistake_before_the_run() {
    let text = mistakes([scenario("s").exec_async("", async |_| Ok(())).inject([at_once_users(1)])]);
    assert!(text.contains("the name of a request is empty") && text.contains("exec_async"), "{text}");
}

#[test]
fn what_code_may_set_is_no_unknown_attribute() {
    let trace = Trace::default();
    alone(journey(async |user| Ok(user.session_mut().set("n", 5)?)).exec(trace.probe("#{n}")));
    assert_eq!(trace.names(), ["5"]);
}

#[test]
fn a_user_that_pauses_beyond_the_end_is_interrupted_at_once() {
    let once = |pause: u64| {
        let chain = journey(async move |user| {
            user.pause(pause).await;
            user.dummy("after", 1.millis()).await
        });
        Simulation::new("limited")
            .simulated_clock()
            .max_duration(10.secs())
            .grace_period(5.secs())
            .with(scenario("s").exec(chain).inject([at_once_users(1)]))
            .run()
            .unwrap()
    };
    let beyond = once(3600);
    assert_eq!((beyond.users_interrupted(), beyond.requests_interrupted()), (1, 0));
    // Not at the end of the grace period.
    assert_eq!(beyond.info().duration, 10.secs());
    let within = once(14);
    assert_eq!((within.users_interrupted(), within.users_ended(), count(&within, "after")), (0, 1, 1));
}

#[test]
fn a_pause_that_begins_in_the_grace_period_and_ends_beyond_it_is_cut_at_once() {
    let chain = journey(async |user| {
        user.dummy("slow", 11.secs()).await?;
        user.pause(60).await;
        Ok(())
    });
    let report = Simulation::new("limited")
        .simulated_clock()
        .max_duration(10.secs())
        .grace_period(30.secs())
        .with(scenario("s").exec(chain).inject([at_once_users(1)]))
        .run()
        .unwrap();
    assert_eq!((report.users_interrupted(), count(&report, "slow")), (1, 1));
    assert_eq!(report.info().duration, 11.secs());
}

#[test]
fn at_the_end_of_the_grace_period_code_is_dropped_where_it_stands() {
    struct Dropped(Arc<AtomicU64>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicU64::new(0));
    let counter = dropped.clone();
    let chain = journey(async move |user| {
        let _dropped = Dropped(counter.clone());
        if user.user_id() == 1 {
            // Waits for something that is no request.
            std::future::pending::<()>().await;
        }
        user.dummy("slow", 1.hours()).await
    });
    let report = Simulation::new("cut")
        .simulated_clock()
        .max_duration(1.secs())
        .grace_period(1.secs())
        .with(scenario("s").exec(chain).inject([at_once_users(3)]))
        .run()
        .unwrap();
    // Two of them were within a request.
    assert_eq!((report.users_interrupted(), report.requests_interrupted()), (3, 2));
    assert_eq!(report.global().count(), 0);
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
}

#[test]
fn a_request_that_the_code_drops_is_counted_as_failed() {
    /// Polls a future once and drops it.
    async fn poll_once(future: impl Future) {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|cx| {
            assert!(future.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    let report = alone(journey(async |user| {
        poll_once(user.dummy("lost", 10.secs())).await;
        user.dummy("kept", 2.secs()).await?;
        poll_once(user.group("given up", async |user| user.dummy("inside", 10.secs()).await)).await;
        poll_once(user.pause(10)).await;
        user.dummy("kept", 2.secs()).await
    }));
    assert_eq!(report.request("lost").unwrap().errors(), [("dropped by the scenario before it was done", 1)]);
    assert_eq!(count(&report, "given up / inside"), 1);
    assert_eq!(report.group("given up").unwrap().failed_count(), 1);
    assert_eq!((count(&report, "kept"), report.users_failed(), report.users_ended()), (2, 1, 1));
    assert_eq!(report.request("kept").unwrap().response_time().max(), 2.secs());
    assert_eq!(report.info().duration, 4.secs());
}

#[test]
fn code_that_never_waits_leaves_others_their_turn() {
    let trace = Trace::default();
    let busy = journey(async |user| {
        loop {
            user.dummy("at once", 0).await?;
            user.pause(0).await;
        }
    });
    let other = scenario("other").exec(trace.probe("other")).stop_load_generator("done").inject([at_once_users(1)]);
    let busy = scenario("busy").exec(busy).inject([at_once_users(1)]);
    let simulation = Simulation::new("turns").shards(1).grace_period(0.millis()).with(busy).with(other);
    let report = simulation.run().unwrap();
    assert_eq!(report.info().end, EndReason::Stopped("done".into()));
    assert_eq!(trace.names(), ["other"]);
    // A step that does nothing, for ever.
    let nothing = scenario("s").during(1.millis(), journey(async |_| Ok(()))).inject([at_once_users(1)]);
    assert_eq!(run([nothing]).users_ended(), 1);
}

#[test]
fn the_series_adds_up_to_the_whole() {
    let chain = journey(async |user| {
        for _ in 0..3 {
            user.dummy("d", 300.millis()).await?;
            user.pause(1).await;
        }
        Ok(())
    });
    let report = run([scenario("s").exec(chain).inject([constant_users_per_sec(10).during(5.secs())])]);
    assert_eq!(report.series().iter().map(|point| point.ok).sum::<u64>(), 150);
    assert_eq!(report.users_ended(), 50);
}

#[test]
fn the_plan_shows_the_steps() {
    let chain = exec_async("timed", async |_| Ok(())).exec(journey(async |_| Ok(())));
    let plan = Simulation::new("p").with(scenario("s").exec(chain).inject([at_once_users(1)]));
    let text = plan.plan(&loadspiker_core::engine::RunOptions::default()).unwrap().to_string();
    assert!(text.contains("exec_async \"timed\"") && text.contains("exec journey \"journey\""), "{text}");
}

#[test]
fn a_protocol_is_the_one_given_or_opened_with_its_defaults_at_first_use() {
    let opened = Arc::new(AtomicU64::new(0));
    let chain = || {
        journey(async |user| {
            for _ in 0..2 {
                let said: Said = user.exchange(Say).await?;
                user.dummy(said.0, 1.millis()).await?;
            }
            Ok(())
        })
    };
    let given = Voice { word: "given", opened: opened.clone() };
    let report = Simulation::new("protocols")
        .simulated_clock()
        .with(scenario("with").exec(chain()).inject([at_once_users(2)]).protocol(given))
        .with(scenario("without").exec(chain()).inject([at_once_users(2)]))
        .run()
        .unwrap();
    assert_eq!((count(&report, "given"), count(&report, "default")), (4, 4));
    assert_eq!(opened.load(Ordering::Relaxed), 1);
}

#[test]
fn a_protocol_given_to_an_imperative_scenario_is_checked_before_the_run() {
    let wrong = Voice { word: "", opened: Arc::default() };
    let chain = journey(async |user| user.request(Say).await);
    let text = mistakes([scenario("s").exec(chain).inject([at_once_users(1)]).protocol(wrong)]);
    assert!(text.contains("the voice has no word"), "{text}");
}

#[test]
fn a_protocol_that_cannot_be_opened_fails_the_request() {
    let chain = journey(async |user| user.request(Mute).await);
    let report = alone(chain);
    assert_eq!(report.request("mute").unwrap().errors(), [("cannot start mute: no voice", 1)]);
}

#[test]
fn a_reply_is_only_for_those_who_ask() {
    let report = alone(journey(async |user| {
        user.request(Say).await?;
        let error = user.exchange::<u8>(Say).await.unwrap_err();
        assert_eq!(error.to_string(), "say gave no reply");
        Ok(())
    }));
    assert_eq!(count(&report, "say"), 2);
}

#[test]
fn a_silent_request_that_fails_is_an_error_and_not_counted() {
    let report = alone(journey(async |user| {
        let error = user.request(Silent).await.unwrap_err();
        assert_eq!(error.to_string(), "fell silent");
        Err(error)
    }));
    assert_eq!((report.global().count(), report.users_failed()), (0, 1));
    assert!(report.step_errors().is_empty());
}

/// What is common to the requests below: they take no time.
fn done(cx: &mut ActionContext, name: &RequestName) {
    let at = cx.intended();
    cx.sample(name).sent(at).ended(at).no_time_passed().record();
}

/// Runs a closure as an action of this name.
struct Act<F>(RequestName, F);

impl<F: Fn(&mut ActionContext, &RequestName) + Send + Sync> Action for Act<F> {
    fn name(&self) -> &RequestName {
        &self.0
    }
    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move { (self.1)(cx, &self.0) })
    }
}

struct Saves {
    attribute: String,
}

impl ActionBuilder for Saves {
    fn describe(&self) -> String {
        "saves".into()
    }
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let slot = cx.define(&self.attribute);
        Box::new(Act(cx.request_name("saves"), move |cx: &mut ActionContext, name: &RequestName| {
            cx.session_mut().set_at(slot, Value::from("saved"));
            done(cx, name);
        }))
    }
}

#[derive(Clone, Debug)]
struct Voice {
    word: &'static str,
    opened: Arc<AtomicU64>,
}

struct Voices(&'static str);
impl ShardState for Voices {}

impl Protocol for Voice {
    fn name(&self) -> &'static str {
        "voice"
    }
    fn check(&self, cx: &mut CompileContext<'_>) {
        if self.word.is_empty() {
            cx.mistake("the voice has no word; give it one");
        }
    }
    fn open<'a>(&'a self, _: &'a ShardHandle) -> LocalFuture<'a, Result<Rc<dyn ShardState>, String>> {
        Box::pin(async {
            self.opened.fetch_add(1, Ordering::Relaxed);
            Ok(Rc::new(Voices(self.word)) as Rc<dyn ShardState>)
        })
    }
}

struct Said(&'static str);

struct Say;

impl ActionBuilder for Say {
    fn describe(&self) -> String {
        "say".into()
    }
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let (slot, _) = cx.protocol(|| Voice { word: "default", opened: Arc::default() });
        Box::new(Act(cx.request_name("say"), move |cx: &mut ActionContext, name: &RequestName| {
            let word = cx.shard::<Voices>(slot).0;
            cx.reply(Said(word));
            done(cx, name);
        }))
    }
}

#[derive(Clone, Debug)]
struct MuteProtocol;

impl Protocol for MuteProtocol {
    fn name(&self) -> &'static str {
        "mute"
    }
    fn open<'a>(&'a self, _: &'a ShardHandle) -> LocalFuture<'a, Result<Rc<dyn ShardState>, String>> {
        Box::pin(async { Err("no voice".to_owned()) })
    }
}

struct Mute;

impl ActionBuilder for Mute {
    fn describe(&self) -> String {
        "mute".into()
    }
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let _ = cx.protocol(|| MuteProtocol);
        Box::new(Act(cx.request_name("mute"), |cx: &mut ActionContext, name: &RequestName| done(cx, name)))
    }
}

struct Silent;

impl ActionBuilder for Silent {
    fn describe(&self) -> String {
        "silent".into()
    }
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        Box::new(Act(cx.request_name("silent"), |cx: &mut ActionContext, _: &RequestName| {
            let now = cx.now();
            cx.finish_failed("fell silent", now);
        }))
    }
}
