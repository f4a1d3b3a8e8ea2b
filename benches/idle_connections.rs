//! What an idle connection costs: `cargo bench --bench idle_connections [-- CONNECTIONS]`.
//!
//! Lets that many users (default 10,000) make one request each, over a connection of their own, and rest. The growth of
//! the process's resident memory, divided by the users, is what a resting user with an open connection costs all in; the
//! kernel's part, a few KB, comes on top. More than some 28,000 connections need several local addresses, which are
//! taken from loopback, and descriptors: `ulimit -n 250000`.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs, reason = "a program that prints a figure")]

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

use loadspiker::metrics::LiveView;
use loadspiker::prelude::*;
use loadspiker::{Observer, RunOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How many connections are opened a second.
const RATE: u32 = 2_000;

/// Remembers the memory seen when all users had made their request.
struct Memory {
    users: u64,
    resident: Option<u64>,
}

impl Observer for Memory {
    fn progress(&mut self, view: &LiveView) {
        if view.users_active == self.users {
            self.resident = self.resident.max(resident());
        }
    }
}

/// Resident memory of this process in bytes.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The other end, in a process of its own: its memory is not counted.
fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = [0; 512];
                while let Ok(1..) = socket.read(&mut request).await {
                    let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
                }
            });
        }
    });
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--serve") {
        serve();
        return ExitCode::SUCCESS;
    }
    let connections: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let mut server = Command::new(std::env::current_exe().unwrap());
    let mut server = server.arg("--serve").stdout(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();

    let seconds = connections.div_ceil(RATE.into());
    let rest = scenario!("rest")
        .exec(http("get").get("/"))
        .pause(seconds + 5)
        .inject([constant_users_per_sec(f64::from(RATE)).during(seconds.secs())]);
    let (users, local) = (seconds * u64::from(RATE), (1..=16).map(|last| format!("127.0.0.{last}")));
    let simulation = Simulation::new("idle").protocol(HttpProtocol::new(url.trim()).local_addresses(local)).with(rest);
    let mut memory = Memory { users, resident: None };
    let before = resident();
    let report = simulation.shards(1).run_with(&RunOptions::default(), &mut memory);
    let _ = server.kill();
    let _ = server.wait();
    match (report, before, memory.resident) {
        (Ok(report), Some(before), Some(resident)) if report.global().ok_count() == users => {
            println!("{users} resting users with an idle connection: {} bytes each", (resident - before) / users);
            ExitCode::SUCCESS
        }
        (Ok(report), ..) => {
            println!(
                "not all connections were there at once, or memory cannot be read: {:?}",
                report.global().errors()
            );
            ExitCode::FAILURE
        }
        (Err(error), ..) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
