//! [`Targets`]: the number of active users that a closed profile wants at each instant.

use super::closed::Slope;
use super::shard::Shard;
use crate::moment::Moment;
use crate::numbers::nanos;

/// The number of active users that a closed profile wants on one shard.
///
/// Moments are relative to the start of the population. At each instant, the targets of all shards add up to the number of
/// users of the profile. The computation uses integers and is exact.
#[derive(Clone, Debug)]
pub struct Targets {
    pieces: Vec<Piece>,
    end: u64,
    shard: Shard,
}

/// A stretch of time in which the number of users is constant or changes linearly. It lasts at least a nanosecond.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: u64,
    nanos: u64,
    from: u64,
    to: u64,
}

impl Targets {
    pub(super) fn new(slopes: impl Iterator<Item = Slope>, shard: Shard) -> Self {
        let mut end = 0_u64;
        let mut pieces = Vec::new();
        for slope in slopes {
            let piece = Piece { start: end, nanos: nanos(slope.during), from: slope.from, to: slope.to };
            let next = end.saturating_add(piece.nanos);
            if next > end {
                pieces.push(piece);
            }
            end = next;
        }
        Targets { pieces, end, shard }
    }

    /// The number of users that this shard should have at this moment. 0 from [`end`](Self::end) on.
    pub fn target_at(&self, moment: Moment) -> u64 {
        let at = moment.as_nanos();
        self.piece_at(at).map_or(0, |piece| self.share(self.pieces[piece].total(at)))
    }

    /// The first moment after `moment` at which [`target_at`](Self::target_at) changes, or `None` if it never does.
    pub fn next_change_after(&self, moment: Moment) -> Option<Moment> {
        let now = moment.as_nanos();
        let share = self.target_at(moment);
        for piece in &self.pieces[self.piece_at(now)?..] {
            if piece.start > now && self.share(piece.from) != share {
                return Some(Moment::from_nanos(piece.start));
            }
            if let Some(at) = self.change_within(piece, share) {
                return Some(Moment::from_nanos(at));
            }
        }
        (share != 0).then(|| self.end())
    }

    /// When the profile ends. After that, users are not replaced.
    pub fn end(&self) -> Moment {
        Moment::from_nanos(self.end)
    }

    fn piece_at(&self, at: u64) -> Option<usize> {
        if at >= self.end {
            return None;
        }
        self.pieces.partition_point(|piece| piece.start <= at).checked_sub(1)
    }

    /// This part's share of a total.
    fn share(&self, total: u64) -> u64 {
        self.shard.share(total)
    }

    /// When, within a piece that has it before, this part's share is no longer `share`.
    fn change_within(&self, piece: &Piece, share: u64) -> Option<u64> {
        let (index, count) = self.shard.parts();
        let (index, count) = (u128::from(index), u128::from(count));
        if index >= count {
            return None;
        }
        let moved = if piece.to > piece.from {
            // The smallest total with one more.
            (u128::from(share) * count + 1 + index).checked_sub(piece.from.into())?
        } else {
            // The largest total with one less.
            u128::from(piece.from).checked_sub(u128::from(share.checked_sub(1)?) * count + index)?
        };
        let range = piece.to.abs_diff(piece.from);
        if moved == 0 || moved > range.into() {
            return None;
        }
        let local = narrow((moved * u128::from(piece.nanos)).div_ceil(range.into()));
        (local < piece.nanos).then(|| piece.start.saturating_add(local))
    }
}

impl Piece {
    /// The number of users of all parts at this instant, which lies in the piece.
    fn total(&self, at: u64) -> u64 {
        let range = u128::from(self.to.abs_diff(self.from));
        let moved = narrow(range * u128::from(at - self.start) / u128::from(self.nanos));
        if self.to >= self.from { self.from + moved } else { self.from - moved }
    }
}

fn narrow(n: u128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{
        ClosedStep, Profile, constant_concurrent_users, increment_concurrent_users, ramp_concurrent_users,
    };
    use super::*;
    use crate::DurationExt;

    fn at(millis: u64) -> Moment {
        Moment::START + millis.millis()
    }

    /// All changes of a part: moment in milliseconds, new share.
    fn changes(targets: &Targets) -> Vec<(f64, u64)> {
        let mut all = vec![(0.0, targets.target_at(Moment::START))];
        let mut moment = Moment::START;
        while let Some(next) = targets.next_change_after(moment) {
            assert!(next > moment);
            all.push((next.since_start().as_secs_f64() * 1e3, targets.target_at(next)));
            moment = next;
        }
        all
    }

    #[test]
    fn a_constant_number_holds_until_the_end() {
        let targets = Profile::from_steps([constant_concurrent_users(7).during(2.secs())]).targets(Shard::WHOLE);
        assert_eq!(changes(&targets), [(0.0, 7), (2000.0, 0)]);
        assert_eq!(targets.end(), at(2000));
        assert_eq!(targets.target_at(at(1_999)), 7);
        assert_eq!(targets.target_at(Moment::NEVER), 0);
        assert_eq!(targets.next_change_after(at(2000)), None);
    }

    #[test]
    fn a_ramp_changes_at_computed_instants() {
        let up = Profile::from_steps([ramp_concurrent_users(1).to(4).during(300.millis())]).targets(Shard::WHOLE);
        assert_eq!(changes(&up), [(0.0, 1), (100.0, 2), (200.0, 3), (300.0, 0)]);
        let down = Profile::from_steps([
            ramp_concurrent_users(3).to(0).during(300.millis()),
            constant_concurrent_users(0).during(1.secs()),
        ]);
        assert_eq!(changes(&down.targets(Shard::WHOLE)), [(0.0, 3), (100.0, 2), (200.0, 1), (300.0, 0)]);
    }

    #[test]
    fn a_part_changes_only_when_its_own_share_does() {
        let profile = Profile::from_steps([
            ramp_concurrent_users(0).to(6).during(600.millis()),
            constant_concurrent_users(6).during(400.millis()),
        ]);
        let part = |index| changes(&profile.targets(Shard { index, count: 3 }));
        assert_eq!(part(0), [(0.0, 0), (100.0, 1), (400.0, 2), (1000.0, 0)]);
        assert_eq!(part(2), [(0.0, 0), (300.0, 1), (600.0, 2), (1000.0, 0)]);
        assert_eq!(part(3), [(0.0, 0)]);
    }

    #[test]
    fn stairs_are_levels_and_ramps_in_order() {
        let stairs = increment_concurrent_users(2).times(2).each_level_lasting(1.secs());
        let of = |step| changes(&Profile::from_steps([step]).targets(Shard::WHOLE));
        assert_eq!(of(stairs), [(0.0, 2), (1000.0, 0)]);
        assert_eq!(of(stairs.starting_from(3)), [(0.0, 3), (1000.0, 5), (2000.0, 0)]);
        let ramps = stairs.separated_by_ramps_lasting(1.secs());
        assert_eq!(of(ramps), [(0.0, 0), (500.0, 1), (1000.0, 2), (2500.0, 3), (3000.0, 4), (4000.0, 0)]);
        assert_eq!(of(ramps.starting_from(1)), [(0.0, 1), (1500.0, 2), (2000.0, 3), (3000.0, 0)]);
    }

    fn any_step() -> impl Strategy<Value = ClosedStep> {
        let (users, nanos) = (|| 0_u64..50, || (0_u64..300).prop_map(std::time::Duration::from_nanos));
        prop_oneof![
            (users(), nanos()).prop_map(|(n, d)| constant_concurrent_users(n).during(d)),
            (users(), users(), nanos()).prop_map(|(a, b, d)| ramp_concurrent_users(a).to(b).during(d)),
            (0_u64..20, 1_u32..4, nanos(), nanos(), users()).prop_map(|(n, levels, level, ramp, start)| {
                let stairs = increment_concurrent_users(n).times(levels).each_level_lasting(level);
                stairs.separated_by_ramps_lasting(ramp).starting_from(start)
            }),
        ]
    }

    proptest! {
        #[test]
        fn shares_add_up_and_change_only_where_announced(
            steps in prop::collection::vec(any_step(), 1..4),
            factor in prop_oneof![Just(1.0), 0.0..3.0_f64],
            count in 1_usize..6,
        ) {
            let profile = Profile::from_steps(steps).scaled(factor);
            let whole = profile.targets(Shard::WHOLE);
            let parts: Vec<Targets> = (0..count).map(|index| profile.targets(Shard { index, count })).collect();
            for nanos in 0..=whole.end().as_nanos() {
                let moment = Moment::from_nanos(nanos);
                let sum: u64 = parts.iter().map(|part| part.target_at(moment)).sum();
                prop_assert_eq!(sum, whole.target_at(moment));
                for part in &parts {
                    let now = part.target_at(moment);
                    let looked_for = (nanos + 1..=whole.end().as_nanos())
                        .map(Moment::from_nanos)
                        .find(|later| part.target_at(*later) != now);
                    prop_assert_eq!(part.next_change_after(moment), looked_for);
                    if looked_for.is_some_and(|change| change.as_nanos() > nanos + 1) {
                        break; // the instants up to the change are the same question again
                    }
                }
            }
        }
    }
}
