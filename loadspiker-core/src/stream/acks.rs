//! [`Acks`]: confirmations that carry a key, such as PUBACK, publisher confirms and delivery reports.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::rc::Rc;

use super::Bell;
use super::promise::Promise;
use crate::failure::Failure;
use crate::moment::Moment;

type Outcome<V> = Result<(V, Moment), Failure>;

/// Confirmations that are awaited, by key. A request registers the key before it sends; the task that reads resolves it.
/// Clones share what is registered. It belongs to one shard.
///
/// ```
/// use loadspiker_core::Moment;
/// use loadspiker_core::stream::Acks;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let acks = Acks::<u16>::new();
/// let ack = acks.register(7);
/// assert!(acks.resolve(&7, (), Moment::from_nanos(5)));
/// assert_eq!(ack.received().await, Ok(((), Moment::from_nanos(5))));
/// # });
/// ```
pub struct Acks<K, V = ()>(Rc<RefCell<Inner<K, V>>>);

struct Inner<K, V> {
    waiting: HashMap<K, Promise<Outcome<V>>>,
    failed: Option<Failure>,
}

impl<K: Eq + Hash + Clone, V> Acks<K, V> {
    /// Nothing is registered.
    pub fn new() -> Self {
        Acks(Rc::new(RefCell::new(Inner { waiting: HashMap::new(), failed: None })))
    }

    /// Waits for the confirmation of `key` from now on. After [`fail_all`](Self::fail_all) it fails at once. If the key is
    /// registered already, the earlier wait fails.
    pub fn register(&self, key: K) -> Ack<K, V> {
        let promise = Promise::new();
        let earlier = {
            let mut inner = self.0.borrow_mut();
            match &inner.failed {
                Some(failure) => {
                    promise.keep(Err(failure.clone()));
                    None
                }
                None => inner.waiting.insert(key.clone(), promise.clone()),
            }
        };
        if let Some(earlier) = earlier {
            earlier.keep(Err("another request with the same key was sent before this one was confirmed".into()));
        }
        Ack { acks: self.clone(), key, promise }
    }

    /// The confirmation of `key` came at this moment. Whether anyone waited for it.
    pub fn resolve(&self, key: &K, value: V, at: Moment) -> bool {
        self.settle(key, Ok((value, at)))
    }

    /// The peer refused `key`, or it cannot be confirmed any more. Whether anyone waited for it.
    pub fn fail(&self, key: &K, failure: impl Into<Failure>) -> bool {
        self.settle(key, Err(failure.into()))
    }

    fn settle(&self, key: &K, outcome: Outcome<V>) -> bool {
        let promise = self.0.borrow_mut().waiting.remove(key);
        promise.is_some_and(|promise| {
            promise.keep(outcome);
            true
        })
    }

    /// The connection is gone: all waits fail, and so do those registered later.
    pub fn fail_all(&self, failure: impl Into<Failure>) {
        let failure = failure.into();
        let waiting = {
            let mut inner = self.0.borrow_mut();
            inner.failed = Some(failure.clone());
            std::mem::take(&mut inner.waiting)
        };
        waiting.into_values().for_each(|promise| promise.keep(Err(failure.clone())));
    }

    /// How many are awaited.
    pub fn len(&self) -> usize {
        self.0.borrow().waiting.len()
    }

    /// Whether none is awaited.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: Eq + Hash + Clone, V> Default for Acks<K, V> {
    fn default() -> Self {
        Acks::new()
    }
}

impl<K, V> Clone for Acks<K, V> {
    fn clone(&self) -> Self {
        Acks(self.0.clone())
    }
}

impl<K, V> fmt::Debug for Acks<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acks").finish_non_exhaustive()
    }
}

/// A confirmation that is awaited; made by [`Acks::register`]. Dropping it ends the wait.
pub struct Ack<K: Eq + Hash + Clone, V = ()> {
    acks: Acks<K, V>,
    key: K,
    promise: Promise<Outcome<V>>,
}

impl<K: Eq + Hash + Clone, V> Ack<K, V> {
    /// Rings the bell when it is confirmed or has failed; at once if it is.
    pub fn announce(&self, bell: &Bell) {
        self.promise.announce(bell);
    }

    /// What came of it, with the moment; `None` as long as it is open.
    pub fn take(&self) -> Option<Result<(V, Moment), Failure>> {
        self.promise.take()
    }

    /// Waits for the confirmation, in a task.
    ///
    /// # Errors
    ///
    /// The peer refused it, or the connection is gone.
    ///
    /// # Cancel safety
    ///
    /// A dropped wait is no longer registered.
    pub async fn received(self) -> Result<(V, Moment), Failure> {
        self.promise.wait().await.unwrap_or_else(|| Err("confirmed twice".into()))
    }
}

impl<K: Eq + Hash + Clone, V> Drop for Ack<K, V> {
    fn drop(&mut self) {
        let mut inner = self.acks.0.borrow_mut();
        if inner.waiting.get(&self.key).is_some_and(|promise| promise.is_same(&self.promise)) {
            inner.waiting.remove(&self.key);
        }
    }
}

impl<K: Eq + Hash + Clone, V> fmt::Debug for Ack<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ack").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Moment = Moment::from_nanos(9);

    #[test]
    fn each_key_is_confirmed_by_itself_in_any_order() {
        let acks = Acks::<u16, &str>::new();
        let (one, two) = (acks.register(1), acks.register(2));
        assert!(acks.resolve(&2, "b", AT));
        assert_eq!((one.take(), two.take()), (None, Some(Ok(("b", AT)))));
        assert!(acks.fail(&1, "refused"));
        assert_eq!(one.take(), Some(Err("refused".into())));
        assert!(!acks.resolve(&2, "again", AT) && acks.is_empty());
    }

    #[test]
    fn all_fail_when_the_connection_is_gone_and_those_registered_later_do_too() {
        let acks = Acks::<u16>::new();
        let (one, two) = (acks.register(1), acks.register(2));
        acks.fail_all("closed");
        assert_eq!((one.take(), two.take()), (Some(Err("closed".into())), Some(Err("closed".into()))));
        assert_eq!(acks.register(3).take(), Some(Err("closed".into())));
    }

    #[test]
    fn a_dropped_wait_is_forgotten_and_a_repeated_key_fails_the_earlier_one() {
        let acks = Acks::<u16>::new();
        drop(acks.register(1));
        assert!(!acks.resolve(&1, (), AT));
        let (first, second) = (acks.register(1), acks.register(1));
        assert!(first.take().is_some_and(|outcome| outcome.is_err()));
        drop(first);
        assert!(acks.resolve(&1, (), AT));
        assert_eq!(second.take(), Some(Ok(((), AT))));
    }

    #[test]
    fn a_bell_is_rung_when_it_is_confirmed() {
        let (acks, bell) = (Acks::<u16>::new(), Bell::new());
        let ack = acks.register(1);
        ack.announce(&bell);
        assert!(!bell.is_rung());
        acks.resolve(&1, (), AT);
        assert!(bell.is_rung());
    }
}
