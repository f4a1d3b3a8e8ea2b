//! How users behave by chance: weights, Markov chains, distributions of think times; and that what a user draws is its
//! own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use loadspiker_core::dsl::*;
use loadspiker_core::engine::RunOptions;
use loadspiker_core::inject::{at_once_users, constant_users_per_sec};
use loadspiker_core::{DurationExt, Session};
use loadspiker_testkit::{Trace, mistakes, run};
use proptest::prelude::*;

#[track_caller]
fn mistakes_of(chain: Chain) -> String {
    mistakes([scenario("s").exec(chain).inject([at_once_users(1)])])
}

#[track_caller]
fn assert_about(name: &str, count: usize, expected: usize, tolerance: usize) {
    assert!(count.abs_diff(expected) <= tolerance, "{name}: {count}, expected about {expected}");
}

#[test]
fn weights_need_not_add_up_to_anything() {
    let trace = Trace::default();
    let chain = weighted([(3, trace.probe("a")), (1, trace.probe("b")), (0, trace.probe("never"))])
        .weighted([(0.02, trace.probe("c")), (0.06, trace.probe("d"))])
        .weighted([(7, trace.probe("always"))]);
    run([scenario("s").exec(chain).inject([at_once_users(10_000)])]);
    let names = trace.names();
    let count = |name| names.iter().filter(|n| *n == name).count();
    for (name, expected) in [("a", 7500), ("b", 2500), ("c", 2500), ("d", 7500)] {
        // Almost five standard deviations.
        assert_about(name, count(name), expected, 200);
    }
    assert_eq!(count("a") + count("b"), 10_000);
    assert_eq!((count("never"), count("always")), (0, 10_000));
}

#[test]
fn no_attempt_at_all_is_a_mistake() {
    let text = mistakes_of(try_max(0, pause(1)));
    assert!(text.contains("try_max 0, ") && text.contains("0 attempts try nothing; 1 is the first alone"), "{text}");
}

#[test]
fn weights_that_choose_nothing_are_mistakes() {
    for (cases, expected) in [
        (vec![(-1.0, pause(1)), (1.0, pause(1))], "-1 is no weight"),
        (vec![(f64::NAN, pause(1))], "NaN is no weight"),
        (vec![(f64::INFINITY, pause(1))], "inf is no weight"),
        (vec![(f64::MAX, pause(1)), (f64::MAX, pause(1))], "more than a number can hold"),
        (vec![(0.0, pause(1)), (0.0, pause(1))], "all weights are 0"),
        (vec![], "no cases in it"),
    ] {
        let text = mistakes_of(weighted(cases));
        assert!(
            text.contains(expected) && text.contains("a mistake") && text.contains("weighted"),
            "{expected}: {text}"
        );
    }
}

#[test]
fn a_markov_chain_begins_in_its_first_state_and_follows_its_rows() {
    let trace = Trace::default();
    let states = ["a", "b", "c"].map(|name| (name, trace.probe(name)));
    let chain = markov(states, [[0, 1, 0], [0, 0, 1], [0, 0, 0]]).exec(trace.probe("behind"));
    run([scenario("s").exec(chain).inject([at_once_users(1)])]);
    assert_eq!(trace.names(), ["a", "b", "c", "behind"]);
}

#[test]
fn states_come_as_often_as_their_probabilities_say() {
    let trace = Trace::default();
    let states = ["browse", "cart"].map(|name| (name, trace.probe(name)));
    let chain = markov(states, [[0.6, 0.3], [0.2, 0.5]]).exec(trace.probe("left"));
    run([scenario("s").exec(chain).inject([at_once_users(10_000)])]);
    let names = trace.names();
    let count = |name: &str| names.iter().filter(|n| *n == name).count();
    // Expected visits: the first row of the inverse of 1 − P, (0.5, 0.3)/(0.4·0.5 − 0.3·0.2).
    assert_about("browse", count("browse"), 35_714, 1500);
    assert_about("cart", count("cart"), 21_429, 1500);
    assert_eq!(count("left"), 10_000);
}

#[test]
fn a_markov_chain_without_a_way_out_goes_on_until_the_run_ends() {
    let trace = Trace::default();
    let states = [("a", trace.probe("a").pause(1)), ("b", trace.probe("b").pause(1))];
    let endless = scenario("s").markov(states, [[0.5, 0.5], [0.9, 0.1]]).exec(trace.probe("never"));
    let simulation = Simulation::new("endless").simulated_clock().max_duration(10.secs()).grace_period(0.secs());
    let report = simulation.with(endless.inject([at_once_users(100)])).run().unwrap();
    assert_eq!(report.users_interrupted(), 100);
    let names = trace.names();
    assert!(names.len() >= 1000 && !names.contains(&"never".to_owned()), "{}", names.len());
}

#[test]
fn a_third_three_times_leaves_no_gap() {
    let trace = Trace::default();
    let third = 1.0 / 3.0;
    let states = ["a", "b", "c"].map(|name| (name, trace.probe(name).pause(1)));
    let chain = during(1.hours(), markov(states, [[third; 3]; 3]).exec(trace.probe("never")));
    run([scenario("s").exec(chain).inject([at_once_users(10)])]);
    assert!(!trace.names().contains(&"never".to_owned()));
    assert!(trace.names().len() >= 36_000);
}

#[test]
fn a_markov_chain_of_many_states_runs_within_a_group() {
    let trace = Trace::default();
    let count = 300;
    let states: Vec<_> = (0..count).map(|n| (format!("{n}"), trace.probe("x"))).collect();
    let row = |n: usize| (0..count).map(|m| u8::from(m == n + 1)).collect::<Vec<_>>();
    let chain = markov(states, (0..count).map(row));
    run([scenario("s").group("g", chain).inject([at_once_users(2)])]);
    assert_eq!(trace.names().len(), 600);
}

#[test]
fn matrices_that_are_none_are_mistakes_with_their_row() {
    let states = || [("browse", pause(1)), ("cart", pause(1))];
    let rows = |rows: &[&[f64]]| rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    for (matrix, expected) in [
        (rows(&[&[0.5, 0.5]]), "the matrix has 1 rows for 2 states"),
        (rows(&[&[0.5], &[0.5, 0.5]]), "the row of state \"browse\" has 1 probabilities for 2 states"),
        (
            rows(&[&[0.5, 0.5], &[60.0, 30.0]]),
            "state \"cart\" adds up to 90, more than 1; give probabilities from 0 to 1, not percent",
        ),
        (rows(&[&[-0.5, 0.5], &[0.5, 0.5]]), "state \"browse\" holds -0.5, which is no probability"),
        (rows(&[&[0.5, 0.5], &[f64::NAN, 0.5]]), "state \"cart\" holds NaN"),
    ] {
        let text = mistakes_of(markov(states(), matrix));
        assert!(text.contains(expected) && text.contains("a mistake") && text.contains("markov"), "{expected}: {text}");
    }
    let sound = [[0.5, 0.5], [0.5, 0.5]];
    let empty: [(&str, Chain); 0] = [];
    assert!(mistakes_of(markov(empty, Vec::<Vec<f64>>::new())).contains("no states in it"));
    assert!(mistakes_of(markov([("a", pause(1)), ("a", pause(1))], sound)).contains("two states are named \"a\""));
    assert!(mistakes_of(markov([("a", pause(1)), (" ", pause(1))], sound)).contains("name of state 2 is empty"));
    assert!(mistakes_of(markov([("a", pause(1)), ("b", Chain::new())], sound)).contains("state \"b\" has no steps"));
}

#[test]
fn the_plan_shows_weights_states_and_distributions() {
    let chain = weighted([(3, pause(1)), (1, pause(2))])
        .markov([("a", pause(1)), ("b", pause(2))], [[0.25, 0.5], [0.0, 1.0]])
        .pause(normal(2, 500.millis()))
        .pace(empirical([1, 2]));
    let simulation = Simulation::new("p").with(scenario("s").exec(chain).inject([at_once_users(1)]));
    let plan = simulation.plan(&RunOptions::default()).unwrap().to_string();
    let expected = [
        "    weighted",
        "      weight 3 (75.0 %)",
        "        pause 1s",
        "      weight 1 (25.0 %)",
        "        pause 2s",
        "    markov",
        "      state \"a\", then 0.25 \"a\", 0.5 \"b\", else leave",
        "        pause 1s",
        "      state \"b\", then 1 \"b\"",
        "        pause 2s",
        "    pause normal(2s, 500ms)",
        "    pace empirical(2 observed)",
    ];
    assert!(plan.ends_with(&format!("{}\n", expected.join("\n"))), "{plan}");
}

#[test]
fn pauses_and_paces_are_drawn_from_their_distribution() {
    let trace = Trace::default();
    let chain =
        pause(empirical([2, 5])).exec(trace.probe("paused")).repeat(3, pace(uniform(3, 3)).exec(trace.probe("tick")));
    run([scenario("s").exec(chain).inject([at_once_users(1000)])]);
    let paused = trace.millis("paused");
    assert!(paused.iter().all(|at| [2000, 5000].contains(at)));
    assert_about("2 s", paused.iter().filter(|at| **at == 2000).count(), 500, 75);
    let first = trace.passages().into_iter().filter(|(user, name, _)| *user == 1 && name == "tick");
    let times: Vec<_> = first.map(|(_, _, at)| at).collect();
    assert_eq!([times[1] - times[0], times[2] - times[1]], [3.secs(), 3.secs()]);
}

#[test]
fn the_mean_of_log_normal_pauses_of_a_run_is_the_one_written() {
    let trace = Trace::default();
    run([scenario("s").pause(log_normal(4, 2.secs())).exec(trace.probe("a")).inject([at_once_users(10_000)])]);
    let millis = trace.millis("a");
    let mean = millis.iter().sum::<u128>() / 10_000;
    // Five standard deviations of the mean are 0.1 s.
    assert!((3900..=4100).contains(&mean), "{mean}");
}

#[test]
fn a_pause_type_applies_to_what_was_drawn() {
    let trace = Trace::default();
    let chain = pause(normal(2, 1)).exec(trace.probe("a"));
    let simulation = Simulation::new("s").simulated_clock().pauses(PauseType::Disabled);
    simulation.with(scenario("s").exec(chain).inject([at_once_users(3)])).run().unwrap();
    assert_eq!(trace.millis("a"), [0, 0, 0]);
}

#[test]
fn what_no_pause_can_be_drawn_from_is_a_mistake_of_its_step() {
    let text = mistakes_of(pause(empirical(Vec::<u64>::new())).pace(log_normal(0, 1)).pause(uniform(2, 1)));
    assert!(text.contains("3 mistakes"), "{text}");
    for expected in ["list of an empirical", "mean of zero", "write uniform(1s, 2s)"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

/// What each user drew, by user and branch.
type Drawn = Arc<Mutex<BTreeMap<(u64, &'static str), Vec<u64>>>>;

fn draw(drawn: &Drawn, place: &'static str) -> Chain {
    let drawn = drawn.clone();
    exec_fn(move |session: &mut Session| {
        let number = session.random(|random| random.u64(..));
        drawn.lock().unwrap().entry((session.user_id(), place)).or_default().push(number);
        Ok(())
    })
}

/// Draws of users that go different ways by chance and have branches.
fn draws(users: u64, shards: usize, seed: u64, slow: bool) -> BTreeMap<(u64, &'static str), Vec<u64>> {
    let drawn = Drawn::default();
    let at = |place| draw(&drawn, place);
    // How fast a branch is, and what another one draws, must not matter to its draws.
    let first = if slow { repeat(3, at("first")).pause(0.001) } else { repeat(3, at("first")) };
    let second = if slow { pause(0.002).exec(at("second")) } else { at("second") };
    let chain =
        markov([("on", at("state")), ("off", weighted([(1, at("one")), (2, at("two"))]))], [[0.4, 0.4], [0.3, 0.2]])
            .repeat(2, parallel([first, parallel([second, at("third")])]).exec(at("joined")));
    let population = scenario("s").exec(chain).inject([at_once_users(users)]);
    Simulation::new("draws").seed(seed).shards(shards).with(population).run().unwrap();
    let drawn = drawn.lock().unwrap();
    drawn.clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_a_user_draws_depends_on_the_seed_alone_not_on_shards_nor_on_the_pace_of_branches(
        users in 1_u64..40,
        shards in 2_usize..5,
        seed in any::<u64>(),
    ) {
        let whole = draws(users, 1, seed, false);
        // Each shard numbers its own share of the users; where the shares are equal these are the same numbers.
        let users = users * shards as u64;
        let (one, several) = (draws(users, 1, seed, false), draws(users, shards, seed, false));
        prop_assert_eq!(&one, &several);
        prop_assert_eq!(&one, &draws(users, 1, seed, true));
        prop_assert!(whole.iter().all(|(place, numbers)| one.get(place) == Some(numbers)));
        // And branches do not repeat each other, nor passes each other.
        let mut all: Vec<u64> = one.into_values().flatten().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(all.len(), count);
    }
}

#[test]
fn arrivals_meet_the_same_users_whatever_they_do() {
    let passages = |chain: Chain| {
        let trace = Trace::default();
        let population = scenario("s").exec(trace.probe("in")).exec(chain);
        run([population.inject([constant_users_per_sec(5).during(4.secs())])]);
        trace.passages()
    };
    assert_eq!(passages(pause(1)), passages(parallel([pause(normal(3, 1)), pause(exponential(1))])));
}
