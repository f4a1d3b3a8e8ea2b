//! [`Clock`]: where the network layer reads the time of a run.

use std::time::Instant;

use loadspiker_core::Moment;
use loadspiker_core::protocol::{ActionContext, ShardHandle};

/// A clock of a run. Reading it is not free (about 25 ns), so this crate reads it only at the end of a phase.
pub trait Clock {
    /// The time since the run began.
    fn now(&self) -> Moment;

    /// Whether the shard was stalled, so that what is seen now may have happened earlier.
    fn was_held_up(&self) -> bool {
        false
    }

    /// The number of the user whose time it is, for events; `None` if there is none.
    fn user(&self) -> Option<u64> {
        None
    }
}

impl Clock for ActionContext {
    fn now(&self) -> Moment {
        ActionContext::now(self)
    }

    fn was_held_up(&self) -> bool {
        ActionContext::was_held_up(self)
    }

    fn user(&self) -> Option<u64> {
        Some(self.session().user_id())
    }
}

/// Until the run begins the clock of a shard stands still: the time limit of an attempt holds for each of its steps then.
impl Clock for ShardHandle {
    fn now(&self) -> Moment {
        ShardHandle::now(self)
    }
}

/// A clock for use outside of a run, such as fetching records or exporting metrics. It starts when it is created.
#[derive(Clone, Copy, Debug)]
pub struct WallClock(Instant);

impl WallClock {
    /// A clock that begins now.
    pub fn start() -> Self {
        WallClock(Instant::now())
    }
}

impl Clock for WallClock {
    fn now(&self) -> Moment {
        Moment::START + self.0.elapsed()
    }
}
