//! `cargo xtask`: set-up and checks of this repository. It depends on nothing but the standard library, so that it
//! builds in a second on a fresh machine.
//!
//! [`args`] reads the command line, [`setup`] installs what the tests need, [`checks`] says which checks there are and
//! [`run`] carries them out, [`instructions`] is one of them; [`features`] and [`totals`] read what `Cargo.toml` and
//! `cargo test` say. [`peers`] compares with other load generators, [`building`] measures how long a user's load test
//! takes to build, [`results`] writes down what they find.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks on the terminal")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should"))]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use args::Task;

mod args;
mod building;
mod checks;
#[path = "../../benches/support/cpu.rs"]
#[allow(dead_code, reason = "the benches use more of it")]
mod cpu;
mod features;
mod instructions;
#[cfg(test)]
mod layers;
#[path = "../../benches/support/machine.rs"]
mod machine;
mod peers;
mod programs;
mod results;
mod run;
mod setup;
mod totals;

fn main() -> ExitCode {
    let outcome = match args::parse(std::env::args().skip(1)) {
        Ok(Task::Test) => setup::install().and_then(|()| checks::all(&root())),
        Ok(Task::Setup) => setup::install(),
        Ok(Task::BenchPeers(comparison)) => peers::compare(comparison, &root()),
        Ok(Task::BenchBuild) => building::measure(&root()),
        Ok(Task::Instructions { update }) => instructions::count(&root(), update),
        Ok(Task::Help) => {
            println!("{}", args::HELP);
            Ok(())
        }
        Err(mistake) => Err(format!("{mistake}\n\n{}", args::HELP)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository: the folder above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
