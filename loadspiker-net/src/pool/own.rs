//! [`OwnPool`]: the idle connections of one user, like those of a browser.

use super::{Pooled, pick};
use crate::events;

/// The idle connections of one user, or of one of its branches, by target. Both do one thing at a time, so there is rarely
/// more than one per target, except after branches have joined.
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
    /// Takes the most recently used connection to `target` that belongs to this owner, or to nobody. Unusable ones are dropped.
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

    /// Keeps a connection for the next request. Beyond `limit` connections per target, the oldest one is closed.
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

    /// Moves one idle connection per target, if there is one, to the pool of a branch.
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

    /// Takes the connections of a finished branch, at most `limit` per target in total.
    pub fn absorb(&mut self, branch: Self, limit: usize) {
        for (target, connection) in branch.idle {
            self.put(&target, connection, limit);
        }
    }

    /// Closes unusable connections.
    pub fn sweep(&mut self) {
        self.idle.retain(|(_, connection)| connection.is_usable());
        self.idle.shrink_to_fit();
    }

    /// The number of idle connections.
    pub fn len(&self) -> usize {
        self.idle.len()
    }

    /// Whether there are no idle connections.
    pub fn is_empty(&self) -> bool {
        self.idle.is_empty()
    }
}
