//! How a shard ends: no more users, a time of grace, and an account of whoever is left.

use std::rc::Rc;

use crate::engine::{Shard, User};
use crate::metrics::ScenarioId;
use crate::moment::Moment;

impl Shard {
    /// No users start from `at` on. Those that were due before and are late are counted as dropped.
    pub(super) fn stop(self: &Rc<Self>, at: Moment, deadline: Moment) {
        self.stop_at.set(Moment::NEVER);
        self.deadline.set(self.deadline.get().min(deadline));
        let now = self.clock.now();
        for index in 0..self.plan.populations.len() {
            let dropped = self.populations.borrow_mut()[index].stop(at);
            let scenario = ScenarioId(u32::try_from(index).unwrap_or(u32::MAX));
            (0..dropped).for_each(|_| self.recorder.borrow_mut().arrival_dropped(scenario));
            self.tell_if_done(index, now);
        }
        // Users that would rest beyond the deadline cannot do anything more.
        let leave = self.waiting.borrow_mut().take_beyond(self.deadline.get());
        leave.into_iter().for_each(|user| self.interrupt(user));
        self.waiting.borrow().call_beyond(self.deadline.get());
        self.worked.set(true);
        let meetings: Vec<_> = self.meetings.borrow_mut().iter_mut().flat_map(std::mem::take).collect();
        meetings.into_iter().for_each(|user| self.interrupt(user));
        self.due_at(self.deadline.get());
    }

    #[expect(clippy::needless_pass_by_value, clippy::boxed_local, reason = "the user ends here")]
    pub(super) fn interrupt(self: &Rc<Self>, user: Box<User>) {
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
            for number in 0..busy {
                self.recorder.borrow_mut().user_interrupted(scenario, number < acting);
            }
            self.tell_if_done(index, self.clock.now());
        }
        self.alive.set(0);
    }
}
