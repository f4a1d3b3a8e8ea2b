//! When users start: the instants of every kind of profile, as the engine lets them in on the simulated clock.

use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;
use loadspiker_core::inject::*;
use loadspiker_testkit::{Trace, run};

/// The instants at which users start who stay for `stay`.
fn starts<S: InjectionStep>(stay: Duration, steps: impl IntoIterator<Item = S>) -> Vec<Duration> {
    let trace = Trace::default();
    run([scenario("s").exec(trace.probe("start")).pause(stay).inject(steps)]);
    trace.passages().into_iter().map(|(_, _, at)| at).collect()
}

#[track_caller]
fn micros(got: &[Duration], expected: &[u128]) {
    assert_eq!(got.iter().map(Duration::as_micros).collect::<Vec<_>>(), expected);
}

#[test]
fn open_profiles_start_users_at_computed_instants_whatever_becomes_of_them() {
    // Users stay for longer than the profile lasts: nobody waits for them.
    let open = |step: OpenStep| starts(1.minutes(), [step]);
    micros(&open(at_once_users(3)), &[0, 0, 0]);
    micros(&open(ramp_users(4).during(1.secs())), &[0, 250_000, 500_000, 750_000]);
    micros(&open(constant_users_per_sec(3).during(1.secs())), &[0, 333_333, 666_666]);
    // The integral of a rate that rises from 0 to 10 in 2 s is 2.5·t²: user i is due at √(i/2.5).
    micros(
        &open(ramp_users_per_sec(0).to(10).during(2.secs())),
        &[0, 632_455, 894_427, 1_095_445, 1_264_911, 1_414_213, 1_549_193, 1_673_320, 1_788_854, 1_897_366],
    );
    // From above 0 it is a whole quadratic: 2·t + t² = i.
    micros(&open(ramp_users_per_sec(2).to(4).during(1.secs())), &[0, 414_213, 732_050]);
    // And on the way down it is its mirror image.
    micros(
        &open(ramp_users_per_sec(10).to(0).during(2.secs())),
        &[0, 102_633, 211_145, 326_679, 450_806, 585_786, 735_088, 904_554, 1_105_572, 1_367_544],
    );
    micros(&open(stress_peak_users(5).during(10.secs())), &[0, 2_773_838, 5_000_000, 7_226_161, 10_000_000]);
}

#[test]
fn steps_of_a_profile_follow_one_another() {
    let steps = [nothing_for(1.secs()), at_once_users(2), nothing_for(500.millis()), ramp_users(2).during(1.secs())];
    micros(&starts(1.secs(), steps), &[1_000_000, 1_000_000, 1_500_000, 2_000_000]);
}

#[test]
fn stairs_are_levels_and_ramps_and_an_empty_first_level_is_skipped() {
    let stairs = increment_users_per_sec(1).times(2).each_level_lasting(2.secs());
    // Without ramps from 0 the level of nobody is skipped; what is left of two is one user a second.
    micros(&starts(1.secs(), [stairs]), &[0, 1_000_000]);
    micros(&starts(1.secs(), [stairs.starting_from(1)]), &[0, 1_000_000, 2_000_000, 2_500_000, 3_000_000, 3_500_000]);
    // With ramps from 0 it is ramp, level, ramp, level: √(2·2·i) within the first, then one a second …
    let ramps = stairs.separated_by_ramps_lasting(2.secs());
    micros(
        &starts(1.secs(), [ramps]),
        &[
            0, 2_000_000, 3_000_000, // the ramp has room for one, the level for two
            4_000_000, 4_828_427, 5_464_101, // from 1 to 2 in two seconds: t + t²/4 = i
            6_000_000, 6_500_000, 7_000_000, 7_500_000,
        ],
    );
    // … and from above 0 it begins with a level. The ramp brings one user and a half: the second of them comes when the
    // level after it has brought the other half.
    let from_one = stairs.separated_by_ramps_lasting(1.secs()).starting_from(1);
    micros(
        &starts(1.secs(), [from_one]),
        &[0, 1_000_000, 2_000_000, 2_732_050, 3_250_000, 3_750_000, 4_250_000, 4_750_000],
    );
}

#[test]
fn randomized_arrivals_keep_their_number_and_come_at_random() {
    let steps = [constant_users_per_sec(100).during(10.secs()).randomized()];
    let starts = starts(1.secs(), steps);
    assert_eq!(starts.len(), 1000);
    assert!(starts.is_sorted() && starts.last().unwrap() < &10.secs());
    let gaps: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Of exponential gaps around 10 ms, e⁻¹ are longer than that; of even ones none would be.
    let longer = gaps.iter().filter(|gap| **gap > 10.millis()).count();
    assert!(longer.abs_diff(368) < 60, "{longer}");
}

#[test]
fn randomized_arrivals_follow_from_the_seed_alone() {
    // With the seed of `run`. Another order of draws would be another load for those who repeat a run.
    let constant = [constant_users_per_sec(5).during(1.secs()).randomized()];
    micros(&starts(1.secs(), constant), &[84_679, 139_276, 186_169, 275_518, 301_696]);
    let ramp = [ramp_users_per_sec(0).to(10).during(1.secs()).randomized()];
    micros(&starts(1.secs(), ramp), &[290_997, 373_197, 431_474, 524_898, 549_268]);
}

#[test]
fn closed_profiles_keep_the_number_and_replace_who_ends_at_once() {
    // Two users for three seconds, each of whom stays for one; a microsecond lies between one and the next.
    micros(
        &starts(1.secs(), [constant_concurrent_users(2).during(3.secs())]),
        &[0, 0, 1_000_001, 1_000_001, 2_000_002, 2_000_002],
    );
    // Nobody ends: the number grows as the ramp says, and who is there when it falls is not replaced.
    let ramps = [ramp_concurrent_users(0).to(4).during(4.secs()), ramp_concurrent_users(4).to(0).during(4.secs())];
    micros(&starts(1.minutes(), ramps), &[1_000_000, 2_000_000, 3_000_000, 4_000_000]);
    let stairs = increment_concurrent_users(2).times(2).each_level_lasting(2.secs());
    micros(&starts(1.minutes(), [stairs]), &[0, 0]);
    micros(&starts(1.minutes(), [stairs.starting_from(1)]), &[0, 2_000_000, 2_000_000]);
    let from_one = stairs.starting_from(1).separated_by_ramps_lasting(1.secs());
    micros(&starts(1.minutes(), [from_one]), &[0, 2_500_000, 3_000_000]);
    let ramps = stairs.separated_by_ramps_lasting(1.secs());
    micros(&starts(1.minutes(), [ramps]), &[500_000, 1_000_000, 3_500_000, 4_000_000]);
}
