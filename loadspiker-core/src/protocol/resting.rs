//! [`Resting`]: an action whose user rests until a bell rings.

use std::any::Any;
use std::time::Duration;

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
