//! [`Clock`]: the time of a run.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::moment::Moment;

/// Longer than it takes to open protocols.
const STANDSTILL: Duration = Duration::from_secs(365 * 86_400);

/// The clock of one shard, and its clones. All shards of a run count from the same instant.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    base: Cell<Instant>,
    /// Where time is simulated: now, in nanoseconds. It moves only when the shard has nothing left to do.
    simulated: Option<Rc<Cell<u64>>>,
}

impl Clock {
    /// A clock that stands at the start until it is told to [begin](Self::begin).
    pub(crate) fn new(simulated: bool) -> Self {
        // What has elapsed since a moment in the future is nothing.
        let base = Instant::now() + STANDSTILL;
        Clock { base: Cell::new(base), simulated: simulated.then(Rc::default) }
    }

    /// Counts from `base` on. Clones made before stay as they are.
    pub(crate) fn begin(&self, base: Instant) {
        self.base.set(base);
    }

    pub(crate) fn now(&self) -> Moment {
        match &self.simulated {
            None => Moment::START + self.base.get().elapsed(),
            Some(now) => Moment::from_nanos(now.get()),
        }
    }

    pub(crate) fn is_simulated(&self) -> bool {
        self.simulated.is_some()
    }

    /// Moves simulated time on to `moment`; real time moves by itself.
    pub(crate) fn advance_to(&self, moment: Moment) {
        if let Some(now) = &self.simulated {
            now.set(now.get().max(moment.as_nanos()));
        }
    }

    /// The moment on tokio's clock, for its timers.
    pub(crate) fn instant_of(&self, moment: Moment) -> tokio::time::Instant {
        let instant = self.base.get().checked_add(moment.since_start());
        // Tokio knows no "never" either and uses 30 years.
        instant.unwrap_or_else(|| self.base.get() + Duration::from_secs(30 * 365 * 86_400)).into()
    }
}
