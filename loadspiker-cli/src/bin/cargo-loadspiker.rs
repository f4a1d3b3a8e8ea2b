//! `cargo loadspiker …`: the command `loadspiker` as a subcommand of cargo, which passes its name on as the first
//! argument.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|arg| arg == "loadspiker") {
        args.remove(1);
    }
    loadspiker_cli::run(args)
}
