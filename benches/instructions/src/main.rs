//! What `cargo xtask instructions` counts: `instructions WHAT TIMES` does a thing so many times, with one user on one
//! shard, and says so. Two runs that differ in nothing but the times differ by what the thing takes.
//!
//! The server is this program again, as a child, so that its instructions are not counted. It knows no HTTP and gives
//! the same answer to everything.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to the one that counts")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, ExitCode, Stdio};

use journey::journey;
use loadspiker::prelude::*;

#[path = "../../support/journey.rs"]
mod journey;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["--serve"] => serve().map_err(|error| error.to_string()),
        [what, times] => match times.parse() {
            Ok(times) => repeat_on_one_shard(what, times),
            Err(_) => Err(format!("\"{times}\" is not a number of times")),
        },
        _ => Err("write instructions WHAT TIMES".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("instructions: {message}");
            ExitCode::FAILURE
        }
    }
}

fn repeat_on_one_shard(what: &str, times: usize) -> Result<(), String> {
    let server = match what {
        "steps" => None,
        _ => Some(Server::start().map_err(|error| format!("the server: {error}"))?),
    };
    let chain = match what {
        "get" => exec(http(NAME).get("/")),
        "journey" => journey(NAME),
        "steps" => steps(),
        _ => return Err(format!("\"{what}\" is none of get, journey, steps")),
    };
    let users = scenario!("counted").repeat(times, chain).inject([at_once_users(1)]);
    let simulation = Simulation::new("instructions").with(users).shards(1);
    let simulation = match &server {
        Some(server) => simulation.protocol(HttpProtocol::new(&server.url)),
        // Nothing waits for the world: the same instructions each time.
        None => simulation.simulated_clock(),
    };
    let report = simulation.run().map_err(|error| error.to_string())?;
    let requests = report.request(NAME).map_or(0, |request| request.ok_count());
    let expected = if server.is_some() { times as u64 } else { 0 };
    if (requests, report.users_failed()) != (expected, 0) {
        return Err(format!("{requests} requests went well, not {expected}: {:?}", report.global().errors()));
    }
    println!("{what}, {times} times");
    Ok(())
}

const NAME: &str = "get";

/// Steps that are no requests, one of each of the usual kinds.
fn steps() -> Chain {
    feed(records((0..1000).map(|id| [("id", Value::from(id))])).circular())
        .exec_fn(|session| Ok(session.set("twice", session.get::<i64>("id")? * 2)?))
        .group("group", do_if_equals("#{twice}", "7", exit_here()))
        .exec(uniform_random_switch([exit_here_if_failed(), exit_here_if_failed()]))
        .repeat(2, exit_here_if_failed())
        .pause(0)
}

/// The program that answers; it ends when this is dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut address)?;
        }
        Ok(Server { process, url: format!("http://{}", address.trim()) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself: that is what is wanted here.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Answers one connection after another; each request is to come in one piece.
fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let body =
        r#"{"id": 7, "name": "spider", "price": 12.5, "tags": ["eight", "legs"], "stock": {"here": 3, "there": 128}}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 01 Jan 2023 00:00:00 GMT\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: keep-alive\r\n\r\n{body}",
        body.len()
    );
    for socket in listener.incoming() {
        let mut socket = socket?;
        while let Ok(1..) = socket.read(&mut [0; 4096]) {
            socket.write_all(answer.as_bytes())?;
        }
    }
    Ok(())
}
