//! [`Gap`]: a time in which a shard stood still, and what becomes of the arrivals that were due in it.
//!
//! A process that was stopped, a machine that slept, a closure that blocks: when the shard goes on, all that was due
//! meanwhile is due at once. To let a minute's arrivals in at the same instant would be another load than the one that
//! was asked for, so those that are late by more than a second are dropped and counted. A crowd that takes its time to
//! start is something else: there the shard looks at what is due again and again.

use std::time::Duration;

use crate::moment::Moment;

/// How long a shard may go without looking at what is due, and how late an arrival may be after it did.
const PATIENCE: Duration = Duration::from_secs(1);

/// Before which moment those are due who are too late at `now`.
pub(crate) fn too_late_at(now: Moment) -> Moment {
    now.minus(PATIENCE)
}

/// A time in which something was due and the shard did not look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    from: Moment,
    to: Moment,
}

impl Gap {
    /// The gap before a look at `now`, if it is one: something was due since `due`, and the look before was at `last`.
    pub(crate) fn before(now: Moment, due: Moment, last: Moment) -> Option<Gap> {
        let from = due.max(last);
        (now.since(from) > PATIENCE).then_some(Gap { from, to: now })
    }

    #[cfg(test)]
    fn length(self) -> Duration {
        self.to.since(self.from)
    }

    /// When it began and when it was over.
    pub(crate) fn bounds(self) -> (Moment, Moment) {
        (self.from, self.to)
    }

    /// Whether an arrival that was due then is dropped.
    pub(crate) fn swallows(self, due: Moment) -> bool {
        due >= self.from && due < self.swallows_until()
    }

    /// Up to which moment arrivals are dropped that were due in it.
    pub(crate) fn swallows_until(self) -> Moment {
        self.to.minus(PATIENCE)
    }

    /// Whether it lies before `moment`.
    pub(crate) fn is_before(self, moment: Moment) -> bool {
        self.to < moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::START + Duration::from_millis(millis)
    }

    #[test]
    fn a_shard_that_had_nothing_to_do_has_not_stalled() {
        // It slept for a minute, until something was due.
        assert_eq!(Gap::before(at(60_010), at(60_000), at(0)), None);
        assert_eq!(Gap::before(at(61_000), at(60_000), at(0)), None);
    }

    #[test]
    fn a_shard_that_looks_again_and_again_has_not_stalled() {
        // A crowd that was due at 0 is still being let in.
        assert_eq!(Gap::before(at(5_000), at(0), at(4_500)), None);
    }

    #[test]
    fn a_gap_begins_when_something_is_due_and_nobody_looks() {
        let gap = Gap::before(at(5_000), at(2_000), at(1_990));
        assert_eq!(gap, Some(Gap { from: at(2_000), to: at(5_000) }));
        assert_eq!(Gap::before(at(5_000), at(2_000), at(3_000)).map(Gap::length), Some(Duration::from_secs(2)));
    }

    #[test]
    fn what_was_due_before_the_gap_or_is_late_by_a_second_at_most_is_not_swallowed() {
        let gap = Gap { from: at(2_000), to: at(5_000) };
        let swallowed: Vec<_> = [1_999, 2_000, 3_999, 4_000, 5_000].map(|due| gap.swallows(at(due))).into();
        assert_eq!(swallowed, [false, true, true, false, false]);
    }
}
