//! Rooms: where users wait for records, of a pool or of a source that has none yet.
//!
//! There is one room for each of these on each shard. A user in it is data, like one that rests; all of them have one
//! task between them, which takes what the [desk](crate::desk) lays into the shard's window, gives it to the users, and
//! sends those away who have waited for too long. Code in the imperative style waits in the same room, as a [`Call`].

mod answer;
mod ask;
mod call;
mod serve;
mod supply;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use self::call::Call;
use crate::desk::Ticket;
use crate::engine::limit::Waits;
use crate::engine::{Shard, User, task};
use crate::feeder::{BoundFeeder, FeedError, Fields};
use crate::moment::Moment;
use crate::pool::BoundPool;

/// What users wait for.
#[derive(Clone)]
pub(crate) enum Supply {
    Pool(Arc<BoundPool>),
    /// A feeder with a live source.
    Feeder(Arc<BoundFeeder>),
}

/// What was waited for.
pub(crate) enum Got {
    /// The number of a record of the pool.
    Record(usize),
    Drawn(Vec<Fields>),
    /// There was none in time.
    Nothing(String),
    /// There will be none any more.
    Ended(FeedError),
}

/// The end of a wait: what came of it, when, and how long it was.
pub(crate) struct Answer {
    pub(crate) got: Got,
    pub(crate) at: Moment,
    pub(crate) wait: Duration,
}

/// Those who wait for one thing.
pub(crate) struct Room {
    supply: Supply,
    /// In the order in which they came.
    waiting: RefCell<VecDeque<Guest>>,
    /// Its task is there.
    served: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// Someone who waits.
struct Guest {
    ticket: Ticket,
    who: Who,
    /// Whether records become lists.
    lists: bool,
    /// How many records are still to come, and those that are there.
    missing: usize,
    drawn: Vec<Fields>,
    /// Since when, as it was meant and as it was.
    since: Moment,
    came: Moment,
    /// How long the run had been paused by then.
    pauses: Duration,
}

enum Who {
    User(Box<User>),
    Code(Rc<Call>),
}

impl Shard {
    /// Lets `user` wait for what it stands before; `count` says how many records it takes, if these become lists.
    pub(crate) fn wait_for(self: &Rc<Self>, mut user: Box<User>, supply: &Supply, count: Option<usize>) {
        if self.is_over() {
            // Counted already.
            return self.cut_off(user);
        }
        if self.deadline() != Moment::NEVER {
            return self.interrupt(user);
        }
        let since = user.intended;
        user.rest(Duration::MAX);
        let (limit, who) = (self.limit_of(&user), (user.session.user_id(), user.serial()));
        let room = self.enter(supply, count, Who::User(user), since);
        if let Some(limit) = limit {
            self.fetch_at(limit, who, Waits::Room(room));
        }
    }

    fn enter(self: &Rc<Self>, supply: &Supply, count: Option<usize>, who: Who, since: Moment) -> Rc<Room> {
        let room = {
            let mut rooms = self.rooms.borrow_mut();
            let known = rooms.iter().find(|room| room.supply.is(supply)).cloned();
            known.unwrap_or_else(|| {
                let (waiting, served, waker) = Default::default();
                let room = Rc::new(Room { supply: supply.clone(), waiting, served, waker });
                rooms.push(room.clone());
                room
            })
        };
        let (came, pauses) = (self.clock.now(), self.pauses());
        let (lists, missing) = (count.is_some(), count.unwrap_or(1));
        let guest = Guest { ticket: 0, who, lists, missing, drawn: Vec::new(), since, came, pauses };
        self.seat(&room, guest);
        room
    }

    /// Gives the guest what is there already, and a place in the queue if that is not enough.
    fn seat(self: &Rc<Self>, room: &Rc<Room>, mut guest: Guest) {
        let now = self.clock.now();
        match &room.supply {
            Supply::Pool(pool) => match pool.desk.take_or_wait(self.index) {
                Ok(record) => return self.answer(&room.supply, guest, Got::Record(record), now),
                Err(ticket) => guest.ticket = ticket,
            },
            Supply::Feeder(feeder) => {
                let Some(live) = feeder.live() else { return };
                loop {
                    if guest.missing == 0 {
                        let drawn = std::mem::take(&mut guest.drawn);
                        return self.answer(&room.supply, guest, Got::Drawn(drawn), now);
                    }
                    match live.desk.take_or_wait(self.index) {
                        Ok(record) => guest.take(record),
                        Err(ticket) => {
                            guest.ticket = ticket;
                            break;
                        }
                    }
                }
            }
        }
        room.sit_down(guest);
        self.ask(&room.supply);
        if room.served.replace(true) {
            room.wake();
        } else {
            self.start(serve::serve(self.clone(), room.clone()));
        }
    }

    /// Starts a task of the shard's own.
    fn start(self: &Rc<Self>, work: impl Future<Output = ()> + 'static) {
        self.worked.set(true);
        task::spawn_other(self, work);
    }

    /// Takes the user that is meant out of a room, with nothing of what it has waited for.
    pub(super) fn take_from_room(&self, room: &Room, is_meant: impl Fn(&User) -> bool) -> Option<Box<User>> {
        let guest = {
            let mut waiting = room.waiting.borrow_mut();
            let place = waiting.iter().position(|guest| matches!(&guest.who, Who::User(user) if is_meant(user)))?;
            waiting.remove(place)?
        };
        room.supply.leave(self.index, guest.ticket);
        for record in guest.drawn {
            // Of several records some were there already; they are for others.
            room.supply.offer_drawn(record, None);
        }
        match guest.who {
            Who::User(user) => Some(user),
            Who::Code(_) => None,
        }
    }

    /// The run is to end: whoever waits is interrupted.
    pub(super) fn clear_rooms(self: &Rc<Self>) {
        let rooms = self.rooms.borrow().clone();
        for room in rooms {
            let guests = std::mem::take(&mut *room.waiting.borrow_mut());
            for Guest { ticket, who, .. } in guests {
                room.supply.leave(self.index, ticket);
                match who {
                    Who::User(user) => self.interrupt(user),
                    // It is to see for itself that it waits in vain.
                    Who::Code(call) => call.wake(),
                }
            }
            room.wake();
        }
    }
}

impl Room {
    /// Puts a guest behind those who came before.
    fn sit_down(&self, guest: Guest) {
        let mut waiting = self.waiting.borrow_mut();
        // One who waits for several records comes again, and belongs in front.
        let place = waiting.iter().rposition(|other| other.came <= guest.came).map_or(0, |place| place + 1);
        waiting.insert(place, guest);
    }

    /// Has its task look.
    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Guest {
    fn take(&mut self, record: Fields) {
        self.drawn.push(record);
        self.missing -= 1;
    }
}
