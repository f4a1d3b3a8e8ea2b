//! How a shard ends: no more users, a time of grace, and an account of whoever is left.

use std::rc::Rc;

use crate::engine::population::Left;
use crate::engine::{Shard, User};
use crate::metrics::{Dropped, ScenarioId};
use crate::moment::Moment;

impl Shard {
    /// No users start from `at` on. Those that were due before and have not started are counted as dropped.
    pub(super) fn stop(self: &Rc<Self>, at: Moment, deadline: Moment) {
        // Orders do not wait any longer: a run that was told to pause is paused.
        self.carry_out(Moment::NEVER);
        self.stop_at.set(Moment::NEVER);
        self.deadline.set(self.deadline.get().min(deadline));
        let now = self.clock.now();
        for index in 0..self.plan.populations.len() {
            let Left { late, cut } = self.populations.borrow_mut()[index].stop(at);
            let scenario = ScenarioId(u32::try_from(index).unwrap_or(u32::MAX));
            let dropped = Dropped { late, at_end: cut, crowded: 0 };
            self.recorder.borrow_mut().arrivals_dropped(scenario, dropped);
            self.tell_if_done(index, now);
        }
        // Before others end, who may return what is waited for.
        self.clear_rooms();
        // Users that would rest beyond the deadline cannot do anything more.
        let leave = self.waiting.borrow_mut().take_beyond(self.deadline.get());
        leave.into_iter().for_each(|user| self.interrupt(user));
        let held = std::mem::take(&mut *self.held.borrow_mut());
        held.into_iter().for_each(|user| self.interrupt(user));
        self.call_held();
        self.waiting.borrow().call_beyond(self.deadline.get());
        self.worked.set(true);
        let meetings: Vec<_> = self.meetings.borrow_mut().iter_mut().flat_map(std::mem::take).collect();
        meetings.into_iter().for_each(|user| self.interrupt(user));
        // Where time stood still in a pause, what is due before the deadline is to be found again.
        self.find_next_due();
    }

    /// A user, or a branch of one, is cut off. With its last branch the user is.
    pub(super) fn interrupt(self: &Rc<Self>, mut user: Box<User>) {
        while let Some(fork) = user.fork().cloned() {
            drop(user);
            match fork.interrupt_branch() {
                Some(whole) => user = whole,
                None => return,
            }
        }
        Shard::tell_interrupted(&user);
        let population = user.population as usize;
        self.recorder.borrow_mut().user_interrupted(user.scenario(), false);
        self.alive.set(self.alive.get() - 1);
        self.populations.borrow_mut()[population].user_interrupted();
        self.tell_if_done(population, self.clock.now());
    }

    /// The end of the grace period: whoever still runs is counted as interrupted. Their tasks end with the runtime.
    pub(super) fn interrupt_all(self: &Rc<Self>) {
        self.deadline.set(Moment::NEVER);
        self.over.set(true);
        // All of them: no rest ends at the very beginning of the run.
        let resting = self.waiting.borrow_mut().take_beyond(Moment::START);
        resting.into_iter().for_each(|user| self.interrupt(user));
        for index in 0..self.plan.populations.len() {
            let scenario = ScenarioId(u32::try_from(index).unwrap_or(u32::MAX));
            let (busy, acting) = self.populations.borrow_mut()[index].interrupt_all();
            // Users with branches may have several requests in flight.
            self.recorder.borrow_mut().users_interrupted(scenario, busy, acting);
            self.tell_if_done(index, self.clock.now());
        }
        self.alive.set(0);
    }
}
