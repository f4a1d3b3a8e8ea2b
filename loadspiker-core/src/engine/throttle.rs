//! Throttles at work: each request takes a slot, of its population's throttle first, then of the simulation's, and its
//! user rests until the slot is due.
//!
//! One after the other, and each only when the one before has let it pass: a population that is far behind its own
//! throttle must not hold slots of the simulation's that others could use.

use std::time::Duration;

use crate::engine::{Shard, User};
use crate::inject::Slots;
use crate::moment::Moment;

/// A request may take slots from before the clock's moment, if its user was late: the load generator's lag is shown as
/// such and not as a wait for the throttle. But after a stall it must not catch up on all of it.
const CATCH_UP: Duration = Duration::from_secs(1);

/// A user that waits for a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// When its request came.
    since: Moment,
    /// Where it stands when its wait is over.
    gate: Gate,
}

impl Held {
    /// The run was paused meanwhile, for so long.
    pub(super) fn put_off(&mut self, pause: Duration) {
        self.since = self.since + pause;
    }
}

#[derive(Clone, Copy, Debug)]
enum Gate {
    /// Before the throttle of its population.
    Population,
    /// Before the throttle of the simulation.
    Simulation,
    /// Behind both.
    Passed,
    /// There was no slot left for it.
    Closed,
}

/// Whether a request may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Now; it has waited for so long.
    Now(Duration),
    /// Ask again at this moment.
    At(Moment),
    /// There is no slot left. The user ends.
    Never,
}

impl Shard {
    /// Whether requests of this population need a slot.
    pub(crate) fn is_throttled(&self, population: u32) -> bool {
        let own = self.plan.populations.get(population as usize).is_some_and(|one| one.throttle.is_some());
        own || self.plan.throttle.is_some()
    }

    /// Asks the throttles for the request that `user` stands before. What it is meant to begin at becomes its slot.
    pub(crate) fn ask_throttles(&self, user: &mut User) -> Turn {
        let now = self.clock.now();
        let before = Held { since: user.intended, gate: Gate::Population };
        let Held { since, mut gate } = user.held.take().unwrap_or(before);
        loop {
            let came = user.intended.max(now.minus(CATCH_UP));
            let (slot, behind) = match gate {
                Gate::Population => {
                    (self.populations.borrow_mut()[user.population as usize].take_slot(came), Gate::Simulation)
                }
                Gate::Simulation => (take(&mut self.slots.borrow_mut(), self.slots_start.get(), came), Gate::Passed),
                Gate::Passed => return Turn::Now(user.intended.since(since)),
                Gate::Closed => return Turn::Never,
            };
            let due = match slot {
                None => {
                    gate = behind;
                    continue;
                }
                Some(Slot::Taken(due)) => {
                    gate = behind;
                    due
                }
                // It waits for the end of the throttle: were it to end now, another one would take its place at once.
                Some(Slot::NoneUntil(end)) => {
                    gate = Gate::Closed;
                    end
                }
            };
            if due > now {
                user.held = Some(Held { since, gate });
                return Turn::At(due);
            }
            user.intended = user.intended.max(due);
        }
    }
}

/// What a throttle has for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// A slot that is due then.
    Taken(Moment),
    /// Nothing any more; it ends then.
    NoneUntil(Moment),
}

/// A slot for a request that comes at `moment`, of a throttle that began at `start`. `None` if there is no throttle.
pub(crate) fn take(slots: &mut Option<Slots>, start: Moment, moment: Moment) -> Option<Slot> {
    let slots = slots.as_mut()?;
    let relative = Moment::START + moment.since(start);
    Some(match slots.take(relative) {
        Some(due) => Slot::Taken(start + due.since_start()),
        None => Slot::NoneUntil(start + slots.end().since_start()),
    })
}
