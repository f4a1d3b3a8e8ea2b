//! [`Lease`]: a connection in use.

use std::ops::{Deref, DerefMut};

use super::{Permit, Pooled};

/// A connection of a [`Pool`](super::Pool) in use. Dropping it returns the connection to the pool, even if a future is
/// cancelled: the connection is then closed unless it [is usable](Pooled::is_usable).
#[derive(Debug)]
pub struct Lease<C: Pooled> {
    /// There until the lease is dropped.
    connection: Option<C>,
    permit: Permit<C>,
}

impl<C: Pooled> Lease<C> {
    pub(super) fn new(permit: Permit<C>, connection: C) -> Self {
        Lease { connection: Some(connection), permit }
    }

    /// Closes the connection, and wakes the next waiter.
    pub fn discard(mut self) {
        self.connection = None;
    }
}

impl<C: Pooled> Deref for Lease<C> {
    type Target = C;

    fn deref(&self) -> &C {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease has its connection until it is dropped"),
        }
    }
}

impl<C: Pooled> DerefMut for Lease<C> {
    fn deref_mut(&mut self) -> &mut C {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease has its connection until it is dropped"),
        }
    }
}

impl<C: Pooled> Drop for Lease<C> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.permit.keep(connection);
        }
    }
}
