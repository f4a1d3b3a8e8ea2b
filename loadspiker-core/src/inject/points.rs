//! A profile as a curve, for people to look at.

use super::closed::ClosedStep;
use super::curve::Piece;
use super::open::OpenStep;
use super::profile::Profile;
use crate::numbers::nanos;

/// Points of a piece of a curve, where the profile has few of them.
const PIECE: u64 = 24;
/// Points of all pieces together, but for one each.
const ALL: usize = 2_000;

impl Profile {
    /// Milliseconds since its beginning, ascending, with the number of users that have arrived until then (open) or that are
    /// to be there (closed). Randomized arrivals stand where they are expected.
    pub(crate) fn points(&self) -> Vec<(u64, u64)> {
        match self {
            Profile::Open(steps) => arrived(&steps.iter().flat_map(OpenStep::pieces).collect::<Vec<_>>()),
            Profile::Closed(steps) => {
                let (mut points, mut start) = (Vec::new(), 0_u64);
                for slope in steps.iter().flat_map(ClosedStep::slopes) {
                    points.push((millis(start), slope.from));
                    start = start.saturating_add(nanos(slope.during));
                    points.push((millis(start), slope.to));
                }
                points
            }
        }
    }
}

fn arrived(pieces: &[Piece]) -> Vec<(u64, u64)> {
    let of_each = PIECE.min((ALL / pieces.len().max(1)) as u64).max(1);
    let mut points = vec![(0, 0)];
    let (mut start, mut first) = (0_u64, 0_u64);
    for piece in pieces {
        let steps = of_each.min(piece.count);
        for step in 1..steps {
            let i = u64::try_from(u128::from(piece.count) * u128::from(step) / u128::from(steps)).unwrap_or(u64::MAX);
            points.push((millis(start.saturating_add(piece.instant(i))), first.saturating_add(i)));
        }
        start = start.saturating_add(piece.nanos);
        first = first.saturating_add(piece.count);
        points.push((millis(start), first));
    }
    points
}

fn millis(nanos: u64) -> u64 {
    nanos / 1_000_000
}

#[cfg(test)]
mod tests {
    use crate::DurationExt;
    use crate::inject::{
        Profile, at_once_users, constant_concurrent_users, constant_users_per_sec, nothing_for, ramp_concurrent_users,
        ramp_users_per_sec,
    };

    #[test]
    fn arrivals_add_up_along_the_curve() {
        let profile = Profile::from_steps([
            at_once_users(10),
            nothing_for(5.secs()),
            constant_users_per_sec(2.0).during(10.secs()),
            ramp_users_per_sec(0.0).to(10.0).during(20.secs()),
        ]);
        let points = profile.points();
        assert!(points.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1), "{points:?}");
        assert_eq!(points.last(), Some(&(35_000, 130)));
        assert!(
            points.contains(&(0, 10)) && points.contains(&(5_000, 10)) && points.contains(&(15_000, 30)),
            "{points:?}"
        );
        let middle = points.iter().find(|(at, _)| *at >= 25_000).unwrap();
        assert!(
            (50..=60).contains(&middle.1),
            "a ramp from nothing has a quarter of its users by half its time: {middle:?}"
        );
    }

    #[test]
    fn a_closed_profile_has_the_ends_of_its_slopes() {
        let steps = [constant_concurrent_users(5).during(10.secs()), ramp_concurrent_users(5).to(20).during(10.secs())];
        assert_eq!(Profile::from_steps(steps).points(), [(0, 5), (10_000, 5), (10_000, 5), (20_000, 20)]);
    }
}
