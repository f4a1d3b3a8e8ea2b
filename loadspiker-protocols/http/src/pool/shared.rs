//! [`SharedPool`]: the connections that all users of a shard share, bounded per origin, first come first served.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::pick;
use crate::connection::Connection;
use crate::origin::Origin;

/// Connections by origin. There are never more of them than the bound: a connection is opened only by who holds a
/// [`Permit`], and only when none is idle.
pub(crate) struct SharedPool {
    limit: usize,
    origins: RefCell<FxHashMap<u32, Rc<Connections>>>,
}

struct Connections {
    /// Holding the origin keeps its number from being given anew.
    _origin: Rc<Origin>,
    limit: usize,
    /// One permit for each connection that may be in use; it serves waiters in order.
    permits: Semaphore,
    idle: RefCell<Vec<Connection>>,
}

impl SharedPool {
    /// A pool of at most `limit` connections per origin.
    pub(crate) fn new(limit: usize) -> Self {
        SharedPool { limit: limit.clamp(1, Semaphore::MAX_PERMITS), origins: RefCell::default() }
    }

    fn connections(&self, origin: &Rc<Origin>) -> Rc<Connections> {
        let mut origins = self.origins.borrow_mut();
        let new = || Connections {
            _origin: origin.clone(),
            limit: self.limit,
            permits: Semaphore::new(self.limit),
            idle: RefCell::default(),
        };
        origins.entry(origin.id).or_insert_with(|| Rc::new(new())).clone()
    }

    /// A permit, if one is free and nobody waits for it.
    pub(crate) fn try_acquire(&self, origin: &Rc<Origin>) -> Option<Permit> {
        let connections = self.connections(origin);
        connections.permits.try_acquire().ok().map(SemaphorePermit::forget)?;
        Some(Permit { connections })
    }

    /// A permit, as soon as it is this caller's turn.
    ///
    /// # Cancel safety
    ///
    /// A dropped wait loses its place, and nothing else.
    pub(crate) async fn acquire(&self, origin: &Rc<Origin>) -> Permit {
        let connections = self.connections(origin);
        // The semaphore is never closed, so this does not fail.
        let granted = connections.permits.acquire().await.map(SemaphorePermit::forget);
        debug_assert!(granted.is_ok());
        Permit { connections }
    }

    /// Called about once a second: drops the connections that were closed, forgets origins without any.
    pub(crate) fn sweep(&self) {
        self.origins.borrow_mut().retain(|_, connections| {
            let mut idle = connections.idle.borrow_mut();
            idle.retain(Connection::is_reusable);
            !idle.is_empty() || Rc::strong_count(connections) > 1
        });
    }
}

/// The right to use one connection. Dropping it lets the next user in.
pub(crate) struct Permit {
    connections: Rc<Connections>,
}

impl Permit {
    /// The idle connection that was used last, of those for requests of this [`owner`](pick), if there is one. Those found
    /// closed are dropped on the way. Without one a new connection is to be opened; where those of other owners fill the
    /// bound, the oldest of them makes room.
    pub(crate) fn take(&self, owner: Option<&Rc<String>>) -> Option<Connection> {
        let Connections { limit, permits, idle, .. } = &*self.connections;
        let mut idle = idle.borrow_mut();
        while let Some(index) = pick(|owner| idle.iter().rposition(|idle| idle.owner() == owner), owner) {
            let connection = idle.remove(index);
            if connection.is_reusable() {
                return Some(connection);
            }
        }
        let in_use = limit - permits.available_permits();
        if in_use + idle.len() > *limit {
            idle.remove(0);
        }
        None
    }

    /// Gives the connection back for others, and the permit with it.
    pub(crate) fn put(self, connection: Connection) {
        if connection.is_reusable() {
            self.connections.idle.borrow_mut().push(connection);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.connections.permits.add_permits(1);
    }
}
