//! LoadSpiker beside its peers, on the same server, in turn: `cargo bench --bench peers -- --rounds 5 --seconds 8`.
//! `cargo xtask bench-peers` installs the peers first.
//!
//! nginx, one process, gets the first core; the client, 64 connections, the second. In each round every client runs once:
//! wrk, then the engine (this program again, as a child, with one shard and 64 closed users that repeat a keep-alive GET
//! with its implicit status check), then the others. Machines are not equally fast from minute to minute, so what counts is
//! the ratio to wrk within a round, and of these the median.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks on the terminal")]

use std::process::ExitCode;

use clients::{Clients, Task};
use support::{cpu, nginx};

mod client;
mod clients;
mod engine;
mod options;
mod rounds;
#[path = "../support/mod.rs"]
mod support;
mod table;

/// The name of the client that the others are set against.
const WRK: &str = "wrk";
/// Our own.
const LOADSPIKER: &str = "loadspiker";

/// Connections of a client, and users of those that have users.
const CONNECTIONS: u64 = 64;

fn main() -> ExitCode {
    let outcome = match options::parse(std::env::args().skip(1)) {
        Ok(options::Task::Compare(options)) => compare(&options),
        Ok(options::Task::Engine { url, seconds }) => engine::run(&url, seconds),
        Ok(options::Task::Help) => {
            println!("{}", options::HELP);
            Ok(())
        }
        Err(mistake) => Err(format!("{mistake}\n\n{}", options::HELP)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("peers: {message}");
            ExitCode::FAILURE
        }
    }
}

fn compare(options: &options::Options) -> Result<(), String> {
    let cores = cpu::Cores::choose();
    let server = nginx::Nginx::start(cores.server, nginx::CONNECTIONS)?;
    let url = server.url(options.target.path());
    let Clients { all, left_out } = Clients::find(&Task { core: cores.client, url: &url, options })?;
    left_out.iter().for_each(|client| println!("left out: {client}"));
    let setting = format!(
        "{cores}; {}; {CONNECTIONS} connections; {} rounds of {} s a client",
        options.target, options.rounds, options.seconds
    );
    println!("{setting}\n");
    let rows = rounds::run(options.rounds, &all)?;
    let table = table::Table { rows, left_out, setting, server: nginx::version() };
    println!("\n{}", table.text());
    if let Some(file) = &options.results {
        std::fs::write(file, table.markdown()).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("written to {}", file.display());
    }
    Ok(())
}
