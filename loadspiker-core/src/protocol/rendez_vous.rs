//! [`RendezVous`]: a place where users wait for each other.

use std::sync::atomic::{AtomicU64, Ordering};

/// A place where users wait for each other, on all shards.
#[derive(Debug)]
pub(crate) struct RendezVous {
    /// Its number in the simulation.
    pub(crate) index: usize,
    pub(crate) users: u64,
    arrived: AtomicU64,
}

impl RendezVous {
    pub(crate) fn new(index: usize, users: u64) -> Self {
        RendezVous { index, users, arrived: AtomicU64::new(0) }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.arrived.load(Ordering::Relaxed) >= self.users
    }

    /// One more user is here; whether it is the one all were waiting for.
    pub(crate) fn arrive(&self) -> bool {
        self.arrived.fetch_add(1, Ordering::Relaxed) + 1 == self.users
    }

    /// One who waits goes on without the others. `false` if it is open by now.
    pub(crate) fn leave(&self) -> bool {
        let less = |arrived: u64| (arrived < self.users).then(|| arrived.saturating_sub(1));
        self.arrived.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}
