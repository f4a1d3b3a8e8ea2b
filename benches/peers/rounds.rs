//! The rounds, and what they come to.

use std::io::{Write, stdout};

use crate::client::{Client, Outcome};

/// What the rounds of one client come to.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    /// The medians of all rounds.
    pub(crate) median: Outcome,
    /// The rate as a part of that of the first client in the same round: median, lowest, highest.
    pub(crate) ratio: [f64; 3],
}

/// Runs the rounds and prints a line for each run. The first client is what the others are set against.
pub(crate) fn run(rounds: usize, clients: &[Client]) -> Result<Vec<Row>, String> {
    println!("{:>6} {:>12} {:>10} {:>8} {:>9} {:>7}", "round", "client", "req/s", "µs CPU", "peak MiB", "ratio");
    let mut outcomes = vec![Vec::with_capacity(rounds); clients.len()];
    for round in 1..=rounds {
        let mut reference = None;
        for (client, outcomes) in clients.iter().zip(&mut outcomes) {
            let outcome = client.run()?;
            let rate = outcome.requests_per_second;
            let ratio = rate / *reference.get_or_insert(rate);
            println!(
                "{round:>6} {:>12} {rate:>10.0} {:>8.2} {:>9.1} {ratio:>7.3}",
                client.name, outcome.micros_per_request, outcome.peak_mebibytes
            );
            // Rounds take minutes, and whoever reads along in a file wants to see them.
            let _ = stdout().flush();
            outcomes.push((outcome, ratio));
        }
    }
    let rows = clients.iter().zip(&outcomes).map(|(client, outcomes)| Row {
        name: client.name,
        version: client.version.clone(),
        median: median_of(outcomes),
        ratio: {
            let ratios = || outcomes.iter().map(|(_, ratio)| *ratio);
            [median(ratios().collect()), ratios().fold(f64::INFINITY, f64::min), ratios().fold(0.0, f64::max)]
        },
    });
    Ok(rows.collect())
}

fn median_of(outcomes: &[(Outcome, f64)]) -> Outcome {
    let of = |figure: fn(&Outcome) -> f64| median(outcomes.iter().map(|(outcome, _)| figure(outcome)).collect());
    Outcome {
        requests_per_second: of(|outcome| outcome.requests_per_second),
        micros_per_request: of(|outcome| outcome.micros_per_request),
        peak_mebibytes: of(|outcome| outcome.peak_mebibytes),
    }
}

/// The middle value, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}
