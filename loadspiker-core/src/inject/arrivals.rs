//! [`Arrivals`]: the instants at which the users of an open profile are due.

use std::time::Duration;

use super::curve::Piece;
use super::random::SortedUniforms;
use super::shard::Shard;
use crate::moment::Moment;

/// The instants at which the users of an open profile are due on one shard, in order.
///
/// Moments are relative to the start of the population. Arrival `k` (from 0) of the whole profile belongs to shard
/// `k % count`, so the arrivals of all shards add up to the whole. Each instant is computed on demand; memory does not
/// depend on the number of users.
#[derive(Clone, Debug)]
pub struct Arrivals {
    pieces: std::vec::IntoIter<Piece>,
    piece: Piece,
    /// Where in the profile the current piece is.
    piece_number: u64,
    /// When it begins, in nanoseconds.
    start: u64,
    /// Its first arrival's number in the whole profile.
    first: u64,
    /// The number of this part's next arrival.
    next: u64,
    stride: u64,
    seed: u64,
    random: Option<RandomPiece>,
    total: u64,
    duration: Duration,
}

/// How many randomized arrivals are drawn one by one only to be passed over: a few milliseconds' worth.
const DRAWS: u64 = 100_000;

/// Where in a randomized piece the draws have got to.
#[derive(Clone, Debug)]
struct RandomPiece {
    draws: SortedUniforms,
    drawn: u64,
    latest: u64,
}

impl RandomPiece {
    /// The instant of the piece's arrival `i`. Draws of other parts are passed over, so that a part's instants do not
    /// depend on the number of parts.
    fn instant(&mut self, piece: &Piece, i: u64) -> u64 {
        while self.drawn <= i {
            let Some(share) = self.draws.next() else { break };
            self.latest = self.latest.max(piece.instant_of_share(share));
            self.drawn += 1;
        }
        self.latest
    }

    /// How many arrivals are due before `at`, of those numbered `i`, `i + stride` and so on.
    fn pass(&mut self, piece: &Piece, mut i: u64, stride: u64, at: u64) -> u64 {
        let (begin, limit) = (i, self.drawn.saturating_add(DRAWS));
        while i < piece.count && self.instant(piece, i) < at {
            i += stride;
            if self.drawn >= limit {
                let share = piece.share_before(at);
                let expected = self.draws.skip_below(share);
                self.drawn += expected;
                self.latest = self.latest.max(piece.instant_of_share(share));
                i = i.max(self.drawn.saturating_sub(begin % stride).next_multiple_of(stride) + begin % stride);
                break;
            }
        }
        (i - begin) / stride
    }
}

impl Arrivals {
    pub(super) fn new(pieces: Vec<Piece>, shard: Shard, seed: u64) -> Self {
        let (index, count) = shard.parts();
        let total = pieces.iter().fold(0_u64, |sum, piece| sum.saturating_add(piece.count));
        let nanos = pieces.iter().fold(0_u64, |sum, piece| sum.saturating_add(piece.nanos));
        Arrivals {
            pieces: pieces.into_iter(),
            piece: Piece::at_once(0),
            piece_number: 0,
            start: 0,
            first: 0,
            next: if index < count { index } else { u64::MAX },
            stride: count,
            seed,
            random: None,
            total,
            duration: Duration::from_nanos(nanos),
        }
    }

    /// How many users the whole profile starts, on all shards.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The next arrival due at `moment` or later. Skips those before it.
    pub(crate) fn first_from(&mut self, moment: Moment) -> Option<Moment> {
        self.pass(moment);
        self.next()
    }

    /// Skips the arrivals due before `moment`, and returns their number.
    ///
    /// The cost depends on the number of steps, not of arrivals. Randomized arrivals have to be drawn; for those beyond the
    /// first [`DRAWS`] of a step, the expected number is computed instead.
    pub(crate) fn pass(&mut self, moment: Moment) -> u64 {
        let mut passed = 0_u64;
        loop {
            // How many of this piece's arrivals are left to this part; their instants ascend.
            let left = (self.first.saturating_add(self.piece.count)).saturating_sub(self.next).div_ceil(self.stride);
            let at = moment.as_nanos().saturating_sub(self.start);
            let here = match &mut self.random {
                _ if left == 0 => 0,
                _ if self.piece.nanos < at => left,
                Some(random) => random.pass(&self.piece, self.next - self.first, self.stride, at).min(left),
                None => {
                    let (mut low, mut high) = (0, left);
                    while low < high {
                        let middle = low + (high - low) / 2;
                        let i = self.next - self.first + middle * self.stride;
                        if self.piece.instant(i) < at { low = middle + 1 } else { high = middle }
                    }
                    low
                }
            };
            passed = passed.saturating_add(here);
            self.next = self.next.saturating_add(here.saturating_mul(self.stride));
            if here < left || self.begin_piece().is_none() {
                return passed;
            }
        }
    }

    /// Goes on to the next piece.
    fn begin_piece(&mut self) -> Option<()> {
        let piece = self.pieces.next()?;
        self.start = self.start.saturating_add(self.piece.nanos);
        self.first = self.first.saturating_add(self.piece.count);
        self.random = piece.randomized.then(|| RandomPiece {
            draws: SortedUniforms::new(piece.count, self.seed, self.piece_number),
            drawn: 0,
            latest: 0,
        });
        self.piece = piece;
        self.piece_number += 1;
        Some(())
    }

    /// How long the profile lasts. The last user may be due earlier, if the profile ends with a pause, or at its end, after
    /// `at_once_users`.
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl Iterator for Arrivals {
    type Item = Moment;

    fn next(&mut self) -> Option<Moment> {
        loop {
            let i = self.next - self.first;
            if i < self.piece.count {
                self.next = self.next.saturating_add(self.stride);
                let instant = match &mut self.random {
                    Some(random) => random.instant(&self.piece, i),
                    None => self.piece.instant(i),
                };
                return Some(Moment::from_nanos(self.start.saturating_add(instant)));
            }
            self.begin_piece()?;
        }
    }
}

impl std::iter::FusedIterator for Arrivals {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{
        Profile, at_once_users, constant_users_per_sec, nothing_for, ramp_users, ramp_users_per_sec, stress_peak_users,
    };
    use super::*;
    use crate::DurationExt;

    proptest! {
        #[test]
        fn the_first_arrival_from_a_moment_on_is_the_one_that_counting_finds(
            count in 1_usize..4,
            taken in 0_usize..5,
            moment in 0_u64..9_000,
        ) {
            let profile = Profile::from_steps([
                at_once_users(5),
                constant_users_per_sec(13).during(1.secs()),
                nothing_for(500.millis()),
                constant_users_per_sec(11).during(1.secs()).randomized(),
                ramp_users_per_sec(0).to(20).during(2.secs()),
                stress_peak_users(30).during(1.secs()),
                constant_users_per_sec(9).during(1.secs()).randomized(),
                ramp_users(7).during(1.secs()),
                at_once_users(3),
            ]);
            let moment = Moment::START + moment.millis();
            for index in 0..count {
                let mut all = profile.arrivals(Shard { index, count }, 7);
                let _ = all.by_ref().take(taken).count();
                let mut jumping = all.clone();
                prop_assert_eq!(jumping.first_from(moment), all.find(|due| *due >= moment));
                prop_assert!(jumping.eq(all));
            }
        }
    }

    proptest! {
        #[test]
        fn arrivals_are_passed_over_as_many_as_counting_finds(count in 1_usize..4, moment in 0_u64..5_000) {
            let profile = Profile::from_steps([
                at_once_users(5),
                constant_users_per_sec(13).during(1.secs()),
                constant_users_per_sec(11).during(1.secs()).randomized(),
                nothing_for(500.millis()),
                ramp_users(7).during(1.secs()),
            ]);
            let moment = Moment::START + moment.millis();
            for index in 0..count {
                let mut passing = profile.arrivals(Shard { index, count }, 7);
                let all: Vec<_> = passing.clone().collect();
                let before = all.iter().filter(|due| **due < moment).count();
                prop_assert_eq!(passing.pass(moment), before as u64);
                prop_assert!(passing.eq(all.into_iter().skip(before)));
            }
        }
    }

    #[test]
    fn a_trillion_arrivals_are_passed_over_without_looking_at_each() {
        let rate = || constant_users_per_sec(100_000_000).during(5_000.secs());
        let profile = Profile::from_steps([rate(), rate().randomized()]);
        for index in 0..3 {
            let mut arrivals = profile.arrivals(Shard { index, count: 3 }, 7);
            let (half, three_quarters) = (Moment::START + 2_500.secs(), Moment::START + 7_500.secs());
            assert!(arrivals.pass(half).abs_diff(83_333_333_333) <= 1);
            // Drawn in part, and then as many as are to be expected.
            let passed = arrivals.pass(three_quarters);
            assert!(passed.abs_diff(166_666_666_667) < 1_000_000, "{passed}");
            let next = arrivals.next().unwrap();
            assert!(next >= three_quarters && next < three_quarters + 1.millis(), "{next:?}");
            assert!(arrivals.pass(Moment::NEVER).abs_diff(83_333_333_333) < 1_000_000);
            assert_eq!(arrivals.next(), None);
        }
    }
}
