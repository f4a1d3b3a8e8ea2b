//! What a streamed feeder costs: `cargo bench --bench streamed_feeder [-- MIB]`.
//!
//! Writes a CSV file of that many MiB (default 2048) into the folder for temporary files, which has to have the room,
//! streams it once to the threads of four shards, and removes it. Prints how fast the records came, and by how much the
//! resident memory of the process has grown at most; the goal is less than 64 MiB, however long the file is.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that prints a figure")]

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::thread;
use std::time::Instant;

use loadspiker_core::feeder::{BoundFeeder, csv};
use loadspiker_core::{Schema, Session};

const SHARDS: usize = 4;

/// A line of `/proc/self/status`, in KiB: `VmRSS` is the resident memory, `VmHWM` the most there ever was.
fn memory(what: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find(|line| line.starts_with(what))?.split_whitespace().nth(1)?.parse().ok()
}

/// Returns the number of records.
fn write(path: &Path, bytes: u64) -> io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "id,username,password,city")?;
    let (mut written, mut records) = (0, 0);
    while written < bytes {
        let line = format!("{records},user{records:09},\"secret, {records:x}\",Reykjavik\n");
        file.write_all(line.as_bytes())?;
        written += line.len() as u64;
        records += 1;
    }
    file.flush()?;
    Ok(records)
}

/// What one shard takes until there is no more.
fn drain(feeder: &BoundFeeder, shard: usize, fields: &[&str]) -> u64 {
    let schema = Schema::new("bench", fields.iter().map(|name| (*name).into()));
    let mut session = Session::new(Rc::new(schema), 1, 1);
    let mut taken = 0;
    while feeder.feed(shard, &mut session).is_ok() {
        taken += 1;
    }
    taken
}

fn measure(path: &Path, mebibytes: u64) -> Result<(), String> {
    let records = write(path, mebibytes << 20).map_err(|error| format!("{}: {error}", path.display()))?;
    let opened = csv(path).streamed().open().map_err(|error| error.to_string())?;
    let mut schema = Schema::default();
    let feeder = opened.bind(SHARDS, 1, &mut |name| schema.intern(name));
    let fields: Vec<&str> = opened.fields().iter().map(|name| &**name).collect();
    let (before, begin) = (memory("VmRSS:"), Instant::now());
    let taken: u64 = thread::scope(|scope| {
        let shards: Vec<_> = (0..SHARDS)
            .map(|shard| {
                scope.spawn({
                    let (feeder, fields) = (&feeder, &fields);
                    move || drain(feeder, shard, fields)
                })
            })
            .collect();
        shards.into_iter().filter_map(|shard| shard.join().ok()).sum()
    });
    let seconds = begin.elapsed().as_secs_f64();
    if taken != records {
        return Err(format!("{taken} records came of {records}"));
    }
    println!("{records} records, {mebibytes} MiB, {SHARDS} shards: {seconds:.1} s");
    if let (Some(before), Some(most)) = (before, memory("VmHWM:")) {
        println!("resident memory: {before} KiB before, at most {} KiB more", most.saturating_sub(before));
    }
    Ok(())
}

fn main() -> ExitCode {
    let mebibytes = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(2048);
    let path = std::env::temp_dir().join(format!("loadspiker-streamed-{}.csv", std::process::id()));
    let measured = measure(&path, mebibytes);
    let _ = std::fs::remove_file(&path);
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
