//! [`Bell`]: lets a user that rests, or a task, go on.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Lets a user go on that rests until something happens, such as the arrival of a message; see
/// [`ActionContext::rest_until`](crate::protocol::ActionContext::rest_until). A task of the same shard rings it.
///
/// Clones are the same bell. One that was rung stays rung: whoever waits for it later goes on at once.
#[derive(Clone, Default)]
pub struct Bell(Rc<RefCell<State>>);

#[derive(Default)]
enum State {
    #[default]
    Silent,
    Task(Waker),
    User(Rc<dyn OnRing>),
    Rung,
}

/// Who waits for a bell without a task.
pub(crate) trait OnRing {
    /// The bell was rung.
    fn on_ring(self: Rc<Self>);
}

impl Bell {
    /// A bell that nobody has rung.
    pub fn new() -> Self {
        Bell::default()
    }

    /// Rings it. Whoever waits goes on after the current turn; ringing again changes nothing.
    pub fn ring(&self) {
        let before = self.0.replace(State::Rung);
        match before {
            State::Silent | State::Rung => {}
            State::Task(waker) => waker.wake(),
            State::User(user) => user.on_ring(),
        }
    }

    /// Whether it was rung.
    pub fn is_rung(&self) -> bool {
        matches!(*self.0.borrow(), State::Rung)
    }

    /// Waits in a task until it is rung. One task at a time may wait for a bell.
    ///
    /// # Cancel safety
    ///
    /// The wait can be dropped and begun again.
    pub async fn rung(&self) {
        poll_fn(|cx| {
            let mut state = self.0.borrow_mut();
            if matches!(*state, State::Rung) {
                return Poll::Ready(());
            }
            *state = State::Task(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Has `listener` called when it is rung. `false` if it was rung already: then it is not called.
    pub(crate) fn listen(&self, listener: Rc<dyn OnRing>) -> bool {
        let mut state = self.0.borrow_mut();
        if matches!(*state, State::Rung) {
            return false;
        }
        *state = State::User(listener);
        true
    }

    /// Nobody waits any more.
    pub(crate) fn forget(&self) {
        let mut state = self.0.borrow_mut();
        if !matches!(*state, State::Rung) {
            *state = State::Silent;
        }
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").field("rung", &self.is_rung()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    use super::*;

    struct Counts(Cell<u32>);

    impl OnRing for Counts {
        fn on_ring(self: Rc<Self>) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn whoever_listens_is_called_once() {
        let (bell, counts) = (Bell::new(), Rc::new(Counts(Cell::new(0))));
        assert!(bell.listen(counts.clone()));
        bell.ring();
        bell.ring();
        assert_eq!(counts.0.get(), 1);
        assert!(!bell.listen(counts));
    }

    #[test]
    fn a_bell_stays_rung_for_those_who_wait_later() {
        let bell = Bell::new();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(pin!(bell.rung()).poll(&mut cx).is_pending());
        bell.clone().ring();
        assert!(pin!(bell.rung()).poll(&mut cx).is_ready());
    }
}
