//! Messages that nobody waits for: counted and checked as they come, or kept and dropped.

use loadspiker_core::DurationExt;
use loadspiker_core::check::{body_string, json_path};
use loadspiker_core::dsl::*;
use loadspiker_core::protocol::TimeUnit;

use crate::push::*;

#[test]
fn every_message_is_counted_and_checked_in_its_second_and_group_while_the_user_pauses() {
    let ticks = [says(500, "1"), says(1_500, "2"), says(1_600, "30"), says(2_500, "4")];
    let connect = push("connect").connect(ticks).on_message("ticks", [body_string().lt(10).name("small")]);
    let report = run(group("feed", connect).pause(5));
    assert_eq!(figures(&report, "feed / ticks"), (4, 1, 0.millis()));
    assert_eq!(figures(&report, "connect").0, 1);
    // A message that fails is no failure of the user's.
    assert_eq!((report.users_failed(), report.info().duration), (0, 5.secs()));
    let ticks = report.request("feed / ticks").unwrap();
    assert_eq!((ticks.count(), ticks.bytes_received()), (4, 5));
}

#[test]
fn a_message_that_is_counted_can_be_awaited_too() {
    let report = run(push("connect")
        .connect([says(10, "a"), says(20, "b")])
        .on_message("all", [])
        .into_chain()
        .exec(push("b").await_text(1.secs(), []).matching(body_string().is("b"))));
    assert_eq!(figures(&report, "all").0, 2);
    assert_eq!(figures(&report, "b"), (1, 0, 20.millis()));
}

#[test]
fn a_time_of_sending_that_is_no_number_fails_the_message() {
    let connect = push("connect").connect([says(10, r#"{"at":"soon"}"#), says(20, r#"{"at":1}"#)]);
    let report = run(connect.on_message("m", []).sent_at(json_path("$.at"), TimeUnit::Millis).into_chain().pause(1));
    let request = report.request("m").unwrap();
    assert_eq!((request.count(), request.failed_count()), (2, 1));
}

#[test]
fn saving_from_every_message_is_a_mistake() {
    let chain = push("x").connect([]).on_message("m", [body_string().save_as("y")]);
    let error = simulation(chain).run().unwrap_err().to_string();
    assert!(error.contains("save_as(\"y\") has no effect in a check of every message"), "{error}");
}

#[test]
fn messages_that_are_dropped_or_left_are_in_the_report() {
    let report = run(push("connect")
        .connect((1..=5).map(|n| says(n * 10, "x")))
        .into_chain()
        .pause(1)
        .exec(push("one").await_text(1.secs(), [])));
    let total = |name: &str| report.metric(name).map_or(0, |figures| figures.count());
    assert_eq!((total("dropped messages"), total("unmatched messages")), (2, 2));
}
