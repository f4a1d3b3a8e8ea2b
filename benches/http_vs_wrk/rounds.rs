//! The rounds, and what they come to.

use crate::client::{Client, Outcome};

/// Runs the rounds and prints a line for each, then the medians.
pub(crate) fn run(rounds: usize, reference: &Client, engine: &Client) -> Result<(), String> {
    println!("{:>8} {:>20} {:>24} {:>8}", "", reference.name, engine.name, "");
    println!("{:>8} {:>10} {:>9} {:>14} {:>9} {:>8}", "round", "req/s", "µs CPU", "req/s", "µs CPU", "ratio");
    let mut pairs = Vec::with_capacity(rounds);
    for round in 1..=rounds {
        let pair = (reference.run()?, engine.run()?);
        line(&round.to_string(), pair, ratio(pair));
        pairs.push(pair);
    }
    let median_of = |figure: fn((Outcome, Outcome)) -> f64| median(pairs.iter().copied().map(figure).collect());
    let medians = (
        Outcome {
            requests_per_second: median_of(|(reference, _)| reference.requests_per_second),
            micros_per_request: median_of(|(reference, _)| reference.micros_per_request),
        },
        Outcome {
            requests_per_second: median_of(|(_, engine)| engine.requests_per_second),
            micros_per_request: median_of(|(_, engine)| engine.micros_per_request),
        },
    );
    line("median", medians, median_of(ratio));
    Ok(())
}

fn line(label: &str, (reference, engine): (Outcome, Outcome), ratio: f64) {
    println!(
        "{label:>8} {:>10.0} {:>9.2} {:>14.0} {:>9.2} {ratio:>8.3}",
        reference.requests_per_second,
        reference.micros_per_request,
        engine.requests_per_second,
        engine.micros_per_request
    );
}

/// The engine's rate as a part of the reference's, in the same round.
fn ratio((reference, engine): (Outcome, Outcome)) -> f64 {
    engine.requests_per_second / reference.requests_per_second
}

/// The middle value, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}
