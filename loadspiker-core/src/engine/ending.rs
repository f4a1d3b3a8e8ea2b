//! How a shard ends: no more users, a time of grace, and an account of whoever is left.

use std::rc::Rc;

use crate::engine::population::Left;
use crate::engine::{Shard, User};
use crate::metrics::{Dropped, ScenarioId};
use crate::moment::Moment;
use crate::protocol::End;

impl Shard {
    /// No users start from `at` on. Those that were due before and have not started are counted as dropped.
    pub(super) fn stop(self: &Rc<Self>, at: Moment, deadline: Moment) {
        // Orders do not wait any longer: a run that was told to pause is paused.
        self.carry_out(Moment::NEVER);
        self.stop_at.set(Moment::NEVER);
        self.deadline.set(self.deadline.get().min(deadline));
        self.tell_stopping(deadline);
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
        self.stop_listening();
        self.worked.set(true);
        let meetings: Vec<_> = self.meetings.borrow_mut().iter_mut().flat_map(std::mem::take).collect();
        meetings.into_iter().for_each(|user| self.interrupt(user));
        // Where time stood still in a pause, what is due before the deadline is to be found again.
        self.find_next_due();
    }

    /// A user, or a branch of one, is cut off. With its last branch the user is.
    pub(super) fn interrupt(self: &Rc<Self>, mut user: Box<User>) {
        while let Some(fork) = user.fork().cloned() {
            self.count_awaits(&mut user);
            self.say_goodbye(user, End::Stopped);
            match fork.interrupt_branch() {
                Some(whole) => user = whole,
                None => return,
            }
        }
        self.count_awaits(&mut user);
        Shard::tell_interrupted(&user);
        let (scenario, population) = (user.scenario(), user.population as usize);
        self.say_goodbye(user, End::Stopped);
        self.recorder.borrow_mut().user_interrupted(scenario, false);
        self.alive.set(self.alive.get() - 1);
        self.populations.borrow_mut()[population].user_interrupted();
        self.tell_if_done(population, self.clock.now());
    }

    /// The requests of an interrupted user that wait for messages count as interrupted.
    fn count_awaits(&self, user: &mut User) {
        let waits = u64::from(user.take_resting().is_some()) + user.take_awaits().map_or(0, |awaits| awaits.len());
        if waits > 0 {
            self.recorder.borrow_mut().users_interrupted(user.scenario(), 0, waits);
            (0..waits).for_each(|_| self.action_ends(user.population));
        }
    }

    /// The end of the grace period: whoever still runs is counted as interrupted, and called to take its leave.
    pub(super) fn interrupt_all(self: &Rc<Self>) {
        self.deadline.set(Moment::NEVER);
        self.stop_at.set(Moment::NEVER);
        if self.over.replace(true) {
            return;
        }
        // What is left to be counted is handed over at the end.
        self.next_tick.set(Moment::NEVER);
        self.tell_stopping(self.clock.now());
        // All of them: no rest ends at the very beginning of the run.
        let resting = self.waiting.borrow_mut().take_beyond(Moment::START);
        resting.into_iter().for_each(|user| self.interrupt(user));
        self.stop_listening();
        for index in 0..self.plan.populations.len() {
            let scenario = ScenarioId(u32::try_from(index).unwrap_or(u32::MAX));
            let (busy, acting) = self.populations.borrow_mut()[index].interrupt_all();
            // Those that take their leave have come to their end. Users with branches may have several requests in flight.
            self.recorder.borrow_mut().users_interrupted(scenario, busy, acting);
            self.tell_if_done(index, self.clock.now());
        }
        self.alive.set(0);
        self.call_workers();
    }
}
