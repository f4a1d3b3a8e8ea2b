//! [`Pulse`]: a sign of life of a shard, for the thread that keeps the run together, and for the shard itself a measure of
//! how long one turn of a task has held it up.
//!
//! While a task runs, nobody else on the shard does: what arrives meanwhile is seen late, and whoever is due starts late. A
//! turn is usually over within microseconds. It takes long where the user's code does (a closure, a check of its own), or
//! where much is decoded or checked.
//!
//! Only the shard writes here, with plain stores, and the other thread looks ten times a second. The time of a turn is
//! taken from the coarse clock of the system, which costs no more than to read some memory; it moves in steps of 1 to
//! 10 ms.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::compile::Pc;
use crate::engine::host;
use crate::numbers::nanos;

/// A turn that takes this long holds the shard up.
pub(crate) const HOLDS: Duration = Duration::from_nanos(HOLDS_NANOS);

const HOLDS_NANOS: u64 = 10_000_000;

/// For how many turns after one that held the shard up what comes in may have waited for its end.
const AFTERMATH: u64 = 10_000;

/// A step of a scenario: the population and the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u64);

impl Place {
    /// In no step: the load generator's own work.
    pub(crate) const NONE: Place = Place(u64::MAX);

    pub(crate) fn new(population: u32, pc: Pc) -> Self {
        Place(u64::from(population) << 32 | u64::from(pc))
    }

    /// Population and operation.
    pub(crate) fn parts(self) -> Option<(usize, Pc)> {
        let number = |half: u64| u32::try_from(half & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        (self != Place::NONE).then(|| (number(self.0 >> 32) as usize, number(self.0)))
    }
}

/// See the [module](self). A cache line of its own, lest the writing of one shard disturbs another.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Pulse {
    /// One more with each turn.
    turns: AtomicU64,
    rests: AtomicBool,
    is_done: AtomicBool,
    user: AtomicU64,
    place: AtomicU64,
    /// What the coarse clock showed last, in nanoseconds.
    seen: AtomicU64,
    /// Up to which turn what comes in may have waited for the end of one that held the shard up; 0 for no turn.
    aftermath: AtomicU64,
    /// How often the shard must look for what has come in until nothing of that is left.
    looks: AtomicU8,
    /// The number of the thread, where the system tells.
    thread: AtomicU64,
    ran: AtomicU64,
    waited: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Pulse {
            turns: AtomicU64::new(0),
            rests: AtomicBool::new(true),
            is_done: AtomicBool::new(false),
            user: AtomicU64::new(0),
            place: AtomicU64::new(Place::NONE.0),
            seen: AtomicU64::new(0),
            aftermath: AtomicU64::new(0),
            looks: AtomicU8::new(0),
            thread: AtomicU64::new(0),
            ran: AtomicU64::new(0),
            waited: AtomicU64::new(0),
        }
    }
}

/// What the shard does.
impl Pulse {
    /// The shard waits for something to happen.
    pub(crate) fn rests(&self) {
        self.rests.store(true, Relaxed);
    }

    /// It waits no more, and has looked at what has come in.
    pub(crate) fn wakes(&self) {
        self.next_turn();
        self.rests.store(false, Relaxed);
        self.seen.store(host::coarse_nanos(), Relaxed);
        match self.looks.load(Relaxed) {
            0 => {}
            1 => {
                self.looks.store(0, Relaxed);
                self.aftermath.store(0, Relaxed);
            }
            looks => self.looks.store(looks - 1, Relaxed),
        }
    }

    /// A task of `user` (0 for none) has its turn, at this step.
    pub(crate) fn turn(&self, user: u64, place: Place) {
        self.next_turn();
        self.user.store(user, Relaxed);
        self.at(place);
    }

    /// The user has come to this step.
    pub(crate) fn at(&self, place: Place) {
        self.place.store(place.0, Relaxed);
    }

    /// For how long the shard has been held up since the last turn was over or since this was asked last, if it was.
    pub(crate) fn held_for(&self) -> Option<Duration> {
        let now = host::coarse_nanos();
        let before = self.seen.load(Relaxed);
        self.seen.store(now, Relaxed);
        let held = now.saturating_sub(before);
        if held < HOLDS_NANOS {
            return None;
        }
        self.aftermath.store(self.turns.load(Relaxed) + AFTERMATH, Relaxed);
        self.looks.store(2, Relaxed);
        Some(Duration::from_nanos(held))
    }

    /// Whether what is seen now may have waited for the end of a turn that held the shard up.
    pub(crate) fn is_aftermath(&self) -> bool {
        self.turns.load(Relaxed) < self.aftermath.load(Relaxed)
    }

    /// The thread of the shard has begun.
    pub(crate) fn begins(&self) {
        self.thread.store(host::thread_number().unwrap_or(0), Relaxed);
    }

    /// The shard has handed over everything, and ends.
    pub(crate) fn is_over(&self) {
        let (ran, waited) = host::thread_times().unwrap_or_default();
        self.ran.store(nanos(ran), Relaxed);
        self.waited.store(nanos(waited), Relaxed);
        self.is_done.store(true, Relaxed);
    }

    fn next_turn(&self) {
        // A load and a store, as nobody else writes.
        self.turns.store(self.turns.load(Relaxed) + 1, Relaxed);
    }
}

/// What the thread that keeps the run together sees.
impl Pulse {
    /// The number of the turn that is on; `None` if none is.
    pub(super) fn current_turn(&self) -> Option<u64> {
        let at_work = !self.rests.load(Relaxed) && !self.is_done.load(Relaxed);
        at_work.then(|| self.turns.load(Relaxed))
    }

    /// The user whose turn it is (0 for none), and its step.
    pub(super) fn who(&self) -> (u64, Place) {
        (self.user.load(Relaxed), Place(self.place.load(Relaxed)))
    }

    /// For how long the shard's thread has run, and has waited for a core.
    pub(super) fn times(&self) -> Option<(Duration, Duration)> {
        if self.is_done.load(Relaxed) {
            let time = |of: &AtomicU64| Duration::from_nanos(of.load(Relaxed));
            return Some((time(&self.ran), time(&self.waited)));
        }
        host::times_of_thread(self.thread.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_population_and_an_operation() {
        assert_eq!(Place::new(3, 70_000).parts(), Some((3, 70_000)));
        assert_eq!(Place::new(0, 0).parts(), Some((0, 0)));
        assert_eq!(Place::NONE.parts(), None);
    }

    #[test]
    fn what_waited_for_the_end_of_a_long_turn_is_told_until_the_shard_has_looked_twice() {
        let pulse = Pulse::default();
        pulse.wakes();
        assert!(!pulse.is_aftermath());
        pulse.turn(7, Place::new(0, 1));
        assert_eq!((pulse.who(), pulse.current_turn()), ((7, Place::new(0, 1)), Some(2)));
        // As if the turn had begun a second ago.
        pulse.seen.store(host::coarse_nanos().saturating_sub(1_000_000_000), Relaxed);
        assert!(pulse.held_for().is_some_and(|held| held >= Duration::from_secs(1)));
        assert!(pulse.is_aftermath());
        pulse.rests();
        assert_eq!(pulse.current_turn(), None);
        // This look finds what came in meanwhile, the next what came in since.
        pulse.wakes();
        assert!(pulse.is_aftermath());
        pulse.wakes();
        assert!(!pulse.is_aftermath());
    }
}
