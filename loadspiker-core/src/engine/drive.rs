//! The loop of a [`Shard`]: it obeys the run, and does what is due when it is due.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::sync::mpsc::UnboundedReceiver;

use crate::engine::Place;
use crate::engine::message::{Command, Event};
use crate::engine::population::PopulationState;
use crate::engine::shard::Shard;
use crate::engine::stall::Gap;
use crate::engine::steered::Order;
use crate::engine::task;
use crate::engine::timer::Timer;
use crate::metrics::EndOf;
use crate::moment::Moment;

impl Shard {
    /// Runs until it is told to finish.
    pub(crate) async fn run(self: Rc<Self>, mut commands: UnboundedReceiver<Command>, mut timer: Timer) {
        let mut turn = |cx: &mut Context<'_>| {
            self.waker.replace(Some(cx.waker().clone()));
            loop {
                while let Poll::Ready(command) = commands.poll_recv(cx) {
                    let Some(command) = command else {
                        // The channel closes only if the other side is gone; then there is nobody to report to.
                        self.begin_finish();
                        break;
                    };
                    self.obey(&command);
                }
                if self.has_finished(cx) {
                    return Poll::Ready(());
                }
                let now = self.clock.now();
                self.release_due(now);
                let due = Moment::from_nanos(self.next_due.get());
                if self.tick_unheard.get() {
                    return Poll::Pending;
                }
                if due <= now {
                    // There are more; those let go have their turn first.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                if !self.clock.is_simulated() {
                    match timer.poll_until(due, &self.clock, cx) {
                        Poll::Ready(()) => continue,
                        Poll::Pending => return Poll::Pending,
                    }
                }
                // Simulated time goes on only when no task has had anything to do since this was last looked at.
                if self.worked.replace(false) {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                if due == Moment::NEVER || self.unheard.get() > 0 {
                    return Poll::Pending;
                }
                self.clock.advance_to(due);
            }
        };
        poll_fn(|cx| {
            self.pulse.turn(0, Place::NONE);
            let done = turn(cx);
            self.turn_is_over(Place::NONE);
            done
        })
        .await;
        self.hand_over(EndOf::Run);
        self.drop_states();
    }

    /// Does what it is told.
    fn obey(self: &Rc<Self>, command: &Command) {
        if self.is_finishing() && !matches!(command, Command::Heard) {
            return;
        }
        match *command {
            Command::Start { population, at } => self.start_population(population, at),
            Command::Pause { at } => self.order(at, Order::Pause),
            Command::Resume { at } => self.order(at, Order::Resume),
            Command::Scale { factor, at, round, ref over } => {
                self.reopen(round, over);
                self.order(at, Order::Scale { factor, over: over.clone() });
            }
            Command::Stop { at, patience } => {
                let now = self.clock.now();
                // Who stops from outside does not know how late it is where time is simulated.
                let at = if self.clock.is_simulated() { now } else { at };
                self.stop(now, at + patience);
            }
            Command::Open { rendez_vous, at } => {
                let waiting = std::mem::take(&mut self.meetings.borrow_mut()[rendez_vous]);
                for mut user in waiting {
                    user.intended = user.intended.max(at);
                    task::spawn(self, user);
                }
            }
            Command::Heard => {
                self.unheard.set(self.unheard.get().saturating_sub(1));
                self.tick_unheard.set(self.tick_unheard.get() && self.unheard.get() > 0);
            }
            Command::Finish => self.begin_finish(),
        }
    }

    /// Does everything that is due at `now`. Cheap when nothing is.
    pub(crate) fn release_due(self: &Rc<Self>, now: Moment) {
        if now.as_nanos() < self.next_due.get() {
            return;
        }
        let last = self.last_look.replace(self.last_look.get().max(now));
        if let Some(gap) = Gap::before(now, Moment::from_nanos(self.next_due.get()), last) {
            self.stalled(gap);
        }
        // A tick comes before all else that is due at its moment: that belongs to the next second.
        if now >= self.next_tick.get() {
            self.tick(now);
        }
        if self.tick_unheard.get() {
            return;
        }
        self.carry_out(now);
        if now >= self.stop_at.get() {
            self.stop(self.stop_at.get(), self.stop_at.get() + self.plan.grace_period);
        }
        if now >= self.deadline.get() {
            self.interrupt_all();
        }
        // The rest of a crowd has its turn when these have had theirs: see `CROWD`.
        self.start_users(now);
        self.wake_resting(now);
        self.wake_sleepers(now);
        self.ring_alarms(now);
        self.find_next_due();
    }

    #[cold]
    fn stalled(&self, gap: Gap) {
        let (from, to) = gap.bounds();
        self.recorder.borrow_mut().stalled(from, to);
        self.populations.borrow_mut().iter_mut().for_each(|population| population.missed(gap));
    }

    pub(super) fn find_next_due(&self) {
        if self.stands_still() {
            self.next_due.set(Moment::NEVER.as_nanos());
            return;
        }
        let order = self.orders.borrow().front().map(|(at, _)| *at);
        let waiting = self.waiting.borrow().next_due();
        let alarm = self.alarms.borrow_mut().next_due();
        let arrival = self.populations.borrow().iter().filter_map(PopulationState::next_due).min();
        let busy = self.alive.get() > 0 || arrival.is_some() || self.is_paused();
        // Where nothing happens any more, simulated time must stand still, lest it runs away.
        let tick = (busy || !self.clock.is_simulated()).then(|| self.next_tick.get());
        let limits = busy.then(|| self.stop_at.get().min(self.deadline.get()));
        let due = [order, waiting, alarm, arrival, tick, limits].into_iter().flatten().min().unwrap_or(Moment::NEVER);
        self.next_due.set(due.as_nanos());
    }

    /// Simulated time stands still in a pause, unless the run is being stopped: requests on their way finish then.
    fn stands_still(&self) -> bool {
        self.is_paused() && self.clock.is_simulated() && self.deadline.get() == Moment::NEVER
    }

    /// Something is to be done at `moment`: the shard's loop must wake by then.
    pub(super) fn due_at(&self, moment: Moment) {
        if self.stands_still() && moment > self.clock.now() {
            // All is looked at again at its end.
            return;
        }
        if moment.as_nanos() < self.next_due.get() {
            self.next_due.set(moment.as_nanos());
            if let Some(waker) = &*self.waker.borrow() {
                waker.wake_by_ref();
            }
        }
    }

    pub(super) fn tell(&self, event: Event) {
        self.unheard.set(self.unheard.get() + usize::from(self.clock.is_simulated()));
        // Nobody listens only if the run was given up.
        let _ = self.events.send(event);
    }

    /// Something outside of the simulation is waited for, or is there: meanwhile simulated time stands still.
    pub(super) fn await_outside(&self, begins: bool) {
        if !self.clock.is_simulated() {
            return;
        }
        let unheard = self.unheard.get();
        self.unheard.set(if begins { unheard + 1 } else { unheard.saturating_sub(1) });
        self.worked.set(true);
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}
