//! Users that rest until a [`Bell`] rings, such as for a message: data, without a task.
//!
//! The bell holds the user, and so does an alarm for its deadline; whichever comes first takes the user and lets it go
//! on. An alarm whose user is gone is thrown away when it is met, or when there are too many of them.

use std::cell::Cell;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use crate::engine::cursor::Cursor;
use crate::engine::{Loose, Shard, User, task};
use crate::moment::Moment;
use crate::protocol::Woken;
use crate::stream::{Bell, OnRing};

/// Somebody who waits for a bell.
pub(super) struct Listener {
    who: Cell<Option<Who>>,
    shard: Weak<Shard>,
}

enum Who {
    User(Box<User>),
    /// Code that waits in a task.
    Task(Waker),
}

impl Listener {
    fn waits(&self) -> bool {
        let who = self.who.take();
        let waits = who.is_some();
        self.who.set(who);
        waits
    }
}

impl OnRing for Listener {
    fn on_ring(self: Rc<Self>) {
        let Some(shard) = self.shard.upgrade() else { return };
        shard.worked.set(true);
        match self.who.take() {
            Some(Who::User(user)) => shard.wake_listener(user, Woken::Rung),
            Some(Who::Task(waker)) => waker.wake(),
            None => {}
        }
    }
}

/// Deadlines of those who wait for bells.
#[derive(Default)]
pub(super) struct Alarms {
    heap: BinaryHeap<Reverse<Alarm>>,
    made: u64,
    /// Beyond this length, those whose user is gone are thrown away.
    crowded: usize,
}

struct Alarm {
    at: Moment,
    serial: u64,
    listener: Rc<Listener>,
}

/// So many of them are never looked through.
const FEW: usize = 64;

impl Alarms {
    fn set(&mut self, at: Moment, listener: &Rc<Listener>) {
        if self.heap.len() >= self.crowded.max(FEW) {
            self.heap.retain(|Reverse(alarm)| alarm.listener.waits());
            self.crowded = self.heap.len() * 2;
        }
        self.made += 1;
        self.heap.push(Reverse(Alarm { at, serial: self.made, listener: listener.clone() }));
    }

    /// The earliest deadline of somebody who still waits.
    pub(super) fn next_due(&mut self) -> Option<Moment> {
        while let Some(Reverse(alarm)) = self.heap.peek() {
            if alarm.listener.waits() {
                return Some(alarm.at);
            }
            self.heap.pop();
        }
        None
    }

    fn pop(&mut self, now: Moment) -> Option<Rc<Listener>> {
        self.next_due().filter(|due| *due <= now)?;
        self.heap.pop().map(|Reverse(alarm)| alarm.listener)
    }

    fn take_all(&mut self) -> Vec<Rc<Listener>> {
        let mut all = std::mem::take(&mut self.heap).into_vec();
        all.sort_by_key(|Reverse(alarm)| alarm.serial);
        all.into_iter().map(|Reverse(alarm)| alarm.listener).collect()
    }
}

impl Shard {
    /// Lets `user`, whose action waits for a bell, rest until it rings or the deadline has come.
    pub(crate) fn listen(self: &Rc<Self>, mut user: Box<User>) {
        if self.is_over() {
            // Counted already.
            return self.cut_off(user);
        }
        if self.is_stopping() {
            return self.interrupt(user);
        }
        let limit = self.limit_of(&user);
        let Some(resting) = user.resting_mut() else { return };
        let (bell, mut until) = (resting.bell.clone(), resting.deadline);
        if let Some(limit) = limit.filter(|limit| *limit < until) {
            (until, resting.cut) = (limit, true);
        }
        user.rest(until.since(user.intended));
        let listener = Rc::new(Listener { who: Cell::new(Some(Who::User(user))), shard: Rc::downgrade(self) });
        if bell.listen(listener.clone()) {
            self.alarms.borrow_mut().set(until, &listener);
            self.due_at(until);
        } else if let Some(Who::User(user)) = listener.who.take() {
            // It was rung already.
            self.wake_listener(user, Woken::Rung);
        }
    }

    fn wake_listener(self: &Rc<Self>, mut user: Box<User>, woken: Woken) {
        if let Some(resting) = user.resting_mut() {
            resting.woken = woken;
        }
        task::spawn(self, user);
    }

    /// Lets go on those whose deadline has come.
    pub(super) fn ring_alarms(self: &Rc<Self>, now: Moment) {
        loop {
            let Some(listener) = self.alarms.borrow_mut().pop(now) else { return };
            match listener.who.take() {
                Some(Who::User(user)) => {
                    if let Some(bell) = user.resting().map(|resting| resting.bell.clone()) {
                        bell.forget();
                    }
                    self.wake_listener(user, Woken::Deadline);
                }
                Some(Who::Task(waker)) => {
                    self.worked.set(true);
                    waker.wake();
                }
                None => {}
            }
        }
    }

    /// The run is being stopped: nobody waits any longer.
    pub(super) fn stop_listening(self: &Rc<Self>) {
        let all = self.alarms.borrow_mut().take_all();
        for listener in all {
            match listener.who.take() {
                Some(Who::User(user)) => self.interrupt(user),
                Some(Who::Task(waker)) => waker.wake(),
                None => {}
            }
        }
    }

    /// The time of a loop around a wait is over: it is left, and the request that waits counts as interrupted.
    pub(super) fn cut_wait(&self, user: &mut User) {
        let program = self.program(user.population);
        user.intended = Cursor { user, program: &program, shard: self }.cut(Moment::NEVER);
        self.action_ends(user.population);
        self.recorder.borrow_mut().users_interrupted(user.scenario(), 0, 1);
    }

    /// Whether the run is being stopped.
    pub(crate) fn is_stopping(&self) -> bool {
        self.deadline() != Moment::NEVER || self.is_over()
    }

    /// Lets code that has a task wait for the bell.
    pub(crate) async fn wait_for_bell(self: &Rc<Self>, bell: &Bell, deadline: Moment, loose: Option<&Loose>) -> Woken {
        struct Forget<'a>(&'a Bell, Rc<Listener>, Option<&'a Loose>);
        impl Drop for Forget<'_> {
            fn drop(&mut self) {
                self.0.forget();
                self.1.who.take();
                if let Some(loose) = self.2 {
                    loose.hopeless.set(false);
                }
            }
        }
        let listener = Rc::new(Listener { who: Cell::new(None), shard: Rc::downgrade(self) });
        let forget = Forget(bell, listener, loose);
        let mut armed = false;
        poll_fn(|cx| {
            if bell.is_rung() {
                return Poll::Ready(Woken::Rung);
            }
            if self.clock.now() >= deadline {
                return Poll::Ready(Woken::Deadline);
            }
            if let Some(loose) = loose.filter(|_| self.is_stopping()) {
                loose.hopeless.set(true);
                loose.interrupted.set(true);
            }
            forget.1.who.set(Some(Who::Task(cx.waker().clone())));
            bell.listen(forget.1.clone());
            if !armed {
                armed = true;
                self.alarms.borrow_mut().set(deadline, &forget.1);
                self.due_at(deadline);
            }
            Poll::Pending
        })
        .await
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at).then_with(|| self.serial.cmp(&other.serial))
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Alarm {}
