//! The task of a room: it gives what comes to those who wait, and sends those away who have waited for too long.

use std::future::{Future, poll_fn};
use std::pin::pin;
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
    /// Somebody has waited for long enough.
    Late,
    /// Nobody is there any more.
    Empty,
    /// Somebody has come or gone.
    Changed,
}

/// Serves the guests of a room until the last is gone.
pub(super) async fn serve(shard: Rc<Shard>, room: Rc<Room>) {
    loop {
        let event = next_event(&shard, &room).await;
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
            Event::Empty => {
                room.served.set(false);
                return;
            }
            Event::Changed => {}
        }
    }
}

async fn next_event(shard: &Rc<Shard>, room: &Room) -> Event {
    let deadline = room.deadline(shard);
    let mut late = pin!(async {
        match deadline {
            Some(deadline) => {
                shard.sleep_until(deadline).await;
                // In a pause nobody loses patience.
                shard.wait_while_paused(&Loose::default()).await;
            }
            None => std::future::pending().await,
        }
    });
    let mut first = true;
    poll_fn(|cx| {
        let handed = match &room.supply {
            Supply::Pool(pool) => pool.desk.poll_handed(shard.index, cx).map(Event::Handed),
            Supply::Feeder(feeder, _) => match feeder.live() {
                Some(live) => match live.desk.poll_handed(shard.index, cx) {
                    Poll::Ready(handed) => Poll::Ready(Event::Drawn(handed)),
                    // Records that came before the end are given out first.
                    Poll::Pending => live.end().map_or(Poll::Pending, |end| Poll::Ready(Event::Ended(end))),
                },
                None => Poll::Ready(Event::Empty),
            },
        };
        if let Poll::Ready(Event::Handed(_) | Event::Drawn(_)) = handed {
            return handed;
        }
        if room.waiting.borrow().is_empty() {
            return Poll::Ready(Event::Empty);
        }
        if handed.is_ready() {
            return handed;
        }
        if !std::mem::take(&mut first) && room.deadline(shard) != deadline {
            return Poll::Ready(Event::Changed);
        }
        room.waker.replace(Some(cx.waker().clone()));
        late.as_mut().poll(cx).map(|()| Event::Late)
    })
    .await
}
