//! Where idle connections wait: in a pool of each user's own, or in one that all users of a shard share.

mod own;
mod shared;
#[cfg(test)]
mod tests;

use std::rc::Rc;

pub(crate) use own::OwnPool;
pub(crate) use shared::{Permit, SharedPool};

/// The place of the idle connection to take, where `last_of` finds the last one of an owner: the owner's, else, for an owner
/// that has none, one that is nobody's. What has an owner is for requests of the owner alone.
fn pick(last_of: impl Fn(Option<&Rc<String>>) -> Option<usize>, owner: Option<&Rc<String>>) -> Option<usize> {
    last_of(owner).or_else(|| owner.and_then(|_| last_of(None)))
}
