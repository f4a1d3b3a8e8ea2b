//! LoadSpiker against wrk, on the same server, in turn: `cargo bench --bench http_vs_wrk -- --rounds 5 --seconds 8`.
//!
//! nginx, one process, gets the first core; the client, one thread and 64 connections, the second. Each round runs wrk
//! and then the engine (this program again, as a child, with one shard and 64 closed users that repeat a keep-alive
//! GET with its implicit status check). With `--journey` they go through a whole journey instead, and the ratio is that to
//! wrk's plain GET. Machines are not equally fast from minute to minute, so what counts is the
//! ratio within a round, and of these the median.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks on the terminal")]

use std::process::ExitCode;

use options::{Options, Scenario, Task};

mod client;
mod cpu;
mod engine;
mod options;
mod rounds;
mod server;

/// Connections of wrk, and users of the engine.
const CONNECTIONS: u64 = 64;

fn main() -> ExitCode {
    let outcome = match options::parse(std::env::args().skip(1)) {
        Ok(Task::Compare(options)) => compare(options),
        Ok(Task::Engine { url, seconds, scenario }) => engine::run(&url, seconds, scenario),
        Ok(Task::Help) => {
            println!("{}", options::HELP);
            Ok(())
        }
        Err(mistake) => Err(format!("{mistake}\n\n{}", options::HELP)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("http_vs_wrk: {message}");
            ExitCode::FAILURE
        }
    }
}

fn compare(options: Options) -> Result<(), String> {
    let cores = cpu::Cores::choose();
    let server = server::Nginx::start(cores.server)?;
    let wrk = client::Client::wrk(cores.client, &server.url(options.target), options.seconds)?;
    let engine = match options.scenario {
        Scenario::Get => server.url(options.target),
        Scenario::Journey => server.base_url(),
    };
    let engine = client::Client::engine(cores.client, &engine, options.seconds, options.scenario)?;
    let against = match options.scenario {
        Scenario::Get => "",
        Scenario::Journey => ", against a journey with a request in it",
    };
    println!("{cores}; {}{against}; {CONNECTIONS} connections, {} s a run", options.target, options.seconds);
    rounds::run(options.rounds, &wrk, &engine)
}
