//! Scopes beside requests, and where to look.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::custom_metric::{Counter, counter, gauge, rate, trend};
use crate::metrics::tests::collector;
use crate::metrics::{Book, EndOf};
use crate::report::RunInfo;
use crate::session::{Schema, Session, Shared};

const LOST: Counter = counter("lost");

/// Four seconds. In each, scenario "Browse" makes ten logins of 1 ms, the last of which fails in second 2; scenario "Buy"
/// makes a list in the group `shop`, of 100 ms times the second. Checks and metrics go along.
fn run_with(criteria: &[&Criterion]) -> (RunReport, Vec<AssertionResult>) {
    let guards: Vec<_> =
        criteria.iter().map(|criterion| Guard { purpose: Purpose::Assert, criterion: (*criterion).clone() }).collect();
    let (collector, mut recorders) = collector(1);
    let mut collector = collector.watched_by(Watches::new(&guards));
    let book = Rc::new(Book::default());
    let now = Rc::new(Cell::new(0));
    let time = now.clone();
    book.timed_by(move || crate::moment::Moment::START + Duration::from_secs(time.get()));
    let session = Session::sharing(Rc::new(Shared::recorded_in(Schema::new("s", []), &book)), 1, 0, 1);
    for second in 0..4 {
        now.set(second);
        for n in 0..10 {
            let failed = second == 2 && n == 9;
            let error = failed.then_some("token: nothing found");
            Event { error, ..Event::ok(second, 0, 1000) }.record(&mut recorders[0]);
            book.count_check("token", !failed);
            counter("orders").add_tagged(&session, n, &[("kind", if n > 4 { "express" } else { "parcel" })]);
            trend("basket").unit("EUR").record(&session, 10 * second + n);
            rate("cached").record(&session, n < second);
        }
        gauge("stock").set(&session, 100 - second);
        let slow = Event { scenario: 1, group: Some("shop"), ..Event::ok(second, 1, 1000 + 100_000 * second) };
        slow.record(&mut recorders[0]);
        let mut snapshot = recorders[0].take_snapshot(second);
        snapshot.until = EndOf::Second;
        book.take_into(&mut snapshot.totals);
        collector.absorb(0, snapshot);
    }
    let watches = std::mem::take(collector.watches());
    let mut info = RunInfo::new("x");
    info.duration = 4.secs();
    let report = collector.finish(info);
    let results = watches.results(&report);
    (report, results)
}

/// The only result.
fn of(assertion: &Assertion) -> AssertionResult {
    assert_eq!(assertion.mistakes(), Vec::<String>::new());
    let mut results = assertion.evaluate(&run_with(&[]).0);
    assert_eq!(results.len(), 1);
    results.remove(0)
}

#[track_caller]
fn holds(assertion: &Assertion) {
    let result = of(assertion);
    assert!(result.passed && result.look_at.is_empty(), "{result}");
}

/// Its message, then where to look.
fn told(assertion: &Assertion) -> Vec<String> {
    let result = of(assertion);
    assert!(!result.passed, "{result}");
    std::iter::once(result.message).chain(result.look_at).collect()
}

#[test]
fn a_scenario_is_asserted_on_by_its_requests() {
    holds(&scenario_details("Browse").all_requests().count().is(40));
    holds(&scenario_details("Buy").response_time().max().is(301.millis()));
    holds(&scenario_details("Buy").requests_per_sec().is(1));
    holds(&scenario_details("Browse").failed_requests().percent().is(2.5));
    let unknown = told(&scenario_details("Bye").all_requests().count().gt(0));
    assert_eq!(unknown, ["there is no scenario \"Bye\"; there are: \"Buy\", \"Browse\""]);
}

#[test]
fn status_codes_are_counted_in_every_scope() {
    holds(&global().status(200).count().is(43));
    holds(&global().status(500..600).count().is(1));
    holds(&global().status(500..=599).percent().lt(3));
    holds(&scenario_details("Buy").status([500, 503]).count().is(0));
    holds(&details("login").status(500).count().is(1));
    holds(&details("shop").status(200).percent().is(100));
    assert!(for_all().status(404).count().is(0).evaluate(&run_with(&[]).0).iter().all(|result| result.passed));
    assert_eq!(
        told(&global().status(500..600).count().is(0)),
        ["was 1", "requests: login 1 of 40", "status codes: 43 × 200, 1 × 500"]
    );
    let empty = crate::metrics::tests::run(&[], 1, Limits::default());
    let result = &global().status(500..600).percent().lt(1).evaluate(&empty)[0];
    assert_eq!((result.passed, &*result.message), (false, "there is no percentage: no request has ended"));
    let mistakes = global().status(500..500).count().is(0).mistakes();
    assert!(mistakes[0].contains("no status code is given"), "{mistakes:?}");
}

#[test]
fn checks_are_asserted_on_by_their_name() {
    holds(&check_details("token").all().count().is(40));
    holds(&check_details("token").passed().count().is(39));
    holds(&check_details("token").failed().percent().is(2.5));
    assert_eq!(
        told(&check_details("token").failed().count().is(0)),
        ["was 1", "requests: login 1", "errors: 1 × token: nothing found"]
    );
    assert_eq!(
        told(&check_details("tokn").failed().count().is(0)),
        ["there is no check \"tokn\", or it was never made; there are: \"token\""]
    );
}

#[test]
fn custom_metrics_are_asserted_on_by_the_figures_of_their_kind() {
    holds(&metric("orders").count().is(180));
    holds(&metric("orders").per_sec().is(45));
    holds(&metric("orders").tag("kind", "express").count().is(140));
    holds(&metric(&counter("orders").tag("kind", "parcel")).count().is(40));
    holds(&metric("basket").percentile(50).between(19, 20));
    holds(&metric("basket").max().is(39));
    holds(&metric("basket").mean().is(19.5));
    holds(&metric("basket").sum().is(780));
    holds(&metric("basket").std_dev().around(11.54, 0.02));
    holds(&metric("cached").percent().is(15));
    holds(&metric("stock").last().is(97));
    holds(&metric("stock").min().is(97));
    assert_eq!(
        told(&metric("orders").count().lt(100)),
        ["was 180", "tags: kind=express 140 (140), kind=parcel 40 (40)", "worst seconds: 0 (45), 1 (45), 2 (45)"]
    );
    assert_eq!(
        told(&metric("basket").percentile(95).lt(20)),
        ["was 37", "worst seconds: 3 (p95 39 EUR), 2 (p95 29 EUR), 1 (p95 19 EUR)"]
    );
    let wrong = told(&metric("orders").percentile(95).lt(5));
    assert_eq!(wrong, ["a counter has no 95th percentile; it has count() and per_sec()"]);
}

#[test]
fn a_metric_without_values_is_known_if_it_is_given_itself() {
    holds(&metric(&LOST).count().is(0));
    holds(&metric(&counter("orders").tag("kind", "boat")).count().is(0));
    let unknown = told(&metric("lost").count().is(0));
    let expected = "there is no metric \"lost\"; there are: \"basket\", \"stock\", \"cached\", \"orders\". If it may be \
                    that nothing is recorded in it, give the metric itself: metric(&…)";
    assert_eq!(unknown, [expected]);
    let tags = told(&metric("orders").tag("kind", "boat").count().is(0));
    assert_eq!(tags, ["there is no value with the tags \"kind=boat\"; there are: \"kind=parcel\", \"kind=express\""]);
    let nothing = metric(&trend("nothing")).max().lt(5).evaluate(&run_with(&[]).0);
    assert_eq!((nothing[0].passed, &*nothing[0].message), (false, "nothing was recorded in it"));
    let mistakes = metric(&LOST).percentile(95).lt(5).mistakes();
    assert!(mistakes[0].contains("a counter has no 95th percentile"), "{mistakes:?}");
    assert!(metric(" ").count().is(0).mistakes()[0].contains("the name of the metric is empty"));
    assert!(check_details("").all().count().is(0).mistakes()[0].contains("the name of the check is empty"));
    assert!(
        scenario_details("").all_requests().count().is(0).mistakes()[0].contains("the name of the scenario is empty")
    );
}

#[test]
fn a_failure_tells_where_to_look() {
    assert_eq!(
        told(&global().response_time().percentile(99).lt(100.millis())),
        [
            "was 301 ms",
            "requests: shop / list 301 ms (4 of 44), login 1 ms (40 of 44)",
            "worst seconds: 3 (p99 301 ms), 2 (p99 201 ms), 1 (p99 101 ms)"
        ]
    );
    assert_eq!(
        told(&global().failed_requests().count().is(0)),
        ["was 1", "requests: login 1 of 40 failed", "errors: 1 × token: nothing found", "worst seconds: 2 (1 failed)"]
    );
    assert_eq!(
        told(&details("list").response_time().max().lt(200.millis())),
        ["was 301 ms", "worst seconds: 3 (max 301 ms), 2 (max 201 ms), 1 (max 101 ms)"]
    );
    assert_eq!(
        told(&global().requests_per_sec().gt(100)),
        ["was 11", "worst seconds: 0 (11 requests), 1 (11 requests), 2 (11 requests)"]
    );
    assert_eq!(
        told(&details("shop").response_time().max().lt(10.millis())),
        ["was 301 ms", "worst seconds: 3 (max 301 ms), 2 (max 201 ms), 1 (max 101 ms)"]
    );
    // Nothing is wrong with one request alone but that there were too few failures.
    assert_eq!(told(&global().failed_requests().count().gt(5)), ["was 1"]);
}

#[test]
fn every_scope_has_windows() {
    let over = 2.secs();
    let criteria = [
        (
            scenario_details("Buy").response_time().max().over(over).lt(202.millis()),
            "failed in 1 of 3 windows, at worst 301 ms at 4 s",
        ),
        (global().status(500).count().over(over).is(0), "failed in 2 of 3 windows, at worst 1 at 3 s"),
        (details("shop").status(200).percent().over(over).is(100), "held in 3 windows, at worst 100 % at 2 s"),
        (check_details("token").failed().percent().over(over).lt(5), "failed in 2 of 3 windows, at worst 5 % at 3 s"),
        (metric("orders").count().over(over).gte(90), "held in 3 windows, at worst 90 at 2 s"),
        (metric("orders").tag("kind", "parcel").per_sec().over(over).is(10), "held in 3 windows, at worst 10 at 2 s"),
        (metric("basket").percentile(100).over(over).lt(30), "failed in 1 of 3 windows, at worst 39 at 4 s"),
        (metric("cached").percent().over(over).lte(20), "failed in 1 of 3 windows, at worst 25 % at 4 s"),
        (metric("stock").last().over(over).gt(98), "failed in 2 of 3 windows, at worst 97 at 4 s"),
        (metric(&LOST).count().over(over).is(0), "held in 3 windows, at worst 0 at 2 s"),
        (
            metric("orders").percentile(5).over(over).is(0),
            "a counter has no 5th percentile; it has count() and per_sec()",
        ),
        (metric(&trend("none")).max().over(over).is(0), "there was no value in any window of 2 s"),
        (
            scenario_details("Bye").all_requests().count().over(over).is(0),
            "there is no scenario \"Bye\"; there are: \"Buy\", \"Browse\"",
        ),
        (
            check_details("x").all().count().over(over).is(0),
            "there is no check \"x\", or it was never made; there are: \"token\"",
        ),
    ];
    let (_, results) = run_with(&criteria.each_ref().map(|(criterion, _)| criterion));
    for ((criterion, expected), result) in criteria.iter().zip(&results) {
        assert_eq!(criterion.mistakes(), Vec::<String>::new());
        assert_eq!(&result.message, expected, "{result}");
        assert_eq!(result.passed, expected.starts_with("held"), "{result}");
    }
    assert_eq!(results[3].look_at, ["requests: login 1", "errors: 1 × token: nothing found"]);
    assert_eq!(results.len(), criteria.len());
}
