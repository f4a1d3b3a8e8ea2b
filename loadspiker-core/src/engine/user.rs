//! [`User`]: a virtual user and its position. This is all that a resting user costs.

use std::any::Any;
use std::rc::Rc;
use std::time::Duration;

use crate::compile::Pc;
use crate::engine::branch::new_state;
use crate::engine::fork::Fork;
use crate::engine::holding::Holding;
use crate::engine::throttle::Held;
use crate::metrics::{GroupId, ScenarioId};
use crate::moment::Moment;
use crate::protocol::{Awaits, Resting, UserState};
use crate::session::Session;
use crate::shown::printable;

/// A virtual user.
pub(crate) struct User {
    pub(crate) session: Session,
    /// The scenario it runs, by its position in the plan.
    pub(crate) population: u32,
    /// The next operation.
    pub(crate) pc: Pc,
    pub(crate) group: GroupId,
    /// How many of the frames are loops to be left as soon as possible, and `try_max` blocks: if there are none, the
    /// frames need not be looked at before a step.
    pub(crate) watched: u32,
    pub(crate) frames: Vec<Frame>,
    /// When what comes next was meant to begin.
    pub(crate) intended: Moment,
    /// Set while its next request waits for a slot of a throttle; the user stands behind the action then.
    pub(crate) held: Option<Held>,
    pub(crate) extras: Option<Box<Extras>>,
}

/// What only some users have.
#[derive(Default)]
pub(crate) struct Extras {
    /// By protocol.
    pub(crate) states: Vec<Option<Box<dyn UserState>>>,
    /// When each pace lets this user pass next.
    pub(crate) paces: Vec<(u32, Moment)>,
    /// In a box of its own, so that users without it stay small.
    pub(crate) rare: Option<Box<Rare>>,
}

/// What few users have.
#[derive(Default)]
pub(crate) struct Rare {
    /// Only a branch of a user has it.
    pub(crate) branch: Option<Branch>,
    /// What it has checked out of pools.
    pub(crate) holdings: Vec<Holding>,
    /// The request it makes, where exchanges are shown.
    pub(crate) debugged: Option<Box<str>>,
    /// While its action waits for a bell.
    pub(crate) resting: Option<Box<Resting>>,
    /// Messages that it awaits in the background.
    pub(crate) awaits: Option<Rc<Awaits>>,
}

impl Extras {
    pub(crate) fn branch(&self) -> Option<&Branch> {
        self.rare.as_ref()?.branch.as_ref()
    }
}

/// What makes a user a branch of another.
pub(crate) struct Branch {
    pub(crate) fork: Rc<Fork>,
    /// Tells it from other branches of the shard.
    pub(crate) serial: u64,
    /// For how long it was held in pauses of the run.
    pub(crate) held: Duration,
}

/// A loop, group or `try_max` that the user is in. The outermost of a branch stands for what is around the fork.
#[derive(Debug)]
pub(crate) enum Frame {
    /// `over` says that a wait was cut because its time is over.
    Loop {
        enter: Pc,
        asap: bool,
        pass: u32,
        since: Moment,
        over: bool,
    },
    Group {
        outer: GroupId,
        failed: bool,
        cumulated_micros: u32,
        since: Moment,
    },
    Try {
        enter: Pc,
        failed_before: bool,
        attempt: u32,
    },
    /// Something that a protocol has opened, and is to close. `leaving` is set while the user stands at its end.
    Block {
        enter: Pc,
        failed_before: bool,
        leaving: Option<Leaving>,
    },
    /// `over` is the entry of the loop around whose time is over, if a wait was cut because of it.
    Branch {
        failed: bool,
        cumulated_micros: u32,
        over: Option<Pc>,
    },
}

/// What leads out of a block before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// A loop or block around it.
    Early,
    /// The user exits.
    Exit,
}

impl User {
    /// Who it is, for a person who debugs: `user 3 of "Browse"`.
    #[cold]
    pub(crate) fn whose(&self) -> String {
        format!("user {} of \"{}\"", self.session.user_id(), printable(self.session.scenario()))
    }

    /// The request it makes, where exchanges are shown.
    pub(crate) fn debugged(&self) -> Option<&str> {
        self.extras.as_ref()?.rare.as_ref()?.debugged.as_deref()
    }

    /// What is kept of its action, which waits for a bell.
    pub(crate) fn resting(&self) -> Option<&Resting> {
        self.extras.as_ref()?.rare.as_ref()?.resting.as_deref()
    }

    pub(crate) fn resting_mut(&mut self) -> Option<&mut Resting> {
        self.extras.as_mut()?.rare.as_mut()?.resting.as_deref_mut()
    }

    pub(crate) fn take_resting(&mut self) -> Option<Box<Resting>> {
        self.extras.as_mut()?.rare.as_mut()?.resting.take()
    }

    /// The messages that it awaits in the background, itself and in its branches.
    pub(crate) fn awaits(&mut self) -> Rc<Awaits> {
        if let Some(fork) = self.fork().cloned()
            && let Some(awaits) = fork.with_user(User::awaits)
        {
            return awaits;
        }
        let rare = self.extras.get_or_insert_default().rare.get_or_insert_default();
        rare.awaits.get_or_insert_default().clone()
    }

    /// What it awaits itself; what a branch awaits is its user's.
    pub(crate) fn take_awaits(&mut self) -> Option<Rc<Awaits>> {
        self.extras.as_mut()?.rare.as_mut()?.awaits.take()
    }

    pub(crate) fn new(session: Session, population: u32, intended: Moment) -> Self {
        User {
            session,
            population,
            pc: 0,
            group: GroupId::ROOT,
            watched: 0,
            frames: Vec::new(),
            intended,
            held: None,
            extras: None,
        }
    }

    pub(crate) fn scenario(&self) -> ScenarioId {
        ScenarioId(self.population)
    }

    /// This user's state of the protocol at `index`, made at first use.
    pub(crate) fn state<U: UserState>(&mut self, index: usize, init: impl FnOnce() -> U) -> &mut U {
        let Extras { states, rare, .. } = &mut **self.extras.get_or_insert_default();
        let branch = rare.as_ref().and_then(|rare| rare.branch.as_ref());
        let state: &mut dyn Any =
            &mut **place(states, index).get_or_insert_with(|| new_state(branch, index, || Box::new(init())));
        #[expect(clippy::expect_used, reason = "a protocol asks with its own slot for its own type")]
        state.downcast_mut().expect("a protocol keeps users' states of one type")
    }

    /// The place of the first state that `is` what is looked for, of this user or of the one that it is a branch of.
    pub(crate) fn position_of_state(&self, is: fn(&dyn UserState) -> bool) -> Option<usize> {
        let states = &self.extras.as_ref()?.states;
        let own = states.iter().position(|state| state.as_deref().is_some_and(is));
        own.or_else(|| self.fork()?.with_user(|user| user.position_of_state(is))?)
    }

    /// Whether the state in this place, of this user or of the one that it is a branch of, `is` what is looked for.
    pub(crate) fn has_state_at(&self, index: usize, is: fn(&dyn UserState) -> bool) -> bool {
        let own = self.extras.as_ref().and_then(|extras| extras.states.get(index)?.as_deref());
        match own {
            Some(state) => is(state),
            None => {
                let around = self.fork().and_then(|fork| fork.with_user(|user| user.has_state_at(index, is)));
                around.unwrap_or(false)
            }
        }
    }

    /// The state in this place, if there is one. A branch that has none yet takes it from its user, if that shares it.
    pub(crate) fn state_at<U: UserState>(&mut self, index: usize) -> Option<&U> {
        let extras = self.extras.as_mut()?;
        let fork = extras.branch().map(|branch| branch.fork.clone());
        let place = place(&mut extras.states, index);
        if place.is_none() {
            *place = fork.and_then(|fork| fork.with_user(|user| user.shared_state(index))?);
        }
        let state: &dyn Any = place.as_deref()?;
        state.downcast_ref()
    }

    /// What a branch begins with of the state in this place, if there is something.
    fn shared_state(&mut self, index: usize) -> Option<Box<dyn UserState>> {
        let extras = self.extras.as_mut()?;
        let fork = extras.branch().map(|branch| branch.fork.clone());
        let place = place(&mut extras.states, index);
        if place.is_none() {
            *place = fork.and_then(|fork| fork.with_user(|user| user.shared_state(index))?);
        }
        place.as_mut()?.fork()
    }

    /// Tells the protocols that this user rests.
    pub(crate) fn rest(&mut self, duration: Duration) {
        if let Some(extras) = &mut self.extras {
            extras.states.iter_mut().flatten().for_each(|state| state.rest(duration));
        }
    }

    /// The innermost group, if a failure in it does not first belong to a `try_max`.
    pub(crate) fn fail_group(&mut self) {
        for frame in self.frames.iter_mut().rev() {
            match frame {
                Frame::Group { failed, .. } | Frame::Branch { failed, .. } => {
                    *failed = true;
                    return;
                }
                Frame::Try { .. } => return,
                Frame::Loop { .. } | Frame::Block { .. } => {}
            }
        }
    }

    /// Lets the innermost group or block have failed if code of the user's has marked it so. To be called before a frame
    /// is entered or left: the mark belongs to where the user is.
    pub(crate) fn settle_failure(&mut self) {
        if self.session.take_new_failure() {
            self.fail_group();
        }
    }

    /// Adds the time of a request to the innermost group.
    pub(crate) fn cumulate(&mut self, time: u32) {
        if let Some(cumulated) = self.cumulated() {
            *cumulated = cumulated.saturating_add(time);
        }
    }

    /// The time of the requests in the innermost group, in microseconds.
    pub(crate) fn cumulated(&mut self) -> Option<&mut u32> {
        self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Group { cumulated_micros, .. } | Frame::Branch { cumulated_micros, .. } => Some(cumulated_micros),
            Frame::Loop { .. } | Frame::Try { .. } | Frame::Block { .. } => None,
        })
    }
}

/// The place of a protocol's state, made if it is new.
pub(super) fn place(states: &mut Vec<Option<Box<dyn UserState>>>, index: usize) -> &mut Option<Box<dyn UserState>> {
    if states.len() <= index {
        states.reserve_exact(index + 1 - states.len());
        states.resize_with(index + 1, || None);
    }
    &mut states[index]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_and_a_frame_stay_small() {
        assert!(size_of::<User>() <= 144, "{}", size_of::<User>());
        assert!(size_of::<Frame>() <= 24, "{}", size_of::<Frame>());
        assert!(size_of::<Extras>() <= 56, "{}", size_of::<Extras>());
    }
}
