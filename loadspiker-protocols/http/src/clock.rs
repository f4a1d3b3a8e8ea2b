//! [`Clock`]: where this crate reads the time of the run.

use loadspiker_core::Moment;
use loadspiker_core::protocol::ActionContext;

/// The run's clock. Reading it is not free, so each reading is there for a reason.
pub(crate) trait Clock {
    fn now(&self) -> Moment;

    /// Whether what is seen now may have been there for a while, because the shard was held up.
    fn was_held_up(&self) -> bool {
        false
    }
}

impl Clock for ActionContext {
    fn now(&self) -> Moment {
        ActionContext::now(self)
    }

    fn was_held_up(&self) -> bool {
        ActionContext::was_held_up(self)
    }
}
