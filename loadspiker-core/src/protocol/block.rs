//! [`Block`]: something that a protocol opens and closes around a chain, such as a transaction.

use super::compile_context::{CompileContext, RequestName};
use super::context::ActionContext;
use super::handle::LocalFuture;

/// A block as the user writes it: what is opened before a chain and closed behind it. A protocol's builder implements it
/// and makes a step of it with [`Chain::block`](crate::dsl::Chain::block).
pub trait BlockBuilder: Send + Sync {
    /// One line for the plan and for mistakes: `sql transaction "transfer"`.
    fn describe(&self) -> String;

    /// Prepares it, as [`ActionBuilder::compile`](super::ActionBuilder::compile) does a request.
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Block>;
}

/// A prepared block, shared by all virtual users.
///
/// What is open between the two calls, such as the connection that a transaction is pinned to, is kept in the
/// [`UserState`](super::UserState).
pub trait Block: Send + Sync {
    /// The name that a panic in it is counted under.
    fn name(&self) -> &RequestName;

    /// Opens it. If it says `false`, it is not open: the chain is left out, and [`end`](Self::end) is not called. A
    /// request that it makes for that is recorded as in an action; one that failed says `false`.
    fn begin<'a>(&'a self, cx: &'a mut ActionContext) -> LocalFuture<'a, bool>;

    /// Closes it. Called once for each block that was opened, however the chain was left.
    ///
    /// # Cancel safety
    ///
    /// At the end of a run it has one second; then the future is dropped.
    fn end<'a>(&'a self, cx: &'a mut ActionContext, outcome: BlockOutcome) -> LocalFuture<'a, ()>;
}

/// How the chain in a block ended. What failed before the block does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockOutcome {
    /// It ran to its end, and nothing in it failed.
    Ok,
    /// Something in it failed, whether or not it ran to its end.
    Failed,
    /// It was left before its end and nothing had failed: the user exits, or the time of a loop around is over.
    Exited,
    /// The run was stopped within it.
    Stopped,
}
