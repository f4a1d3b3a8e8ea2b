//! Messages that are awaited in the background.

use loadspiker_core::DurationExt;
use loadspiker_core::check::{body_string, substring};
use loadspiker_core::dsl::*;

use crate::push::*;

#[test]
fn a_join_waits_for_the_message_and_saves_what_its_checks_find_then() {
    let report = run(push("connect")
        .connect([])
        .into_chain()
        .exec(
            push("ask").send([says(500, "answer")]).await_text(2.secs(), [body_string().save_as("a")]).in_background(),
        )
        .exec(dummy("meanwhile", 100.millis()))
        .join_await("ask")
        .exec(dummy("then #{a}", 10.millis())));
    assert_eq!(figures(&report, "ask"), (1, 0, 500.millis()));
    assert_eq!(figures(&report, "meanwhile"), (1, 0, 100.millis()));
    assert_eq!(figures(&report, "then answer"), (1, 0, 10.millis()));
    assert_eq!(report.info().duration.as_millis(), 510);
}

#[test]
fn a_message_that_came_before_the_join_keeps_its_time_and_does_not_move_the_schedule() {
    let report = run(push("connect")
        .connect([])
        .into_chain()
        .exec(push("ask").send([says(100, "answer")]).await_text(2.secs(), []).in_background())
        .pause(800.millis())
        .join_await("ask")
        .exec(dummy("next", 10.millis())));
    assert_eq!(figures(&report, "ask"), (1, 0, 100.millis()));
    let next = report.request("next").unwrap();
    assert_eq!((next.start_lag().max(), next.response_time().max()), (0.millis(), 10.millis()));
}

#[test]
fn joins_wait_for_all_of_a_name_or_for_all_there_are() {
    let in_background = |name: &str, after, text| {
        let wait = push(name).send([says(after, text)]).await_text(2.secs(), []);
        wait.matching(body_string().is(text)).in_background()
    };
    let report = run(push("connect")
        .connect([])
        .into_chain()
        .exec(in_background("a", 100, "1"))
        .exec(in_background("b", 700, "2"))
        .exec(in_background("a", 300, "3"))
        .join_await("a")
        .exec(dummy("a is there", 0))
        .join_awaits()
        .exec(dummy("all are there", 0))
        .join_await("nothing"));
    assert_eq!(figures(&report, "a"), (2, 0, 300.millis()));
    assert_eq!(figures(&report, "b"), (1, 0, 700.millis()));
    assert_eq!(report.info().duration.as_millis(), 700);
}

#[test]
fn a_failure_in_the_background_takes_effect_at_the_join() {
    let report = run(push("connect")
        .connect([])
        .into_chain()
        .exec(push("ask").send([says(100, "no")]).await_text(2.secs(), [substring("yes")]).in_background())
        .pause(500.millis())
        .do_if(
            |session: &loadspiker_core::Session| Ok::<_, loadspiker_core::SessionError>(session.is_failed()),
            dummy("failed early", 0),
        )
        .exec(exit_block_on_fail(join_await("ask").exec(dummy("not reached", 0))))
        .exec(dummy("behind", 0)));
    assert_eq!(figures(&report, "ask"), (1, 1, 100.millis()));
    assert!(report.request("failed early").is_none() && report.request("not reached").is_none());
    assert!(report.request("behind").is_some());
}

#[test]
fn an_await_times_out_while_it_is_joined_or_before() {
    let report = run(push("connect")
        .connect([])
        .into_chain()
        .exec(push("a").send([]).await_text(300.millis(), []).in_background())
        .exec(push("b").send([]).await_text(900.millis(), []).in_background())
        .pause(600.millis())
        .join_awaits()
        .exec(dummy("end", 0)));
    assert_eq!(figures(&report, "a"), (1, 1, 300.millis()));
    assert_eq!(figures(&report, "b"), (1, 1, 900.millis()));
    assert_eq!(report.info().duration.as_millis(), 900);
}

#[test]
fn what_is_not_joined_when_the_user_ends_fails_unless_its_message_came() {
    let report = run(push("connect")
        .connect([])
        .into_chain()
        .exec(push("came").send([says(100, "x")]).await_text(2.secs(), []).in_background())
        .exec(push("open").send([says(900, "y")]).await_text(2.secs(), []).in_background())
        .pause(500.millis()));
    assert_eq!(figures(&report, "came"), (1, 0, 100.millis()));
    assert_eq!(figures(&report, "open"), (1, 1, 500.millis()));
    assert_eq!(errors(&report, "open"), ["the user ended before the message came"]);
    assert_eq!(report.users_failed(), 1);
}

#[test]
fn branches_share_the_streams_and_the_awaits_of_their_user() {
    let report = run(push("connect")
        .connect([])
        .into_chain()
        .parallel([
            push("asked in a branch").send([says(400, "x")]).await_text(2.secs(), []).in_background().into_chain(),
            pause(100.millis()).join_await("asked in a branch").exec(dummy("joined in the other", 0)),
        ])
        .join_awaits()
        .exec(push("also there").send([says(10, "y")]).await_text(1.secs(), [])));
    assert_eq!(figures(&report, "asked in a branch"), (1, 0, 400.millis()));
    assert_eq!(figures(&report, "also there"), (1, 0, 10.millis()));
    assert_eq!(report.global().failed_count(), 0);
}

#[test]
fn only_the_last_operation_of_a_request_can_be_in_the_background() {
    let chain = push("x").send([]).await_text(1.secs(), []).in_background().send([]);
    let error = simulation(chain).run().unwrap_err().to_string();
    assert!(error.contains("only the last operation"), "{error}");
}
