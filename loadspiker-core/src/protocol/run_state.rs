//! [`RunStates`]: what protocols keep for a whole run, for the users of all shards.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// What protocols keep for a whole run, one of each type.
#[derive(Default)]
pub(crate) struct RunStates(Mutex<Vec<Arc<dyn Any + Send + Sync>>>);

impl RunStates {
    pub(crate) fn get<S: Any + Default + Send + Sync>(&self) -> Arc<S> {
        // A panic elsewhere leaves it in order: each change is made whole.
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = states.iter().find_map(|state| state.clone().downcast().ok());
        found.unwrap_or_else(|| {
            let state: Arc<S> = Arc::default();
            states.push(state.clone());
            state
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, AtomicU16, Ordering};

    use super::*;

    #[test]
    fn there_is_one_of_each_type() {
        let states = RunStates::default();
        states.get::<AtomicU8>().store(1, Ordering::Relaxed);
        states.get::<AtomicU16>().store(2, Ordering::Relaxed);
        assert_eq!(states.get::<AtomicU8>().load(Ordering::Relaxed), 1);
        assert_eq!(states.get::<AtomicU16>().load(Ordering::Relaxed), 2);
    }
}
