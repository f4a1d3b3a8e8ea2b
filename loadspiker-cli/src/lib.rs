//! The command `loadspiker`, also `cargo loadspiker`: what is done with runs after they are over.
//!
//! | command | what it does |
//! |---|---|
//! | `report PATH` | writes the result files of a run again, `report.html` among them, from its `report.json` |
//! | `runs [DIR]` | lists the runs in a folder and writes `index.html` with links to their pages |
//!
//! [`run`] is the whole command. It ends with 0 if it could do what it was asked, and 2 if not.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod report;
mod runs;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, Command, value_parser};

/// Runs the command with these arguments, the program's name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => {
            // A closed pipe is nothing to complain about.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let path = |matches: &clap::ArgMatches, name: &str| matches.get_one::<PathBuf>(name).cloned();
    let done = match matches.subcommand() {
        Some(("report", of)) => report::write(&path(of, "PATH").unwrap_or_default(), path(of, "out")),
        Some(("runs", of)) => runs::list(&path(of, "DIR").unwrap_or_default()),
        _ => Ok(String::new()),
    };
    match done {
        Ok(text) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::from(2)
        }
    }
}

fn command() -> Command {
    let path = |name: &'static str, help: &'static str| Arg::new(name).help(help).value_parser(value_parser!(PathBuf));
    Command::new("loadspiker")
        .version(env!("CARGO_PKG_VERSION"))
        .about("What is done with load tests after they have run")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("report")
                .about("Write the result files of a run again: report.html, summary.md, tables")
                .arg(path("PATH", "The run's folder, or its report.json").required(true))
                .arg(
                    path("out", "Write them into this folder instead of that of the run").long("out").value_name("DIR"),
                ),
        )
        .subcommand(
            Command::new("runs")
                .about("List the runs in a folder, and write index.html with links to their pages")
                .arg(path("DIR", "The folder in which runs have their folders").default_value("loadspiker-results")),
        )
}
