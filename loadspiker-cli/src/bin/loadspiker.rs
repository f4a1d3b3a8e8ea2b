//! The command `loadspiker`; see the crate's documentation.

use std::process::ExitCode;

fn main() -> ExitCode {
    loadspiker_cli::run(std::env::args_os())
}
