//! Rooms: where users wait for records, of a pool or of a source that has none yet.
//!
//! There is one room for each of these on each shard. A user in it is data, like one that rests; all of them have one
//! task between them, which takes what the [desk](crate::desk) lays into the shard's window, gives it to the users, and
//! sends those away who have waited for too long. It ends with the last of them. Code in the imperative style waits in
//! the same room, as a [`Call`].

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::desk::{Handed, Ticket};
use crate::engine::cursor::{Cursor, Problem};
use crate::engine::{Loose, Shard, User, task};
use crate::feeder::{BoundFeeder, FeedError, Fields, Live};
use crate::moment::Moment;
use crate::pool::{BoundPool, Taken};
use crate::report::format::precise;

/// What users wait for.
#[derive(Clone)]
pub(crate) enum Supply {
    Pool(Arc<BoundPool>),
    /// A feeder with a live source, and how many records are asked for, if they are to become lists.
    Feeder(Arc<BoundFeeder>, Option<usize>),
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
pub(super) struct Room {
    supply: Supply,
    /// In the order of their tickets.
    waiting: RefCell<VecDeque<Guest>>,
    /// Its task is there.
    served: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// Someone who waits.
struct Guest {
    ticket: Ticket,
    who: Who,
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

/// Code of a user's that waits.
#[derive(Default)]
pub(super) struct Call {
    answer: RefCell<Option<Answer>>,
    waker: RefCell<Option<Waker>>,
}

impl Call {
    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Supply {
    fn is(&self, other: &Supply) -> bool {
        match (self, other) {
            (Supply::Pool(pool), Supply::Pool(other)) => Arc::ptr_eq(pool, other),
            (Supply::Feeder(feeder, _), Supply::Feeder(other, _)) => Arc::ptr_eq(feeder, other),
            _ => false,
        }
    }

    fn live(&self) -> Option<&Live> {
        match self {
            Supply::Pool(_) => None,
            Supply::Feeder(feeder, _) => feeder.live(),
        }
    }

    /// What it is called in the report.
    pub(super) fn name(&self) -> Arc<str> {
        match self {
            Supply::Pool(pool) => pool.name().clone(),
            Supply::Feeder(feeder, _) => feeder.name().into(),
        }
    }

    pub(super) fn patience(&self) -> Duration {
        match self {
            Supply::Pool(pool) => pool.patience,
            Supply::Feeder(..) => self.live().map(|live| live.patience).unwrap_or_default(),
        }
    }

    /// How many records are asked for.
    fn count(&self) -> usize {
        match self {
            Supply::Pool(_) => 1,
            Supply::Feeder(_, count) => count.unwrap_or(1),
        }
    }

    /// What is told to one who has waited in vain.
    pub(super) fn in_vain(&self) -> String {
        match self {
            Supply::Pool(pool) => pool.exhausted(),
            Supply::Feeder(feeder, _) => format!(
                "feeder {} gave no record within {}; look at what fills it, or wait longer with wait_at_most",
                feeder.name(),
                precise(self.patience())
            ),
        }
    }

    fn leave(&self, shard: usize, ticket: Ticket) {
        match self {
            Supply::Pool(pool) => pool.desk.leave(shard, ticket),
            Supply::Feeder(..) => {
                if let Some(live) = self.live() {
                    live.desk.leave(shard, ticket);
                }
            }
        }
    }
}

impl Shard {
    /// Lets `user` wait for what it stands before.
    pub(crate) fn wait_for(self: &Rc<Self>, mut user: Box<User>, supply: Supply) {
        if self.is_over() {
            // Counted already.
            return;
        }
        if self.deadline() != Moment::NEVER {
            return self.interrupt(user);
        }
        let since = user.intended;
        user.rest(Duration::MAX);
        self.enter(supply, Who::User(user), since);
    }

    /// Lets the user's code wait, unless that is beyond the end of the run.
    pub(crate) async fn call_for(self: &Rc<Self>, supply: Supply, since: Moment, loose: &Loose) -> Answer {
        let call = Rc::new(Call::default());
        let room = self.enter(supply, Who::Code(call.clone()), since);
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

    fn enter(self: &Rc<Self>, supply: Supply, who: Who, since: Moment) -> Rc<Room> {
        let room = {
            let mut rooms = self.rooms.borrow_mut();
            let known = rooms.iter().find(|room| room.supply.is(&supply)).cloned();
            known.unwrap_or_else(|| {
                let (waiting, served, waker) = Default::default();
                let room = Rc::new(Room { supply: supply.clone(), waiting, served, waker });
                rooms.push(room.clone());
                room
            })
        };
        let (came, pauses) = (self.clock.now(), self.pauses());
        let guest = Guest { ticket: 0, who, missing: supply.count(), drawn: Vec::new(), since, came, pauses };
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
            Supply::Feeder(feeder, _) => {
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
        room.waiting.borrow_mut().push_back(guest);
        self.ask(&room.supply);
        if !room.served.replace(true) {
            let (shard, room) = (self.clone(), room.clone());
            self.start(async move { serve(shard, room).await });
        } else if let Some(waker) = room.waker.take() {
            waker.wake();
        }
    }

    /// Starts a task of the shard's own.
    fn start(self: &Rc<Self>, work: impl Future<Output = ()> + 'static) {
        self.worked.set(true);
        task::spawn_other(self, work);
    }

    /// Sees to it that somebody asks a live source for those who wait.
    fn ask(self: &Rc<Self>, supply: &Supply) {
        let Supply::Feeder(feeder, _) = supply else { return };
        let Some(mut source) = feeder.live().and_then(Live::begin_asking) else { return };
        let (shard, feeder) = (self.clone(), feeder.clone());
        self.start(async move {
            let Some(live) = feeder.live() else { return };
            loop {
                let outside = source.is_outside().then(|| Outside::begin(&shard));
                let next = task::NoPanic(pin!(async { source.next().await })).await;
                drop(outside);
                live.take(next, shard.clock.now());
                match live.end_asking(source) {
                    Some(again) => source = again,
                    None => return,
                }
            }
        });
    }

    /// The wait of a guest is over.
    fn answer(self: &Rc<Self>, supply: &Supply, guest: Guest, got: Got, at: Moment) {
        let at = at.max(guest.since);
        let answer = Answer { got, at, wait: at.since(guest.since) };
        match guest.who {
            Who::Code(call) => {
                call.answer.replace(Some(answer));
                call.wake();
            }
            Who::User(mut user) => {
                user.intended = at;
                let got = self.count_wait(supply, answer);
                match self.give(&mut user, supply, got) {
                    Ok(()) => task::spawn(self, user),
                    Err(problem) => {
                        self.request_stop(&problem.to_string(), true);
                        self.end_user(user);
                    }
                }
            }
        }
    }

    /// Counts a record that was free.
    pub(crate) fn checked_out(&self, pool: &BoundPool, taken: Taken) {
        if taken == Taken::New {
            self.recorder.borrow_mut().waited_for_record(pool.name(), Duration::ZERO, true);
        }
    }

    /// Counts that no record was free; what is told of it.
    pub(crate) fn exhausted(&self, pool: &BoundPool) -> String {
        self.recorder.borrow_mut().waited_for_record(pool.name(), Duration::ZERO, false);
        pool.exhausted()
    }

    /// Counts the wait, and gives what came of it.
    pub(crate) fn count_wait(&self, supply: &Supply, answer: Answer) -> Got {
        let taken = match answer.got {
            Got::Record(_) | Got::Drawn(_) => true,
            Got::Nothing(_) => false,
            // It is the end of the run that counts.
            Got::Ended(_) => return answer.got,
        };
        self.recorder.borrow_mut().waited_for_record(&supply.name(), answer.wait, taken);
        answer.got
    }

    /// Gives a user what it has waited for; the run is to end if there is nothing more.
    fn give(&self, user: &mut User, supply: &Supply, got: Got) -> Result<(), FeedError> {
        match (got, supply) {
            (Got::Record(record), Supply::Pool(pool)) => user.hold(pool, record),
            (Got::Drawn(drawn), Supply::Feeder(feeder, count)) => {
                feeder.give(&mut user.session, &drawn, count.is_some())?;
            }
            (Got::Nothing(message), _) => {
                let program = self.program(user.population);
                let mut cursor = Cursor { user, program: &program, shard: self };
                cursor.fail_step(&Problem { message, panicked: false });
            }
            (Got::Ended(error), _) => return Err(error),
            (Got::Record(_), Supply::Feeder(..)) | (Got::Drawn(_), Supply::Pool(_)) => {}
        }
        Ok(())
    }

    /// The run is given up: nothing more is done at the end of this user.
    fn end_user(self: &Rc<Self>, mut user: Box<User>) {
        let program = self.program(user.population);
        Cursor { user: &mut user, program: &program, shard: self }.unwind_to(0);
        self.user_ended(user);
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
            if let Some(waker) = room.waker.take() {
                waker.wake();
            }
        }
    }
}

impl Guest {
    fn take(&mut self, record: Fields) {
        self.drawn.push(record);
        self.missing -= 1;
    }
}

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
        let deadline = |guest: &Guest| {
            // For a user no time passes while the run is paused.
            guest.came + self.supply.patience() + shard.pauses().saturating_sub(guest.pauses)
        };
        waiting.iter().map(deadline).min()
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
async fn serve(shard: Rc<Shard>, room: Rc<Room>) {
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
                None => give_on(&room.supply, |pool| pool.desk.offer(thing, at)),
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
                None => {
                    if let Some(live) = room.supply.live() {
                        live.desk.offer(thing, at);
                    }
                }
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
                let late: Vec<Ticket> = {
                    let waiting = room.waiting.borrow();
                    let pauses = shard.pauses();
                    let patience = room.supply.patience();
                    let until = |guest: &&Guest| guest.came + patience + pauses.saturating_sub(guest.pauses) <= now;
                    waiting.iter().filter(until).map(|guest| guest.ticket).collect()
                };
                for ticket in late {
                    room.supply.leave(shard.index, ticket);
                    if let Some(guest) = room.called(ticket) {
                        let message = room.supply.in_vain();
                        shard.answer(&room.supply, guest, Got::Nothing(message), now);
                    }
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

fn give_on(supply: &Supply, give: impl FnOnce(&BoundPool)) {
    if let Supply::Pool(pool) = supply {
        give(pool);
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
            Some((Got::Record(record), at)) => give_on(supply, |pool| pool.desk.offer(record, Some(at))),
            Some((Got::Drawn(drawn), at)) => {
                if let Some(live) = supply.live() {
                    drawn.into_iter().for_each(|record| live.desk.offer(record, Some(at)));
                }
            }
            Some(_) => {}
            None => {
                let mut waiting = self.room.waiting.borrow_mut();
                let is_this = |guest: &Guest| matches!(&guest.who, Who::Code(call) if Rc::ptr_eq(call, self.call));
                if let Some(guest) = waiting.iter().position(is_this).and_then(|place| waiting.remove(place)) {
                    drop(waiting);
                    supply.leave(self.shard.index, guest.ticket);
                    if let Some(live) = supply.live() {
                        guest.drawn.into_iter().for_each(|record| live.desk.offer(record, None));
                    }
                    if let Some(waker) = self.room.waker.take() {
                        waker.wake();
                    }
                }
            }
        }
    }
}

/// Simulated time stands still while something outside is waited for.
struct Outside<'a>(&'a Shard);

impl<'a> Outside<'a> {
    fn begin(shard: &'a Shard) -> Self {
        shard.await_outside(true);
        Outside(shard)
    }
}

impl Drop for Outside<'_> {
    fn drop(&mut self) {
        self.0.await_outside(false);
    }
}
