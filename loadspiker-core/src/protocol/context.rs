//! [`ActionContext`]: what a running action gets from the engine.

/// What a running action gets from the engine.
pub struct ActionContext {}

/// The time limit passed before the future was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("timed out")]
pub struct Elapsed;
