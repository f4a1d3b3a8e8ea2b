//! [`Promise`]: a value that somebody waits for, in a task or resting.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::bell::Bell;

/// A value that will be there later, on one shard.
pub(super) struct Promise<T>(Rc<State<T>>);

struct State<T> {
    value: RefCell<Option<T>>,
    bells: RefCell<Vec<Bell>>,
}

impl<T> Promise<T> {
    pub(super) fn new() -> Self {
        Promise(Rc::new(State { value: RefCell::new(None), bells: RefCell::default() }))
    }

    /// Gives the value, and lets go whoever waits. What was given before is replaced.
    pub(super) fn keep(&self, value: T) {
        self.0.value.replace(Some(value));
        // Not borrowed while they ring: who goes on may ask for more.
        let bells = self.0.bells.take();
        bells.iter().for_each(Bell::ring);
    }

    pub(super) fn is_kept(&self) -> bool {
        self.0.value.borrow().is_some()
    }

    pub(super) fn take(&self) -> Option<T> {
        self.0.value.take()
    }

    /// Rings the bell when the value is there; at once if it is.
    pub(super) fn announce(&self, bell: &Bell) {
        if self.is_kept() {
            bell.ring();
        } else {
            self.0.bells.borrow_mut().push(bell.clone());
        }
    }

    /// Waits for the value. `None` does not happen unless it was taken meanwhile.
    pub(super) async fn wait(&self) -> Option<T> {
        let bell = Bell::new();
        self.announce(&bell);
        bell.rung().await;
        self.take()
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Clone for Promise<T> {
    fn clone(&self) -> Self {
        Promise(self.0.clone())
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise").field("kept", &self.is_kept()).finish()
    }
}
