//! What a step gets that waits for a message, and what it measures.

use loadspiker_core::DurationExt;
use loadspiker_core::check::{body_string, json_path, substring};
use loadspiker_core::dsl::*;

use crate::push::*;

#[test]
fn a_message_behind_a_send_belongs_to_that_request_and_only_later_ones_count() {
    let report = run(push("connect")
        .connect([says(10, "early")])
        .into_chain()
        .pause(1)
        .exec(push("ask").send([says(40, "answer"), says(50, "more")]).await_text(1.secs(), [substring("answer")]))
        .exec(push("kept").await_text(1.secs(), [body_string().is("early")])));
    assert_eq!(figures(&report, "ask"), (1, 0, 40.millis()));
    assert_eq!(figures(&report, "kept"), (1, 0, 0.millis()));
    assert_eq!(report.request("ask").unwrap().bytes_received(), 6);
}

#[test]
fn an_await_alone_tries_kept_messages_oldest_first_and_is_timed_from_its_start() {
    let report = run(push("connect")
        .connect([says(10, "a"), says(20, "b"), says(1_300, "c")])
        .into_chain()
        .pause(1)
        .exec(push("first").await_text(1.secs(), [body_string().is("a")]))
        .exec(push("second").await_text(1.secs(), [body_string().is("b")]))
        .exec(push("third").await_text(1.secs(), [body_string().is("c")])));
    assert_eq!(figures(&report, "first"), (1, 0, 0.millis()));
    assert_eq!(figures(&report, "second"), (1, 0, 0.millis()));
    assert_eq!(figures(&report, "third"), (1, 0, 300.millis()));
}

#[test]
fn a_message_that_does_not_match_is_left_for_others_and_fails_no_check() {
    let messages = [says(10, r#"{"id":1}"#), says(20, r#"{"id":2,"v":7}"#)];
    let report = run(push("connect")
        .connect(messages)
        .into_chain()
        .exec_fn(|session| Ok(session.set("id", 2)?))
        .exec(
            push("mine").await_text(1.secs(), [json_path("$.v").save_as("v")]).matching(json_path("$.id").is("#{id}")),
        )
        .exec(push("other").await_text(1.secs(), [json_path("$.id").is(1)]))
        .exec(dummy("v is #{v}", 0)));
    assert_eq!(figures(&report, "mine"), (1, 0, 20.millis()));
    assert_eq!(figures(&report, "other"), (1, 0, 0.millis()));
    assert!(report.request("v is 7").is_some());
    assert_eq!(report.global().failed_count(), 0);
}

#[test]
fn an_await_fails_after_its_limit_with_the_limit_as_its_time() {
    let report = run(push("connect")
        .connect([says(10, "other")])
        .into_chain()
        .exec(push("none").await_text(300.millis(), []).matching(substring("mine")))
        .exec(push("still there").await_text(1.secs(), []))
        .exec(push("nothing").await_text(200.millis(), [])));
    assert_eq!(figures(&report, "none"), (1, 1, 300.millis()));
    assert_eq!(errors(&report, "none"), ["no message that matches came within 300 ms"]);
    assert_eq!(errors(&report, "nothing"), ["no message came within 200 ms"]);
    assert_eq!(figures(&report, "still there"), (1, 0, 0.millis()));
}

#[test]
fn a_check_of_the_message_that_fails_fails_the_request_and_the_user_goes_on() {
    let report = run(push("connect")
        .connect([says(10, "no")])
        .into_chain()
        .exec(push("asked").await_text(1.secs(), [body_string().is("yes")]))
        .exec(dummy("next", 5.millis())));
    assert_eq!(figures(&report, "asked"), (1, 1, 10.millis()));
    assert_eq!(figures(&report, "next"), (1, 0, 5.millis()));
}

#[test]
fn several_operations_of_a_request_run_in_order_and_are_one_sample() {
    let report = run(push("talk")
        .connect([says(10, "hello")])
        .await_text(1.secs(), [substring("hello")])
        .send([says(30, "one")])
        .await_text(1.secs(), [substring("one")])
        .send([says(20, "two")])
        .await_text(1.secs(), [substring("two").name("the last")]));
    assert_eq!(figures(&report, "talk"), (1, 0, 60.millis()));
}

#[test]
fn the_end_of_the_stream_ends_the_wait_at_once() {
    let report = run(push("connect")
        .connect([says(10, "a"), Line::Closes(50)])
        .into_chain()
        .exec(push("a").await_text(1.secs(), []))
        .exec(push("b").await_text(1.secs(), []))
        .exec(push("not connected").stream("other").await_text(1.secs(), [])));
    assert_eq!(figures(&report, "b"), (1, 1, 40.millis()));
    assert_eq!(errors(&report, "b"), ["connection closed by peer"]);
    assert_eq!(errors(&report, "not connected"), ["not connected"]);
}

#[test]
fn a_user_has_several_streams_by_name() {
    let report = run(push("a")
        .stream("a")
        .connect([says(20, "from a")])
        .into_chain()
        .exec(push("b").stream("b").connect([says(10, "from b")]))
        .exec(push("of a").stream("a").await_text(1.secs(), [body_string().is("from a")]))
        .exec(push("of b").stream("b").await_text(1.secs(), [body_string().is("from b")])));
    assert_eq!(figures(&report, "of a"), (1, 0, 20.millis()));
    assert_eq!(figures(&report, "of b"), (1, 0, 0.millis()));
}

#[test]
fn an_expression_without_a_value_in_a_filter_fails_the_await_at_once() {
    let report = run(exec_fn(|_| Ok(()))
        .exec(push("connect").connect([says(10, r#"{"id":1}"#)]))
        .exec(push("lost").await_text(1.minutes(), []).matching(json_path("$.id").is("#{gone}"))));
    let (count, failed, time) = figures(&report, "lost");
    assert_eq!((count, failed, time), (1, 1, 10.millis()));
    assert!(errors(&report, "lost")[0].contains("gone"), "{:?}", errors(&report, "lost"));
}

#[test]
fn saving_in_a_filter_is_a_mistake() {
    let chain = push("x").await_text(1.secs(), []).matching(body_string().save_as("y"));
    let error = simulation(chain).run().unwrap_err().to_string();
    assert!(error.contains("save_as(\"y\") has no effect in a check that selects messages"), "{error}");
}
