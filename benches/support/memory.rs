//! The memory of processes, as Linux tells it.

use std::fs;

/// The most resident memory that a process has ever had, in bytes.
pub(crate) fn peak_of(process: u32) -> Option<u64> {
    read(&process.to_string(), "VmHWM:")
}

/// Resident memory of this process, in bytes.
pub(crate) fn resident() -> Option<u64> {
    read("self", "VmRSS:")
}

/// The most resident memory that this process has ever had, in bytes.
pub(crate) fn peak() -> Option<u64> {
    read("self", "VmHWM:")
}

/// A line of `/proc/PROCESS/status`, which is in KiB.
fn read(process: &str, line: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kibibytes = status.lines().find_map(|found| found.strip_prefix(line))?;
    kibibytes.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
