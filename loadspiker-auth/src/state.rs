//! [`AuthKey`] and [`AuthStates`]: where mechanisms store what they obtain, per user, per shard and per run.
//!
//! The state belongs to an internal protocol that exists only if something is authenticated, so it costs nothing otherwise.
//! All protocols share it, so that a token fetched for one protocol serves the others.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use loadspiker_core::compile::CompileContext;
use loadspiker_core::protocol::{
    ActionContext, LocalFuture, Protocol, ProtocolSlot, ShardHandle, ShardState, UserState,
};

/// The key under which a mechanism stores what it obtains. A key equals only its clones, so clones of a mechanism share their
/// state in all requests.
#[derive(Clone, Debug)]
pub struct AuthKey(Identity);

#[derive(Clone, Debug)]
enum Identity {
    Unique(Arc<()>),
    Named(&'static str),
}

impl AuthKey {
    /// Creates a key that equals only its clones.
    #[expect(clippy::new_without_default, reason = "each is another one, which no default is")]
    pub fn new() -> Self {
        AuthKey(Identity::Unique(Arc::new(())))
    }

    /// A key with a name, for state that all values of a type share.
    pub const fn named(name: &'static str) -> Self {
        AuthKey(Identity::Named(name))
    }

    fn remembered(&self) -> Remembered {
        match &self.0 {
            Identity::Unique(key) => Remembered::Unique(Arc::downgrade(key)),
            Identity::Named(name) => Remembered::Named(name),
        }
    }
}

impl PartialEq for AuthKey {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Identity::Unique(a), Identity::Unique(b)) => Arc::ptr_eq(a, b),
            (Identity::Named(a), Identity::Named(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for AuthKey {}

/// A key that something is kept under.
enum Remembered {
    Unique(Weak<()>),
    Named(&'static str),
}

impl Remembered {
    fn is(&self, key: &AuthKey) -> bool {
        match (self, &key.0) {
            (Remembered::Unique(a), Identity::Unique(b)) => Weak::as_ptr(a) == Arc::as_ptr(b),
            (Remembered::Named(a), Identity::Named(b)) => a == b,
            _ => false,
        }
    }

    /// Whether nobody can ask for what is kept under it any more.
    fn is_forgotten(&self) -> bool {
        matches!(self, Remembered::Unique(key) if key.strong_count() == 0)
    }
}

/// What is known, by key and type; `P` points to it.
struct List<P>(Vec<(Remembered, P)>);

impl<P> Default for List<P> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<P> List<P> {
    /// What `cast` makes of what is kept under the key, or else the new that it is made of.
    fn get<S>(&mut self, key: &AuthKey, cast: impl Fn(&P) -> Option<S>, new: impl FnOnce() -> (P, S)) -> S {
        let found = self.0.iter().filter(|(of, _)| of.is(key)).find_map(|(_, state)| cast(state));
        found.unwrap_or_else(|| {
            // Keys made for one request only, in the imperative style, come and go.
            self.0.retain(|(of, _)| !of.is_forgotten());
            self.0.reserve_exact(1);
            let (state, made) = new();
            self.0.push((key.remembered(), state));
            made
        })
    }
}

/// What a user or a shard knows.
#[derive(Default)]
struct Known(RefCell<List<Rc<dyn Any>>>);

impl Known {
    fn get<S: Default + 'static>(&self, key: &AuthKey) -> Rc<S> {
        self.0.borrow_mut().get(
            key,
            |state| state.clone().downcast().ok(),
            || {
                let state: Rc<S> = Rc::default();
                (state.clone(), state)
            },
        )
    }
}

/// What is known to all users of a run.
#[derive(Default)]
struct OfRun(Mutex<List<Arc<dyn Any + Send + Sync>>>);

impl OfRun {
    fn get<S: Any + Default + Send + Sync>(&self, key: &AuthKey) -> Arc<S> {
        // A panic elsewhere leaves it in order: each change is made whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(
            key,
            |state| state.clone().downcast().ok(),
            || {
                let state: Arc<S> = Arc::default();
                (state.clone(), state)
            },
        )
    }
}

/// Holds the states; users never meet it.
#[derive(Debug)]
struct Authentication;

impl Protocol for Authentication {
    fn name(&self) -> &'static str {
        "authentication"
    }

    fn open<'a>(&'a self, _: &'a ShardHandle) -> LocalFuture<'a, Result<Rc<dyn ShardState>, String>> {
        Box::pin(async { Ok(Rc::new(OfShard::default()) as Rc<dyn ShardState>) })
    }
}

#[derive(Default)]
struct OfShard(Known);

impl ShardState for OfShard {}

/// What a user knows; its branches share it.
#[derive(Default)]
struct OfUser(Rc<Known>);

impl UserState for OfUser {
    fn fork(&mut self) -> Option<Box<dyn UserState>> {
        Some(Box::new(OfUser(self.0.clone())))
    }
}

/// Access to the state of mechanisms. Compiled once for each use of a mechanism.
#[derive(Clone, Copy, Debug)]
pub struct AuthStates(ProtocolSlot);

impl AuthStates {
    /// Sets up the state for users and shards.
    pub fn compile(cx: &mut CompileContext<'_>) -> Self {
        AuthStates(cx.protocol(|| Authentication).0)
    }

    /// The state of this user under `key`, created at first use and dropped with the user. The branches of a user share it.
    pub fn of_user<S: Default + 'static>(self, cx: &mut ActionContext, key: &AuthKey) -> Rc<S> {
        cx.user(self.0, OfUser::default).0.get(key)
    }

    /// The state of this shard under `key`, created at first use. Other shards do not see it.
    pub fn of_shard<S: Default + 'static>(self, cx: &ActionContext, key: &AuthKey) -> Rc<S> {
        cx.shard::<OfShard>(self.0).0.get(key)
    }

    /// The state of the run under `key`, shared by all shards and created at first use. Access takes a lock, so keep what each
    /// request needs in the state of the shard; see [`ActionContext::run_state`].
    pub fn of_run<S: Any + Default + Send + Sync>(self, cx: &ActionContext, key: &AuthKey) -> Arc<S> {
        cx.run_state::<OfRun>().get(key)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    #[test]
    fn what_is_known_goes_by_key_and_type() {
        let known = Known::default();
        let (a, b) = (AuthKey::new(), AuthKey::new());
        known.get::<Cell<u8>>(&a).set(1);
        known.get::<Cell<u8>>(&b).set(2);
        known.get::<Cell<u16>>(&a).set(3);
        assert_eq!((known.get::<Cell<u8>>(&a.clone()).get(), known.get::<Cell<u8>>(&b).get()), (1, 2));
        assert_eq!(known.get::<Cell<u16>>(&a).get(), 3);
        known.get::<Cell<u8>>(&AuthKey::named("x")).set(4);
        assert_eq!(known.get::<Cell<u8>>(&AuthKey::named("x")).get(), 4);
        assert_eq!(known.get::<Cell<u8>>(&AuthKey::named("y")).get(), 0);
    }

    #[test]
    fn keys_that_nobody_has_any_more_are_forgotten() {
        let (known, run) = (Known::default(), OfRun::default());
        let kept = AuthKey::new();
        known.get::<Cell<u8>>(&kept).set(1);
        run.get::<AtomicU8>(&kept).store(1, Ordering::Relaxed);
        for _ in 0..100 {
            let key = AuthKey::new();
            known.get::<Cell<u8>>(&key);
            run.get::<AtomicU8>(&key);
        }
        assert!(known.0.borrow().0.len() <= 2 && run.0.lock().unwrap().0.len() <= 2);
        assert_eq!(known.get::<Cell<u8>>(&kept).get(), 1);
        assert_eq!(run.get::<AtomicU8>(&kept).load(Ordering::Relaxed), 1);
    }
}
