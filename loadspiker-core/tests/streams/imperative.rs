//! Awaits in the imperative style, whose code has a task to wait in.

use loadspiker_core::DurationExt;
use loadspiker_core::check::body_string;
use loadspiker_core::dsl::*;
use loadspiker_core::imperative::User;

use crate::push::*;

#[test]
fn code_waits_for_messages_and_joins_them() {
    let report = run(exec_async("talk", async |user: &mut User| {
        user.request(push("connect").connect([says(30, "hello")]).await_text(1.secs(), [])).await?;
        let ask = push("ask").send([says(200, "answer")]).await_text(1.secs(), [body_string().save_as("a")]);
        user.request(ask.in_background()).await?;
        user.dummy("meanwhile", 50.millis()).await?;
        user.join_await("ask").await?;
        user.dummy("then #{a}", 0).await?;
        let late = user.request(push("late").await_text(100.millis(), [])).await;
        assert!(late.is_err());
        user.join_awaits().await
    }));
    assert_eq!(figures(&report, "connect"), (1, 0, 30.millis()));
    assert_eq!(figures(&report, "ask"), (1, 0, 200.millis()));
    assert_eq!(figures(&report, "then answer").0, 1);
    assert_eq!(figures(&report, "late"), (1, 1, 100.millis()));
    assert_eq!(figures(&report, "talk"), (1, 0, 330.millis()));
}

#[test]
fn a_failure_that_is_joined_is_the_error_of_the_join() {
    let report = run(exec_async("talk", async |user: &mut User| {
        user.request(push("connect").connect([])).await?;
        user.request(push("ask").send([]).await_text(100.millis(), []).in_background()).await?;
        user.join_awaits().await
    }));
    assert_eq!(figures(&report, "talk"), (1, 1, 100.millis()));
    assert_eq!(errors(&report, "talk"), ["no message came within 100 ms"]);
}

#[test]
fn a_run_that_stops_ends_the_waits_of_code_at_once() {
    let chain = exec_async("talk", async |user: &mut User| {
        user.request(push("connect").connect([])).await?;
        user.request(push("waits").await_text(1.minutes(), [])).await
    });
    let report = simulation(chain).max_duration(2.secs()).grace_period(30.secs()).run().unwrap();
    assert_eq!(report.info().duration.as_secs(), 2);
    assert_eq!((report.users_interrupted(), report.global().failed_count()), (1, 0));
    assert!(report.request("waits").is_none());
    assert_eq!(report.users().requests_interrupted, 1);
}
