//! Whole profiles: what the user writes, what comes out, what is refused.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{DurationExt, Moment};

fn open(steps: impl IntoIterator<Item = OpenStep>) -> Profile {
    Profile::from_steps(steps)
}

fn millis(profile: &Profile) -> Vec<f64> {
    profile.arrivals(Shard::WHOLE, 1).map(|at| at.since_start().as_secs_f64() * 1e3).collect()
}

fn parts(profile: &Profile, count: usize, seed: u64) -> Vec<Vec<Moment>> {
    (0..count).map(|index| profile.arrivals(Shard { index, count }, seed).collect()).collect()
}

/// Deals the parts' arrivals out in turn.
fn merged(parts: &[Vec<Moment>]) -> Vec<Moment> {
    let total = parts.iter().map(Vec::len).sum();
    (0..total).map(|k| parts[k % parts.len()][k / parts.len()]).collect()
}

#[test]
fn steps_follow_one_another() {
    let profile = open([
        at_once_users(2),
        nothing_for(5.millis()),
        constant_users_per_sec(1000).during(2.millis()),
        ramp_users(2).during(10.millis()),
        stress_peak_users(3).during(4.millis()),
    ]);
    assert_eq!(millis(&profile), [0.0, 0.0, 5.0, 6.0, 7.0, 12.0, 17.0, 19.0, 21.0]);
    assert_eq!(profile.duration(), 21.millis());
    assert_eq!(profile.users(), Some(9));
    assert_eq!(profile.arrivals(Shard::WHOLE, 1).duration(), 21.millis());
}

#[test]
fn a_rate_gives_its_exact_total() {
    let count = |profile: &Profile| profile.arrivals(Shard::WHOLE, 1).count();
    let steady = open([constant_users_per_sec(500).during(20.secs())]);
    assert_eq!(count(&steady), 10_000);
    assert_eq!(count(&open([constant_users_per_sec(50_000.0).during(10.secs())])), 500_000);
    assert_eq!(steady.arrivals(Shard { index: 1, count: 4 }, 1).total(), 10_000);
    assert_eq!(steady.arrivals(Shard::WHOLE, 1).last(), Some(Moment::START + 19_998.millis()));
}

#[test]
fn open_stairs_are_levels_and_ramps_in_order() {
    let stairs = increment_users_per_sec(10.0).times(3).each_level_lasting(1.secs());
    assert_eq!(open([stairs]).users(), Some(10 + 20)); // the empty first level is skipped
    assert_eq!(open([stairs]).duration(), 2.secs());
    assert_eq!(open([stairs.starting_from(5)]).users(), Some(5 + 15 + 25));
    let ramps = stairs.separated_by_ramps_lasting(2.secs());
    assert_eq!(open([ramps]).users(), Some(10 + 10 + 30 + 20 + 50 + 30));
    assert_eq!(open([ramps]).duration(), 9.secs());
    assert_eq!(open([ramps.starting_from(10)]).users(), Some(10 + 30 + 20 + 50 + 30));
    assert_eq!(
        stairs.starting_from(10).separated_by_ramps_lasting(2.secs()),
        stairs.separated_by_ramps_lasting(2.secs()).starting_from(10)
    );
}

#[test]
fn randomized_arrivals_keep_the_exact_count_and_follow_the_seed() {
    let profile = open([
        constant_users_per_sec(100).during(10.secs()).randomized(),
        ramp_users_per_sec(0).to(200).during(10.secs()).randomized(),
    ]);
    let arrivals = |seed| profile.arrivals(Shard::WHOLE, seed).collect::<Vec<_>>();
    let first = arrivals(1);
    assert_eq!(first.len(), 2000);
    assert!(first.is_sorted());
    assert_eq!(first, arrivals(1));
    assert_ne!(first, arrivals(2));
    assert!(first[999] < Moment::START + 10.secs() && first[1000] > Moment::START + 10.secs());
    // Of a ramp from 0, a quarter comes in the first half.
    let early = first[1000..].partition_point(|at| *at < Moment::START + 15.secs());
    assert!(early.abs_diff(250) < 60, "{early}");
    // Gaps between independent arrivals vary as much as they are long.
    let gaps: Vec<f64> = first[..1000].windows(2).map(|two| (two[1] - two[0]).as_secs_f64()).collect();
    let deviation = (gaps.iter().map(|gap| (gap - 0.01).powi(2)).sum::<f64>() / 999.0).sqrt();
    assert!((0.008..0.012).contains(&deviation), "{deviation}");
}

#[test]
fn two_randomized_steps_draw_differently() {
    let step = constant_users_per_sec(100).during(1.secs()).randomized();
    let all: Vec<Moment> = open([step, step]).arrivals(Shard::WHOLE, 1).collect();
    assert_ne!(all[0].since_start(), all[100] - (Moment::START + 1.secs()));
}

#[test]
fn a_part_beyond_the_last_gets_nothing_and_no_parts_count_as_one() {
    let profile = open([at_once_users(5)]);
    assert_eq!(profile.arrivals(Shard { index: 2, count: 2 }, 1).count(), 0);
    assert_eq!(profile.arrivals(Shard { index: 0, count: 0 }, 1).count(), 5);
}

#[test]
fn arrivals_stay_ended() {
    let mut arrivals = open([at_once_users(1), nothing_for(1.secs())]).arrivals(Shard::WHOLE, 1);
    assert!(arrivals.next().is_some());
    assert!(arrivals.next().is_none() && arrivals.next().is_none());
}

#[test]
fn open_and_closed_profiles_have_nothing_of_the_other_kind() {
    let closed = Profile::from_steps([constant_concurrent_users(5).during(1.secs())]);
    assert_eq!(closed.arrivals(Shard::WHOLE, 1).count(), 0);
    assert_eq!(closed.users(), None);
    assert_eq!(closed.duration(), 1.secs());
    assert_eq!(open([at_once_users(5)]).targets(Shard::WHOLE).end(), Moment::START);
}

#[test]
fn steps_are_shown_as_they_were_written() {
    let profile = open([
        nothing_for(1.5.secs()),
        at_once_users(10),
        ramp_users(100).during(10.secs()),
        constant_users_per_sec(20.0).during(2.minutes()).randomized(),
        ramp_users_per_sec(0.5).to(20).during(1.hours()),
        stress_peak_users(7).during(30.micros()),
        increment_users_per_sec(5).times(3).each_level_lasting(10.secs()),
        increment_users_per_sec(5).times(3).each_level_lasting(10.secs()).starting_from(2.5),
    ]);
    let expected = "nothing_for(1500.millis()), at_once_users(10), ramp_users(100).during(10.secs()), \
        constant_users_per_sec(20).during(2.minutes()).randomized(), \
        ramp_users_per_sec(0.5).to(20).during(1.hours()), stress_peak_users(7).during(30.micros()), \
        increment_users_per_sec(5).times(3).each_level_lasting(10.secs()), \
        increment_users_per_sec(5).times(3).each_level_lasting(10.secs()).starting_from(2.5)";
    assert_eq!(profile.to_string(), expected);
    let closed = Profile::from_steps([
        constant_concurrent_users(5).during(1.secs()),
        ramp_concurrent_users(5).to(1).during(1.secs()),
        increment_concurrent_users(5).times(2).each_level_lasting(1.secs()).separated_by_ramps_lasting(2.secs()),
    ]);
    let expected = "constant_concurrent_users(5).during(1.secs()), ramp_concurrent_users(5).to(1).during(1.secs()), \
        increment_concurrent_users(5).times(2).each_level_lasting(1.secs()).separated_by_ramps_lasting(2.secs())";
    assert_eq!(closed.to_string(), expected);
}

#[test]
fn a_factor_scales_users_and_rates_and_leaves_durations() {
    let profile = open([
        nothing_for(1.secs()),
        at_once_users(10),
        ramp_users(1).during(10.secs()),
        constant_users_per_sec(20).during(2.secs()).randomized(),
        ramp_users_per_sec(0).to(20).during(1.secs()),
        increment_users_per_sec(5).times(3).each_level_lasting(10.secs()).starting_from(2),
    ]);
    let expected = "nothing_for(1.secs()), at_once_users(3), ramp_users(1).during(10.secs()), \
        constant_users_per_sec(5).during(2.secs()).randomized(), ramp_users_per_sec(0).to(5).during(1.secs()), \
        increment_users_per_sec(1.25).times(3).each_level_lasting(10.secs()).starting_from(0.5)";
    assert_eq!(profile.scaled(0.25).to_string(), expected);
    assert_eq!(profile.scaled(1.0), profile);
    assert_eq!(profile.scaled(0.0).users(), Some(0));
    let closed = Profile::from_steps([ramp_concurrent_users(0).to(7).during(1.secs())]);
    assert_eq!(closed.scaled(2.0).to_string(), "ramp_concurrent_users(0).to(14).during(1.secs())");
    let stairs = |factor| {
        let step = increment_concurrent_users(1).times(40).each_level_lasting(1.secs());
        Profile::from_steps([step]).scaled(factor)
    };
    assert_eq!(stairs(0.1).to_string(), "increment_concurrent_users(0.1).times(40).each_level_lasting(1.secs())");
    // Levels of 1 to 39 users become those of 0 to 4, not of 1 to 39.
    assert_eq!((stairs(0.1).most_users(), stairs(1.5).most_users()), (Some(4), Some(59)));
    assert_eq!(stairs(0.1).targets(Shard::WHOLE).target_at(Moment::START + 19.secs()), 2);
    assert!(!stairs(f64::NAN).mistakes().is_empty() && !stairs(1e9).mistakes().is_empty());
    for factor in [f64::NAN, -1.0, f64::INFINITY] {
        assert!(!profile.scaled(factor).mistakes().is_empty());
        assert!(!closed.scaled(factor).mistakes().is_empty());
    }
}

#[test]
fn sound_profiles_have_no_mistakes() {
    let stairs = increment_users_per_sec(5).times(1).each_level_lasting(10.secs());
    let profile = open([
        nothing_for(Duration::ZERO),
        at_once_users(0),
        ramp_users(100).during(Duration::ZERO),
        constant_users_per_sec(0).during(Duration::ZERO),
        constant_users_per_sec(0.001).during(1.secs()).randomized(),
        ramp_users_per_sec(5).to(0).during(1.millis()).randomized(),
        stairs.starting_from(1),
        stairs.separated_by_ramps_lasting(1.secs()),
    ]);
    assert_eq!(profile.mistakes(), Vec::<String>::new());
    let closed = Profile::from_steps([constant_concurrent_users(0).during(1.secs())]);
    assert_eq!(closed.mistakes(), Vec::<String>::new());
}

#[test]
fn a_mistake_names_the_step_the_value_and_the_remedy() {
    let one = |step: OpenStep| open([step]).mistakes().join("\n");
    assert_eq!(
        one(constant_users_per_sec(-5).during(10.secs())),
        "constant_users_per_sec(-5).during(10.secs()): the rate is -5 users a second; give a number from 0 on"
    );
    assert_eq!(
        one(ramp_users_per_sec(1).to(f64::NAN).during(10.secs())),
        "ramp_users_per_sec(1).to(NaN).during(10.secs()): the second rate is NaN users a second; give a number from 0 on"
    );
    assert_eq!(
        one(constant_users_per_sec(20).during(0.secs())),
        "constant_users_per_sec(20).during(0.secs()): 20 users a second cannot arrivein zero time; give a duration above 0"
    );
    assert_eq!(
        one(ramp_users(10).during(1.secs()).randomized()),
        "ramp_users(10).during(1.secs()).randomized(): it cannot be randomized; leave out .randomized(), or use \
         constant_users_per_sec(…) or ramp_users_per_sec(…)"
    );
    assert_eq!(
        one(at_once_users(1).starting_from(2)),
        "at_once_users(1).starting_from(2): it has no levels; leave out .starting_from(2) or use \
         increment_users_per_sec(…)"
    );
    assert_eq!(
        one(increment_users_per_sec(5).times(1).each_level_lasting(1.secs())),
        "increment_users_per_sec(5).times(1).each_level_lasting(1.secs()): its only level is empty; give it a \
         .starting_from(…), .separated_by_ramps_lasting(…), or more levels"
    );
    assert_eq!(
        open([]).mistakes(),
        ["the injection profile has no steps; give at least one, such as at_once_users(1)"]
    );
}

#[test]
fn every_kind_of_mistake_is_found() {
    let huge = Duration::MAX;
    for step in [
        nothing_for(huge),
        at_once_users(u64::MAX),
        ramp_users(u64::MAX).during(1.secs()),
        ramp_users(1).during(huge),
        stress_peak_users(1).during(huge),
        constant_users_per_sec(f64::INFINITY).during(1.secs()),
        constant_users_per_sec(1e10).during(1.secs()),
        constant_users_per_sec(1e9).during(1.hours()),
        constant_users_per_sec(1).during(huge),
        ramp_users_per_sec(-1).to(1).during(1.secs()),
        ramp_users_per_sec(1).to(0).during(0.secs()),
        increment_users_per_sec(1).times(0).each_level_lasting(1.secs()),
        increment_users_per_sec(1).times(100_001).each_level_lasting(1.secs()),
        increment_users_per_sec(1).times(2).each_level_lasting(0.secs()),
        increment_users_per_sec(-1).times(2).each_level_lasting(1.secs()).starting_from(5),
        increment_users_per_sec(1).times(2).each_level_lasting(1.secs()).starting_from(f64::NAN),
        increment_users_per_sec(1).times(2).each_level_lasting(1.secs()).separated_by_ramps_lasting(huge),
        increment_users_per_sec(1e8).times(20).each_level_lasting(1.nanos()),
        increment_users_per_sec(1).times(2).each_level_lasting(1.secs()).randomized(),
        nothing_for(1.secs()).separated_by_ramps_lasting(1.secs()),
    ] {
        assert_eq!(open([step]).mistakes().len(), 1, "{step}: {:?}", open([step]).mistakes());
    }
    for step in [
        constant_concurrent_users(u64::MAX).during(1.secs()),
        constant_concurrent_users(1).during(0.secs()),
        ramp_concurrent_users(0).to(u64::MAX).during(1.secs()),
        ramp_concurrent_users(0).to(1).during(huge),
        increment_concurrent_users(u64::MAX).times(2).each_level_lasting(1.secs()),
        increment_concurrent_users(1).times(0).each_level_lasting(1.secs()),
        constant_concurrent_users(1).during(1.secs()).starting_from(1),
        constant_concurrent_users(1).during(1.secs()).separated_by_ramps_lasting(1.secs()),
    ] {
        let mistakes = Profile::from_steps([step]).mistakes();
        assert_eq!(mistakes.len(), 1, "{step}: {mistakes:?}");
    }
    let year = nothing_for((365 * 24).hours());
    assert_eq!(open([year; 10]).mistakes(), Vec::<String>::new());
    assert_eq!(open([year; 11]).mistakes().len(), 1);
    assert_eq!(open([at_once_users(600_000_000_000); 2]).mistakes().len(), 1);
    assert_eq!(Profile::from_steps(Vec::<ClosedStep>::new()).mistakes().len(), 1);
}

/// Nanoseconds, for durations of odd lengths.
trait Nanos {
    fn nanos(self) -> Duration;
}
impl Nanos for u64 {
    fn nanos(self) -> Duration {
        Duration::from_nanos(self)
    }
}

fn any_step() -> impl Strategy<Value = OpenStep> {
    let rate = || prop_oneof![Just(0.0), 0.0..2000.0_f64, (0..100_u32).prop_map(f64::from)];
    let duration = || prop_oneof![Just(0), 1..1_000_000_u64, 1..300_000_000_u64].prop_map(Duration::from_nanos);
    let users = || 0..200_u64;
    prop_oneof![
        duration().prop_map(nothing_for),
        users().prop_map(at_once_users),
        (users(), duration()).prop_map(|(n, d)| ramp_users(n).during(d)),
        (users(), duration()).prop_map(|(n, d)| stress_peak_users(n).during(d)),
        (rate(), duration()).prop_map(|(r, d)| constant_users_per_sec(r).during(d)),
        (rate(), duration()).prop_map(|(r, d)| constant_users_per_sec(r).during(d).randomized()),
        (rate(), rate(), duration()).prop_map(|(a, b, d)| ramp_users_per_sec(a).to(b).during(d)),
        (rate(), rate(), duration()).prop_map(|(a, b, d)| ramp_users_per_sec(a).to(b).during(d).randomized()),
        (rate(), 1..4_u32, duration(), duration(), rate()).prop_map(|(r, n, d, ramp, start)| {
            increment_users_per_sec(r)
                .times(n)
                .each_level_lasting(d)
                .separated_by_ramps_lasting(ramp)
                .starting_from(start)
        }),
    ]
}

proptest! {
    #[test]
    fn the_parts_merged_are_the_whole_arrival_by_arrival(
        steps in prop::collection::vec(any_step(), 1..6), count in 1_usize..9, seed in any::<u64>(),
    ) {
        let profile = Profile::from_steps(steps);
        let whole: Vec<Moment> = profile.arrivals(Shard::WHOLE, seed).collect();
        prop_assert_eq!(whole.len() as u64, profile.users().unwrap());
        prop_assert!(whole.is_sorted());
        prop_assert!(whole.last().is_none_or(|last| last.since_start() <= profile.duration()));
        prop_assert_eq!(merged(&parts(&profile, count, seed)), whole);
    }

    #[test]
    fn the_parts_of_a_scaled_profile_are_those_of_the_whole_scaled(
        steps in prop::collection::vec(any_step(), 1..6), factor in 0.0..3.0_f64, count in 1_usize..9, seed in any::<u64>(),
    ) {
        let profile = Profile::from_steps(steps).scaled(factor);
        let whole: Vec<Moment> = profile.arrivals(Shard::WHOLE, seed).collect();
        prop_assert_eq!(whole.len() as u64, profile.users().unwrap());
        prop_assert!(whole.is_sorted());
        prop_assert_eq!(merged(&parts(&profile, count, seed)), whole);
    }

    #[test]
    fn ramps_come_when_the_integral_of_their_rate_says(
        a in 0.0..1000.0_f64, b in 0.0..1000.0_f64, nanos in 1..2_000_000_000_u64,
    ) {
        let during = Duration::from_nanos(nanos);
        let d = during.as_secs_f64();
        for (i, at) in open([ramp_users_per_sec(a).to(b).during(during)]).arrivals(Shard::WHOLE, 1).enumerate() {
            let t = at.since_start().as_secs_f64();
            let integral = a * t + (b - a) / (2.0 * d) * t * t;
            // Half a nanosecond of rounding, at the highest rate.
            prop_assert!((integral - i as f64).abs() < 1e-6, "{i}: {integral}");
        }
    }

    #[test]
    fn dense_and_long_profiles_never_go_backwards(
        rate in 1e3..1e9_f64, to in 0.0..1e9_f64, minutes in 1..60_u64, from in 0.0..1.0_f64,
    ) {
        let rate = rate.min(1e12 / (minutes as f64 * 60.0));
        let to = to.min(1e12 / (minutes as f64 * 60.0));
        let during = minutes.minutes();
        for step in [
            constant_users_per_sec(rate).during(during),
            ramp_users_per_sec(rate).to(to).during(during),
            ramp_users_per_sec(to).to(rate).during(during),
            ramp_users(1_000_000_000_000).during(during),
            stress_peak_users(1_000_000_000_000).during(during),
        ] {
            let piece = step.pieces().next().unwrap();
            let first = super::curve::whole(from * super::curve::float(piece.count));
            let last = piece.count.min(first + 200);
            let instants: Vec<u64> = (first..last).map(|i| piece.instant(i)).collect();
            prop_assert!(instants.is_sorted(), "{step} around {first}: {instants:?}");
        }
    }
}

#[test]
fn a_single_step_is_a_profile() {
    assert_eq!(Profile::from_steps(at_once_users(10)), Profile::from_steps([at_once_users(10)]));
    let closed = constant_concurrent_users(10).during(Duration::from_secs(1));
    assert_eq!(Profile::from_steps(closed), Profile::from_steps([closed]));
}
