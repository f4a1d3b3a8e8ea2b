//! What one step of an open profile leaves of a user, the next step goes on with.
//!
//! The rates of a profile are one function of time, however many steps it is written in: user `i` of all that come by a
//! rate is due when the integral of the rate reaches `i`, be that in the middle of a step or of a later one. So a rate in
//! ten steps of a second brings the same users at the same instants as in one step of ten. Only the end of the profile
//! rounds, once. Steps that name a number of users count for themselves and leave the fraction as it is.

use super::curve::{Piece, float, snap, whole};
use super::open::OpenStep;

/// The pieces of these steps, each with the users that are due in it.
pub(super) fn pieces(steps: &[OpenStep]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = steps.iter().flat_map(OpenStep::pieces).collect();
    // How far the integral is beyond the last whole user.
    let mut fraction = 0.0;
    let (mut last, mut constant) = (None, false);
    for (index, piece) in pieces.iter_mut().enumerate() {
        let Some(integral) = piece.integral().filter(|integral| *integral > 0.0) else { continue };
        constant |= piece.is_constant_rate();
        let end = snap(fraction + integral);
        // Whoever is due at the very end belongs to what follows.
        let (begin, users) = (whole(f64::ceil(fraction)), whole(end.ceil()));
        piece.count = users.saturating_sub(begin);
        piece.offset = float(begin) - fraction;
        fraction = end - end.floor();
        if piece.count > 0 {
            last = Some(index);
        }
    }
    // The last user is there only in part: it is left out if that is less than a half, or if the rate was never constant.
    if fraction > 0.0
        && (fraction < 0.5 - 1e-9 || !constant)
        && let Some(last) = last
    {
        pieces[last].count -= 1;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::curve::float;
    use super::super::{
        OpenStep, Profile, Shard, at_once_users, constant_users_per_sec, increment_users_per_sec, nothing_for,
        ramp_users_per_sec,
    };
    use crate::{DurationExt, Moment};

    fn arrivals(steps: Vec<OpenStep>) -> Vec<Moment> {
        Profile::from_steps(steps).arrivals(Shard::WHOLE, 1).collect()
    }

    fn millis(steps: Vec<OpenStep>) -> Vec<u128> {
        arrivals(steps).into_iter().map(|at| at.since_start().as_millis()).collect()
    }

    #[test]
    fn short_steps_of_a_low_rate_bring_the_users_of_one_long_step() {
        let short = constant_users_per_sec(0.4).during(1.secs());
        assert_eq!(millis(vec![short; 10]), [0, 2500, 5000, 7500]);
        assert_eq!(millis(vec![constant_users_per_sec(0.4).during(10.secs())]), [0, 2500, 5000, 7500]);
        // 0.6 users in each of ten steps are not ten users.
        assert_eq!(millis(vec![constant_users_per_sec(0.6).during(1.secs()); 10]).len(), 6);
        assert_eq!(millis(vec![constant_users_per_sec(0.4).during(1.secs()).randomized(); 10]).len(), 4);
        assert_eq!(millis(vec![ramp_users_per_sec(0.4).to(0.4).during(1.secs()); 10]).len(), 4);
    }

    #[test]
    fn a_staircase_rounds_at_its_end_only() {
        // Levels of 0.3, 0.6, 0.9 and 1.2 users.
        let stairs = increment_users_per_sec(0.3).times(5).each_level_lasting(1.secs());
        assert_eq!(Profile::from_steps([stairs]).users(), Some(3));
    }

    #[test]
    fn steps_that_name_a_number_of_users_leave_the_fraction_as_it_is() {
        let rate = constant_users_per_sec(1.5).during(1.secs());
        let steps = vec![rate, at_once_users(2), nothing_for(1.secs()), rate];
        // The third of the rate is due when 2 are reached: a third of a second into the second step.
        assert_eq!(millis(steps), [0, 666, 1000, 1000, 2333]);
    }

    #[test]
    fn a_lone_fraction_is_rounded_as_ever() {
        let users = |step: OpenStep| Profile::from_steps([step]).users();
        assert_eq!(users(constant_users_per_sec(0.4).during(1.secs())), Some(0));
        assert_eq!(users(constant_users_per_sec(0.5).during(1.secs())), Some(1));
        assert_eq!(users(constant_users_per_sec(4.4).during(1.secs())), Some(4));
        assert_eq!(users(ramp_users_per_sec(0).to(1.9).during(1.secs())), Some(0));
    }

    proptest! {
        #[test]
        fn cutting_a_rate_into_steps_changes_no_arrival(
            rate in 0.01..300.0_f64, cuts in prop::collection::vec(1_000_000..2_000_000_000_u64, 1..20),
        ) {
            let steps = cuts.iter().map(|nanos| constant_users_per_sec(rate).during(Duration::from_nanos(*nanos)));
            let sum: u64 = cuts.iter().sum();
            let (cut, one) = (
                arrivals(steps.collect()),
                arrivals(vec![constant_users_per_sec(rate).during(Duration::from_nanos(sum))]),
            );
            // A user that the end has or has not, where the sum is a half but for the noise of floats.
            prop_assert!(cut.len().abs_diff(one.len()) <= usize::from(((rate * sum as f64 / 1e9).fract() - 0.5).abs() < 1e-6));
            for (cut, one) in cut.iter().zip(&one) {
                prop_assert!(float(cut.as_nanos().abs_diff(one.as_nanos())) <= 2.0 + 100.0 / rate, "{cut:?} {one:?}");
            }
        }

        #[test]
        fn no_profile_of_rates_is_off_by_more_than_the_rounding_of_its_sum(
            rates in prop::collection::vec((0.0..5.0_f64, 0.0..5.0_f64, any::<bool>()), 1..40),
        ) {
            let step = |&(a, b, ramp): &(f64, f64, bool)| {
                let constant = constant_users_per_sec(a).during(1.secs());
                if ramp { ramp_users_per_sec(a).to(b).during(1.secs()) } else { constant }
            };
            let sum: f64 = rates.iter().map(|(a, b, ramp)| if *ramp { 0.5 * (a + b) } else { *a }).sum();
            let users = Profile::from_steps(rates.iter().map(step)).users().unwrap() as f64;
            let most = if rates.iter().all(|(a, _, ramp)| *ramp || *a == 0.0) { 1.0 } else { 0.5 };
            prop_assert!((users - sum).abs() <= most + 1e-6, "{users} of {sum}");
        }
    }
}
