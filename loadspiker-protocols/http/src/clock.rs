//! [`Clock`]: where this crate reads the time of the run.

use loadspiker_core::Moment;

/// The run's clock. Reading it is not free, so each reading is there for a reason.
pub(crate) trait Clock {
    fn now(&self) -> Moment;
}
