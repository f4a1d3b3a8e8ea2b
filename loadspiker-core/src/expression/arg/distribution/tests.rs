//! Distributions by their figures, with fixed seeds, and what no pause can be drawn from.

use super::*;
use crate::protocol::compile_in_test;
use crate::units::DurationExt;

fn compiled(distribution: &Distribution) -> CompiledDistribution {
    let (compiled, _, mistakes) = compile_in_test(|cx| distribution.compile(cx));
    assert!(mistakes.is_empty(), "{mistakes:?}");
    compiled
}

fn draws(distribution: &Distribution) -> Vec<f64> {
    let (compiled, mut random) = (compiled(distribution), fastrand::Rng::with_seed(11));
    (0..100_000).map(|_| compiled.draw(&mut random).as_secs_f64()).collect()
}

fn mean(draws: &[f64]) -> f64 {
    draws.iter().sum::<f64>() / 100_000.0
}

/// Mean and standard deviation.
fn moments(distribution: &Distribution) -> (f64, f64) {
    let draws = draws(distribution);
    let mean = mean(&draws);
    (mean, (draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 100_000.0).sqrt())
}

#[test]
fn every_distribution_has_the_mean_and_the_deviation_it_says() {
    let third = 1.0 / 3.0_f64.sqrt();
    for (distribution, expected_mean, expected_deviation) in [
        (uniform(1, 3.secs()), 2.0, third),
        (normal(5, 1.secs()), 5.0, 1.0),
        (log_normal(2, 500.millis()), 2.0, 0.5),
        (log_normal(1, 1), 1.0, 1.0),
        (log_normal("300ms", 0), 0.3, 0.0),
        (log_normal(0, 0), 0.0, 0.0),
        (exponential(2.5), 2.5, 2.5),
        (empirical([1, 2, 2, 5]), 2.5, 1.5),
    ] {
        // The mean of 100,000 draws deviates by 0.3 % of the deviation, the deviation of the log-normal by more.
        let (mean, deviation) = moments(&distribution);
        let tolerance = 0.016 * expected_deviation + 1e-9;
        assert!((mean - expected_mean).abs() <= tolerance, "{distribution:?}: mean {mean}");
        let tolerance = 0.05 * expected_deviation + 1e-9;
        assert!((deviation - expected_deviation).abs() <= tolerance, "{distribution:?}: deviation {deviation}");
    }
}

#[test]
fn the_shapes_are_those_of_their_names() {
    let below = |distribution: Distribution, limit: f64| {
        let count = draws(&distribution).iter().filter(|draw| **draw <= limit).map(|_| 1.0).sum::<f64>();
        count / 100_000.0
    };
    // Values of the distribution functions; 0.01 is six standard deviations of a count of 100,000.
    for (distribution, limit, expected) in [
        (uniform(1, 3), 1.5, 0.25),
        (normal(5, 1), 6.0, 0.8413),
        // Φ(0): the median of a log-normal is mean²/√(mean² + deviation²).
        (log_normal(1, 1), 0.5_f64.sqrt(), 0.5),
        (exponential(2), 2.0, 1.0 - (-1.0_f64).exp()),
        (empirical([1, 2, 2, 5]), 2.0, 0.75),
    ] {
        let shown = format!("{distribution:?}");
        let share = below(distribution, limit);
        assert!((share - expected).abs() < 0.01, "{shown}: {share} below {limit}");
    }
}

#[test]
fn draws_stay_within_their_bounds() {
    assert!(draws(&uniform(1, 3)).iter().all(|draw| (1.0..=3.0).contains(draw)));
    let cut = draws(&normal(1, 1));
    let zeros = cut.iter().filter(|draw| **draw == 0.0).count();
    // Φ(−1) of them would be negative.
    assert!(zeros.abs_diff(15_866) < 600, "{zeros}");
    assert!(draws(&log_normal(1, 3)).iter().all(|draw| *draw > 0.0));
    // The longest lengths there are do not overflow.
    for distribution in
        [normal(Duration::MAX, Duration::MAX), log_normal(Duration::MAX, Duration::MAX), exponential(Duration::MAX)]
    {
        draws(&distribution);
    }
    draws(&uniform(0, Duration::MAX));
}

#[test]
fn what_no_pause_can_be_drawn_from_is_a_mistake() {
    for (distribution, expected) in [
        (uniform(3, 1), "uniform(3s, 1s) ends before it starts; write uniform(1s, 3s)"),
        (empirical(Vec::<Duration>::new()), "the list of an empirical distribution is empty"),
        (log_normal(0, 1), "log_normal(0ns, 1s) has a deviation around a mean of zero"),
        (exponential(-1), "\"-1\" is not a valid duration"),
        (normal(f64::NAN, 1), "\"NaN\" is not a valid duration"),
        (normal(-1, -1), "\"-1\" is not a valid duration"),
        (normal("#{mean}", 1), "\"#{mean}\" depends on the session"),
        (exponential(|_: &crate::Session| 1.secs()), "depends on the session"),
    ] {
        let (_, _, mistakes) = compile_in_test(|cx| distribution.compile(cx));
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].contains(expected), "{expected}: {mistakes:?}");
    }
}
