//! [`Wakers`]: tasks that wait for one event, each until it is dropped.

use std::cell::RefCell;
use std::task::Waker;

/// Tasks to be woken together. A key stays valid until it is removed.
#[derive(Default)]
pub(crate) struct Wakers(RefCell<Slots>);

#[derive(Default)]
struct Slots {
    all: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Wakers {
    /// Registers a task.
    pub(crate) fn insert(&self, waker: Waker) -> usize {
        let mut slots = self.0.borrow_mut();
        match slots.free.pop() {
            Some(key) => {
                slots.all[key] = Some(waker);
                key
            }
            None => {
                slots.all.push(Some(waker));
                slots.all.len() - 1
            }
        }
    }

    /// Another task waits under this key.
    pub(crate) fn replace(&self, key: usize, waker: &Waker) {
        if let Some(Some(known)) = self.0.borrow_mut().all.get_mut(key) {
            known.clone_from(waker);
        }
    }

    pub(crate) fn remove(&self, key: usize) {
        let mut slots = self.0.borrow_mut();
        if slots.all.get_mut(key).and_then(Option::take).is_some() {
            slots.free.push(key);
        }
    }

    /// Wakes all tasks, which stay registered.
    pub(crate) fn wake_all(&self) {
        let wakers: Vec<Waker> = self.0.borrow().all.iter().flatten().cloned().collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn is_empty(&self) -> bool {
        let slots = self.0.borrow();
        slots.all.len() == slots.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again() {
        let wakers = Wakers::default();
        let waker = Waker::noop();
        let first = wakers.insert(waker.clone());
        let second = wakers.insert(waker.clone());
        wakers.remove(first);
        wakers.remove(first);
        assert_eq!(wakers.insert(waker.clone()), first);
        assert!(!wakers.is_empty());
        wakers.remove(first);
        wakers.remove(second);
        assert!(wakers.is_empty());
        assert_eq!(wakers.0.borrow().all.len(), 2);
    }
}
