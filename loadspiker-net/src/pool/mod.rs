//! Where idle connections wait: in a pool of each user's own ([`OwnPool`]), or in one that all users of a shard share
//! ([`Pool`], and [`Pools`] for several targets).
//!
//! A shared pool is bounded. At the bound users wait in order, and the wait is the phase `wait` of a sample. The place of a
//! connection returns to the pool when its [`Lease`] is dropped, also where the future that held it is cancelled.

mod lease;
mod own;
mod shared;
#[cfg(test)]
mod tests;

pub use self::lease::Lease;
pub use self::own::OwnPool;
pub use self::shared::{Permit, Pool, Pools};

/// A connection that can wait in a pool.
pub trait Pooled {
    /// Whether another exchange can be tried on it. It must be `false` from the beginning of an exchange to its end: a
    /// connection that comes back in the middle of one, because its user was cancelled, is closed.
    fn is_usable(&self) -> bool;

    /// Whose the connection is, if it was authenticated: then it is for requests of the same owner alone. By default
    /// connections have no owners.
    fn owner(&self) -> Option<&str> {
        None
    }
}

/// The place of the idle connection to take, where `last_of` finds the last one of an owner: the owner's, else, for an owner
/// that has none, one that is nobody's.
fn pick(last_of: impl Fn(Option<&str>) -> Option<usize>, owner: Option<&str>) -> Option<usize> {
    last_of(owner).or_else(|| owner.and_then(|_| last_of(None)))
}
