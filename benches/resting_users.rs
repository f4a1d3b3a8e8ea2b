//! What a resting user costs: `cargo bench --bench resting_users [-- USERS]`.
//!
//! Starts that many users (default 1,000,000) on one shard. Each sets four attributes, two of them texts of its own,
//! and rests. The growth of the process's resident memory, divided by the users, is what a resting user costs all in:
//! session, attributes, position, timer.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that prints a figure")]

use std::process::ExitCode;

use loadspiker::metrics::LiveView;
use loadspiker::prelude::*;
use loadspiker::{Observer, RunOptions};

/// Remembers the most memory seen while all users rested.
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

fn main() -> ExitCode {
    let users = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let rest = scenario!("rest")
        .exec_fn(|session| {
            let id = session.user_id();
            session.set("number", id)?;
            session.set("price", 12.5)?;
            session.set("token", format!("token-{id:010}"))?;
            session.set("name", format!("user-{id:08}"))?;
            Ok(())
        })
        .pause(10)
        // Reads the attributes, so that they have slots, as in any real scenario.
        .do_if_equals("#{number}#{price}#{token}#{name}", "", exit_here())
        .inject([at_once_users(users)]);
    let mut memory = Memory { users, resident: None };
    let before = resident();
    let report = Simulation::new("rest").with(rest).shards(1).run_with(&RunOptions::default(), &mut memory);
    match (report, before, memory.resident) {
        (Ok(report), Some(before), Some(resident)) if report.users_ended() == users => {
            println!("{users} resting users with four attributes: {} bytes each", (resident - before) / users);
            ExitCode::SUCCESS
        }
        (Err(error), ..) => {
            println!("{error}");
            ExitCode::FAILURE
        }
        _ => {
            println!("the users were never all there, or the memory of a process cannot be read here");
            ExitCode::FAILURE
        }
    }
}
