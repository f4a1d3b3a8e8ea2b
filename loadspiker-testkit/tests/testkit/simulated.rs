//! Probes on the simulated clock, and seeds.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use loadspiker_core::dsl::{Steps, scenario};
use loadspiker_core::inject::at_once_users;
use loadspiker_testkit::{Trace, for_seeds, run};

#[test]
fn probes_tell_who_came_by_and_when() {
    let trace = Trace::default();
    let chain = trace.probe("a").pause(2).exec(trace.probe("b#{userId()}"));
    let report = run([scenario("s").exec(chain).inject([at_once_users(2)])]);
    assert_eq!(trace.names_of(2), ["a", "b2"]);
    assert_eq!((trace.millis("b1"), report.users_ended()), (vec![2000], 2));
}

#[test]
fn a_test_runs_with_each_seed_until_one_fails() {
    let seen = RefCell::new(Vec::new());
    let tried = |seed| {
        seen.borrow_mut().push(seed);
        assert!(seed < 3);
    };
    assert!(catch_unwind(AssertUnwindSafe(|| for_seeds(1..10, tried))).is_err());
    assert_eq!(seen.into_inner(), [1, 2, 3]);
}
