//! Pools of idle connections: one per user ([`OwnPool`]), or one shared by all users of a shard ([`Pool`], and [`Pools`] for
//! several targets).
//!
//! A shared pool is bounded. At the bound, users wait in FIFO order, and the wait is the phase `wait` of a sample. The permit
//! of a connection returns to the pool when its [`Lease`] is dropped, even if a future is cancelled.

mod lease;
mod own;
mod shared;
#[cfg(test)]
mod tests;

pub use self::lease::Lease;
pub use self::own::OwnPool;
pub use self::shared::{Permit, Pool, Pools};

/// A connection that can be kept in a pool.
pub trait Pooled {
    /// Whether the connection can carry another exchange. Must be `false` during an exchange: a connection that is returned in
    /// the middle of one, because its user was cancelled, is closed.
    fn is_usable(&self) -> bool;

    /// The owner of the connection, if it is authenticated. Such a connection is only used for requests of the same owner.
    /// Default: none.
    fn owner(&self) -> Option<&str> {
        None
    }
}

/// The place of the idle connection to take, where `last_of` finds the last one of an owner: the owner's, else, for an owner
/// that has none, one that is nobody's.
fn pick(last_of: impl Fn(Option<&str>) -> Option<usize>, owner: Option<&str>) -> Option<usize> {
    last_of(owner).or_else(|| owner.and_then(|_| last_of(None)))
}
