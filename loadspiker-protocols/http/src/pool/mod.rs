//! Where idle connections wait: in a pool of each user's own, or in one that all users of a shard share.

mod own;
mod shared;
#[cfg(test)]
mod tests;

use std::rc::Rc;

pub(crate) use own::OwnPool;
pub(crate) use shared::{Permit, SharedPool};

use crate::connection::Connection;

/// The place of the idle connection to take, the one used last being at the end: one of the same owner's, else, for an
/// owner that has none, one that is nobody's. What has an owner is for requests of the owner alone.
fn pick<'a>(
    connections: impl DoubleEndedIterator<Item = Option<&'a Connection>> + ExactSizeIterator + Clone,
    owner: Option<&Rc<String>>,
) -> Option<usize> {
    let of = |owner| connections.clone().rposition(|idle| idle.is_some_and(|idle| idle.owner() == owner));
    of(owner).or_else(|| owner.and_then(|_| of(None)))
}
