//! [`Pool`]: the connections that all users of a shard share, bounded, first come first served; [`Pools`]: one for each
//! target.

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

/// Connections to one target. There are never more of them than the bound: a connection is opened only by who holds a
/// [`Permit`], and only when none is idle.
///
/// [`lease`](Self::lease) does all at once; [`try_acquire`](Self::try_acquire), [`acquire`](Self::acquire) and [`Permit`]
/// are its parts, for protocols that need the steps between.
#[derive(Debug)]
pub struct Pool<C> {
    limit: usize,
    /// One permit for each connection that may be in use; it serves waiters in order.
    permits: Semaphore,
    idle: RefCell<Vec<C>>,
}

impl<C: Pooled> Pool<C> {
    /// A pool of at most `limit` connections, and at least one.
    pub fn new(limit: usize) -> Rc<Self> {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        Rc::new(Pool { limit, permits: Semaphore::new(limit), idle: RefCell::default() })
    }

    /// A connection of this owner, or of nobody: an idle one, or one that `open` opens. At the bound it waits for its turn;
    /// `target` names the target in the failure of a wait that takes too long.
    ///
    /// # Errors
    ///
    /// The wait took too long, or `open` fails.
    ///
    /// # Cancel safety
    ///
    /// A dropped wait loses its place, and nothing else.
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

    /// A permit, if one is free and nobody waits for it.
    pub fn try_acquire(self: &Rc<Self>) -> Option<Permit<C>> {
        self.permits.try_acquire().ok().map(SemaphorePermit::forget)?;
        Some(Permit { pool: self.clone() })
    }

    /// A permit, as soon as it is this caller's turn.
    ///
    /// # Cancel safety
    ///
    /// A dropped wait loses its place, and nothing else.
    pub async fn acquire(self: &Rc<Self>) -> Permit<C> {
        if self.permits.available_permits() == 0 {
            events::pool_is_exhausted(self.limit);
        }
        // The semaphore is never closed, so this does not fail.
        let granted = self.permits.acquire().await.map(SemaphorePermit::forget);
        debug_assert!(granted.is_ok());
        Permit { pool: self.clone() }
    }

    /// Closes the idle connections that cannot be used again. Called about once a second.
    pub fn sweep(&self) {
        self.idle.borrow_mut().retain(C::is_usable);
    }

    /// How many connections are idle.
    pub fn idle(&self) -> usize {
        self.idle.borrow().len()
    }
}

/// The right to use one connection of a [`Pool`]. Dropping it lets the next user in.
#[derive(Debug)]
pub struct Permit<C> {
    pool: Rc<Pool<C>>,
}

impl<C: Pooled> Permit<C> {
    /// The idle connection that was used last, of those of this owner, or else of nobody, if there is one. Those found
    /// unusable are dropped on the way. Without one a new connection is to be opened; where those of other owners fill the
    /// bound, the oldest of them makes room.
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

    /// Gives the connection back for others, and the permit with it. One that cannot be used again is closed.
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

/// A [`Pool`] for each target, made when the target is first asked for, and forgotten when it has no connections left.
#[derive(Debug)]
pub struct Pools<K, C> {
    limit: usize,
    pub(super) pools: RefCell<FxHashMap<K, Rc<Pool<C>>>>,
}

impl<K: Clone + Eq + Hash, C: Pooled> Pools<K, C> {
    /// Pools of at most `limit` connections each, and at least one.
    pub fn new(limit: usize) -> Self {
        Pools { limit, pools: RefCell::default() }
    }

    /// The pool of this target.
    pub fn of(&self, target: &K) -> Rc<Pool<C>> {
        let mut pools = self.pools.borrow_mut();
        if let Some(pool) = pools.get(target) {
            return pool.clone();
        }
        pools.entry(target.clone()).or_insert_with(|| Pool::new(self.limit)).clone()
    }

    /// Closes the idle connections that cannot be used again, and forgets targets without any. Called about once a second.
    pub fn sweep(&self) {
        self.pools.borrow_mut().retain(|_, pool| {
            pool.sweep();
            pool.idle() > 0 || Rc::strong_count(pool) > 1
        });
    }
}
