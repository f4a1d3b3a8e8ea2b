//! Runs on the simulated clock, with seeds that are known.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use loadspiker_core::dsl::{Population, Simulation};
use loadspiker_core::report::RunReport;

/// Runs these populations on the simulated clock, with a fixed seed.
#[track_caller]
pub fn run(populations: impl IntoIterator<Item = Population>) -> RunReport {
    let simulation = Simulation::new("test").seed(1).simulated_clock();
    populations.into_iter().fold(simulation, Simulation::with).run().unwrap()
}

/// The mistakes of a simulation that must not compile.
#[track_caller]
pub fn mistakes(populations: impl IntoIterator<Item = Population>) -> String {
    populations.into_iter().fold(Simulation::new("test"), Simulation::with).run().unwrap_err().to_string()
}

/// Repeats a test with each of these seeds, to be given to [`Simulation::seed`]. If it panics, the seed is named on
/// standard error.
#[expect(clippy::print_stderr, reason = "for whoever reads the output of a failed test")]
pub fn for_seeds(seeds: Range<u64>, test: impl Fn(u64)) {
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(seed))) {
            eprintln!("the test fails with the seed {seed}");
            resume_unwind(panic);
        }
    }
}
