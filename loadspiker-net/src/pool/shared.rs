//! [`Pool`]: the bounded pool of connections that all users of a shard share, with FIFO waiting; [`Pools`]: one per target.

use std::cell::RefCell;
use std::fmt;
use std::hash::Hash;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Lease, Pooled, pick};
use crate::attempt::Attempt;
use crate::clock::Clock;
use crate::events;
use crate::failure::{Failure, Phase};

/// Connections to one target. Their number never exceeds the bound: opening a connection requires a [`Permit`], and happens
/// only if none is idle.
///
/// [`lease`](Self::lease) does everything in one call. [`try_acquire`](Self::try_acquire), [`acquire`](Self::acquire) and
/// [`Permit`] are its parts, for protocols that need them separately.
#[derive(Debug)]
pub struct Pool<C> {
    limit: usize,
    /// One permit for each connection that may be in use; it serves waiters in order.
    permits: Semaphore,
    idle: RefCell<Vec<C>>,
}

impl<C: Pooled> Pool<C> {
    /// Creates a pool of at most `limit` connections (at least one).
    pub fn new(limit: usize) -> Rc<Self> {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        Rc::new(Pool { limit, permits: Semaphore::new(limit), idle: RefCell::default() })
    }

    /// Gets a connection of this owner, or of nobody: an idle one, or one opened by `open`. At the bound, the call waits; if the
    /// wait exceeds the limit, the failure names `target`.
    ///
    /// # Errors
    ///
    /// The wait exceeded the limit, or `open` failed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, it loses its place in the queue.
    pub async fn lease<K: Clock>(
        self: &Rc<Self>,
        target: &(impl fmt::Display + ?Sized),
        owner: Option<&str>,
        attempt: &mut Attempt<'_, K>,
        open: impl AsyncFnOnce(&mut Attempt<'_, K>) -> Result<C, Failure>,
    ) -> Result<Lease<C>, Failure> {
        let permit = match self.try_acquire() {
            Some(permit) => permit,
            None => attempt.step(Phase::WAIT, target, self.acquire()).await?,
        };
        let connection = match permit.take(owner) {
            Some(connection) => connection,
            None => open(attempt).await?,
        };
        Ok(Lease::new(permit, connection))
    }

    /// Takes a permit, if one is free and there are no waiters.
    pub fn try_acquire(self: &Rc<Self>) -> Option<Permit<C>> {
        self.permits.try_acquire().ok().map(SemaphorePermit::forget)?;
        Some(Permit { pool: self.clone() })
    }

    /// Waits for a permit.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, it loses its place in the queue.
    pub async fn acquire(self: &Rc<Self>) -> Permit<C> {
        if self.permits.available_permits() == 0 {
            events::pool_is_exhausted(self.limit);
        }
        // The semaphore is never closed, so this does not fail.
        let granted = self.permits.acquire().await.map(SemaphorePermit::forget);
        debug_assert!(granted.is_ok());
        Permit { pool: self.clone() }
    }

    /// Closes idle connections that are unusable. Called about once a second.
    pub fn sweep(&self) {
        self.idle.borrow_mut().retain(C::is_usable);
    }

    /// The number of idle connections.
    pub fn idle(&self) -> usize {
        self.idle.borrow().len()
    }
}

/// The right to use one connection of a [`Pool`]. Dropping it wakes the next waiter.
#[derive(Debug)]
pub struct Permit<C> {
    pool: Rc<Pool<C>>,
}

impl<C: Pooled> Permit<C> {
    /// Takes the most recently used idle connection that belongs to this owner, or to nobody. Unusable ones are dropped. If there
    /// is none, open a new connection; if connections of other owners fill the pool, the oldest of them has been closed to make
    /// room.
    pub fn take(&self, owner: Option<&str>) -> Option<C> {
        let Pool { limit, permits, idle } = &*self.pool;
        let mut idle = idle.borrow_mut();
        while let Some(index) = pick(|owner| idle.iter().rposition(|idle| idle.owner() == owner), owner) {
            let connection = idle.remove(index);
            if connection.is_usable() {
                return Some(connection);
            }
        }
        let in_use = limit - permits.available_permits();
        if in_use + idle.len() > *limit {
            events::makes_room();
            idle.remove(0);
        }
        None
    }

    /// Returns the connection and the permit. An unusable connection is closed.
    pub fn put(self, connection: C) {
        self.keep(connection);
    }

    pub(super) fn keep(&self, connection: C) {
        if connection.is_usable() {
            self.pool.idle.borrow_mut().push(connection);
        }
    }
}

impl<C> Drop for Permit<C> {
    fn drop(&mut self) {
        self.pool.permits.add_permits(1);
    }
}

/// A [`Pool`] per target, created on demand, and dropped when it has no connections left.
#[derive(Debug)]
pub struct Pools<K, C> {
    limit: usize,
    pub(super) pools: RefCell<FxHashMap<K, Rc<Pool<C>>>>,
}

impl<K: Clone + Eq + Hash, C: Pooled> Pools<K, C> {
    /// Creates pools of at most `limit` connections each (at least one).
    pub fn new(limit: usize) -> Self {
        Pools { limit, pools: RefCell::default() }
    }

    /// The pool for this target.
    pub fn of(&self, target: &K) -> Rc<Pool<C>> {
        let mut pools = self.pools.borrow_mut();
        if let Some(pool) = pools.get(target) {
            return pool.clone();
        }
        pools.entry(target.clone()).or_insert_with(|| Pool::new(self.limit)).clone()
    }

    /// Closes idle connections that are unusable, and drops empty pools. Called about once a second.
    pub fn sweep(&self) {
        self.pools.borrow_mut().retain(|_, pool| {
            pool.sweep();
            pool.idle() > 0 || Rc::strong_count(pool) > 1
        });
    }
}
