//! [`Piece`]: the simplest part of an open profile, and the closed form of its instants.
//!
//! Each instant is computed from its number alone, never from the one before: nothing adds up. All operations
//! involved are monotone or accurate to a few units in the last place, so that instants never go backwards for
//! profiles within the limits that [`Profile::mistakes`](super::Profile::mistakes) checks.

use std::time::Duration;

use super::normal::deviations_below;
use crate::numbers::nanos;

const NANOS_PER_SEC: f64 = 1e9;

/// How the arrivals of a piece are spread over its duration.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Curve {
    /// All at the beginning.
    AtOnce,
    /// A given number, evenly: arrival `i` of `n` in `d` is due at `i·d/n`.
    Even,
    /// A rate: arrival `i` is due at `i/rate`.
    Rate { rate: f64 },
    /// A rate that changes linearly. Arrival `i` is due when the integral of the rate reaches `i`.
    RampRate { from: f64, to: f64, secs: f64 },
    /// Few at first, then many, then few. Arrival `i` of `n` is due at `d·½(1 + Φ⁻¹((i+1)/(n+1))/edge)`.
    Peak { edge: f64 },
}

/// A part of a profile with a duration, a number of arrivals and a curve along which they come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    /// How long it lasts, in nanoseconds.
    pub(super) nanos: u64,
    /// How many users arrive.
    pub(super) count: u64,
    /// Arrivals are independent draws with the curve as their density.
    pub(super) randomized: bool,
    /// Of a rate: what its integral has to reach until the first user is due, below 1.
    pub(super) offset: f64,
    curve: Curve,
}

impl Piece {
    pub(super) fn nothing(during: Duration) -> Piece {
        Piece { nanos: nanos(during), count: 0, randomized: false, offset: 0.0, curve: Curve::AtOnce }
    }

    pub(super) fn at_once(users: u64) -> Piece {
        Piece { nanos: 0, count: users, randomized: false, offset: 0.0, curve: Curve::AtOnce }
    }

    pub(super) fn even(users: u64, during: Duration) -> Piece {
        Piece { nanos: nanos(during), count: users, randomized: false, offset: 0.0, curve: Curve::Even }
    }

    /// `round(rate · during)` users.
    pub(super) fn rate(rate: f64, during: Duration, randomized: bool) -> Piece {
        let rate = sane(rate);
        let count = floor(rate * during.as_secs_f64() + 0.5);
        Piece { nanos: nanos(during), count, randomized, offset: 0.0, curve: Curve::Rate { rate } }
    }

    /// `floor((from + to)/2 · during)` users.
    pub(super) fn ramp_rate(from: f64, to: f64, during: Duration, randomized: bool) -> Piece {
        let (from, to, secs) = (sane(from), sane(to), during.as_secs_f64());
        let count = floor(0.5 * (from + to) * secs);
        Piece { nanos: nanos(during), count, randomized, offset: 0.0, curve: Curve::RampRate { from, to, secs } }
    }

    /// The step function of Heaviside, smoothed as `H(t) ≈ ½(1 + erf(t))`, says which part of the users has arrived
    /// by `t`; its inverse, cut where the first and the last user arrive and stretched over the duration, gives the
    /// instants. With `erf⁻¹(2x − 1) = Φ⁻¹(x)/√2` the `√2` falls out.
    /// (<https://en.wikipedia.org/wiki/Heaviside_step_function#Analytic_approximations>)
    pub(super) fn peak(users: u64, during: Duration) -> Piece {
        let edge = deviations_below(1.0 / (float(users) + 1.0));
        Piece { nanos: nanos(during), count: users, randomized: false, offset: 0.0, curve: Curve::Peak { edge } }
    }

    /// How many users a rate brings, as a fraction; `None` if a number of users was named.
    pub(super) fn integral(&self) -> Option<f64> {
        match self.curve {
            Curve::Rate { rate } => Some(rate * float(self.nanos) / NANOS_PER_SEC),
            Curve::RampRate { from, to, secs } => Some(0.5 * (from + to) * secs),
            Curve::AtOnce | Curve::Even | Curve::Peak { .. } => None,
        }
        // Beyond that are mistakes; nothing can be carried over from infinity.
        .filter(|users| *users < 1e15)
    }

    pub(super) fn is_constant_rate(&self) -> bool {
        matches!(self.curve, Curve::Rate { .. })
    }

    /// When arrival `i` (from 0) is due, in nanoseconds after the beginning of the piece.
    pub(super) fn instant(&self, i: u64) -> u64 {
        match self.curve {
            Curve::AtOnce => 0,
            Curve::Even => {
                let exact = u128::from(i) * u128::from(self.nanos) / u128::from(self.count.max(1));
                u64::try_from(exact).unwrap_or(u64::MAX)
            }
            Curve::Rate { .. } | Curve::RampRate { .. } => self.when_reached(float(i) + self.offset),
            Curve::Peak { edge } => self.peak_instant(i, edge),
        }
    }

    /// The instant at which the part `share` (0 to 1) of all arrivals is to be expected: where a random arrival lies.
    pub(super) fn instant_of_share(&self, share: f64) -> u64 {
        let secs = float(self.nanos) / NANOS_PER_SEC;
        self.when_reached(match self.curve {
            Curve::Rate { rate } => share * rate * secs,
            Curve::RampRate { from, to, secs } => share * 0.5 * (from + to) * secs,
            Curve::AtOnce | Curve::Even | Curve::Peak { .. } => share,
        })
    }

    /// The part (0 to 1) of all arrivals that is to be expected before the instant `at`: the inverse of
    /// [`instant_of_share`](Self::instant_of_share).
    pub(super) fn share_before(&self, at: u64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        // As often as a number from 0 to 1 has digits.
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.instant_of_share(middle) < at { low = middle } else { high = middle }
        }
        high
    }

    /// When the integral of the rate reaches `users`.
    pub(super) fn when_reached(&self, users: f64) -> u64 {
        let instant = match self.curve {
            Curve::Rate { rate } => users * NANOS_PER_SEC / rate,
            Curve::RampRate { from, to, secs } if from <= to => ramp_up(users, from, to, secs) * NANOS_PER_SEC,
            // The same seen from the end, where a ramp down to 0 needs the digits.
            Curve::RampRate { from, to, secs } => {
                let left = (0.5 * (from + to) * secs - users).max(0.0);
                (secs - ramp_up(left, to, from, secs)) * NANOS_PER_SEC
            }
            Curve::AtOnce | Curve::Even | Curve::Peak { .. } => 0.0,
        };
        whole(instant.round()).min(self.nanos)
    }

    fn peak_instant(&self, i: u64, edge: f64) -> u64 {
        if edge <= 0.0 {
            return self.nanos / 2; // a single user comes at the peak
        }
        let half = 0.5 * float(self.nanos);
        let mirrored = self.count.saturating_sub(1).saturating_sub(i);
        let deviation = half * (deviations_below((float(i.min(mirrored)) + 1.0) / (float(self.count) + 1.0)) / edge);
        let instant = if i <= mirrored { half - deviation } else { half + deviation };
        whole(instant.round()).min(self.nanos)
    }
}

/// Seconds until the integral of a rate that rises from `from` to `to` in `secs` reaches `users`: the root of
/// `from·t + (to − from)/(2·secs)·t² = users`, in the form that loses no digits.
fn ramp_up(users: f64, from: f64, to: f64, secs: f64) -> f64 {
    if users <= 0.0 {
        return 0.0;
    }
    2.0 * users / (from + (from * from + 2.0 * (to - from) / secs * users).sqrt())
}

/// A rate that can be computed with: what is a mistake counts as 0.
pub(super) fn sane(rate: f64) -> f64 {
    if rate.is_finite() && rate > 0.0 { rate } else { 0.0 }
}

/// The largest whole number not above `x`, but for rounding errors.
fn floor(x: f64) -> u64 {
    whole(snap(x).floor())
}

/// A sum or product that misses a whole number by no more than its own rounding error is that number.
pub(super) fn snap(x: f64) -> f64 {
    let nearest = x.round();
    if (x - nearest).abs() <= (x * 4e-15).max(1e-9) { nearest } else { x }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers; saturating is wanted")]
pub(super) fn whole(x: f64) -> u64 {
    x as u64
}

#[expect(clippy::cast_precision_loss, reason = "counts and instants are far below 2^53 or not exact anyway")]
pub(super) fn float(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instants(piece: Piece) -> Vec<u64> {
        (0..piece.count).map(|i| piece.instant(i)).collect()
    }

    fn secs(secs: f64) -> Duration {
        Duration::from_secs_f64(secs)
    }

    #[test]
    fn users_at_once_are_due_at_the_beginning() {
        assert_eq!(instants(Piece::at_once(3)), [0, 0, 0]);
    }

    #[test]
    fn a_number_of_users_is_spread_evenly() {
        assert_eq!(instants(Piece::even(4, secs(0.001))), [0, 250_000, 500_000, 750_000]);
        assert_eq!(instants(Piece::even(3, Duration::from_nanos(10))), [0, 3, 6]);
        assert_eq!(instants(Piece::even(2, Duration::ZERO)), [0, 0]);
    }

    #[test]
    fn a_constant_rate_is_due_at_multiples_of_its_period() {
        assert_eq!(instants(Piece::rate(3.0, secs(1.0), false)), [0, 333_333_333, 666_666_667]);
        let piece = Piece::rate(500.0, secs(20.0), false);
        assert_eq!(piece.count, 10_000);
        assert!((0..10_000).all(|i| piece.instant(i) == i * 2_000_000));
        assert_eq!(Piece::rate(50_000.0, secs(10.0), false).count, 500_000);
    }

    #[test]
    fn counts_are_not_spoiled_by_the_noise_of_floats() {
        assert_eq!(Piece::rate(0.1, secs(25.0), false).count, 3); // 2.5 is rounded up
        assert_eq!(Piece::rate(0.1, secs(24.0), false).count, 2);
        assert_eq!(Piece::ramp_rate(0.0, 0.7, secs(20.0), false).count, 7); // 6.999999999999999 in f64
        assert_eq!(Piece::ramp_rate(0.0, 0.69, secs(20.0), false).count, 6);
        assert_eq!(Piece::ramp_rate(0.1, 0.2, secs(20.0), false).count, 3); // 3.0000000000000004 in f64
    }

    #[test]
    fn a_ramp_up_follows_the_inverse_of_its_integral() {
        // The integral of 0 → 10 users/s in 2 s is 2.5·t², arrival i is due at √(i/2.5).
        let expected = [0, 632_455_532, 894_427_191, 1_095_445_115, 1_264_911_064];
        let got = instants(Piece::ramp_rate(0.0, 10.0, secs(2.0), false));
        assert_eq!(got.len(), 10);
        assert_eq!(got[..5], expected);
    }

    #[test]
    fn a_ramp_down_to_zero_mirrors_the_ramp_up() {
        // 10 − t arrivals' worth of rate is left: arrival i is due at 2 − √((10 − i)/2.5).
        let got = instants(Piece::ramp_rate(10.0, 0.0, secs(2.0), false));
        assert_eq!(got.len(), 10);
        assert_eq!(got[0], 0);
        assert_eq!(got[5], 585_786_438);
        assert_eq!(got[9], 1_367_544_468);
    }

    #[test]
    fn a_ramp_between_equal_rates_is_a_constant_rate() {
        let ramp = Piece::ramp_rate(7.0, 7.0, secs(3.0), false);
        assert_eq!(instants(ramp), instants(Piece::rate(7.0, secs(3.0), false)));
    }

    #[test]
    fn ramps_shorter_than_a_second_count_in_full() {
        let got = instants(Piece::ramp_rate(0.0, 1000.0, secs(0.01), false));
        assert_eq!(got, [0, 4_472_136, 6_324_555, 7_745_967, 8_944_272]);
    }

    #[test]
    fn a_stress_peak_is_thickest_in_the_middle() {
        assert_eq!(instants(Piece::peak(1, secs(10.0))), [5_000_000_000]);
        assert_eq!(instants(Piece::peak(2, secs(10.0))), [0, 10_000_000_000]);
        assert_eq!(
            instants(Piece::peak(5, secs(10.0))),
            [0, 2_773_838_653, 5_000_000_000, 7_226_161_347, 10_000_000_000]
        );
        assert_eq!(instants(Piece::peak(3, Duration::ZERO)), [0, 0, 0]);
    }

    #[test]
    fn no_curve_panics_on_what_would_be_a_mistake() {
        for rate in [f64::NAN, f64::INFINITY, -1.0, f64::MAX] {
            for during in [Duration::ZERO, Duration::MAX] {
                for piece in [Piece::rate(rate, during, false), Piece::ramp_rate(rate, rate, during, true)] {
                    assert!(piece.instant(piece.count / 2) <= piece.nanos);
                    assert!(piece.instant_of_share(0.5) <= piece.nanos);
                }
            }
        }
    }
}
