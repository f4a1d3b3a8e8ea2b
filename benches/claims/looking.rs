//! What looking costs: live progress and the series per second, as a part of what a run at full speed does; the journal,
//! and all that is recorded live, as a part of what a run of 10,000 requests a second does; and what a sample log adds.
//!
//! The thread that merges what the shard counted, once a second, and composes the progress, ten times a second, does nothing
//! else: its processor time is what both cost, but for what the shard does to hand over a second. That is counted in
//! instructions, where valgrind is there: the same requests in one second and in a hundred.

use std::fs;
use std::process::Command;
use std::time::Duration;

use loadspiker::prelude::*;
use loadspiker::{Progress, RunOptions};

use crate::Setting;
use crate::findings::Findings;
use crate::support::nginx::{self, Nginx};

const USERS: u64 = 64;
/// Requests of a run whose instructions are counted, and the seconds of it.
const REQUESTS: u32 = 200_000;
const FEW: u32 = 1;
const MANY: u32 = 101;

pub(crate) fn measure(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    let seconds = setting.part_of(10);
    let server = Nginx::start(setting.server, nginx::CONNECTIONS)?;
    let visit = scenario!("visit").forever(exec(http("page").get("/")));
    let simulation = Simulation::new("looking")
        .protocol(HttpProtocol::new(server.url("")))
        .with(visit.inject([constant_concurrent_users(USERS).during(seconds.secs())]))
        .shards(1)
        .max_duration(Duration::from_secs(seconds))
        .grace_period(Duration::ZERO);
    // As on a terminal: the page is composed, though it is drawn on none.
    let mut progress = Progress::new(false, true);
    let before = processor_time()?;
    let report = simulation.run_with(&RunOptions::default(), &mut progress).map_err(|error| error.to_string())?;
    let looking = processor_time()?.saturating_sub(before).as_secs_f64();
    let rate = report.global().requests_per_sec();
    findings.note("requests a second, on one shard", format!("{rate:.0}"));
    let of_run = looking / report.info().cpu.map_or(f64::INFINITY, |cpu| cpu.as_secs_f64());
    findings.claim("progress and series, of the processor time", percent(of_run), "under 1 %", of_run < 0.01);

    journal(setting, &server, findings)?;

    let Some((few, many)) = instructions(FEW)?.zip(instructions(MANY)?) else {
        findings.note("instructions", "not counted: no valgrind");
        return Ok(());
    };
    let a_request = few / f64::from(REQUESTS);
    let a_second = (many - few) / f64::from(MANY - FEW);
    findings.note("instructions of a pretended request", format!("{a_request:.0}"));
    findings.note("instructions of a second's hand-over", format!("{a_second:.0}"));
    // A real request has more, so that this is the most it can be.
    let of_second = a_second / (a_second + rate * a_request);
    findings.claim("a second's hand-over, of its instructions", percent(of_second), "under 1 %", of_second < 0.01);
    Ok(())
}

/// Ten requests of a user, each under a name of its own, by 1,000 users a second: with nothing, with a journal, with all that
/// a load-test program records live, and with a sample log.
fn journal(setting: &Setting, server: &Nginx, findings: &mut Findings) -> Result<(), String> {
    let seconds = setting.part_of(10);
    let path = std::env::temp_dir().join(format!("loadspiker-bench-{}.jsonl", std::process::id()));
    let samples = path.with_extension("csv");
    let mut measured = Vec::new();
    for (journal, live, sample_log) in [
        (None, false, None),
        (Some(path.clone()), false, None),
        (Some(path.clone()), true, None),
        (None, false, Some(samples.clone())),
    ] {
        let steps = (0..10).map(|page| http(format!("page {page}")).get("/"));
        let visit = steps.fold(scenario!("visit"), |visit, request| visit.exec(request));
        let simulation = Simulation::new("journal")
            .protocol(HttpProtocol::new(server.url("")).share_connections())
            .with(visit.inject([constant_users_per_sec(1000).during(seconds.secs())]))
            .shards(1);
        let options = RunOptions { journal, sample_log, ..RunOptions::default() };
        let mut progress = Progress::new(!live, live);
        let before = processor_time()?;
        let report = simulation.run_with(&options, &mut progress).map_err(|error| error.to_string())?;
        let cpu = report.info().cpu.ok_or("processor time is not known here")?;
        measured.push((processor_time()?.saturating_sub(before), cpu));
    }
    let size = fs::metadata(&path).map_err(|error| format!("the journal: {error}"))?.len();
    let written = fs::metadata(&samples).map_err(|error| format!("the sample log: {error}"))?.len();
    let _ = (fs::remove_file(&path), fs::remove_file(&samples));
    let (without, with, live, logged) = (measured[0], measured[1], measured[2], measured[3]);
    findings.note("journal, bytes a second", size / seconds);
    let part = with.0.saturating_sub(without.0).as_secs_f64() / without.1.as_secs_f64();
    findings.claim("journal, of the processor time at 10,000/s", percent(part), "under 1 %", part < 0.01);
    // All of it is done by this thread; what it does without a journal and a progress is in it, too.
    let part = live.0.as_secs_f64() / without.1.as_secs_f64();
    findings.claim("all live recording, of the processor time at 10,000/s", percent(part), "under 1 %", part < 0.01);
    findings.note("sample log, bytes a second", written / seconds);
    let more = logged.1.as_secs_f64() / without.1.as_secs_f64() - 1.0;
    findings.note("sample log, more processor time at 10,000/s", percent(more));
    Ok(())
}

fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}

/// Processor time of this thread, to the nanosecond (proc(5): schedstat).
fn processor_time() -> Result<Duration, String> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").map_err(|error| format!("schedstat: {error}"))?;
    let nanos = text.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
    nanos.map(Duration::from_nanos).ok_or_else(|| format!("schedstat cannot be understood: {text}"))
}

/// The instructions of a run of pretended requests over so many simulated seconds, if they can be counted.
fn instructions(seconds: u32) -> Result<Option<f64>, String> {
    let program = std::env::current_exe().map_err(|error| format!("the bench does not find itself: {error}"))?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    let Ok(output) = command.args(["--pretend", &seconds.to_string()]).output() else { return Ok(None) };
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected : "));
    match collected.and_then(|(_, number)| number.trim().parse().ok()) {
        Some(number) if output.status.success() => Ok(Some(number)),
        _ => Err(format!("valgrind ended with {}:\n{text}", output.status)),
    }
}

/// The run whose instructions are counted.
pub(crate) fn pretend(seconds: u32) -> Result<(), String> {
    // Three nanoseconds more than a millisecond: nothing ends at the moment of an arrival, as that would save work, and
    // more of it in a short run.
    let visit = scenario!("visit").exec(dummy("page", Duration::from_nanos(1_000_003)));
    let rate = f64::from(REQUESTS) / f64::from(seconds);
    let visits = visit.inject([constant_users_per_sec(rate).during(Duration::from_secs(seconds.into()))]);
    let report = Simulation::new("pretended").simulated_clock().shards(1).with(visits).run();
    let count = report.map_err(|error| error.to_string())?.global().count();
    if count != u64::from(REQUESTS) {
        return Err(format!("{count} requests were made instead of {REQUESTS}"));
    }
    Ok(())
}
