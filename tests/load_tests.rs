//! Load tests under `cargo test`: with the attribute, and by hand. A pattern to copy into a project of one's own.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::io;

use loadspiker::prelude::*;

#[path = "../examples/support/shop.rs"]
mod shop;

const PRODUCTS: Trend = trend("products on a page");

/// Counted by its name, and its value is recorded.
fn ten_products() -> Check {
    json_path("$.products[*].id").count().is(10).record_to(&PRODUCTS).name("ten products")
}

/// Forty visits of the first page of the list within two seconds.
fn visits(base_url: &str) -> Simulation {
    let visit = scenario!("Visit").exec(http("list").get("/products").check(ten_products()));
    Simulation::new("visits")
        .protocol(HttpProtocol::new(base_url))
        .with(visit.inject([constant_users_per_sec(20.0).during(2.secs())]))
        .assert(global().failed_requests().count().is(0))
        .assert(global().status(200).percent().is(100))
        .assert(check_details("ten products").failed().count().is(0))
        .assert(metric(&PRODUCTS).min().is(10))
}

/// The attribute runs what the function returns; the test fails if an assertion does.
#[loadspiker::test]
fn the_list_answers_every_visitor() -> io::Result<Simulation> {
    Ok(visits(&shop::open()?))
}

/// A failed assertion fails the test. Attributes that tests know work here, too.
#[loadspiker::test]
#[should_panic(expected = "failed requests")]
fn a_shop_that_refuses_fails_the_test() -> io::Result<Simulation> {
    let visit = scenario!("Visit").exec(http("no such page").get("/products").query("page", "6"));
    Ok(Simulation::new("refused")
        .protocol(HttpProtocol::new(shop::open()?))
        .with(visit.inject([at_once_users(1)]))
        .assert(global().failed_requests().count().is(0)))
}

/// Run by hand, the report is there to be asked.
#[test]
fn the_report_counts_every_visit() {
    let report = visits(&shop::open().unwrap()).run().unwrap();
    report.assert_passed();
    assert_eq!(report.request("list").unwrap().count(), 40);
    assert_eq!(report.users_started(), 40);
    assert_eq!(report.check("ten products").unwrap().passed_count(), 40);
    assert_eq!(report.metric("products on a page").unwrap().max(), Some(10.0));
}
