//! What is claimed of memory, time and overload, measured: `cargo bench --bench claims [-- NAME…]`.
//!
//! Each claim is measured in a process of its own, which gets the second core; nginx, where it needs a server, gets the
//! first. It prints what it found beside what is claimed. The exit code says whether all claims hold.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks on the terminal")]

use std::process::{Command, ExitCode, Stdio};

use findings::Findings;
use support::cpu::{Cores, pinned};
use support::machine::Machine;

mod arrivals;
mod findings;
mod idle_connections;
mod long_run;
mod looking;
mod million_users;
mod overload;
mod resting_users;
mod stalled_server;
#[path = "../support/mod.rs"]
mod support;
mod two_shards;

/// One claim.
struct Claim {
    name: &'static str,
    /// What it says, in a line.
    says: &'static str,
    measure: fn(&Setting, &mut Findings) -> Result<(), String>,
}

/// How a claim is measured.
struct Setting {
    /// The part of the users, requests or seconds that is run; all of them give what is claimed.
    scale: f64,
    /// The core for a server.
    server: Option<usize>,
}

const CLAIMS: [Claim; 9] = [
    Claim {
        name: "resting-users",
        says: "a million users in their think time, with four attributes each",
        measure: resting_users::measure,
    },
    Claim {
        name: "million-users",
        says: "a million users with think times of 20 to 60 s, on one core",
        measure: million_users::measure,
    },
    Claim { name: "idle-connections", says: "100,000 idle kept connections", measure: idle_connections::measure },
    Claim { name: "long-run", says: "50 million requests under thousands of names", measure: long_run::measure },
    Claim { name: "arrivals", says: "50,000 users a second for 10 s", measure: arrivals::measure },
    Claim {
        name: "stalled-server",
        says: "a server that stands still for 2 s of 20, at 1,000 users a second",
        measure: stalled_server::measure,
    },
    Claim {
        name: "overload",
        says: "a million arrivals at a target ten times too slow, and more than the load generator can do",
        measure: overload::measure,
    },
    Claim { name: "looking", says: "what live progress and the series per second cost", measure: looking::measure },
    Claim { name: "two-shards", says: "the same requests on one shard and on two", measure: two_shards::measure },
];

const HELP: &str = "\
Usage: cargo bench --bench claims -- [--scale F] [NAME…]

  --scale F   a part of the size, such as 0.1, to try it out; what is claimed is claimed of 1
  NAME        these claims alone; all if there is none:";

fn main() -> ExitCode {
    let mut scale = 1.0;
    let mut child = None;
    let mut names = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // What cargo adds.
            "--bench" => {}
            "--scale" => match arguments.next().and_then(|text| text.parse::<f64>().ok()) {
                Some(part) if part > 0.0 && part <= 1.0 => scale = part,
                _ => return mistake("--scale needs a number above 0, up to 1"),
            },
            "--child" => child = arguments.next(),
            "--pretend" => {
                let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
                return told(looking::pretend(seconds));
            }
            "--idle" => return told(idle_connections::client(arguments)),
            "--shards" => return told(two_shards::client(arguments)),
            name if CLAIMS.iter().any(|claim| claim.name == name) => names.push(name.to_owned()),
            other => return mistake(&format!("there is no claim \"{other}\"")),
        }
    }
    match child.and_then(|name| CLAIMS.iter().find(|claim| claim.name == name)) {
        Some(claim) => measure(claim, scale),
        None => measure_all(&names, scale),
    }
}

/// How a run ended that a claim has made by a process of its own.
fn told(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("claims: {error}");
            ExitCode::FAILURE
        }
    }
}

fn mistake(what: &str) -> ExitCode {
    eprintln!("claims: {what}\n\n{HELP}");
    CLAIMS.iter().for_each(|claim| eprintln!("              {}: {}", claim.name, claim.says));
    ExitCode::from(2)
}

/// Has each claim measured by a process of its own.
fn measure_all(names: &[String], scale: f64) -> ExitCode {
    let cores = Cores::choose();
    println!("{}\n{cores}", Machine::this());
    if scale < 1.0 {
        println!("at {scale} of the size: figures are not those that are claimed");
    }
    let mut missed = Vec::new();
    for claim in CLAIMS.iter().filter(|claim| names.is_empty() || names.iter().any(|name| name == claim.name)) {
        println!("\n{}: {}", claim.name, claim.says);
        match child(claim, &cores, scale) {
            Ok(true) => {}
            Ok(false) => missed.push(claim.name),
            Err(error) => {
                eprintln!("claims: {error}");
                missed.push(claim.name);
            }
        }
    }
    if missed.is_empty() {
        println!("\nall claims hold");
        return ExitCode::SUCCESS;
    }
    println!("\nnot all that is claimed holds here: {}", missed.join(", "));
    ExitCode::FAILURE
}

/// How many files a process may have open that is given all there are; more than any claim needs.
const FILES: u64 = 300_000;

/// Runs this program again for one claim; whether it holds.
fn child(claim: &Claim, cores: &Cores, scale: f64) -> Result<bool, String> {
    let program = std::env::current_exe().map_err(|error| format!("the bench does not find itself: {error}"))?;
    // The limit of files can be raised above its hard bound by root alone; else what there is must do.
    let shell = "ulimit -n \"$0\" 2>/dev/null || ulimit -n $(ulimit -Hn); exec \"$@\"";
    let mut command: Command = pinned(cores.client, "sh".as_ref());
    command.args(["-c", shell, &FILES.to_string()]).arg(program);
    command.args(["--child", claim.name, "--scale", &scale.to_string()]).stdin(Stdio::null());
    let status = command.status().map_err(|error| format!("{} cannot be started: {error}", claim.name))?;
    Ok(status.success())
}

fn measure(claim: &Claim, scale: f64) -> ExitCode {
    let setting = Setting { scale, server: Cores::choose_for_server() };
    let mut findings = Findings::default();
    match (claim.measure)(&setting, &mut findings) {
        Ok(()) if findings.all_hold() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("  {}: {error}", claim.name);
            ExitCode::FAILURE
        }
    }
}

impl Setting {
    /// This part of a number that is claimed.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    fn part_of(&self, whole: u64) -> u64 {
        ((whole as f64 * self.scale) as u64).max(1)
    }
}
