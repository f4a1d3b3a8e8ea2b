//! Cores and processor time: who runs where, and what it cost.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// The cores for server and client; `None` where nothing is pinned.
pub(crate) struct Cores {
    pub(crate) server: Option<usize>,
    pub(crate) client: Option<usize>,
}

impl Cores {
    /// Core 0 for the server and core 1 for the client, where there are two and `taskset` may choose.
    pub(crate) fn choose() -> Self {
        let two = thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2);
        if two && can_pin_to("0") && can_pin_to("1") {
            Cores { server: Some(0), client: Some(1) }
        } else {
            Cores { server: None, client: None }
        }
    }
}

impl Cores {
    /// The core for a server, as a client asks that may itself run on one core alone.
    pub(crate) fn choose_for_server() -> Option<usize> {
        (can_pin_to("0") && can_pin_to("1")).then_some(0)
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.server, self.client) {
            (Some(server), Some(client)) => write!(f, "server on core {server}, client on core {client}"),
            _ => f.write_str("NOT PINNED (needs two cores and `taskset`): client and server disturb each other"),
        }
    }
}

/// Whether a program may be run on these cores, given as `0` or `0,1`.
pub(crate) fn can_pin_to(cores: &str) -> bool {
    let mut command = pinned_to(Some(cores), "true".as_ref());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A command that runs `program` on one core, or anywhere.
pub(crate) fn pinned(core: Option<usize>, program: &OsStr) -> Command {
    pinned_to(core.map(|core| core.to_string()).as_deref(), program)
}

/// A command that runs `program` on these cores, given as `0` or `0,1`, or where it may run anyway. `taskset` becomes the
/// program: there is no process between.
pub(crate) fn pinned_to(cores: Option<&str>, program: &OsStr) -> Command {
    match cores {
        Some(cores) => {
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", cores]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// The processor time, user and system, of all children of this process that have ended and been waited for.
///
/// Fields 16 and 17 of `/proc/self/stat` (proc(5)), in clock ticks; a run of seconds is long against a tick of 10 ms.
pub(crate) fn of_children() -> Result<Duration, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| format!("/proc/self/stat: {error}"))?;
    // The second field, the program's name, may hold blanks and brackets: fields are counted from its end.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: Vec<u64> = fields.skip(13).take(2).filter_map(|field| field.parse().ok()).collect();
    match ticks[..] {
        [user, system] => Ok(Duration::from_millis((user + system) * 1000 / ticks_per_second())),
        _ => Err(format!("/proc/self/stat cannot be understood: {stat}")),
    }
}

fn ticks_per_second() -> u64 {
    let output = Command::new("getconf").arg("CLK_TCK").output().ok();
    let ticks = output.and_then(|output| String::from_utf8(output.stdout).ok()?.trim().parse().ok());
    // What Linux has shown to programs on every architecture of today.
    ticks.filter(|ticks| *ticks > 0).unwrap_or(100)
}
