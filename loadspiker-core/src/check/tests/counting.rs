//! How checks are counted, and what they record in custom metrics.

use std::rc::Rc;

use super::*;
use crate::custom_metric::{counter, gauge, rate, trend};
use crate::metrics::{Book, Totals};
use crate::session::{Schema, Shared};
use crate::shown::plain;

/// What the book has after the checks have run over the response.
fn counted(checks: &[Check], response: &Fake) -> (Result<(), String>, Totals) {
    let (set, _, mistakes) = compile_in_test(|cx| CheckSet::compile(checks, cx));
    assert_eq!(mistakes, Vec::<String>::new());
    let book = Rc::new(Book::default());
    let mut session = Session::sharing(Rc::new(Shared::recorded_in(Schema::new("s", []), &book)), 1, 0, 1);
    let outcome = set.run(response, &mut session);
    let mut totals = Totals::default();
    book.take_into(&mut totals);
    (outcome.map_err(|failure| failure.to_string()), totals)
}

/// Name, passed and failed of each.
fn counts(checks: &[Check]) -> Vec<(String, u64, u64)> {
    let totals = counted(checks, &response(SHOP)).1;
    totals.checks.iter().map(|(name, counts)| (name.to_string(), counts.passed, counts.failed)).collect()
}

fn count(name: &str, passed: u64, failed: u64) -> (String, u64, u64) {
    (name.to_owned(), passed, failed)
}

#[test]
fn every_check_is_counted_by_its_name_or_by_what_it_looks_for() {
    let checks = [
        status().is(404),
        json_path("$.price").is(3).name("price"),
        json_path("$.price").gt(5).name("price"),
        json_path("$.tags[*]").count().is(3),
        json_path("$.none").optional(),
        custom_check("small", |_, _| true),
    ];
    let expected = [
        count("json_path $.none", 1, 0),
        count("json_path $.tags[*] count", 1, 0),
        count("price", 1, 1),
        count("small", 1, 0),
        count("status", 0, 1),
    ];
    assert_eq!(counts(&checks), expected);
}

#[test]
fn of_checks_together_those_inside_are_counted_if_they_have_a_name() {
    let checks = [
        any_of([json_path("$.none"), json_path("$.price").name("has a price")]),
        all_of([status().is(200), status().is(201).name("created")]).name("both"),
    ];
    let expected = [count("any_of(…)", 1, 0), count("both", 0, 1), count("created", 0, 1), count("has a price", 1, 0)];
    assert_eq!(counts(&checks), expected);
}

#[test]
fn what_is_not_made_is_not_counted() {
    assert_eq!(counts(&[check_if(false, status().is(404))]), []);
    assert_eq!(counts(&[check_if(true, status().is(404))]), [count("status", 0, 1)]);
    let named = check_if(true, status().is(404)).name("on a condition");
    assert_eq!(counts(&[named]), [count("on a condition", 0, 1)]);
    let head = Fake { has_body: false, ..response("") };
    assert_eq!(counted(&[json_path("$.x")], &head).1.checks.len(), 0);
}

#[test]
fn values_are_recorded_whether_or_not_they_are_as_they_should_be() {
    let checks = [
        json_path("$.price").lt(1).record_to(&trend("price")).record_to(&counter("things").tag("kind", "a")),
        json_path("$.items[*].id").find_all().record_to(&trend("ids")),
        json_path("$.open").record_to(&rate("open")),
        json_path("$.text").record_to(&gauge("text")),
        json_path("$.none").optional().record_to(&trend("none")),
        json_path("$.price")
            .transform(|value| value.as_f64().map_or(0.0, |price| price * 2.0))
            .record_to(&trend("twice")),
    ];
    let (outcome, totals) = counted(&checks, &response(SHOP));
    assert!(plain(&outcome.unwrap_err()).contains("3 is not less than 1"));
    let mut collector = crate::collector::Collector::new(1, &[], Vec::new().into(), crate::metrics::Limits::default());
    collector.absorb(0, crate::metrics::Snapshot { totals, ..Default::default() });
    let report = collector.finish(crate::report::RunInfo::new("x"));
    let metric = |name: &str| report.metric(name).unwrap();
    assert_eq!((metric("price").max(), metric("things").count()), (Some(3.0), 3));
    assert_eq!((metric("ids").sum(), metric("ids").count()), (Some(3.0), 2));
    assert_eq!((metric("open").percent(), metric("text").last()), (Some(100.0), Some(12.0)));
    assert_eq!((report.metric("none"), metric("twice").max()), (None, Some(6.0)));
    assert_eq!(report.metrics().iter().find(|one| one.name() == "things").unwrap().parts().next().unwrap().0, "kind=a");
}

#[test]
fn a_check_that_the_user_has_not_written_is_counted_as_what_it_comes_with() {
    let checks = [
        status().is(500).implied_by("a login"),
        json_path("$.none").name("refused").implied_by("a login"),
        custom_check("own", |_, _| true),
    ];
    let totals = counted(&checks, &response(SHOP)).1;
    let names: Vec<_> = totals.checks.keys().map(|name| &**name).collect();
    assert_eq!(names, ["own", "refused (implied by a login)", "status (implied by a login)"]);
}

#[test]
fn a_value_that_cannot_be_recorded_fails_the_check() {
    let told = |check: Check| message(check);
    assert_eq!(
        told(json_path("$.tags[0]").record_to(&trend("t"))),
        "json_path $.tags[0]: \"a\" is not a number, which the trend \"t\" needs"
    );
    assert_eq!(
        told(json_path("$.ratio").record_to(&counter("c")).name("ratio")),
        "ratio: 0.5 is not a whole number of at least 0, which the counter \"c\" needs"
    );
    assert!(told(json_path("$.owner").record_to(&gauge("g"))).contains("null is not a number"));
    let named = mistakes(json_path("$.x").record_to(&trend(" ")));
    assert_eq!(named, ["the name of a trend is empty; give it one that can be found in a report"]);
    let misused = mistakes(any_of([status()]).record_to(&trend("t")));
    assert_eq!(misused, [".record_to(…) has no effect on any_of(…); write it on the checks inside"]);
}
