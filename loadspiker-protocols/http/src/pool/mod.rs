//! Where idle connections wait: in a pool of each user's own, or in one that all users of a shard share.

mod own;
mod shared;
#[cfg(test)]
mod tests;

pub(crate) use own::OwnPool;
pub(crate) use shared::{Permit, SharedPool};
