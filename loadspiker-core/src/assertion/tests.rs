//! Assertions on reports.

mod scopes;
mod windows;

use std::time::Duration;

use super::*;
use crate::metrics::Limits;
use crate::metrics::tests::{Event, run};
use crate::report::RunReport;
use crate::units::DurationExt;

/// 98 logins of 1 to 98 ms, two failed lists in the group `shop` of 1.203 s, in 2 s.
fn report() -> RunReport {
    let list = Event { group: Some("shop"), error: Some("status 500"), ..Event::ok(1, 1, 1_203_000) };
    let logins = (1..=98).map(|ms| Event::ok(0, 0, ms * 1000));
    let events: Vec<_> = logins.chain([list, list]).collect();
    run(&events, 2, Limits::default())
}

fn only(assertion: &Assertion) -> AssertionResult {
    let mut results = assertion.evaluate(&report());
    assert_eq!(results.len(), 1);
    results.remove(0)
}

#[track_caller]
fn holds(assertion: &Assertion) {
    assert_eq!(assertion.mistakes(), Vec::<String>::new());
    let result = only(assertion);
    assert!(result.passed, "{result}");
}

#[track_caller]
fn fails(assertion: &Assertion) {
    assert_eq!(assertion.mistakes(), Vec::<String>::new());
    let result = only(assertion);
    assert!(!result.passed, "{result}");
}

#[test]
fn every_condition_compares_at_its_edges() {
    let count = || global().all_requests().count();
    holds(&count().lt(101));
    fails(&count().lt(100));
    holds(&count().lte(100));
    fails(&count().lte(99));
    holds(&count().gt(99));
    fails(&count().gt(100));
    holds(&count().gte(100));
    fails(&count().gte(101));
    holds(&count().is(100));
    fails(&count().is(0));
    holds(&count().between(100, 200));
    holds(&count().between(50, 100));
    fails(&count().between(101, 200));
    holds(&count().around(110, 10));
    fails(&count().around(110, 9));
    holds(&count().around(5, 200));
    holds(&count().deviates_around(125, 20));
    fails(&count().deviates_around(125, 19.9));
    holds(&count().one_of([1, 100]));
    fails(&count().one_of([1, 2]));
}

#[test]
fn every_metric_of_a_response_time_is_compared() {
    let login = || details("login").response_time();
    holds(&login().min().is(1.millis()));
    holds(&login().max().is(98.millis()));
    holds(&login().mean().is(49_500.micros()));
    holds(&login().percentile(50).around(49.millis(), 100.micros()));
    holds(&login().percentile(100.0).is(98.millis()));
    holds(&login().std_dev().deviates_around(28.288.millis(), 0.1));
    fails(&login().std_dev().lt(28.millis()));
    holds(&global().response_time().percentile(95.0).between(94.millis(), 95_100.micros()));
    holds(&global().response_time().max().one_of([1.secs(), 1203.millis()]));
}

#[test]
fn counts_percentages_and_rates_are_compared() {
    holds(&global().failed_requests().count().is(2));
    holds(&global().failed_requests().percent().is(2));
    holds(&global().successful_requests().percent().gte(98.0));
    holds(&global().all_requests().percent().is(100.0));
    holds(&details("shop / list").failed_requests().percent().is(100));
    holds(&details("login").requests_per_sec().is(49));
    holds(&global().requests_per_sec().between(49.5, 50.5_f32));
    holds(&global().requests_per_sec().one_of([50, 51]));
    fails(&global().requests_per_sec().gt(50.0));
    holds(&global().requests_per_sec().around(48.0, 2.0));
}

#[test]
fn a_group_is_asserted_on_by_its_cumulated_response_time() {
    holds(&details("shop").response_time().max().is(1203.millis()));
    holds(&details("shop").failed_requests().count().is(2));
    holds(&details("shop").requests_per_sec().is(1.0));
}

#[test]
fn for_all_gives_a_result_for_each_request() {
    let results = for_all().response_time().max().lt(1.secs()).evaluate(&report());
    let lines: Vec<_> = results.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "✓ login: maximum of response time < 1 s: was 98 ms",
            "✗ shop / list: maximum of response time < 1 s: was 1.203 s",
        ]
    );
}

#[test]
fn a_result_reads_as_a_sentence() {
    let result = only(&global().response_time().percentile(99).lt(800.millis()));
    assert_eq!(result.to_string(), "✗ global: 99th percentile of response time < 800 ms: was 1.203 s");
    assert_eq!((&*result.actual, &*result.expected), ("1.203 s", "< 800 ms"));
    let described = [
        (global().response_time().percentile(99.9).gt(1.secs()), "global: 99.9th percentile of response time > 1 s"),
        (global().response_time().percentile(1).gte(1.secs()), "global: 1st percentile of response time ≥ 1 s"),
        (global().response_time().percentile(12).gte(1.secs()), "global: 12th percentile of response time ≥ 1 s"),
        (details("a / b").failed_requests().percent().lte(1), "a / b: percentage of failed requests ≤ 1 %"),
        (for_all().all_requests().count().one_of([1, 2]), "for all: count of all requests one of 1, 2"),
        (global().requests_per_sec().deviates_around(100, 5), "global: requests per second around 100 ± 5 %"),
        (global().requests_per_sec().around(100, 5.5), "global: requests per second around 100 ± 5.5"),
        (
            global().response_time().mean().between(1.secs(), 2.minutes()),
            "global: mean of response time between 1 s and 120 s",
        ),
    ];
    for (assertion, text) in described {
        assert_eq!(assertion.to_string(), text);
    }
}

#[test]
fn a_figure_next_to_a_threshold_does_not_look_like_it() {
    let events = [Event::ok(0, 0, 800_012)];
    let report = run(&events, 1, Limits::default());
    let result = &global().response_time().max().lte(800.millis()).evaluate(&report)[0];
    assert_eq!(result.to_string(), "✗ global: maximum of response time ≤ 800 ms: was 800.01 ms");
    let events: Vec<_> = (0..3).map(|i| Event { error: (i == 0).then_some("bad"), ..Event::ok(0, 0, 10) }).collect();
    let report = run(&events, 1, Limits::default());
    let result = &global().failed_requests().percent().is(33.33).evaluate(&report)[0];
    assert_eq!((result.passed, &*result.message), (false, "was 33.333 %"));
}

#[test]
fn a_name_that_does_not_occur_fails_with_those_that_do() {
    let result = only(&details("logon").failed_requests().count().is(0));
    assert!(!result.passed);
    assert_eq!(
        result.message,
        "there is no request or group \"logon\", or it was never made; there are: \"login\", \"shop\", \"shop / list\""
    );
}

#[test]
fn nothing_measured_passes_nothing_by_accident() {
    let empty = run(&[], 1, Limits::default());
    let passed = |assertion: &Assertion| assertion.evaluate(&empty).iter().all(|result| result.passed);
    assert!(!passed(&global().response_time().max().lt(1.secs())));
    assert!(!passed(&global().failed_requests().percent().lt(1.0)));
    assert!(!passed(&global().successful_requests().percent().gt(99.0)));
    assert!(!passed(&for_all().failed_requests().count().is(0)));
    assert!(!passed(&details("login").failed_requests().count().is(0)));
    // Nor does it say what was not so: of nothing, neither all nor none have failed.
    for assertion in [global().failed_requests().percent().lt(1.0), global().successful_requests().percent().lt(1.0)] {
        let result = &assertion.evaluate(&empty)[0];
        assert_eq!((result.passed, &*result.message), (false, "there is no percentage: no request has ended"));
    }
    assert!(passed(&global().failed_requests().count().is(0)));
    assert!(passed(&global().requests_per_sec().is(0)));
}

#[test]
fn mistakes_name_the_value_and_the_remedy() {
    let time = || global().response_time();
    let wrong = [
        (time().percentile(101).lt(1.secs()), "the percentile is 101; give one from 0 to 100"),
        (time().percentile(-0.5).lt(1.secs()), "the percentile is -0.5"),
        (time().percentile(f64::NAN).lt(1.secs()), "the percentile is NaN"),
        (time().max().between(2.secs(), 1.secs()), "nothing is between 2 s and 1 s"),
        (time().max().one_of([]), "empty list"),
        (time().max().deviates_around(1.secs(), -1), "the deviation is -1 %"),
        (global().failed_requests().percent().lt(f64::NAN), "not a number"),
        (global().requests_per_sec().between(1.0, f64::INFINITY), "not a number"),
        (global().requests_per_sec().around(1.0, -1.0), "the distance is -1"),
        (details(" ").requests_per_sec().gt(1), "the name of the request is empty"),
    ];
    for (assertion, text) in wrong {
        let mistakes = assertion.mistakes();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].contains(text), "{}", mistakes[0]);
        assert!(mistakes[0].starts_with("assertion \""), "{}", mistakes[0]);
    }
}

#[test]
fn an_assertion_can_be_sent_to_another_thread() {
    fn sendable<T: Clone + std::fmt::Debug + Send + Sync + 'static>(_: &T) {}
    sendable(&global().response_time().max().lt(Duration::ZERO));
}
