//! [`PopulationState`]: one population on one shard, from its first arrival to its last user.
//!
//! Its source (arrivals or targets) counts from the start of the population, on a clock that stands still while the run
//! is paused: `start` moves on by each pause.

use std::collections::VecDeque;
use std::time::Duration;

use crate::compile::CompiledPopulation;
use crate::engine::stall::{self, Gap};
use crate::engine::throttle::{self, Slot};
use crate::inject::{Arrivals, Profile, Shard, Slots, Targets};
use crate::moment::Moment;
use crate::numbers::mix;
use crate::protocol::ShardInfo;

pub(crate) struct PopulationState {
    source: Source,
    share: Shard,
    seed: u64,
    /// How many users it has made so far.
    made: u64,
    /// When it started, and later by as much as the run has been paused since; `None` before.
    start: Option<Moment>,
    /// Since when the run is paused; `NEVER` while it is not.
    paused: Moment,
    /// Its load was changed, and may be changed again: it is not done before this moment of its own clock.
    until: Option<Moment>,
    /// How many users are there, resting or busy.
    alive: u64,
    /// How many of them do what every user does at its end.
    retiring: u64,
    /// How many of them have come to their end and take their leave.
    leaving: u64,
    /// How many of them are within an action.
    pub(crate) acting: u64,
    /// The slots of its throttle.
    slots: Option<Slots>,
    /// When its throttle ends, on its own clock: no user starts any more.
    ends: Moment,
    /// How many users may be there when another one arrives.
    most: u64,
    /// Arrivals due in these are dropped.
    gaps: Vec<Gap>,
    stopped: bool,
    told_done: bool,
}

enum Source {
    Open {
        arrivals: Upcoming,
        /// Of before the load was changed, up to when it was, those that have not been let in yet.
        before: VecDeque<Upcoming>,
    },
    Closed {
        targets: Targets,
        next_look: Option<Moment>,
        level: Level,
    },
}

/// Arrivals up to a moment, and the next of them.
struct Upcoming {
    arrivals: Arrivals,
    next: Option<Moment>,
    until: Moment,
}

/// What becomes of arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// A user starts, which was meant to at this moment.
    Starts(Moment),
    /// So many are dropped: as many users as allowed are there.
    Crowded(u64),
    /// So many are dropped: the load generator stood still when they were due.
    Missed(u64),
}

/// Arrivals that were due before a population was stopped and have not been let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// The load generator was too late for them.
    pub(crate) late: u64,
    /// They were about to be let in.
    pub(crate) cut: u64,
}

/// A number of users and the time for which it is wanted. Kept, because it is asked for at the end of each pass of a
/// `forever` and changes rarely.
#[derive(Default)]
struct Level {
    users: u64,
    from: Moment,
    until: Moment,
}

/// The least time between a user's end and the start of the one that takes its place, so that users who do nothing
/// cannot bring time to a halt.
const SUCCESSION: Duration = Duration::from_micros(1);

impl Source {
    /// What `profile` says from `moment` on.
    fn new(profile: &Profile, share: Shard, seed: u64, moment: Moment) -> Self {
        if matches!(profile, Profile::Open(_)) {
            let mut arrivals = profile.arrivals(share, seed);
            let next = arrivals.first_from(moment);
            let arrivals = Upcoming { arrivals, next, until: Moment::NEVER };
            Source::Open { arrivals, before: VecDeque::new() }
        } else {
            Source::Closed { targets: profile.targets(share), next_look: Some(moment), level: Level::default() }
        }
    }
}

impl Upcoming {
    fn next(&self) -> Option<Moment> {
        self.next.filter(|next| *next < self.until)
    }

    fn take(&mut self) {
        self.next = self.arrivals.next();
    }

    /// Passes over those that are due before `moment`, and counts them.
    fn pass(&mut self, moment: Moment) -> u64 {
        let moment = moment.min(self.until);
        if self.next.is_none_or(|next| next >= moment) {
            return 0;
        }
        let passed = self.arrivals.pass(moment).saturating_add(1);
        self.take();
        passed
    }
}

/// Passes over all arrivals that are due before `moment`, and counts them.
fn pass(before: &mut VecDeque<Upcoming>, arrivals: &mut Upcoming, moment: Moment) -> u64 {
    let passed = before.iter_mut().fold(0_u64, |sum, one| sum.saturating_add(one.pass(moment)));
    before.retain(|one| one.next().is_some());
    passed.saturating_add(arrivals.pass(moment))
}

impl Level {
    fn at(&mut self, moment: Moment, targets: &Targets) -> u64 {
        if moment < self.from || moment >= self.until {
            let until = targets.next_change_after(moment).unwrap_or(Moment::NEVER);
            *self = Level { users: targets.target_at(moment), from: moment, until };
        }
        self.users
    }
}

impl PopulationState {
    /// `seed` is the population's own: two with the same profile must not arrive in step.
    pub(crate) fn new(profile: &Profile, shard: ShardInfo, seed: u64) -> Self {
        let share = shard.into();
        PopulationState {
            source: Source::new(profile, share, seed, Moment::START),
            share,
            seed,
            made: 0,
            start: None,
            paused: Moment::NEVER,
            until: None,
            alive: 0,
            retiring: 0,
            leaving: 0,
            acting: 0,
            slots: None,
            ends: Moment::NEVER,
            most: u64::MAX,
            gaps: Vec::new(),
            stopped: false,
            told_done: false,
        }
    }

    /// With this shard's part of the population's throttle and of the number of users.
    pub(crate) fn limited(mut self, population: &CompiledPopulation) -> Self {
        self.slots = population.throttle.as_ref().map(|throttle| throttle.slots(self.share));
        self.ends = self.slots.as_ref().map_or(Moment::NEVER, Slots::end);
        self.most = population.maximum_users.map_or(u64::MAX, |most| self.share.share(most));
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

    /// The number of the user that starts now, from 0 and unique in the population, and the seed of all it draws.
    ///
    /// Both follow from the population and its arrivals alone: not from other populations and, for an open profile,
    /// not from the number of shards, as arrival `k` of the whole belongs to shard `k % count`.
    pub(crate) fn next_user(&mut self) -> (u64, u64) {
        let (index, count) = (self.share.index as u64, self.share.count as u64);
        let number = self.made * count + index;
        self.made += 1;
        (number, mix(mix(self.seed, 1), number))
    }

    /// No more arrivals from `at` on. Returns what was due before and has not been let in.
    pub(crate) fn stop(&mut self, at: Moment) -> Left {
        let mut left = Left::default();
        if let (Source::Open { arrivals, before }, Some(start)) =
            (&mut self.source, self.start.filter(|_| !self.stopped))
        {
            let local = |moment: Moment| (Moment::START + moment.min(self.paused).since(start)).min(self.ends);
            left.late = pass(before, arrivals, local(stall::too_late_at(at.min(self.paused))));
            left.cut = pass(before, arrivals, local(at));
            before.clear();
        }
        self.stopped = true;
        self.start.get_or_insert(Moment::START);
        left
    }

    /// When something is to be done for it next.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        let start = self.start.filter(|_| self.paused == Moment::NEVER)?;
        self.planned().map(|moment| start + moment.since_start())
    }

    /// The same on its own clock, whether or not that runs.
    fn planned(&self) -> Option<Moment> {
        if self.stopped {
            return None;
        }
        self.sourced().or(self.until.filter(|until| *until < self.ends))
    }

    /// When its source has something next, up to the end of its throttle.
    fn sourced(&self) -> Option<Moment> {
        let moment = match &self.source {
            Source::Open { arrivals, before } => before.front().and_then(Upcoming::next).or(arrivals.next()),
            Source::Closed { next_look, .. } => *next_look,
        };
        moment.filter(|moment| *moment < self.ends)
    }

    /// `at` on its own clock, which stands still in a pause.
    fn local(&self, start: Moment, at: Moment) -> Moment {
        Moment::START + at.min(self.paused).since(start)
    }

    /// An arrival that is due at `now`, and what becomes of it. `room` says whether there is room for another user in
    /// the simulation as a whole.
    pub(crate) fn take_arrival(&mut self, now: Moment, room: bool) -> Option<Arrival> {
        loop {
            let due = self.next_due().filter(|due| *due <= now)?;
            let start = self.start?;
            if self.sourced().is_none() {
                self.until = None;
                continue;
            }
            match &mut self.source {
                Source::Open { arrivals, before } => {
                    // Many may share a fate: those are counted and not looked at one by one.
                    let local = |moment: Moment| (Moment::START + moment.since(start)).min(self.ends);
                    self.gaps.retain(|gap| !gap.is_before(due));
                    if let Some(gap) = self.gaps.iter().find(|gap| gap.swallows(due)) {
                        return Some(Arrival::Missed(pass(before, arrivals, local(gap.swallows_until()))));
                    }
                    if !room || self.alive >= self.most {
                        let gap = self.gaps.iter().map(|gap| gap.bounds().0).filter(|from| *from > due).min();
                        let until = gap.unwrap_or(Moment::NEVER).min(now + Duration::from_nanos(1));
                        return Some(Arrival::Crowded(pass(before, arrivals, local(until))));
                    }
                    match before.front_mut() {
                        Some(first) => first.take(),
                        None => arrivals.take(),
                    }
                    if before.front().is_some_and(|first| first.next().is_none()) {
                        before.pop_front();
                    }
                }
                Source::Closed { targets, next_look, .. } => {
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
        // Its place is taken as of when it ended, which is a moment ago.
        let look = self.local(start, ended) + SUCCESSION;
        let Source::Closed { targets, next_look, .. } = &mut self.source else { return None };
        if look >= targets.end().min(self.ends) {
            return None;
        }
        let look = next_look.map_or(look, |planned| planned.min(look));
        *next_look = Some(look);
        (self.paused == Moment::NEVER).then(|| (start + look.since_start()).max(now))
    }

    /// A user has begun what every user does at its end: it leaves soon, and nobody else need leave in its place.
    pub(crate) fn user_retires(&mut self) {
        self.retiring += 1;
    }

    /// A user has come to its end, and takes its leave of what it is connected to. Nobody else need leave in its place.
    pub(crate) fn user_leaves(&mut self) {
        self.user_retires();
        self.leaving += 1;
    }

    /// A user has taken its leave.
    pub(crate) fn user_left(&mut self) {
        self.user_retired();
        self.leaving = self.leaving.saturating_sub(1);
    }

    /// A user has done what every user does at its end.
    pub(crate) fn user_retired(&mut self) {
        self.retiring = self.retiring.saturating_sub(1);
    }

    /// Whether there are more users at `at` than a closed profile wants; after a stop it wants none.
    pub(crate) fn has_surplus(&mut self, at: Moment) -> bool {
        let moment = self.start.map(|start| self.local(start, at));
        match (&mut self.source, moment) {
            (Source::Closed { targets, level, .. }, Some(moment)) => {
                self.stopped
                    || moment >= self.ends
                    || self.alive.saturating_sub(self.retiring) > level.at(moment, targets)
            }
            _ => false,
        }
    }

    /// From `at` on no user starts, and the profile stands still.
    pub(crate) fn pause(&mut self, at: Moment) {
        self.paused = self.paused.min(at);
    }

    /// From `at` on the profile goes on where it was.
    pub(crate) fn resume(&mut self, at: Moment) {
        let pause = at.since(self.paused);
        self.start = self.start.map(|start| start + pause);
        self.paused = Moment::NEVER;
    }

    /// Its load is going to be changed: done or not, it may have users again. `profile` is the one that was written.
    pub(crate) fn reopen(&mut self, profile: &Profile, now: Moment) {
        let end = Moment::START + profile.duration();
        if self.start.is_none_or(|start| self.local(start, now) < end) {
            self.until = Some(end);
        }
        self.told_done = false;
    }

    /// From `at` on another profile holds. What is due before in that one is passed over.
    pub(crate) fn change(&mut self, profile: &Profile, at: Moment) {
        let moment = self.start.map_or(Moment::START, |start| self.local(start, at));
        let mut new = Source::new(profile, self.share, self.seed, moment);
        std::mem::swap(&mut self.source, &mut new);
        if let (Source::Open { mut arrivals, before }, Source::Open { before: kept, .. }) = (new, &mut self.source) {
            *kept = before;
            arrivals.until = moment;
            if arrivals.next().is_some() {
                kept.push_back(arrivals);
            }
        }
    }

    /// A resting user is gone.
    pub(crate) fn user_interrupted(&mut self) {
        self.alive -= 1;
    }

    /// All that are left are gone: how many, and how many of them within an action.
    pub(crate) fn interrupt_all(&mut self) -> (u64, u64) {
        let left = std::mem::take(&mut self.alive).saturating_sub(self.leaving);
        (left, std::mem::take(&mut self.acting))
    }

    /// Whether it has started, all its users are done and no more will come; true once.
    pub(crate) fn is_newly_done(&mut self) -> bool {
        let done = self.start.is_some() && self.alive == 0 && self.planned().is_none();
        done && !std::mem::replace(&mut self.told_done, true)
    }
}

#[cfg(test)]
mod tests;
