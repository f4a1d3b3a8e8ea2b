//! [`OwnPool`]: the idle connections of one user, as a browser holds them.

use std::rc::Rc;

use super::pick;
use crate::connection::Connection;
use crate::origin::Origin;

/// The idle connections of one user, or of one branch of it. Either does one thing at a time, so there is seldom more
/// than one per origin, but for users whose branches have joined.
#[derive(Default)]
pub(crate) struct OwnPool {
    /// Holding the origin keeps its number from being given anew.
    idle: Vec<(Rc<Origin>, Connection)>,
}

impl OwnPool {
    /// Takes the connection to `origin` that was used last, of those for requests of this [`owner`](pick). Those found
    /// closed are dropped on the way.
    pub(crate) fn take(&mut self, origin: &Rc<Origin>, owner: Option<&Rc<String>>) -> Option<Connection> {
        loop {
            let last_of = |owner: Option<&Rc<String>>| {
                self.idle.iter().rposition(|(to, idle)| to.id == origin.id && idle.owner() == owner)
            };
            let index = pick(last_of, owner)?;
            let (_, connection) = self.idle.swap_remove(index);
            if connection.is_reusable() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next request, at most `limit` per origin: the oldest one makes room.
    pub(crate) fn put(&mut self, origin: &Rc<Origin>, connection: Connection, limit: usize) {
        if !connection.is_reusable() {
            return;
        }
        if self.idle.iter().filter(|(to, _)| to.id == origin.id).count() >= limit
            && let Some(oldest) = self.idle.iter().position(|(to, _)| to.id == origin.id)
        {
            self.idle.remove(oldest);
        }
        if self.idle.is_empty() {
            self.idle.reserve_exact(1);
        }
        self.idle.push((origin.clone(), connection));
    }

    /// A pool for a branch of the user, with one idle connection to each origin, as long as there are any.
    pub(crate) fn deal(&mut self) -> OwnPool {
        let mut dealt = OwnPool::default();
        // The one used last is the least likely to be closed.
        for index in (0..self.idle.len()).rev() {
            if dealt.idle.iter().all(|(to, _)| to.id != self.idle[index].0.id) {
                dealt.idle.push(self.idle.remove(index));
            }
        }
        dealt
    }

    /// Takes over the connections of a branch that is done, at most `limit` per origin in all.
    pub(crate) fn absorb(&mut self, branch: OwnPool, limit: usize) {
        for (origin, connection) in branch.idle {
            self.put(&origin, connection, limit);
        }
    }

    /// Closes the connections that cannot be used again.
    pub(crate) fn sweep(&mut self) {
        self.idle.retain(|(_, connection)| connection.is_reusable());
        self.idle.shrink_to_fit();
    }

    /// How many connections there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.idle.len()
    }
}
