//! A protocol that breaks a shard: the run ends, and says why.

#![allow(clippy::unwrap_used, missing_docs)]

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
    fn tick(&self) {
        assert!(!self.breaks, "broken by a tick");
    }
}

impl Protocol for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }

    fn open(&self, shard: ShardInfo) -> Result<Rc<dyn ShardState>, String> {
        assert!(!(self.at_opening && shard.index == 1), "broken when opened");
        Ok(Rc::new(FragileShard { breaks: shard.index == 1 }))
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
