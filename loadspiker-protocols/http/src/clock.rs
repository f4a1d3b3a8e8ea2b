//! [`Clock`]: where this crate reads the time of the run.

use loadspiker_core::Moment;
use loadspiker_core::protocol::ActionContext;

/// The run's clock. Reading it is not free, so each reading is there for a reason.
pub(crate) trait Clock {
    fn now(&self) -> Moment;
}

impl Clock for ActionContext {
    fn now(&self) -> Moment {
        ActionContext::now(self)
    }
}
