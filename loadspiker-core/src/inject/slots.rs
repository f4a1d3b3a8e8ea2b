//! [`Slots`]: the instants at which a throttle lets requests pass, and which of them are taken.

use std::time::Duration;

use super::curve::{Piece, float, sane, snap, whole};
use super::shard::Shard;
use crate::moment::Moment;

/// The slots of a throttle on one shard, and how many of them are used up.
///
/// Slot `i` of the whole throttle is due when the integral of the rate reaches `i`; while the rate is 0, when it rises
/// again. It belongs to shard `i % count`, so the slots of all shards add up to the whole. Moments are relative to the start
/// of the throttle. Each is computed on demand; memory does not depend on the number of slots.
#[derive(Clone, Debug)]
pub struct Slots {
    stretches: Vec<Stretch>,
    index: u64,
    count: u64,
    /// This part's first slot that nobody has taken, nor anyone after it.
    next: u64,
}

/// A stretch of time in which the rate is constant or changes linearly.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    piece: Piece,
    from: f64,
    to: f64,
    /// When it begins, in nanoseconds.
    start: u64,
    /// The integral of the rate at its beginning and at its end.
    before: f64,
    after: f64,
}

impl Slots {
    /// Of stretches, each with the rates at its ends and its length.
    pub(super) fn new(stretches: impl Iterator<Item = (f64, f64, Duration)>, shard: Shard) -> Self {
        let (index, count) = shard.parts();
        let (mut start, mut before) = (0_u64, 0.0);
        let stretches = stretches.map(|(from, to, during)| {
            let constant = from.total_cmp(&to).is_eq();
            let piece =
                if constant { Piece::rate(from, during, false) } else { Piece::ramp_rate(from, to, during, false) };
            let mut stretch = Stretch { piece, from: sane(from), to: sane(to), start, before, after: before };
            stretch.after = snap(before + stretch.passed(piece.nanos));
            (start, before) = (stretch.end(), stretch.after);
            stretch
        });
        Slots { stretches: stretches.collect(), index, count, next: 0 }
    }

    /// The number of slots on all shards.
    pub fn total(&self) -> u64 {
        self.stretches.last().map_or(0, |last| whole(last.after.ceil()))
    }

    /// When the throttle ends. After that, no request passes.
    pub fn end(&self) -> Moment {
        Moment::from_nanos(self.stretches.last().map_or(0, Stretch::end))
    }

    /// When slot `k` (from 0) of this shard is due; `None` if there is no such slot.
    pub fn due(&self, k: u64) -> Option<Moment> {
        let slot = self.index.checked_add(k.checked_mul(self.count)?)?;
        if self.index >= self.count || slot >= self.total() {
            return None;
        }
        let at = float(slot);
        // What has no slots ends where it began, and is passed over.
        let stretch = &self.stretches[self.stretches.partition_point(|stretch| stretch.after <= at)];
        let instant = stretch.piece.when_reached((at - stretch.before).max(0.0));
        Some(Moment::from_nanos(stretch.start.saturating_add(instant)))
    }

    /// Takes a slot for a request that arrives at `moment`, and returns when that slot is due.
    ///
    /// That is the latest slot already due, if it is free and the rate is not 0 now: the request need not wait. Otherwise it is
    /// the first free slot in the future. Older free slots are lost. `None` if no slot is left.
    pub fn take(&mut self, moment: Moment) -> Option<Moment> {
        let now = self.stretches.iter().find(|stretch| moment.as_nanos() < stretch.end())?;
        let first = self.first_from(moment, now);
        let passed = first.checked_sub(1).filter(|passed| *passed >= self.next && now.has_slots());
        let taken = passed.unwrap_or(first).max(self.next);
        let due = self.due(taken)?;
        self.next = taken + 1;
        Some(due)
    }

    /// The first of this part's slots that is due at `moment`, in the stretch `now`, or later.
    fn first_from(&self, moment: Moment, now: &Stretch) -> u64 {
        let passed = whole(now.before + now.passed(moment.as_nanos().saturating_sub(now.start)));
        // The inverse is exact but for rounding, so that it is off by one now and then.
        let mut k = passed.saturating_sub(self.index).div_ceil(self.count);
        while k > 0 && self.due(k - 1).is_none_or(|due| due >= moment) {
            k -= 1;
        }
        while self.due(k).is_some_and(|due| due < moment) {
            k += 1;
        }
        k
    }
}

impl Stretch {
    fn end(&self) -> u64 {
        self.start.saturating_add(self.piece.nanos)
    }

    fn has_slots(&self) -> bool {
        self.from > 0.0 || self.to > 0.0
    }

    /// The integral of the rate from the beginning to so many nanoseconds later.
    fn passed(&self, nanos: u64) -> f64 {
        let (t, whole) = (float(nanos) / 1e9, float(self.piece.nanos) / 1e9);
        if whole > 0.0 { t * (self.from + 0.5 * (self.to - self.from) * (t / whole)) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Throttle, ThrottleStep, hold_for, jump_to_rps, reach_rps};
    use super::*;
    use crate::DurationExt;

    fn slots(steps: impl IntoIterator<Item = ThrottleStep>) -> Slots {
        Throttle::from_steps(steps).slots(Shard::WHOLE)
    }

    fn all(slots: &Slots) -> Vec<u64> {
        (0..).map_while(|k| slots.due(k)).map(Moment::as_nanos).collect()
    }

    fn at(millis: u64) -> Moment {
        Moment::START + millis.millis()
    }

    #[test]
    fn a_rate_has_a_slot_at_each_multiple_of_its_period() {
        let slots = slots([jump_to_rps(4), hold_for(1.secs())]);
        assert_eq!(all(&slots), [0, 250_000_000, 500_000_000, 750_000_000]);
        assert_eq!((slots.total(), slots.end()), (4, at(1000)));
    }

    #[test]
    fn a_ramp_follows_the_inverse_of_its_integral() {
        // The integral of 0 → 10 a second in 2 s is 2.5·t²: slot i is due at √(i/2.5).
        let up = slots(reach_rps(10).over(2.secs()));
        assert_eq!(all(&up)[..5], [0, 632_455_532, 894_427_191, 1_095_445_115, 1_264_911_064]);
        assert_eq!(up.total(), 10);
    }

    #[test]
    fn what_is_left_of_a_slot_goes_over_into_the_next_step() {
        // 2.5 slots in the first second; the fourth, number 3, needs another half: at 5 a second, 100 ms.
        let all = all(&slots([reach_rps(5).over(1.secs()), hold_for(1.secs())]));
        assert_eq!(all.len(), 8);
        assert_eq!(all[2..6], [894_427_191, 1_100_000_000, 1_300_000_000, 1_500_000_000]);
    }

    #[test]
    fn where_the_rate_is_zero_there_are_no_slots() {
        let pause = [jump_to_rps(0), hold_for(1.secs()), jump_to_rps(2), hold_for(1.secs())];
        assert_eq!(all(&slots(pause)), [1_000_000_000, 1_500_000_000]);
        let twice = slots(pause.into_iter().chain(pause));
        assert_eq!(all(&twice)[2..], [3_000_000_000, 3_500_000_000]);
    }

    #[test]
    fn a_request_takes_the_first_free_slot_and_below_the_limit_waits_for_none() {
        let mut slots = slots([jump_to_rps(100), hold_for(1.secs())]);
        // One passed unused at 0, so that the first need not wait; those that follow do.
        let mut take = |millis| slots.take(at(millis)).map(|due| due.since(Moment::START).as_millis());
        assert_eq!([take(5), take(5), take(5)], [Some(0), Some(10), Some(20)]);
        assert_eq!([take(6), take(30)], [Some(30), Some(40)]);
        // Nobody came for long: the latest may be taken, the others are lost.
        assert_eq!([take(505), take(506), take(507)], [Some(500), Some(510), Some(520)]);
        // One that is due just now is not a past one.
        assert_eq!([take(600), take(600)], [Some(590), Some(600)]);
        assert_eq!([take(995), take(995)], [Some(990), None]);
        assert_eq!([take(1000), take(5000)], [None, None]);
    }

    #[test]
    fn a_slot_from_before_is_no_good_while_the_rate_is_zero() {
        let steps = [jump_to_rps(10), hold_for(1.secs()), jump_to_rps(0), hold_for(1.secs())];
        let again = [jump_to_rps(10), hold_for(1.secs())];
        assert_eq!(slots(steps).take(at(1500)), None);
        assert_eq!(slots(steps.into_iter().chain(again)).take(at(1500)), Some(at(2000)));
    }

    #[test]
    fn a_part_beyond_the_last_gets_nothing() {
        let throttle = Throttle::from_steps([jump_to_rps(10), hold_for(1.secs())]);
        assert_eq!(throttle.slots(Shard { index: 2, count: 2 }).take(at(0)), None);
        assert_eq!(throttle.slots(Shard { index: 0, count: 0 }).take(at(0)), Some(at(0)));
    }

    #[test]
    fn nothing_panics_on_what_would_be_a_mistake() {
        for rate in [f64::NAN, f64::INFINITY, -1.0, f64::MAX, 1e300] {
            for during in [Duration::ZERO, Duration::MAX] {
                let steps = [reach_rps(rate).over(during), jump_to_rps(rate), hold_for(during)];
                let mut slots = slots(steps.into_iter().chain(steps));
                for moment in [Moment::START, at(1), slots.end(), Moment::NEVER] {
                    let _ = slots.take(moment);
                }
            }
        }
        assert_eq!(slots([]).take(Moment::START), None);
    }

    fn any_steps() -> impl Strategy<Value = Vec<ThrottleStep>> {
        let rate = || prop_oneof![Just(0.0), 0.0..2000.0_f64, (0..100_u32).prop_map(f64::from)];
        let duration = || prop_oneof![Just(0), 1..1_000_000_u64, 1..300_000_000_u64].prop_map(Duration::from_nanos);
        let step = prop_oneof![
            rate().prop_map(jump_to_rps),
            duration().prop_map(hold_for),
            (rate(), duration()).prop_map(|(rate, over)| reach_rps(rate).over(over)),
        ];
        prop::collection::vec(step, 1..6)
    }

    proptest! {
        #[test]
        fn the_parts_merged_are_the_whole_slot_by_slot(steps in any_steps(), count in 1_usize..9) {
            let throttle = Throttle::from_steps(steps);
            let whole = all(&throttle.slots(Shard::WHOLE));
            prop_assert_eq!(whole.len() as u64, throttle.slots(Shard::WHOLE).total());
            prop_assert!(whole.is_sorted());
            prop_assert!(whole.last().is_none_or(|last| Duration::from_nanos(*last) <= throttle.duration()));
            let parts: Vec<_> = (0..count).map(|index| all(&throttle.slots(Shard { index, count }))).collect();
            prop_assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), whole.len());
            for (i, due) in whole.iter().enumerate() {
                prop_assert_eq!(parts[i % count][i / count], *due);
            }
        }

        #[test]
        fn slots_are_due_when_the_integral_of_the_rate_says(
            a in 0.0..1000.0_f64, b in 0.0..1000.0_f64, ramp in 1..1_000_000_000_u64, hold in 1..1_000_000_000_u64,
        ) {
            let (ramp, hold) = (Duration::from_nanos(ramp), Duration::from_nanos(hold));
            let slots = slots([jump_to_rps(a), reach_rps(b).over(ramp), hold_for(hold)]);
            let d = ramp.as_secs_f64();
            for (i, due) in all(&slots).into_iter().enumerate() {
                let t = Duration::from_nanos(due).as_secs_f64();
                let within = t.min(d);
                let integral = a * within + (b - a) / (2.0 * d) * within * within + b * (t - within);
                // Half a nanosecond of rounding, at the highest rate.
                prop_assert!((integral - i as f64).abs() < 2e-6, "{i}: {integral}");
            }
        }

        #[test]
        fn taking_is_what_looking_through_all_slots_gives(
            steps in any_steps(), count in 1_usize..4, mut moments in prop::collection::vec(0..1_500_000_000_u64, 1..40),
        ) {
            moments.sort_unstable();
            for index in 0..count {
                let mut slots = Throttle::from_steps(steps.clone()).slots(Shard { index, count });
                let (dues, end) = (all(&slots), slots.end());
                let mut free = 0;
                for moment in moments.iter().copied() {
                    let open = slots.stretches.iter().find(|one| moment < one.end()).is_some_and(Stretch::has_slots);
                    let first = dues.partition_point(|due| *due < moment);
                    let index = if open && first > free { first - 1 } else { first.max(free) };
                    let expected = dues.get(index).filter(|_| moment < end.as_nanos()).copied();
                    if expected.is_some() {
                        free = index + 1;
                    }
                    prop_assert_eq!(slots.take(Moment::from_nanos(moment)).map(Moment::as_nanos), expected);
                }
            }
        }
    }
}
