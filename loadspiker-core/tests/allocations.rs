//! Steps that are no requests allocate nothing once they have been gone through: users may take millions of them.
//!
//! A test program of its own, with one test in it: allocations are counted for the whole process.

#![allow(clippy::unwrap_used, missing_docs)]

use loadspiker_core::custom_metric::{Trend, counter, gauge, rate, trend};
use loadspiker_core::dsl::*;
use loadspiker_core::feeder::records;
use loadspiker_core::inject::at_once_users;
use loadspiker_core::{Session, Value};
use loadspiker_testkit::{Allocations, count_allocations};

count_allocations!();

/// How many times a step is taken between two looks at the allocator, and how many looks there are.
const PASSES: usize = 200;
const LOOKS: usize = 10;

/// The least number of allocations in `PASSES` passes of this step.
fn allocations(first: Chain, step: Chain) -> usize {
    let allocations = Allocations::calls();
    let chain = first.exec(repeat(LOOKS, allocations.look().exec(repeat(PASSES, step))));
    let users = scenario("S").exec(chain).inject([at_once_users(1)]);
    let report = Simulation::new("counted").simulated_clock().with(users).run().unwrap();
    assert_eq!((report.users_ended(), report.users_failed()), (1, 0), "{:?}", report.step_errors());
    assert_eq!(allocations.looks(), LOOKS);
    allocations.least()
}

#[test]
fn steps_that_are_no_requests_allocate_nothing() {
    let nothing = || exec_fn(|_| Ok(()));
    let one_of = || [nothing(), nothing(), nothing()];
    let users = || records((0..PASSES * LOOKS).map(|id| [("id", Value::from(id)), ("name", Value::from("Ann"))]));
    let first = exec_fn(|session| {
        session.set("n", 0)?;
        session.set("kind", "b")?;
        session.set("flag", true)?;
        session.set("list", vec![1, 2, 3])?;
        Ok(())
    });
    let count = exec_fn(|session| {
        let n: i64 = session.get("n")?;
        session.set("n", n + 1)?;
        session.set("unknown to every expression", n)?;
        Ok(())
    });
    let chance = [(40.0, nothing()), (60.0, nothing())];
    const TOTAL: Trend = trend("total");
    let record = exec_fn(|session| {
        let kind = session.get_str("kind")?;
        TOTAL.record_tagged(session, 12.5, &[("kind", kind), ("region", "eu")]);
        counter("orders").add(session, 1);
        gauge("stock").set(session, 5);
        rate("cached").record(session, true);
        Ok(())
    });
    for (name, step) in [
        ("exec_fn", nothing()),
        ("exec_fn that records in custom metrics", record),
        ("exec_fn that sets attributes", count),
        ("do_if", do_if("#{n.exists()}", nothing())),
        ("do_if, by a closure", do_if(|session: &Session| session.contains("n"), nothing())),
        ("do_if_or_else", do_if_or_else("#{x.exists()}", nothing(), nothing())),
        ("do_if_equals", do_if_equals("#{kind}", "b", nothing())),
        ("do_if_equals of a bool and a text", do_if_equals("#{flag}", "true", nothing())),
        ("do_switch", do_switch("#{kind}", [("a", nothing()), ("b", nothing())])),
        ("random_switch", random_switch(chance)),
        ("uniform_random_switch", uniform_random_switch(one_of())),
        ("round_robin_switch", round_robin_switch(one_of())),
        ("repeat", repeat(3, nothing())),
        ("repeat_counted", repeat_counted("#{list.size()}", "i", nothing())),
        ("foreach", foreach("#{list}", "item", nothing())),
        (
            "as_long_as",
            as_long_as("#{i.isUndefined()}", exec_fn(|session| Ok(session.set("i", 1)?))).exec_fn(|session| {
                session.remove("i");
                Ok(())
            }),
        ),
        ("during", during(0, nothing())),
        ("feed, circular", feed(users().circular())),
        ("feed, queue", feed(users())),
        ("feed, random", feed(users().random())),
        ("group", group("outer", group("inner", nothing()))),
        ("group with a rendered name", group("kind #{kind}", nothing())),
        ("try_max", try_max(2, nothing())),
        ("exit_block_on_fail", exit_block_on_fail(nothing())),
        ("exit_here_if_failed", exit_here_if_failed()),
        ("pause of nothing", pause(0)),
    ] {
        assert_eq!(allocations(first.clone(), step), 0, "in {PASSES} passes of {name}");
    }
    // And it would be seen.
    let allocating = exec_fn(|session| Ok(session.set("kind", format!("kind {}", session.user_id()))?));
    assert!(allocations(first, allocating) >= PASSES);
}
