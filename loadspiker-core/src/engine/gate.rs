//! One run at a time in a process: load tests must not disturb each other.

use std::sync::{Mutex, MutexGuard, PoisonError};

static RUNNING: Mutex<()> = Mutex::new(());

/// Waits until no other run of this process is on, and keeps others waiting while the guard lives.
pub(crate) fn enter() -> MutexGuard<'static, ()> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
