//! [`PopulationState`]: one population on one shard, from its first arrival to its last user.

use std::time::Duration;

use crate::compile::CompiledPopulation;
use crate::engine::stall::Gap;
use crate::engine::throttle::{self, Slot};
use crate::inject::{Arrivals, Profile, Shard, Slots, Targets};
use crate::moment::Moment;
use crate::protocol::ShardInfo;

pub(crate) struct PopulationState {
    source: Source,
    /// When it started; `None` before.
    start: Option<Moment>,
    /// How many users are there, resting or busy.
    alive: u64,
    /// How many of them are within an action.
    pub(crate) acting: u64,
    /// The slots of its throttle.
    slots: Option<Slots>,
    /// When its throttle ends, relative to its start: no user starts any more.
    until: Moment,
    /// How many users may be there when another one arrives.
    most: u64,
    /// Arrivals due in these are dropped.
    gaps: Vec<Gap>,
    stopped: bool,
    told_done: bool,
}

enum Source {
    Open { arrivals: Arrivals, next: Option<Moment> },
    Closed { targets: Targets, next_look: Option<Moment> },
}

/// What becomes of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// A user starts, which was meant to at this moment.
    Starts(Moment),
    /// As many users as allowed are there.
    Crowded,
    /// The load generator stood still when it was due.
    Missed,
}

/// The least time between a user's end and the start of the one that takes its place, so that users who do nothing
/// cannot bring time to a halt.
const SUCCESSION: Duration = Duration::from_micros(1);

impl PopulationState {
    pub(crate) fn new(profile: &Profile, shard: ShardInfo, seed: u64) -> Self {
        let share = shard.into();
        let source = if matches!(profile, Profile::Open(_)) {
            let mut arrivals = profile.arrivals(share, seed);
            let next = arrivals.next();
            Source::Open { arrivals, next }
        } else {
            Source::Closed { targets: profile.targets(share), next_look: Some(Moment::START) }
        };
        PopulationState {
            source,
            start: None,
            alive: 0,
            acting: 0,
            slots: None,
            until: Moment::NEVER,
            most: u64::MAX,
            gaps: Vec::new(),
            stopped: false,
            told_done: false,
        }
    }

    /// With this shard's part of the population's throttle and of the number of users.
    pub(crate) fn limited(mut self, population: &CompiledPopulation, shard: Shard) -> Self {
        self.slots = population.throttle.as_ref().map(|throttle| throttle.slots(shard));
        self.until = self.slots.as_ref().map_or(Moment::NEVER, Slots::end);
        self.most = population.maximum_users.map_or(u64::MAX, |most| shard.share(most));
        self
    }

    /// A slot of its throttle, if it has one, for a request that comes at `moment`.
    pub(crate) fn take_slot(&mut self, moment: Moment) -> Option<Slot> {
        throttle::take(&mut self.slots, self.start.unwrap_or_default(), moment)
    }

    /// The shard has stood still: what was due meanwhile and is too late is dropped when its turn comes.
    pub(crate) fn missed(&mut self, gap: Gap) {
        if matches!(self.source, Source::Open { .. }) && self.next_due().is_some_and(|due| !gap.is_before(due)) {
            self.gaps.push(gap);
        }
    }

    pub(crate) fn start(&mut self, at: Moment) {
        self.start = Some(at);
    }

    /// No more arrivals from `at` on. Returns how many were due before and have not been let in.
    pub(crate) fn stop(&mut self, at: Moment) -> u64 {
        let mut late = 0;
        while let Source::Open { arrivals, next } = &mut self.source
            && let Some(start) = self.start.filter(|_| !self.stopped)
            && next.is_some_and(|next| next < self.until && start + next.since_start() < at)
        {
            *next = arrivals.next();
            late += 1;
        }
        self.stopped = true;
        self.start.get_or_insert(Moment::START);
        late
    }

    /// When something is to be done for it next.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        let start = self.start.filter(|_| !self.stopped)?;
        let relative = match &self.source {
            Source::Open { next, .. } => *next,
            Source::Closed { next_look, .. } => *next_look,
        };
        relative.filter(|moment| *moment < self.until).map(|moment| start + moment.since_start())
    }

    /// An arrival that is due at `now`, and what becomes of it. `room` says whether there is room for another user in
    /// the simulation as a whole.
    pub(crate) fn take_arrival(&mut self, now: Moment, room: bool) -> Option<Arrival> {
        loop {
            let due = self.next_due().filter(|due| *due <= now)?;
            let start = self.start?;
            match &mut self.source {
                Source::Open { arrivals, next } => {
                    *next = arrivals.next();
                    if !self.gaps.is_empty() {
                        self.gaps.retain(|gap| !gap.is_before(due));
                        if self.gaps.iter().any(|gap| gap.swallows(due)) {
                            return Some(Arrival::Missed);
                        }
                    }
                    if !room || self.alive >= self.most {
                        return Some(Arrival::Crowded);
                    }
                }
                Source::Closed { targets, next_look } => {
                    // Looked at for the moment that was due, not for now: a late look must not skip a step of the
                    // profile.
                    let moment = Moment::START + due.since(start);
                    if self.alive >= targets.target_at(moment) {
                        *next_look = targets.next_change_after(moment);
                        continue;
                    }
                }
            }
            self.alive += 1;
            return Some(Arrival::Starts(due));
        }
    }

    /// A user has ended at `ended`; when to look for another one to take its place.
    pub(crate) fn user_ended(&mut self, now: Moment, ended: Moment) -> Option<Moment> {
        self.alive -= 1;
        let start = self.start.filter(|_| !self.stopped)?;
        let Source::Closed { targets, next_look } = &mut self.source else { return None };
        // Its place is taken as of when it ended, which is a moment ago.
        let look = Moment::START + ended.since(start) + SUCCESSION;
        if look >= targets.end().min(self.until) {
            return None;
        }
        let look = next_look.map_or(look, |planned| planned.min(look));
        *next_look = Some(look);
        Some((start + look.since_start()).max(now))
    }

    /// A resting user is gone.
    pub(crate) fn user_interrupted(&mut self) {
        self.alive -= 1;
    }

    /// All that are left are gone: how many, and how many of them within an action.
    pub(crate) fn interrupt_all(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.alive), std::mem::take(&mut self.acting))
    }

    /// Whether it has started, all its users are done and no more will come; true once.
    pub(crate) fn is_newly_done(&mut self) -> bool {
        let done = self.start.is_some() && self.alive == 0 && self.next_due().is_none();
        done && !std::mem::replace(&mut self.told_done, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::constant_users_per_sec;

    #[test]
    fn arrivals_that_were_due_before_the_end_and_are_late_are_told() {
        let profile = Profile::from_steps([constant_users_per_sec(10).during(Duration::from_secs(60))]);
        let at = |millis| Moment::START + Duration::from_millis(millis);
        let mut state = PopulationState::new(&profile, ShardInfo { index: 0, count: 1 }, 1);
        state.start(Moment::START);
        // Due at 0, 100 and 200 ms; one more, at 300 ms, is late.
        (0..3).for_each(|_| assert!(state.take_arrival(at(250), true).is_some()));
        assert_eq!(state.take_arrival(at(250), true), None);
        assert_eq!(state.stop(at(350)), 1);
        assert_eq!(state.take_arrival(at(9000), true), None);
    }

    fn state(rate: u32, secs: u64) -> PopulationState {
        let profile = Profile::from_steps([constant_users_per_sec(rate).during(Duration::from_secs(secs))]);
        let mut state = PopulationState::new(&profile, ShardInfo { index: 0, count: 1 }, 1);
        state.start(Moment::START);
        state
    }

    /// What becomes of all that is due at `now`: how many start, are too many, were missed.
    fn due(state: &mut PopulationState, now: Moment) -> [usize; 3] {
        let all: Vec<_> = std::iter::from_fn(|| state.take_arrival(now, true)).collect();
        let count = |what: fn(&Arrival) -> bool| all.iter().filter(|arrival| what(arrival)).count();
        [
            count(|arrival| matches!(arrival, Arrival::Starts(_))),
            count(|arrival| *arrival == Arrival::Crowded),
            count(|arrival| *arrival == Arrival::Missed),
        ]
    }

    fn at(millis: u64) -> Moment {
        Moment::START + Duration::from_millis(millis)
    }

    #[test]
    fn after_a_stall_arrivals_that_are_late_by_more_than_a_second_are_dropped() {
        let mut state = state(10, 60);
        assert_eq!(due(&mut state, at(1_000)), [11, 0, 0]);
        // Nobody looked from 1.1 s, when one was due, to 6 s.
        let gap = Gap::before(at(6_000), at(1_100), at(1_000));
        assert!(gap.is_some());
        gap.into_iter().for_each(|gap| state.missed(gap));
        // Due from 1.1 to 4.9 s: missed. From 5.0 to 6.0 s: they start.
        assert_eq!(due(&mut state, at(6_000)), [11, 0, 39]);
        assert_eq!(due(&mut state, at(9_000)), [30, 0, 0]);
    }

    #[test]
    fn a_crowd_that_was_being_let_in_before_a_stall_is_let_in_after_it() {
        let mut state = state(10, 60);
        // Looked at in time, but so many are due that those of before 2 s still wait when the shard stalls.
        let gaps = [Gap::before(at(6_000), at(0), at(2_000)), Gap::before(at(9_000), at(0), at(6_500))];
        gaps.into_iter().flatten().for_each(|gap| state.missed(gap));
        // Missed are those due from 2.0 to 4.9 s and from 6.5 to 7.9 s.
        assert_eq!(due(&mut state, at(9_000)), [91 - 45, 0, 30 + 15]);
        assert!(state.gaps.len() <= 1, "{:?}", state.gaps);
    }

    #[test]
    fn a_stall_in_which_nothing_was_due_is_forgotten() {
        let mut state = state(1, 1);
        assert_eq!(due(&mut state, at(0)), [1, 0, 0]);
        Gap::before(at(6_000), at(100), at(0)).into_iter().for_each(|gap| state.missed(gap));
        assert!(state.gaps.is_empty());
    }
}
