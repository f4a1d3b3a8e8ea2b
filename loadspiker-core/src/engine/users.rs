//! What a shard does with its users: they start, rest, wait, go on and end.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use crate::engine::fork::Fork;
use crate::engine::limit::Waits;
use crate::engine::message::Event;
use crate::engine::population::Arrival;
use crate::engine::shard::CROWD;
use crate::engine::{Shard, User, task};
use crate::metrics::{Dropped, ScenarioId};
use crate::moment::Moment;
use crate::protocol::{ActionContext, End};
use crate::session::Session;

impl Shard {
    pub(super) fn start_users(self: &Rc<Self>, now: Moment) {
        for index in 0..self.plan.populations.len() {
            let mut started = 0;
            while started < CROWD {
                let room = self.alive.get() < self.most_users;
                let arrival = self.populations.borrow_mut()[index].take_arrival(now, room);
                let scenario = ScenarioId(u32::try_from(index).unwrap_or(u32::MAX));
                match arrival {
                    None => break,
                    Some(Arrival::Starts(intended)) => {
                        let (number, seed) = self.populations.borrow_mut()[index].next_user();
                        self.start_user(index, intended, now, number, seed);
                        started += 1;
                    }
                    Some(Arrival::Crowded(crowded)) => {
                        self.tell_dropped_arrivals(index, crowded, "as many users as allowed are there");
                        let dropped = Dropped { crowded, ..Dropped::default() };
                        self.recorder.borrow_mut().arrivals_dropped(scenario, dropped);
                    }
                    Some(Arrival::Missed(late)) => {
                        self.tell_dropped_arrivals(index, late, "the load generator was late");
                        let dropped = Dropped { late, ..Dropped::default() };
                        self.recorder.borrow_mut().arrivals_dropped(scenario, dropped);
                    }
                }
            }
            self.tell_if_done(index, now);
        }
    }

    fn start_user(self: &Rc<Self>, population: usize, intended: Moment, now: Moment, number: u64, seed: u64) {
        let made = self.users_made.get();
        self.users_made.set(made + 1);
        let (index, count) = (self.index as u64, self.plan.shards as u64);
        let user_id = made * count + index + 1;
        let mut session = Session::sharing(self.shared[population].clone(), user_id, number, seed);
        for (slot, value) in &self.given {
            session.set_at(*slot, value.clone());
        }
        let population = u32::try_from(population).unwrap_or(u32::MAX);
        self.alive.set(self.alive.get() + 1);
        {
            let mut recorder = self.recorder.borrow_mut();
            recorder.user_started(ScenarioId(population));
            recorder.arrival_lag(ScenarioId(population), now.since(intended));
        }
        task::spawn(self, Box::new(User::new(session, population, intended)));
    }

    /// A user has come to its end.
    pub(crate) fn user_ended(self: &Rc<Self>, mut user: Box<User>) {
        if let Some(fork) = user.fork().cloned() {
            return self.branch_ended(user, &fork);
        }
        if let Some(awaits) = user.take_awaits().filter(|awaits| !awaits.is_empty()) {
            let mut cx = ActionContext::new(user, self.clone());
            awaits.end(&mut cx);
            user = cx.into_user();
        }
        let (scenario, population) = (user.scenario(), user.population as usize);
        let (ok, ended) = (!user.session.is_failed(), user.intended);
        if self.programs[population].is_retiring(user.pc) {
            self.populations.borrow_mut()[population].user_retired();
        }
        // What it has checked out is for others, as of now.
        user.check_all_in(ended);
        // Its connections close before another user takes its place.
        let goodbyes = self.end_states(&mut user, End::Finished);
        drop(user);
        self.recorder.borrow_mut().user_ended(scenario, ok);
        if goodbyes.is_empty() {
            return self.leave(population, ended);
        }
        self.populations.borrow_mut()[population].user_leaves();
        self.say_all(goodbyes, scenario, move |shard| {
            if !shard.is_over() {
                shard.populations.borrow_mut()[population].user_left();
                shard.leave(population, shard.clock.now());
            }
        });
    }

    /// A user, or its branch at `fork`, was lost in a panic of code that is not the engine's, such as the end of a
    /// protocol's state.
    pub(crate) fn user_lost(self: &Rc<Self>, population: u32, fork: Option<&Fork>, message: &str) {
        self.tell_lost_user(population, message);
        let scenario = ScenarioId(population);
        {
            let mut recorder = self.recorder.borrow_mut();
            recorder.panic_caught(scenario);
            recorder.step_error(scenario, message);
            if fork.is_none() {
                recorder.user_ended(scenario, false);
            }
        }
        match fork {
            Some(fork) => self.branch_lost(fork),
            None => self.leave(population as usize, self.clock.now()),
        }
    }

    /// There is one user less, since `ended`.
    fn leave(self: &Rc<Self>, population: usize, ended: Moment) {
        self.alive.set(self.alive.get() - 1);
        let now = self.clock.now();
        let next = self.populations.borrow_mut()[population].user_ended(now, ended);
        if let Some(due) = next {
            self.due_at(due);
        }
        self.tell_if_done(population, now);
    }

    pub(super) fn tell_if_done(&self, population: usize, at: Moment) {
        if self.populations.borrow_mut()[population].is_newly_done() {
            self.tell(Event::Done { shard: self.index, population, at, round: self.round.get() });
        }
    }

    pub(super) fn wake_resting(self: &Rc<Self>, now: Moment) {
        for _ in 0..CROWD {
            let Some((due, mut user)) = self.waiting.borrow_mut().pop_user(now) else { return };
            user.intended = due;
            task::spawn(self, user);
        }
    }

    pub(super) fn wake_sleepers(&self, now: Moment) {
        while let Some(waker) = self.waiting.borrow_mut().pop_sleeper(now) {
            self.worked.set(true);
            waker.wake();
        }
    }

    /// Lets `user` rest until `due`.
    pub(crate) fn rest(self: &Rc<Self>, mut user: Box<User>, due: Moment) {
        if due > self.deadline.get() {
            // It could do nothing more before the end of the grace period.
            return self.interrupt(user);
        }
        user.rest(due.since(user.intended));
        self.waiting.borrow_mut().rest(due, user);
        self.due_at(due);
    }

    /// Lets a busy user wait without resting.
    pub(crate) async fn sleep_until(&self, due: Moment) {
        let mut registered = false;
        poll_fn(|cx| {
            if self.clock.now() >= due {
                return Poll::Ready(());
            }
            // The heap wakes once, at the right moment; a wake from elsewhere changes nothing.
            if !registered {
                registered = true;
                self.waiting.borrow_mut().sleep(due, cx.waker().clone());
                self.due_at(due);
            }
            Poll::Pending
        })
        .await;
    }

    /// Lets `user` wait at a rendez-vous.
    pub(crate) fn meet(self: &Rc<Self>, mut user: Box<User>, rendez_vous: usize) {
        if self.plan.rendez_vous[rendez_vous].is_open() {
            return task::spawn(self, user);
        }
        user.rest(Duration::MAX);
        if let Some(limit) = self.limit_of(&user) {
            self.fetch_at(limit, (user.session.user_id(), user.serial()), Waits::Meeting(rendez_vous));
        }
        self.meetings.borrow_mut()[rendez_vous].push(user);
    }

    pub(crate) fn open_rendez_vous(&self, rendez_vous: usize, at: Moment) {
        self.tell(Event::Opened { rendez_vous, at });
    }
}
