//! What the macros expand to. Nothing here is for users, and nothing here is stable.

use std::fmt::Display;

pub use loadspiker_core::feeder::field;

use loadspiker_report::{TestResults, log_from_environment};

use crate::Simulation;

/// What a function under `#[loadspiker::test]` may return.
#[diagnostic::on_unimplemented(
    message = "a load test returns a `Simulation` or a `Result` with one, not `{Self}`",
    label = "this is no simulation"
)]
pub trait LoadTest {
    /// The simulation to run, or why there is none.
    fn simulation(self) -> Result<Simulation, String>;
}

impl LoadTest for Simulation {
    fn simulation(self) -> Result<Simulation, String> {
        Ok(self)
    }
}

impl<E: Display> LoadTest for Result<Simulation, E> {
    fn simulation(self) -> Result<Simulation, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Builds the simulation, clears the folder of the test, runs it, writes its results there and panics unless it passes. `name` is
/// the path of the test in the program of this `package`.
///
/// # Panics
///
/// If there is no simulation, if it cannot be run, or with the table of failed assertions and the folder of the results.
#[track_caller]
pub fn run_test<T: LoadTest>(package: Option<&str>, name: &str, build: impl FnOnce() -> T) {
    let simulation = match build().simulation() {
        Ok(simulation) => simulation,
        Err(error) => panic!("{name}: there is no simulation to run: {error}"),
    };
    if let Err(error) = log_from_environment() {
        panic!("{name}: {error}");
    }
    let results = match TestResults::prepare(package, name) {
        Ok(results) => results,
        Err(error) => panic!("{name}: {error}"),
    };
    match simulation.run_with(&results.options(), &mut ()) {
        Ok(report) => {
            if let Err(failure) = results.conclude(&report) {
                panic!("{failure}");
            }
        }
        Err(error) => panic!("{name}: {error}"),
    }
}
