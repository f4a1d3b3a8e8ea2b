//! [`Holding`]: a record that a user has checked out. It is returned when this is dropped, whatever the reason.

use std::rc::Rc;
use std::sync::Arc;

use super::fork::Fork;
use super::user::User;
use crate::moment::Moment;
use crate::pool::BoundPool;

/// A record that a user has checked out.
pub(crate) struct Holding {
    pool: Arc<BoundPool>,
    record: usize,
    /// When it was given up, if that is known.
    until: Option<Moment>,
}

impl Holding {
    fn is_of(&self, pool: &Arc<BoundPool>) -> bool {
        Arc::ptr_eq(&self.pool, pool)
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.pool.put_back(self.record, self.until);
    }
}

impl User {
    /// What this user itself holds.
    fn holdings(&mut self) -> Option<&mut Vec<Holding>> {
        Some(&mut self.extras.as_mut()?.rare.as_mut()?.holdings)
    }

    /// Takes the record that this user was given; its fields become attributes.
    pub(crate) fn hold(&mut self, pool: &Arc<BoundPool>, record: usize) {
        pool.give(record, &mut self.session);
        let rare = self.extras.get_or_insert_default().rare.get_or_insert_default();
        rare.holdings.push(Holding { pool: pool.clone(), record, until: None });
    }

    /// The record of this pool that the user holds, or the user that this one is a branch of.
    fn held(&mut self, pool: &Arc<BoundPool>) -> Option<usize> {
        let own = self.holdings().and_then(|all| all.iter().find(|holding| holding.is_of(pool)));
        own.map(|holding| holding.record).or_else(|| self.around(|user| user.held(pool)).flatten())
    }

    /// Runs `look` with the user that this one is a branch of.
    fn around<T>(&self, look: impl FnOnce(&mut User) -> T) -> Option<T> {
        let fork: Rc<Fork> = self.fork()?.clone();
        fork.with_user(look)
    }

    /// Checks a record out if one is free, or if the user has one already. Whether that went well.
    pub(crate) fn check_out(&mut self, pool: &Arc<BoundPool>) -> Option<Taken> {
        if let Some(record) = self.held(pool) {
            pool.give(record, &mut self.session);
            return Some(Taken::Kept);
        }
        let record = pool.desk.take()?;
        self.hold(pool, record);
        Some(Taken::New)
    }

    /// Returns the records of this pool, as of `at`, and removes their attributes.
    pub(crate) fn check_in(&mut self, pool: &Arc<BoundPool>, at: Moment) {
        if self.give_back(Some(pool), at) {
            pool.take_away(&mut self.session);
        }
    }

    /// Returns all records, as of `at`.
    pub(crate) fn check_all_in(&mut self, at: Moment) {
        if self.extras.as_ref().is_some_and(|extras| extras.rare.is_some()) {
            self.give_back(None, at);
        }
    }

    fn give_back(&mut self, pool: Option<&Arc<BoundPool>>, at: Moment) -> bool {
        let mut returned = false;
        if let Some(holdings) = self.holdings() {
            for holding in holdings.iter_mut().filter(|holding| pool.is_none_or(|pool| holding.is_of(pool))) {
                holding.until = Some(at);
                returned = true;
            }
            // They go where they belong when they are dropped.
            holdings.retain(|holding| holding.until.is_none());
        }
        if let Some(pool) = pool {
            returned |= self.around(|user| user.give_back(Some(pool), at)).unwrap_or_default();
        }
        returned
    }
}

/// How a user came to its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It had it already.
    Kept,
    New,
}
