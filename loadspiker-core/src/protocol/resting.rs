//! [`Resting`]: an action whose user rests until a bell rings.

use std::any::Any;
use std::rc::Rc;
use std::time::Duration;

use super::awaiting::Awaits;
use super::context::ActionContext;
use crate::moment::Moment;
use crate::stream::Bell;

/// Why an action goes on that let its user rest with
/// [`ActionContext::rest_until`](super::ActionContext::rest_until).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Woken {
    /// The bell was rung.
    Rung,
    /// The deadline has come first.
    Deadline,
}

/// What is kept of an action while its user rests.
pub(crate) struct Resting {
    pub(crate) bell: Bell,
    pub(crate) deadline: Moment,
    pub(crate) state: Box<dyn Any>,
    /// As the context of the action had them.
    pub(crate) started: Moment,
    pub(crate) throttle_wait: Option<Duration>,
    pub(crate) woken: Woken,
    /// The time of a loop around is over before the deadline comes.
    pub(crate) cut: bool,
}

impl ActionContext {
    /// Whether the action waits for a bell.
    pub(crate) fn rests(&self) -> bool {
        self.resting.is_some()
    }

    /// What is to be kept of the action, if it waits for a bell.
    pub(crate) fn take_resting(&mut self) -> Option<Box<Resting>> {
        self.resting.take()
    }

    /// The action goes on that has waited for a bell: what it left, and why it goes on.
    pub(crate) fn go_on(&mut self, resting: Resting) -> (Box<dyn Any>, Woken) {
        self.started = resting.started;
        self.throttle_wait = resting.throttle_wait;
        self.time = None;
        (resting.state, resting.woken)
    }

    /// Says that the action waits until `bell` is rung, for instance by the task that reads from the user's connection,
    /// or until `deadline`. The action is to return then. Its user rests without a task, and
    /// [`Action::resume`](crate::protocol::Action::resume) goes on with `state`.
    ///
    /// The instants of the action ([`intended`](Self::intended), [`started`](Self::started)) stay what they are. If the
    /// run is stopped meanwhile, or the time of a loop around is over, the state is dropped and the request counts as
    /// interrupted.
    pub fn rest_until(&mut self, bell: &Bell, deadline: Moment, state: impl Any) {
        self.resting = Some(Box::new(Resting {
            bell: bell.clone(),
            deadline,
            state: Box::new(state),
            started: self.started,
            throttle_wait: self.throttle_wait,
            woken: Woken::Rung,
            cut: false,
        }));
    }

    /// The messages that the user awaits in the background.
    pub(crate) fn awaits(&mut self) -> Rc<Awaits> {
        self.user.awaits()
    }

    /// The request that is on its way is answered in the background: it stays in flight.
    pub(crate) fn stays_in_flight(&self) {
        self.shard.action_begins(self.user.population);
    }

    /// A request that was answered in the background is no longer in flight.
    pub(crate) fn is_answered(&self) {
        self.shard.action_ends(self.user.population);
    }
}
