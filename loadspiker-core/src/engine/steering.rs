//! How a run is steered from outside: what a `RunHandle` asks for becomes commands that all shards carry out at one
//! instant.

use std::time::Duration;

use crate::engine::events;
use crate::engine::message::{Command, Steer};
use crate::engine::run::Run;
use crate::metrics::EventKind;
use crate::moment::Moment;
use crate::report::EndReason;

/// How far in the future the instant lies at which all shards do what they are told: time enough for each to hear it.
const AHEAD: Duration = Duration::from_millis(20);

/// The time of the profiles: it stands still while the run is paused.
#[derive(Debug, Default)]
pub(super) struct ProfileTime {
    /// How long the run was paused, the pause that is on left out.
    paused: Duration,
    /// Since when it is paused.
    since: Option<Moment>,
}

impl ProfileTime {
    pub(super) fn is_paused(&self) -> bool {
        self.since.is_some()
    }

    /// How long the run was paused up to `now`.
    pub(super) fn paused_until(&self, now: Moment) -> Duration {
        self.paused + self.since.map(|since| now.since(since)).unwrap_or_default()
    }

    /// A moment of the run in this time.
    pub(super) fn of(&self, moment: Moment) -> Moment {
        let moment = self.since.map_or(moment, |since| since.min(moment));
        Moment::START + moment.since_start().saturating_sub(self.paused)
    }

    /// The other way round; for moments that are still to come if it is not paused.
    pub(super) fn moment_of(&self, time: Moment) -> Moment {
        time + self.paused
    }

    fn pause(&mut self, at: Moment) {
        self.since.get_or_insert(at);
    }

    fn resume(&mut self, at: Moment) {
        self.paused = self.paused_until(at);
        self.since = None;
    }
}

impl Run<'_> {
    /// Does what a handle asked for.
    pub(super) fn steer(&mut self, steer: Steer) {
        // Before the beginning, from the beginning on. Each instant lies behind the one before.
        let at = if self.has_begun && !self.plan.simulated_clock { self.now() + AHEAD } else { Moment::START };
        let time_is_up = self.plan.max_duration.is_some_and(|limit| at.since_start() >= limit);
        match steer {
            Steer::Stop(why) => self.stop(EndReason::Stopped(why), self.now(), self.plan.grace_period),
            // Those who have the grace period to finish are left alone.
            _ if time_is_up || self.end.is_some() => self.handle.is_ending(),
            Steer::Pause => {
                events::steered(&"pause", at);
                self.profile_time.pause(at);
                self.happened(at, EventKind::Pause, "");
                self.tell_all(&Command::Pause { at });
            }
            Steer::Resume => {
                events::steered(&"resume", at);
                self.profile_time.resume(at);
                self.happened(at, EventKind::Resume, "");
                if self.plan.simulated_clock {
                    // Time goes on as soon as the shard hears of it: whoever is to start must be there before.
                    self.start_what_can();
                }
                self.tell_all(&Command::Resume { at });
                self.start_what_can();
            }
            Steer::Scale(factor) => {
                events::steered(&format_args!("load times {factor}"), at);
                self.scale(factor, at);
            }
        }
    }

    /// Populations that are done on some shards may get users there again, and tell anew when they are done.
    fn scale(&mut self, factor: f64, at: Moment) {
        self.scaled += 1;
        self.happened(at, EventKind::Scale, &format!("× {factor}"));
        let over: Vec<bool> = self.done_on.iter().map(|done| *done == self.plan.shards).collect();
        for (done, over) in self.done_on.iter_mut().zip(&over) {
            if !over {
                *done = 0;
            }
        }
        self.tell_all(&Command::Scale { factor, at, round: self.scaled, over: over.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Moment {
        Moment::START + Duration::from_secs(secs)
    }

    #[test]
    fn profile_time_stands_still_in_pauses() {
        let mut time = ProfileTime::default();
        assert_eq!((time.of(at(5)), time.moment_of(at(5))), (at(5), at(5)));
        time.pause(at(10));
        assert!(time.is_paused());
        assert_eq!([9, 10, 15].map(|secs| time.of(at(secs))), [at(9), at(10), at(10)]);
        assert_eq!(time.paused_until(at(12)), Duration::from_secs(2));
        time.pause(at(20)); // it is paused already
        time.resume(at(30));
        assert!(!time.is_paused());
        assert_eq!((time.of(at(31)), time.moment_of(at(11))), (at(11), at(31)));
        time.pause(at(40));
        assert_eq!(time.paused_until(at(45)), Duration::from_secs(25));
    }
}
