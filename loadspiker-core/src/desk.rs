//! [`Desk`]: hands things to those who wait for them, first come, first served, over all shards of a run.
//!
//! Whoever comes when there is nothing gets a ticket. What is offered goes to the oldest ticket: it is laid into the
//! window of the ticket's shard, which is called. The lock is held for a few instructions, and only by those who use
//! the desk.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::moment::Moment;

/// Hands things to those who wait for them.
pub(crate) struct Desk<T>(Mutex<State<T>>);

struct State<T> {
    /// Things that nobody waits for. While there are some, nobody waits.
    ready: VecDeque<T>,
    /// The oldest first.
    waiting: VecDeque<(Ticket, usize)>,
    /// By shard.
    windows: Box<[Window<T>]>,
    next: Ticket,
}

/// Tells those who wait apart. Later ones are greater.
pub(crate) type Ticket = u64;

struct Window<T> {
    handed: VecDeque<Handed<T>>,
    waker: Option<Waker>,
}

/// Something for the holder of a ticket.
pub(crate) struct Handed<T> {
    pub(crate) ticket: Ticket,
    /// When it was there, if that is known.
    pub(crate) at: Option<Moment>,
    pub(crate) thing: T,
}

impl<T> State<T> {
    fn hand(&mut self, thing: T, at: Option<Moment>) -> Option<Waker> {
        let Some((ticket, shard)) = self.waiting.pop_front() else {
            self.ready.push_back(thing);
            return None;
        };
        let window = &mut self.windows[shard];
        window.handed.push_back(Handed { ticket, at, thing });
        window.waker.take()
    }
}

impl<T> Desk<T> {
    /// For so many shards (0 counts as 1), with these things ready.
    pub(crate) fn new(shards: usize, ready: impl IntoIterator<Item = T>) -> Self {
        let windows = (0..shards.max(1)).map(|_| Window { handed: VecDeque::new(), waker: None }).collect();
        let ready = ready.into_iter().collect();
        Desk(Mutex::new(State { ready, waiting: VecDeque::new(), windows, next: 0 }))
    }

    /// A panic elsewhere leaves it in order: each change is made whole.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has been ready for longest.
    pub(crate) fn take(&self) -> Option<T> {
        self.state().ready.pop_front()
    }

    /// Takes what has been ready for longest, or else a ticket for a waiter on this shard.
    pub(crate) fn take_or_wait(&self, shard: usize) -> Result<T, Ticket> {
        let mut state = self.state();
        if let Some(thing) = state.ready.pop_front() {
            return Ok(thing);
        }
        let ticket = state.next;
        state.next += 1;
        let shard = shard % state.windows.len();
        state.waiting.push_back((ticket, shard));
        Err(ticket)
    }

    /// Offers a thing, which is there since `at`.
    pub(crate) fn offer(&self, thing: T, at: Option<Moment>) {
        let waker = self.state().hand(thing, at);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Somebody waits no longer. What was handed to this ticket meanwhile goes to the next.
    pub(crate) fn leave(&self, shard: usize, ticket: Ticket) {
        let mut state = self.state();
        if let Some(place) = state.waiting.iter().position(|(other, _)| *other == ticket) {
            state.waiting.remove(place);
            return;
        }
        let shard = shard % state.windows.len();
        let handed = &mut state.windows[shard].handed;
        let place = handed.iter().position(|handed| handed.ticket == ticket);
        let given = place.and_then(|place| handed.remove(place));
        let waker = given.and_then(|given| state.hand(given.thing, given.at));
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What lies in the window of this shard; if nothing does, it is called when something is laid there.
    pub(crate) fn poll_handed(&self, shard: usize, cx: &Context<'_>) -> Poll<Handed<T>> {
        let mut state = self.state();
        let shard = shard % state.windows.len();
        let window = &mut state.windows[shard];
        if let Some(handed) = window.handed.pop_front() {
            return Poll::Ready(handed);
        }
        window.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Calls all shards, to look at something else.
    pub(crate) fn call_all(&self) {
        let wakers: Vec<Waker> = self.state().windows.iter_mut().filter_map(|window| window.waker.take()).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether somebody waits for a thing that is still to come.
    pub(crate) fn is_waited_at(&self) -> bool {
        !self.state().waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed(desk: &Desk<u8>, shard: usize) -> Option<(Ticket, u8)> {
        match desk.poll_handed(shard, &Context::from_waker(Waker::noop())) {
            Poll::Ready(handed) => Some((handed.ticket, handed.thing)),
            Poll::Pending => None,
        }
    }

    #[test]
    fn things_go_to_the_oldest_ticket_whatever_its_shard() {
        let desk = Desk::new(2, [1]);
        assert_eq!(desk.take_or_wait(0), Ok(1));
        let tickets = [1, 0, 1].map(|shard| desk.take_or_wait(shard).unwrap_err());
        assert!(desk.is_waited_at());
        (2..=4).for_each(|thing| desk.offer(thing, None));
        assert_eq!(handed(&desk, 0), Some((tickets[1], 3)));
        assert_eq!([handed(&desk, 1), handed(&desk, 1)], [Some((tickets[0], 2)), Some((tickets[2], 4))]);
        assert_eq!((handed(&desk, 0), handed(&desk, 1), desk.take()), (None, None, None));
        desk.offer(5, None);
        assert_eq!(desk.take(), Some(5));
    }

    #[test]
    fn what_was_handed_to_one_who_has_left_goes_to_the_next() {
        let desk = Desk::new(2, []);
        let [a, b, c] = [0, 1, 1].map(|shard| desk.take_or_wait(shard).unwrap_err());
        desk.leave(1, b);
        desk.offer(1, None);
        desk.leave(0, a);
        assert_eq!((handed(&desk, 0), handed(&desk, 1)), (None, Some((c, 1))));
        assert!(!desk.is_waited_at());
    }
}
