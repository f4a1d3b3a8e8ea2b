//! A hundred thousand users, each with a kept connection of its own that is idle. Where one process may not have so many
//! files open, as many processes as it takes hold them at the same time, each with a server of its own.

use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use loadspiker::metrics::LiveView;
use loadspiker::prelude::*;
use loadspiker::{Observer, RunOptions};

use crate::Setting;
use crate::findings::{Findings, mebibytes};
use crate::support::cpu::Cores;
use crate::support::memory::resident;
use crate::support::nginx::Nginx;

/// So long users come.
const RAMP: Duration = Duration::from_secs(20);
/// So long the last of them rests.
const REST: Duration = Duration::from_secs(10);

/// Files that client and server need for other things.
const SPARE: u64 = 500;

/// How many files this process may have open, and so those that it starts; the engine raises the limit to that
/// (proc(5): limits).
fn file_limit() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let hard = line.split_whitespace().nth(1)?;
    if hard == "unlimited" { Some(u64::MAX) } else { hard.parse().ok() }
}

/// Remembers the memory at the first look at which all connections were there and idle.
struct Memory {
    users: u64,
    resident: Option<u64>,
}

impl Observer for Memory {
    fn progress(&mut self, view: &LiveView) {
        if view.ok >= self.users && view.users_active == self.users && self.resident.is_none() {
            self.resident = resident();
        }
    }
}

pub(crate) fn measure(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    let users = setting.part_of(100_000);
    let files = file_limit().ok_or("the limit of open files cannot be read here")?;
    // nginx closes idle connections when less than a sixteenth of those that it may have is free.
    let each = files.saturating_sub(SPARE) / 16 * 15;
    if each == 0 {
        return Err(format!("only {files} files may be open; see ulimit -n"));
    }
    let processes = users.div_ceil(each);
    findings.note("processes that the limit of open files makes necessary", processes);
    let program = std::env::current_exe().map_err(|error| format!("the bench does not find itself: {error}"))?;
    let start = |place: u64| {
        let part = users / processes + u64::from(place < users % processes);
        let mut command = std::process::Command::new(&program);
        command.args(["--idle", &part.to_string(), &place.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().map_err(|error| format!("a client cannot be started: {error}"))
    };
    let before = sockets()?;
    let mut clients: Vec<Child> = (0..processes).map(start).collect::<Result<_, _>>()?;
    let mut open = 0;
    while clients.iter_mut().any(|client| matches!(client.try_wait(), Ok(None))) {
        open = open.max(sockets()?.saturating_sub(before) / 2);
        thread::sleep(Duration::from_millis(200));
    }
    let (mut opened, mut grown) = (0, 0);
    for client in clients {
        let output = client.wait_with_output().map_err(|error| format!("a client: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split_whitespace().map(str::parse::<u64>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(count)), Some(Ok(bytes))) if output.status.success() => {
                opened += count;
                grown += bytes;
            }
            _ => return Err(format!("a client ended with {}:\n{text}", output.status)),
        }
    }
    findings.exactly("connections that were opened", opened, users);
    let text = format!("{open}");
    findings.claim("connections at the same time", text, format!("{users}, and none closed before"), open >= users);
    findings.note("memory for all of them", mebibytes(grown));
    let bytes = grown / users;
    let what = "a connection and its user, in user space";
    findings.claim(what, format!("{bytes} bytes"), "at most 2048 bytes", bytes <= 2048);
    Ok(())
}

/// How many TCP sockets there are on this machine, for which a process has a descriptor.
fn sockets() -> Result<u64, String> {
    let path = "/proc/net/sockstat";
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("TCP: inuse "));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| format!("{path} does not tell the sockets in use"))
}

/// One process of them; its arguments are the number of its users and its place among the processes. Prints how many
/// connections it opened, and by how much its memory grew.
pub(crate) fn client(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
    let (Some(users), Some(place)) = (number(), number()) else { return Err("--idle needs two numbers".to_owned()) };
    let server = Nginx::start(Cores::choose_for_server(), users / 15 * 16 + SPARE / 2)?;
    // An address has about 28,000 ports, and those closed a minute ago are not free yet.
    let addresses = (1..=8).map(|host| format!("127.0.{place}.{host}"));
    let protocol = HttpProtocol::new(server.url("")).local_addresses(addresses);
    let connect = scenario!("connect").exec(http("page").get("/")).pause(RAMP + REST);
    let mut memory = Memory { users, resident: None };
    let before = resident();
    let report = Simulation::new("idle")
        .protocol(protocol)
        .with(connect.inject([ramp_users(users).during(RAMP)]))
        .shards(1)
        .max_duration(RAMP + REST)
        .grace_period(Duration::ZERO)
        .run_with(&RunOptions::default(), &mut memory)
        .map_err(|error| error.to_string())?;
    let page = report.global();
    if page.failed_count() > 0 {
        return Err(format!("{} requests failed: {:?}", page.failed_count(), page.errors()));
    }
    let grown = memory.resident.zip(before).map(|(all, before)| all.saturating_sub(before));
    let grown = grown.ok_or("the connections were never all there, or memory cannot be read here")?;
    println!("{} {grown}", page.phases().connect().count());
    Ok(())
}
