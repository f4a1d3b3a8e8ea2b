//! Lowering of chances that are no percentages: by weights, and from state to state of a Markov chain.

use crate::compile::lower::Lowering;
use crate::compile::program::{Op, Pc, Switch, SwitchBy};
use crate::dsl::Chain;

/// A sum of probabilities may be off by this much, because decimal fractions are not exact in binary.
const ROUNDING: f64 = 1e-9;

impl<'c> Lowering<'_, '_, 'c> {
    pub(super) fn weighted(&mut self, cases: &'c [(f64, Chain)]) {
        let sum: f64 = cases.iter().map(|(weight, _)| weight).sum();
        let unsound = |weight: f64| !(weight >= 0.0 && weight.is_finite());
        if cases.iter().any(|(weight, _)| unsound(*weight)) {
            for (weight, _) in cases.iter().filter(|(weight, _)| unsound(*weight)) {
                self.cx.mistake(format!("{weight} is no weight; give a number that is not negative, such as 3"));
            }
        } else if sum.is_infinite() {
            self.cx.mistake("the weights add up to more than a number can hold; give smaller ones, such as 3 and 1");
        } else if sum <= 0.0 && !cases.is_empty() {
            self.cx.mistake("all weights are 0, so that none of the chains can be chosen; give one of them more");
        }
        let shares: Vec<f64> = cases.iter().map(|(weight, _)| weight / sum).collect();
        let labels: Vec<_> = cases
            .iter()
            .zip(&shares)
            .map(|((weight, _), share)| format!("weight {weight} ({:.1} %)", share * 100.0))
            .collect();
        self.switch(labels, cases.iter().map(|(_, chain)| chain).collect(), None, move |targets| {
            SwitchBy::Chance(bounds(&shares, &targets))
        });
    }

    /// The states in the order they are given, each with a draw of the next behind it.
    pub(super) fn markov(&mut self, states: &'c [(String, Chain)], matrix: &'c [Vec<f64>]) {
        self.check_markov(states, matrix);
        if states.is_empty() {
            return;
        }
        for (index, (name, chain)) in states.iter().enumerate() {
            let row = matrix.get(index).map_or(&[][..], |row| row);
            self.part(format!("state \"{name}\", then {}", describe(row, states)), chain);
            // A placeholder: where the states lie is known behind the last of them.
            self.then(|lowering| lowering.ops.push(Op::BranchEnd));
        }
        self.then(move |lowering| {
            let (addresses, otherwise) = (lowering.marked(states.len()), lowering.here());
            // Before each state but the first stands the draw with which the one before ends.
            let draws = addresses.iter().skip(1).chain([&otherwise]).map(|behind| *behind as usize - 1);
            for (draw, row) in draws.zip(matrix) {
                let by = SwitchBy::Chance(bounds(row, &addresses));
                lowering.ops[draw] = Op::Switch(Box::new(Switch { by, otherwise }));
            }
        });
    }

    fn check_markov(&mut self, states: &[(String, Chain)], matrix: &[Vec<f64>]) {
        if states.is_empty() {
            self.cx.mistake("there are no states in it; give it at least one");
        }
        for (index, (name, chain)) in states.iter().enumerate() {
            if name.trim().is_empty() {
                self.cx.mistake(format!("the name of state {} is empty; give it one", index + 1));
            } else if states[..index].iter().any(|(other, _)| other == name) {
                self.cx.mistake(format!("two states are named \"{name}\"; give one of them another name"));
            }
            if chain.steps.is_empty() {
                self.cx.mistake(format!("state \"{name}\" has no steps; give it a chain with at least one"));
            }
        }
        if matrix.len() != states.len() {
            let (rows, count) = (matrix.len(), states.len());
            self.cx.mistake(format!("the matrix has {rows} rows for {count} states; give it one for each state"));
        }
        for (row, (name, _)) in matrix.iter().zip(states) {
            if row.len() != states.len() {
                let (entries, count) = (row.len(), states.len());
                self.cx.mistake(format!(
                    "the row of state \"{name}\" has {entries} probabilities for {count} states; give one for each, 0 where no way leads"
                ));
            }
            let mut sound = true;
            for probability in row.iter().filter(|probability| !(**probability >= 0.0 && probability.is_finite())) {
                sound = false;
                self.cx.mistake(format!(
                    "the row of state \"{name}\" holds {probability}, which is no probability; give a number from 0 to 1"
                ));
            }
            let sum: f64 = row.iter().sum();
            if sound && sum > 1.0 + ROUNDING {
                self.cx.mistake(format!(
                    "the row of state \"{name}\" adds up to {sum}, more than 1; give probabilities from 0 to 1, not percent"
                ));
            }
        }
    }
}

/// Upper bounds in percent. What is missing to all of them leads elsewhere.
fn bounds(shares: &[f64], targets: &[Pc]) -> Vec<(f64, Pc)> {
    let mut sum = 0.0;
    let possible = shares.iter().zip(targets).filter(|(share, _)| **share > 0.0);
    let mut bounds: Vec<_> = possible
        .map(|(share, target)| {
            sum += share;
            (sum * 100.0, *target)
        })
        .collect();
    if sum > 1.0 - ROUNDING
        && let Some((last, _)) = bounds.last_mut()
    {
        // They are meant to be all: rounding must not let a draw fall through.
        *last = 101.0;
    }
    bounds
}

/// Where a state leads to, for the plan.
fn describe(row: &[f64], states: &[(String, Chain)]) -> String {
    let ways = row.iter().zip(states).filter(|(probability, _)| **probability > 0.0);
    let mut ways: Vec<_> = ways.map(|(probability, (name, _))| format!("{probability} \"{name}\"")).collect();
    if row.iter().sum::<f64>() <= 1.0 - ROUNDING {
        ways.push("else leave".to_owned());
    }
    ways.join(", ")
}
