//! [`Moment`]: a point in time on the clock of a run.

use std::ops::{Add, Sub};
use std::time::Duration;

use crate::numbers::nanos;

/// A point in time, in nanoseconds since the start of the run. All shards of a run use the same origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The start of the run.
    pub const START: Moment = Moment(0);
    /// A moment that never comes.
    pub const NEVER: Moment = Moment(u64::MAX);

    /// The moment this many nanoseconds after the start of the run.
    pub const fn from_nanos(nanos: u64) -> Self {
        Moment(nanos)
    }

    /// Nanoseconds since the start of the run.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Time since the start of the run.
    pub const fn since_start(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// The moment this much earlier; the beginning of the run if there is none.
    pub(crate) fn minus(self, duration: Duration) -> Self {
        Moment(self.0.saturating_sub(nanos(duration)))
    }

    /// The time from `earlier` to this moment; zero if `earlier` is later.
    pub const fn since(self, earlier: Moment) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Moment;

    /// Saturates at [`Moment::NEVER`], 584 years after the beginning.
    fn add(self, duration: Duration) -> Moment {
        Moment(self.0.saturating_add(nanos(duration)))
    }
}

impl Sub for Moment {
    type Output = Duration;

    /// Same as [`Moment::since`].
    fn sub(self, earlier: Moment) -> Duration {
        self.since(earlier)
    }
}
