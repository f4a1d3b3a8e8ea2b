//! [`OwnPool`]: the idle connections of one user, as a browser holds them.

use super::{Pooled, pick};
use crate::events;

/// The idle connections of one user, or of one branch of it, by target. Either does one thing at a time, so there is seldom
/// more than one per target, but for users whose branches have joined.
#[derive(Debug)]
pub struct OwnPool<K, C> {
    idle: Vec<(K, C)>,
}

impl<K, C> Default for OwnPool<K, C> {
    fn default() -> Self {
        OwnPool { idle: Vec::new() }
    }
}

impl<K: Clone + PartialEq, C: Pooled> OwnPool<K, C> {
    /// Takes the connection to `target` that was used last, of those of this owner, or else of nobody. Those found unusable
    /// are dropped on the way.
    pub fn take(&mut self, target: &K, owner: Option<&str>) -> Option<C> {
        loop {
            let last_of =
                |owner: Option<&str>| self.idle.iter().rposition(|(to, idle)| to == target && idle.owner() == owner);
            let index = pick(last_of, owner)?;
            let (_, connection) = self.idle.swap_remove(index);
            if connection.is_usable() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next request, at most `limit` per target: the oldest one makes room.
    pub fn put(&mut self, target: &K, connection: C, limit: usize) {
        if !connection.is_usable() {
            return;
        }
        if self.idle.iter().filter(|(to, _)| to == target).count() >= limit
            && let Some(oldest) = self.idle.iter().position(|(to, _)| to == target)
        {
            events::makes_room();
            self.idle.remove(oldest);
        }
        if self.idle.is_empty() {
            self.idle.reserve_exact(1);
        }
        self.idle.push((target.clone(), connection));
    }

    /// A pool for a branch of the user, with one idle connection to each target, as far as there are any.
    #[must_use]
    pub fn deal(&mut self) -> Self {
        let mut dealt = OwnPool::default();
        // The one used last is the least likely to be closed.
        for index in (0..self.idle.len()).rev() {
            if dealt.idle.iter().all(|(to, _)| *to != self.idle[index].0) {
                dealt.idle.push(self.idle.remove(index));
            }
        }
        dealt
    }

    /// Takes over the connections of a branch that is done, at most `limit` per target in all.
    pub fn absorb(&mut self, branch: Self, limit: usize) {
        for (target, connection) in branch.idle {
            self.put(&target, connection, limit);
        }
    }

    /// Closes the connections that cannot be used again.
    pub fn sweep(&mut self) {
        self.idle.retain(|(_, connection)| connection.is_usable());
        self.idle.shrink_to_fit();
    }

    /// How many connections are idle.
    pub fn len(&self) -> usize {
        self.idle.len()
    }

    /// Whether no connection is idle.
    pub fn is_empty(&self) -> bool {
        self.idle.is_empty()
    }
}
