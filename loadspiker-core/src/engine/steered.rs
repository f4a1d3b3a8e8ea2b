//! How a shard is steered: pauses and changes of load, each carried out at its instant, and the users that are held.

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::engine::user::Frame;
use crate::engine::{Loose, Shard, User};
use crate::moment::Moment;

/// What a shard is to do at an instant.
#[derive(Debug)]
pub(super) enum Order {
    Pause,
    Resume,
    Scale {
        factor: f64,
        /// The populations that have come to their end, and stay there.
        over: Arc<[bool]>,
    },
    /// A population starts at this moment. An order only if others come before it, so that it is not taken for one that
    /// had started before them.
    Start {
        population: usize,
        at: Moment,
    },
}

impl Shard {
    /// Takes an order for the moment `at`; on the simulated clock, where there is but one shard, for now.
    pub(super) fn order(self: &Rc<Self>, at: Moment, order: Order) {
        let at = if self.clock.is_simulated() { self.clock.now() } else { at };
        self.orders.borrow_mut().push_back((at, order));
        self.carry_out(self.clock.now());
        self.due_at(at);
    }

    /// A population starts at this moment.
    pub(super) fn start_population(self: &Rc<Self>, population: usize, at: Moment) {
        let behind = self.orders.borrow().back().map(|(at, _)| *at);
        match behind {
            Some(behind) => self.order(behind, Order::Start { population, at }),
            None => {
                self.populations.borrow_mut()[population].start(at);
                self.due_at(at);
            }
        }
    }

    /// The load is going to be changed: what seemed to be done may not be.
    pub(super) fn reopen(&self, round: u64, over: &[bool]) {
        self.round.set(round);
        let now = self.clock.now();
        let plan = self.plan.clone();
        for (index, population) in plan.populations.iter().enumerate().filter(|(index, _)| !over[*index]) {
            self.populations.borrow_mut()[index].reopen(&population.profile, now);
            self.tell_if_done(index, now);
        }
    }

    /// Carries out the orders whose moment has come.
    pub(super) fn carry_out(self: &Rc<Self>, now: Moment) {
        loop {
            let due = self.orders.borrow().front().is_some_and(|(at, _)| *at <= now);
            let order = if due { self.orders.borrow_mut().pop_front() } else { None };
            let Some((at, order)) = order else { return };
            match order {
                Order::Pause => {
                    self.paused.set(self.paused.get().or(Some(at)));
                    self.populations.borrow_mut().iter_mut().for_each(|population| population.pause(at));
                }
                Order::Resume => self.resume(at),
                Order::Scale { factor, over } => {
                    let mut populations = self.populations.borrow_mut();
                    let all = populations.iter_mut().zip(&self.plan.populations).zip(over.iter());
                    for ((state, population), _) in all.filter(|(_, over)| !**over) {
                        state.change(&population.profile.scaled(factor), at);
                    }
                }
                Order::Start { population, at } => self.populations.borrow_mut()[population].start(at),
            }
        }
    }

    fn resume(self: &Rc<Self>, at: Moment) {
        let pause = self.paused.take().map(|since| at.since(since)).unwrap_or_default();
        self.slots_start.set(self.slots_start.get() + pause);
        self.populations.borrow_mut().iter_mut().for_each(|population| population.resume(at));
        let held = std::mem::take(&mut *self.held.borrow_mut());
        let mut waiting = self.waiting.borrow_mut();
        // Slots are due later by the pause: those that users wait for are, as those that are still free.
        if (0..).zip(&self.plan.populations).any(|(population, _)| self.is_throttled(population)) {
            waiting.put_off_slots(pause);
        }
        for mut user in held {
            user.put_off(if user.held.is_some() { pause } else { at.since(user.intended) });
            waiting.rest(user.intended, user);
        }
        drop(waiting);
        self.call_held();
    }

    /// How long the run has been paused so far, the pause that is on left out.
    pub(crate) fn pauses(&self) -> Duration {
        self.slots_start.get().since_start()
    }

    /// Whether users are to be held before their next request.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused.get().is_some()
    }

    /// Lets the user's code wait while the run is paused, unless it is being stopped. Whether it was paused.
    pub(crate) async fn wait_while_paused(&self, loose: &Loose) -> bool {
        let was_paused = self.is_paused();
        poll_fn(|context| {
            if !self.is_paused() {
                return Poll::Ready(());
            }
            loose.hopeless.set(self.deadline.get() != Moment::NEVER);
            self.held_calls.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
        was_paused
    }

    /// Calls the user's code that waits while the run is paused.
    pub(super) fn call_held(&self) {
        let calls = std::mem::take(&mut *self.held_calls.borrow_mut());
        if !calls.is_empty() {
            self.worked.set(true);
        }
        calls.into_iter().for_each(Waker::wake);
    }

    /// Holds `user`, who is about to begin a request, until the run goes on.
    #[cold]
    pub(crate) fn hold(self: &Rc<Self>, mut user: Box<User>) {
        if self.is_over() {
            // Counted already.
            return self.cut_off(user);
        }
        if self.deadline.get() != Moment::NEVER {
            return self.interrupt(user);
        }
        user.rest(Duration::MAX);
        self.held.borrow_mut().push(user);
    }
}

impl User {
    /// The user was held for so long because the run was paused: for it no time has passed.
    pub(crate) fn put_off(&mut self, gap: Duration) {
        for frame in &mut self.frames {
            if let Frame::Loop { since, .. } | Frame::Group { since, .. } = frame {
                *since = *since + gap;
            }
        }
        if let Some(held) = &mut self.held {
            held.put_off(gap);
        }
        let rare = self.extras.as_mut().and_then(|extras| extras.rare.as_mut());
        if let Some(branch) = rare.and_then(|rare| rare.branch.as_mut()) {
            branch.held += gap;
        }
        self.intended = self.intended + gap;
    }
}
