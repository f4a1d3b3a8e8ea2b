//! LoadSpiker beside its peers, on the same server, in turn: `cargo bench --bench peers -- --rounds 5 --seconds 8`.
//! `cargo xtask bench-peers` installs the peers first.
//!
//! nginx, one process, gets the first core; the client, 64 connections, the second. In each round every client runs once:
//! wrk, then the engine (this program again, as a child, with one shard and 64 closed users that repeat a keep-alive GET
//! with its implicit status check), then the others. Machines are not equally fast from minute to minute, so what counts is
//! the ratio to wrk within a round, and of these the median.
//!
//! Then wrk and the engine take turns once more: wrk repeats a GET of some JSON, and the engine's users ask for the same in
//! a full journey, with feeder, expressions, checks, a value saved, a group and a pause.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks on the terminal")]

use std::process::ExitCode;

use clients::{Clients, Task};
use support::{cpu, nginx};

mod client;
mod clients;
mod engine;
#[path = "../support/journey.rs"]
mod journey;
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
        Ok(options::Task::Engine { scenario, url, seconds }) => engine::run(scenario, &url, seconds),
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

/// What is asked of wrk beside a full journey, and the header with it: what the engine's users send, but always the same.
const PRODUCT: &str = "/products/7?view=full";
const SESSION: &str = "x-session: session-token-000007";

/// The part of wrk's rate that a full journey is to reach.
const GOAL: f64 = 0.7;

fn compare(options: &options::Options) -> Result<(), String> {
    let cores = cpu::Cores::choose();
    let server = nginx::Nginx::start(cores.server, nginx::CONNECTIONS)?;
    let (core, plain, product) = (cores.client, server.url(options.target.path()), server.url(PRODUCT));
    let get = Clients::of_get(&Task { core, url: &plain, options })?;
    let journey = Clients::of_journey(&Task { core, url: &product, options }, &server.url(""))?;
    get.left_out.iter().for_each(|client| println!("left out: {client}"));
    let turns = format!("{CONNECTIONS} connections; {} rounds of {} s a client", options.rounds, options.seconds);
    let json = format!("{} bytes of JSON made by nginx", nginx::PRODUCT.len());
    let comparisons = [
        ("A plain GET", get, format!("{cores}; {}; {turns}", options.target), None),
        ("A full journey", journey, format!("{cores}; {json}; {turns}"), Some(GOAL)),
    ];
    let mut tables = Vec::new();
    for (title, clients, setting, goal) in comparisons {
        println!("\n{title}: {setting}\n");
        let rows = rounds::run(options.rounds, &clients.all)?;
        let table = table::Table { title, rows, left_out: clients.left_out, setting, goal };
        println!("\n{}", table.text());
        tables.push(table);
    }
    if let Some(file) = &options.results {
        let text = table::markdown(&tables, &nginx::version());
        std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("written to {}", file.display());
    }
    Ok(())
}
