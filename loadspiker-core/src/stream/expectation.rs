//! [`Expectation`]: a message that somebody waits for.

use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

use super::Bell;
use super::inbox::{Inbox, Inner, Received, Waiter};
use crate::check::Response;
use crate::failure::Failure;

/// A message that is expected; made by [`Inbox::expect`](super::Inbox::expect). Dropping it ends the wait, and gives back a message that was
/// found and not taken.
pub struct Expectation<M: Response + 'static> {
    inbox: Weak<RefCell<Inner<M>>>,
    waiter: Rc<Waiter<M>>,
}

impl<M: Response + 'static> Expectation<M> {
    pub(super) fn new(inbox: Weak<RefCell<Inner<M>>>, waiter: Rc<Waiter<M>>) -> Self {
        Expectation { inbox, waiter }
    }

    /// Whether the message is there, or the wait has failed.
    pub fn is_over(&self) -> bool {
        self.waiter.promise.is_kept()
    }

    /// The message, or why there will be none; `None` as long as neither is known.
    pub fn take(&self) -> Option<Result<Received<M>, Failure>> {
        self.waiter.promise.take()
    }

    /// Rings the bell when the wait is over; at once if it is.
    pub fn announce(&self, bell: &Bell) {
        self.waiter.promise.announce(bell);
    }

    /// Waits for the message in a task. A step that waits had better rest; see [`Await`](crate::protocol::Await).
    ///
    /// # Errors
    ///
    /// The stream ended first, or the filter cannot be asked.
    ///
    /// # Cancel safety
    ///
    /// A message that came before the wait was dropped goes back to the inbox.
    pub async fn received(self) -> Result<Received<M>, Failure> {
        self.waiter.promise.wait().await.unwrap_or_else(|| Err("the message was taken already".into()))
    }
}

impl<M: Response + 'static> Drop for Expectation<M> {
    fn drop(&mut self) {
        let Some(inner) = self.inbox.upgrade() else { return };
        let inbox = Inbox(inner);
        match self.waiter.promise.take() {
            Some(Ok(received)) => inbox.keep(received),
            Some(Err(_)) => {}
            None => inbox.forget(&self.waiter),
        }
    }
}

impl<M: Response + 'static> fmt::Debug for Expectation<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expectation").field("over", &self.is_over()).finish_non_exhaustive()
    }
}
