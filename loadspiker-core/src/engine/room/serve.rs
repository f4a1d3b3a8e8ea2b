//! The task of a room, which is there from the first wait on: it gives what comes to those who wait, and sends those away who have waited for too long.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::{Got, Guest, Room, Supply};
use crate::desk::{Handed, Ticket};
use crate::engine::{Loose, Shard};
use crate::feeder::{FeedError, Fields};
use crate::moment::Moment;

impl Room {
    /// Takes the holder of this ticket out of the queue.
    fn called(&self, ticket: Ticket) -> Option<Guest> {
        let mut waiting = self.waiting.borrow_mut();
        let place = waiting.iter().position(|guest| guest.ticket == ticket)?;
        waiting.remove(place)
    }

    /// Until when the one who has waited for longest waits.
    fn deadline(&self, shard: &Shard) -> Option<Moment> {
        let waiting = self.waiting.borrow();
        let guest = waiting.front()?;
        // For a user no time passes while the run is paused.
        Some(guest.came + self.supply.patience() + shard.pauses().saturating_sub(guest.pauses))
    }

    /// Takes the one who has waited for longest out of the queue, if that was too long.
    fn take_late(&self, shard: &Shard, now: Moment) -> Option<Guest> {
        self.deadline(shard).filter(|deadline| *deadline <= now)?;
        let guest = self.waiting.borrow_mut().pop_front()?;
        self.supply.leave(shard.index, guest.ticket);
        Some(guest)
    }
}

/// What happens in a room.
enum Event {
    Handed(Handed<usize>),
    Drawn(Handed<Fields>),
    Ended(FeedError),
    /// Somebody may have waited for long enough.
    Late,
}

/// Serves the guests of a room, until the end of the run.
pub(super) async fn serve(shard: Rc<Shard>, room: Rc<Room>) {
    let mut late = None;
    loop {
        let event = next_event(&shard, &room, &mut late).await;
        if shard.is_over() {
            return;
        }
        match event {
            Event::Handed(Handed { ticket, at, thing }) => match room.called(ticket) {
                Some(guest) => {
                    shard.answer(&room.supply, guest, Got::Record(thing), at.unwrap_or_else(|| shard.clock.now()));
                }
                None => room.supply.offer_record(thing, at),
            },
            Event::Drawn(Handed { ticket, at, thing }) => match room.called(ticket) {
                Some(mut guest) => {
                    guest.take(thing);
                    if guest.missing > 0 {
                        shard.seat(&room, guest);
                    } else {
                        let drawn = std::mem::take(&mut guest.drawn);
                        let at = at.unwrap_or_else(|| shard.clock.now());
                        shard.answer(&room.supply, guest, Got::Drawn(drawn), at);
                    }
                }
                None => room.supply.offer_drawn(thing, at),
            },
            Event::Ended(error) => {
                let guests = std::mem::take(&mut *room.waiting.borrow_mut());
                for guest in guests {
                    room.supply.leave(shard.index, guest.ticket);
                    let now = shard.clock.now();
                    shard.answer(&room.supply, guest, Got::Ended(error.clone()), now);
                }
            }
            Event::Late => {
                let now = shard.clock.now();
                while let Some(guest) = room.take_late(&shard, now) {
                    let message = room.supply.in_vain();
                    shard.answer(&room.supply, guest, Got::Nothing(message), now);
                }
            }
        }
    }
}

async fn next_event(shard: &Rc<Shard>, room: &Room, late: &mut Option<Alarm>) -> Event {
    poll_fn(|cx| {
        let handed = match &room.supply {
            Supply::Pool(pool) => pool.desk.poll_handed(shard.index, cx).map(Event::Handed),
            Supply::Feeder(feeder) => match feeder.live() {
                Some(live) => match live.desk.poll_handed(shard.index, cx) {
                    Poll::Ready(handed) => Poll::Ready(Event::Drawn(handed)),
                    // Records that came before the end are given out first.
                    Poll::Pending => live.end().map_or(Poll::Pending, |end| Poll::Ready(Event::Ended(end))),
                },
                None => Poll::Pending,
            },
        };
        if let Poll::Ready(Event::Handed(_) | Event::Drawn(_)) = handed {
            return handed;
        }
        room.waker.replace(Some(cx.waker().clone()));
        let Some(deadline) = room.deadline(shard) else { return Poll::Pending };
        if handed.is_ready() {
            return handed;
        }
        // One alarm at a time: whoever comes later waits until later.
        let alarm = late.get_or_insert_with(|| Box::pin(ring(shard.clone(), deadline)));
        alarm.as_mut().poll(cx).map(|()| {
            *late = None;
            Event::Late
        })
    })
    .await
}

/// Rings when somebody may have waited for too long.
type Alarm = Pin<Box<dyn Future<Output = ()>>>;

async fn ring(shard: Rc<Shard>, deadline: Moment) {
    shard.sleep_until(deadline).await;
    // In a pause nobody loses patience.
    shard.wait_while_paused(&Loose::default()).await;
}
