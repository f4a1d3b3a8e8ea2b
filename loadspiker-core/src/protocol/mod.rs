//! What a protocol gives and gets. The engine knows protocols through these traits alone.
//!
//! A protocol crate gives
//!
//! * a configuration, which implements [`Protocol`]: its name, and how to open its state for one shard;
//! * request builders, which implement [`ActionBuilder`] and turn into an [`Action`] when the simulation is compiled;
//! * optionally a response type that implements [`Response`](crate::check::Response), so that all checks work on it.
//!
//! and gets, through the [`ActionContext`], the session, rendered expressions, the clock, timeouts and the recorder.

mod context;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

pub use context::{ActionContext, Elapsed};

use crate::compile::CompileContext;

/// The configuration of a protocol: what a user passes to `Simulation::protocol`.
///
/// Protocols merge by kind (the Rust type): one given on a population replaces the simulation's of the same type.
pub trait Protocol: Any + fmt::Debug + Send + Sync {
    /// The protocol's name, in lower case: `http`.
    fn name(&self) -> &'static str;

    /// Finds what is wrong with the configuration before the run; each mistake is told with `cx.mistake`.
    fn check(&self, cx: &mut CompileContext<'_>) {
        let _ = cx;
    }

    /// Opens the protocol's state for one shard: pools, resolvers, TLS configuration. Called on the shard's own
    /// thread, once, before the first user starts; nothing in it is shared with another core.
    ///
    /// # Errors
    ///
    /// A message that names what could not be opened and the remedy; the run does not start.
    fn open(&self, shard: ShardInfo) -> Result<Rc<dyn ShardState>, String>;

    /// The same configuration with another target (`--base-url`), or `None` if the protocol has no such notion.
    ///
    /// # Errors
    ///
    /// What is wrong with `target`.
    fn with_target(&self, target: &str) -> Option<Result<Arc<dyn Protocol>, String>> {
        let _ = target;
        None
    }
}

/// Which shard a protocol's state is opened for.
#[derive(Clone, Copy, Debug)]
pub struct ShardInfo {
    /// From 0.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

/// A protocol's state on one shard: everything its users share.
pub trait ShardState: Any {
    /// Called about once a second: a time to close what has been idle, to refresh what has grown old.
    fn tick(&self) {}
}

/// A protocol's state of one virtual user: its connections, its cookies. Dropped when the user ends.
pub trait UserState: Any {
    /// The user is about to rest for this long: give back what can be had again (buffers of idle connections).
    fn rest(&mut self, duration: Duration) {
        let _ = duration;
    }
}

/// Where a protocol's states are kept; found at compile time by [`CompileContext::protocol`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolSlot(pub(crate) usize);

/// A request as the user wrote it: a plain value, not yet compiled.
pub trait ActionBuilder: Send + Sync {
    /// One line for the plan and for mistakes: `http "login" POST /login`.
    fn describe(&self) -> String;

    /// Prepares the request: expressions are parsed, names interned, mistakes told with `cx.mistake`.
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action>;
}

/// The future of a running action. It lives on one shard and need not be `Send`.
pub type ActionFuture<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A prepared request, shared by all virtual users.
pub trait Action: Send + Sync {
    /// Runs once for one user: sends the request, runs its checks, hands a sample to [`ActionContext::record`].
    ///
    /// What goes wrong is a failed sample, never a panic. After a failed one the user goes on with the next step.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the run is stopped and its grace period is over; it must not leave anything
    /// behind that outlives the user.
    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a>;
}
