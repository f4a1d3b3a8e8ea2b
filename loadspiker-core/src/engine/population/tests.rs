use super::*;
use crate::inject::{at_once_users, constant_concurrent_users, constant_users_per_sec, ramp_concurrent_users};
use crate::units::DurationExt;

const ALONE: ShardInfo = ShardInfo { index: 0, count: 1 };

fn at(millis: u64) -> Moment {
    Moment::START + millis.millis()
}

fn started(profile: &Profile) -> PopulationState {
    let mut state = PopulationState::new(profile, ALONE, 1);
    state.start(Moment::START);
    state
}

/// All arrivals that are due up to this moment, in milliseconds.
fn arrivals(state: &mut PopulationState, millis: u64) -> Vec<u128> {
    std::iter::from_fn(|| state.take_arrival(at(millis), true))
        .map(|arrival| match arrival {
            Arrival::Starts(due) => due.since_start().as_millis(),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn ten_a_second(secs: u64) -> Profile {
    Profile::from_steps([constant_users_per_sec(10).during(secs.secs())])
}

#[test]
fn arrivals_that_were_due_before_the_end_and_are_late_are_told() {
    let mut state = started(&ten_a_second(60));
    // Due at 0, 100 and 200 ms; one more, at 300 ms, is late.
    (0..3).for_each(|_| assert!(state.take_arrival(at(250), true).is_some()));
    assert_eq!(state.take_arrival(at(250), true), None);
    assert_eq!(state.stop(at(350)), Left { late: 0, cut: 1 });
    assert_eq!(state.take_arrival(at(9000), true), None);
}

#[test]
fn after_a_pause_arrivals_go_on_where_they_were() {
    let mut state = started(&ten_a_second(1));
    assert_eq!(arrivals(&mut state, 200), [0, 100, 200]);
    state.pause(at(250));
    assert_eq!(state.next_due(), None);
    assert_eq!(arrivals(&mut state, 9000), []);
    assert!(!state.is_newly_done());
    state.resume(at(5250));
    assert_eq!(arrivals(&mut state, 5400), [5300, 5400]);
    assert_eq!(arrivals(&mut state, 9000).len(), 5);
}

#[test]
fn what_was_due_before_a_pause_and_is_late_comes_after_it_as_late_as_it_was() {
    let mut state = started(&ten_a_second(1));
    state.pause(at(150));
    state.resume(at(1150));
    assert_eq!(arrivals(&mut state, 1300), [1000, 1100, 1200, 1300]);
}

#[test]
fn a_pause_before_the_start_moves_the_start() {
    let mut state = PopulationState::new(&ten_a_second(1), ALONE, 1);
    state.start(at(400));
    state.pause(at(100));
    state.resume(at(1100));
    assert_eq!(arrivals(&mut state, 1500), [1400, 1500]);
}

#[test]
fn a_changed_load_holds_from_its_moment_on_and_nothing_is_made_up_for() {
    let profile = ten_a_second(1);
    let mut state = started(&profile);
    assert_eq!(arrivals(&mut state, 100), [0, 100]);
    // The arrival at 200 ms is late: it belongs to the load before.
    state.change(&profile.scaled(2.0), at(320));
    assert_eq!(arrivals(&mut state, 499), [200, 300, 350, 400, 450]);
    state.change(&profile.scaled(1.0), at(500));
    assert_eq!(arrivals(&mut state, 5000), [500, 600, 700, 800, 900]);
}

#[test]
fn a_load_of_nothing_lets_nobody_start_and_can_be_raised_again() {
    let profile = ten_a_second(1);
    let mut state = started(&profile);
    assert_eq!(arrivals(&mut state, 100).len(), 2);
    state.reopen(&profile, at(150));
    state.change(&profile.scaled(0.0), at(200));
    (0..2).for_each(|_| assert_eq!(state.user_ended(at(200), at(200)), None));
    assert_eq!(arrivals(&mut state, 500), []);
    assert!(!state.is_newly_done());
    state.change(&profile, at(600));
    assert_eq!(arrivals(&mut state, 799), [600, 700]);
    state.change(&profile.scaled(0.0), at(800));
    (0..2).for_each(|_| assert_eq!(state.user_ended(at(800), at(800)), None));
    assert_eq!(arrivals(&mut state, 1000), []);
    assert!(state.is_newly_done());
}

#[test]
fn a_population_that_was_done_on_a_shard_is_done_again_after_a_change_that_brings_nobody() {
    let profile = Profile::from_steps([at_once_users(1)]);
    let mut state = started(&profile);
    assert_eq!(arrivals(&mut state, 0), [0]);
    assert_eq!(state.user_ended(at(10), at(10)), None);
    assert!(state.is_newly_done() && !state.is_newly_done());
    state.reopen(&profile, at(20));
    state.change(&profile.scaled(3.0), at(30));
    assert_eq!(arrivals(&mut state, 100), []);
    assert!(state.is_newly_done());
}

#[test]
fn parts_of_a_changed_load_add_up_to_the_whole() {
    let profile = Profile::from_steps([constant_users_per_sec(97).during(3.secs()).randomized()]);
    let of = |count: usize| {
        let mut all = Vec::new();
        for index in 0..count {
            let mut state = PopulationState::new(&profile, ShardInfo { index, count }, 1);
            state.start(at(10));
            all.extend(arrivals(&mut state, 700));
            state.change(&profile.scaled(1.7), at(900));
            all.extend(arrivals(&mut state, 9000));
        }
        all.sort_unstable();
        all
    };
    assert_eq!(of(1), of(3));
    assert_eq!(of(1), of(4));
}

#[test]
fn a_closed_population_has_too_many_users_where_its_target_goes_down() {
    let profile = Profile::from_steps([ramp_concurrent_users(3).to(0).during(300.millis())]);
    let mut state = started(&profile);
    assert_eq!(arrivals(&mut state, 0), [0, 0, 0]);
    assert!(!state.has_surplus(at(99)));
    assert!(state.has_surplus(at(100)));
    state.user_ended(at(100), at(100));
    assert!(!state.has_surplus(at(100)) && !state.has_surplus(at(199)));
    assert!(state.has_surplus(at(200)) && state.has_surplus(at(9000)));
    // Asked about a moment before, as users' intentions are not in order.
    assert!(!state.has_surplus(at(150)));
    // While the run is paused the target stays.
    state.pause(at(150));
    assert!(!state.has_surplus(at(9000)));
}

#[test]
fn a_scaled_closed_population_wants_other_numbers() {
    let profile = Profile::from_steps([constant_concurrent_users(4).during(1.secs())]);
    let mut state = started(&profile);
    assert_eq!(arrivals(&mut state, 0).len(), 4);
    state.change(&profile.scaled(0.5), at(100));
    assert!(state.has_surplus(at(100)));
    (0..2).for_each(|_| assert!(state.user_ended(at(100), at(100)).is_some()));
    assert!(!state.has_surplus(at(100)));
    assert_eq!(arrivals(&mut state, 150), []);
    state.change(&profile.scaled(1.5), at(200));
    assert_eq!(arrivals(&mut state, 200), [200; 4]);
}

#[test]
fn users_of_open_populations_are_never_too_many() {
    let mut state = started(&ten_a_second(1));
    assert_eq!(arrivals(&mut state, 500).len(), 6);
    state.stop(at(600));
    assert!(!state.has_surplus(at(9000)));
}

#[test]
fn numbers_and_seeds_of_users_follow_from_the_population_alone() {
    let users = |index, count, seed| {
        let mut state = PopulationState::new(&ten_a_second(1), ShardInfo { index, count }, seed);
        [(); 3].map(|()| state.next_user())
    };
    let alone = users(0, 1, 7);
    assert_eq!(alone.map(|(number, _)| number), [0, 1, 2]);
    assert_eq!(users(0, 2, 7)[1], alone[2]);
    assert_eq!(users(1, 2, 7)[0], alone[1]);
    assert_ne!(users(0, 1, 8)[0].1, alone[0].1);
    assert_ne!(alone[0].1, alone[1].1);
}

/// What becomes of all that is due at `now`: how many start, are too many, were missed.
fn due(state: &mut PopulationState, now: Moment) -> [u64; 3] {
    std::iter::from_fn(|| state.take_arrival(now, true)).fold(
        [0; 3],
        |[starts, crowded, missed], arrival| match arrival {
            Arrival::Starts(_) => [starts + 1, crowded, missed],
            Arrival::Crowded(more) => [starts, crowded + more, missed],
            Arrival::Missed(more) => [starts, crowded, missed + more],
        },
    )
}

#[test]
fn of_those_due_before_the_end_only_who_is_late_by_more_than_a_second_is_late() {
    let mut state = started(&ten_a_second(60));
    // Due at 0 s; nobody else was let in until 5 s, 51 being due before.
    assert!(state.take_arrival(at(0), true).is_some());
    assert_eq!(state.stop(at(5_001)), Left { late: 40, cut: 10 });
}

#[test]
fn a_crowd_for_which_there_is_no_room_is_counted_at_once() {
    let mut state = started(&Profile::from_steps([constant_users_per_sec(100_000_000).during(10.secs())]));
    assert_eq!(state.take_arrival(at(2_000), false), Some(Arrival::Crowded(200_000_001)));
    assert_eq!(state.take_arrival(at(2_000), false), None);
    // Nobody looked from 3 s on.
    Gap::before(at(7_000), at(3_000), at(2_500)).into_iter().for_each(|gap| state.missed(gap));
    assert_eq!(state.take_arrival(at(7_000), false), Some(Arrival::Crowded(99_999_999)));
    assert_eq!(state.take_arrival(at(7_000), true), Some(Arrival::Missed(300_000_000)));
    assert_eq!(state.take_arrival(at(7_000), true), Some(Arrival::Starts(at(6_000))));
}

#[test]
fn a_billion_users_are_stopped_and_changed_without_counting_them_one_by_one() {
    for profile in [
        Profile::from_steps([at_once_users(1_000_000_000)]),
        Profile::from_steps([constant_users_per_sec(1_000_000_000).during(1.secs()).randomized()]),
    ] {
        let mut state = started(&profile);
        assert!(state.take_arrival(at(500), true).is_some());
        state.change(&profile.scaled(0.5), at(5_000));
        assert_eq!(state.stop(at(5_000)).late, 999_999_999);
    }
}

#[test]
fn after_a_stall_arrivals_that_are_late_by_more_than_a_second_are_dropped() {
    let mut state = started(&ten_a_second(60));
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
    let mut state = started(&ten_a_second(60));
    // Looked at in time, but so many are due that those of before 2 s still wait when the shard stalls.
    let gaps = [Gap::before(at(6_000), at(0), at(2_000)), Gap::before(at(9_000), at(0), at(6_500))];
    gaps.into_iter().flatten().for_each(|gap| state.missed(gap));
    // Missed are those due from 2.0 to 4.9 s and from 6.5 to 7.9 s.
    assert_eq!(due(&mut state, at(9_000)), [91 - 45, 0, 30 + 15]);
    assert!(state.gaps.len() <= 1, "{:?}", state.gaps);
}

#[test]
fn a_stall_in_which_nothing_was_due_is_forgotten() {
    let mut state = started(&Profile::from_steps([constant_users_per_sec(1).during(1.secs())]));
    assert_eq!(due(&mut state, at(0)), [1, 0, 0]);
    Gap::before(at(6_000), at(100), at(0)).into_iter().for_each(|gap| state.missed(gap));
    assert!(state.gaps.is_empty());
}
