//! A hundred thousand users, each with a kept connection of its own that is idle. Where a process may not have so many
//! files open there are as many as it may.

use std::time::Duration;

use loadspiker::metrics::LiveView;
use loadspiker::prelude::*;
use loadspiker::{Observer, RunOptions};

use crate::Setting;
use crate::findings::{Findings, mebibytes};
use crate::support::memory::resident;
use crate::support::nginx::Nginx;

/// So long users come.
const RAMP: Duration = Duration::from_secs(20);
/// So long the last of them rests.
const REST: Duration = Duration::from_secs(5);

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
    let wanted = setting.part_of(100_000);
    let files = file_limit().ok_or("the limit of open files cannot be read here")?;
    let users = wanted.min(files.saturating_sub(SPARE));
    if users < wanted {
        findings.note("connections that the limit of open files allows", users);
    }
    let server = Nginx::start(setting.server, users + SPARE / 2)?;
    // An address has about 28,000 ports.
    let addresses = (1..=8).map(|host| format!("127.0.0.{host}"));
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
    for (text, count) in page.errors() {
        findings.note(text, count);
    }
    findings.exactly("connections that were opened", page.phases().connect().count(), users);
    findings.exactly("requests that failed", page.failed_count(), 0);
    let grown = memory.resident.zip(before).map(|(all, before)| all.saturating_sub(before));
    let grown = grown.ok_or("the connections were never all there, or memory cannot be read here")?;
    findings.note("memory for all of them", mebibytes(grown));
    let bytes = grown / users;
    let what = "a connection and its user, in user space";
    findings.claim(what, format!("{bytes} bytes"), "at most 2048 bytes", bytes <= 2048);
    Ok(())
}
