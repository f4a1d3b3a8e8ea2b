//! [`Call`]: code in the imperative style that waits, and may drop the wait.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::{Answer, Got, Guest, Room, Supply, Who};
use crate::engine::{Loose, Shard};
use crate::moment::Moment;

/// Code of a user's that waits.
#[derive(Default)]
pub(super) struct Call {
    pub(super) answer: RefCell<Option<Answer>>,
    waker: RefCell<Option<Waker>>,
}

impl Call {
    pub(super) fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Shard {
    /// Lets the user's code wait, unless that is beyond the end of the run.
    pub(crate) async fn call_for(
        self: &Rc<Self>,
        supply: &Supply,
        count: Option<usize>,
        since: Moment,
        loose: &Loose,
    ) -> Answer {
        let call = Rc::new(Call::default());
        let room = self.enter(supply, count, Who::Code(call.clone()), since);
        let waits = Waits { shard: self, room, call: &call, loose };
        poll_fn(|cx| match call.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                waits.loose.hopeless.set(self.deadline() != Moment::NEVER);
                call.waker.replace(Some(cx.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}

/// Somebody waits in code of the user's, which may drop the wait.
struct Waits<'a> {
    shard: &'a Rc<Shard>,
    room: Rc<Room>,
    call: &'a Rc<Call>,
    loose: &'a Loose,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.loose.hopeless.set(false);
        let supply = &self.room.supply;
        // It was answered, and has not taken the answer.
        match self.call.answer.take().map(|answer| (answer.got, answer.at)) {
            Some((Got::Record(record), at)) => supply.offer_record(record, Some(at)),
            Some((Got::Drawn(drawn), at)) => drawn.into_iter().for_each(|record| supply.offer_drawn(record, Some(at))),
            Some(_) => {}
            None => {
                let mut waiting = self.room.waiting.borrow_mut();
                let is_this = |guest: &Guest| matches!(&guest.who, Who::Code(call) if Rc::ptr_eq(call, self.call));
                if let Some(guest) = waiting.iter().position(is_this).and_then(|place| waiting.remove(place)) {
                    drop(waiting);
                    supply.leave(self.shard.index, guest.ticket);
                    guest.drawn.into_iter().for_each(|record| supply.offer_drawn(record, None));
                    self.room.wake();
                }
            }
        }
    }
}
