//! A protocol that breaks a shard, or a user: the run ends, and says why.

use std::rc::Rc;

use loadspiker_core::DurationExt;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::dsl::*;
use loadspiker_core::inject::at_once_users;
use loadspiker_core::protocol_prelude::*;
use loadspiker_core::report::EndReason;

/// Panics on the second shard: when it is opened there, or at its first tick.
#[derive(Clone, Debug)]
struct Fragile {
    at_opening: bool,
}

struct FragileShard {
    breaks: bool,
}

impl ShardState for FragileShard {
    fn tick(&self, _: &ShardHandle) {
        assert!(!self.breaks, "broken by a tick");
    }
}

impl Protocol for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }

    fn open<'a>(&'a self, shard: &'a ShardHandle) -> LocalFuture<'a, Result<Rc<dyn ShardState>, String>> {
        Box::pin(async {
            assert!(!(self.at_opening && shard.index() == 1), "broken when opened");
            Ok(Rc::new(FragileShard { breaks: shard.index() == 1 }) as Rc<dyn ShardState>)
        })
    }
}

/// Its use makes the protocol part of the run.
struct Nothing;

impl ActionBuilder for Nothing {
    fn describe(&self) -> String {
        "nothing".to_owned()
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        cx.protocol(|| Fragile { at_opening: false });
        Box::new(Done(cx.request_name("nothing")))
    }
}

struct Done(RequestName);

impl Action for Done {
    fn name(&self) -> &RequestName {
        &self.0
    }

    fn run<'a>(&'a self, _cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async {})
    }
}

fn simulation(at_opening: bool) -> Simulation {
    let rest = scenario("Rest").exec(Chain::action(Nothing)).pause(1.hours()).inject([at_once_users(4)]);
    Simulation::new("breakdown").protocol(Fragile { at_opening }).with(rest).shards(2)
}

#[test]
fn a_shard_that_breaks_before_the_run_is_an_error() {
    let error = simulation(true).run().unwrap_err().to_string();
    assert!(error.starts_with("cannot start shard 1: panicked at "), "{error}");
    assert!(error.ends_with("broken when opened"), "{error}");
}

#[test]
fn a_shard_that_breaks_during_the_run_ends_it_with_a_report() {
    let report = simulation(false).run().unwrap();
    let EndReason::Aborted(why) = &report.info().end else { panic!("{:?}", report.info().end) };
    assert!(why.starts_with("shard 1: panicked at ") && why.ends_with("broken by a tick"), "{why}");
    assert!(!report.passed());
    // What the other shard knew is not lost.
    assert!(report.users_started() >= 2, "{}", report.users_started());
}

/// A user's state that cannot be put down.
struct Unstable;

impl UserState for Unstable {}

impl Drop for Unstable {
    fn drop(&mut self) {
        panic!("the state of a user falls apart");
    }
}

/// Gives its user such a state.
struct Burden(RequestName, ProtocolSlot);

struct Load;

impl ActionBuilder for Load {
    fn describe(&self) -> String {
        "load".to_owned()
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let (slot, _) = cx.protocol(|| Fragile { at_opening: false });
        Box::new(Burden(cx.request_name("load"), slot))
    }
}

impl Action for Burden {
    fn name(&self) -> &RequestName {
        &self.0
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async {
            cx.user(self.1, || Unstable);
        })
    }
}

#[test]
fn a_branch_lost_in_a_panic_does_not_take_its_user_along() {
    let trace = loadspiker_testkit::Trace::default();
    let lost = pause(1).exec(Chain::action(Load));
    let chain = group("g", parallel([lost, trace.probe("other")])).exec(trace.probe("joined"));
    let report = loadspiker_testkit::run([scenario("Carry").exec(chain).inject([at_once_users(2)])]);
    assert_eq!(trace.names(), ["other", "other", "joined", "joined"]);
    assert_eq!(trace.millis("joined"), [1000, 1000]);
    assert_eq!((report.users_started(), report.users_ended(), report.users_failed(), report.panics()), (2, 2, 2, 2));
    assert_eq!(report.group("g").map(|group| group.failed_count()), Some(2));
    assert!(report.step_errors()[0].0.ends_with("the state of a user falls apart"), "{:?}", report.step_errors());
}

#[test]
fn a_user_lost_in_a_panic_is_counted_and_not_waited_for() {
    let carry = scenario("Carry").exec(Chain::action(Load)).inject([at_once_users(2)]);
    let report = Simulation::new("lost").with(carry).simulated_clock().run().unwrap();
    assert_eq!((report.users_started(), report.users_ended(), report.users_failed(), report.panics()), (2, 2, 2, 2));
    assert!(report.step_errors()[0].0.ends_with("the state of a user falls apart"), "{:?}", report.step_errors());
}
