//! A server that stands still: a thousand users a second for 20 s, and nginx is stopped for two of them. What is reported
//! must be what follows from the schedule, whoever had to wait for whom.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use loadspiker::prelude::*;
use loadspiker_core::format::human;

use crate::Setting;
use crate::findings::Findings;
use crate::support::nginx::{self, Nginx};

const RATE: u64 = 1_000;
const SECONDS: u64 = 20;
const USERS: u64 = RATE * SECONDS;
/// So long after the beginning nginx is stopped, and for so long.
const STALL: (Duration, Duration) = (Duration::from_secs(9), Duration::from_secs(2));

/// When a user began and when its answer was there, in nanoseconds.
#[derive(Default)]
struct Visit {
    began: AtomicU64,
    ended: AtomicU64,
}

pub(crate) fn measure(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    let server = Nginx::start(setting.server, nginx::CONNECTIONS)?;
    let protocol = HttpProtocol::new(server.url("")).share_connections().max_connections_per_host(64);
    let visits: Arc<[Visit]> = (0..USERS).map(|_| Visit::default()).collect();
    let base = Instant::now();
    // On one shard users are numbered as they come, from 1 on.
    let note = |of: fn(&Visit) -> &AtomicU64| {
        let visits = visits.clone();
        exec_fn(move |session| {
            let nanos = u64::try_from(base.elapsed().as_nanos()).unwrap_or(u64::MAX);
            let visit = usize::try_from(session.user_id() - 1).ok().and_then(|index| visits.get(index));
            visit.into_iter().for_each(|visit| of(visit).store(nanos, Ordering::Relaxed));
            Ok(())
        })
    };
    let visit = scenario!("visit").exec(note(|visit| &visit.began)).exec(http("page").get("/"));
    let visit = visit.exec(note(|visit| &visit.ended)).inject([constant_users_per_sec(1_000).during(SECONDS.secs())]);
    let simulation = Simulation::new("stall").protocol(protocol).with(visit).shards(1);
    let process = server.process();
    let stall = thread::spawn(move || {
        thread::sleep(STALL.0);
        signal(process, "STOP")?;
        thread::sleep(STALL.1);
        signal(process, "CONT")
    });
    let report = simulation.run().map_err(|error| error.to_string())?;
    stall.join().map_err(|_| "the stall broke down")??;

    findings.exactly("arrivals", report.users_started(), USERS);
    findings.exactly("requests that failed", report.global().failed_count(), 0);
    let by_schedule = by_schedule(&visits);
    let page = report.global();
    for percent in [95.0, 99.0, 99.9] {
        let (reported, exact) = (page.response_time().percentile(percent), percentile(&by_schedule, percent));
        let off = reported.abs_diff(exact).as_secs_f64() / exact.as_secs_f64();
        let claimed = format!("{}, within 1 %", human(exact));
        findings.claim(&format!("response time p{percent}, by the schedule"), human(reported), claimed, off <= 0.01);
    }
    findings.note("response time p90", human(page.response_time().percentile(90.0)));
    let [p95, p99] = page.service_time().percentiles([95.0, 99.0]).map(human);
    findings.note("service time p95: what hides the stall", p95);
    findings.note("service time p99", p99);
    findings.note("start lag p99", human(page.start_lag().percentile(99.0)));
    Ok(())
}

/// How long each user waited for its answer since it was due, ascending. User `n` is due `n` milliseconds after the first,
/// and time begins where the user least late says that it does.
fn by_schedule(visits: &[Visit]) -> Vec<Duration> {
    let due = (0..).map(|user: u64| user * 1_000_000_000 / RATE);
    let began = visits.iter().map(|visit| visit.began.load(Ordering::Relaxed));
    let begin = began.zip(due.clone()).map(|(began, due)| began.saturating_sub(due)).min().unwrap_or_default();
    let ended = visits.iter().map(|visit| visit.ended.load(Ordering::Relaxed));
    let mut waited: Vec<_> =
        ended.zip(due).map(|(ended, due)| Duration::from_nanos(ended.saturating_sub(begin + due))).collect();
    waited.sort_unstable();
    waited
}

/// By nearest rank.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn percentile(sorted: &[Duration], percent: f64) -> Duration {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn signal(process: u32, name: &str) -> Result<(), String> {
    let status = Command::new("kill").args(["-s", name, &process.to_string()]).status();
    match status.map_err(|error| format!("kill cannot be started: {error}"))?.success() {
        true => Ok(()),
        false => Err(format!("nginx cannot be sent {name}")),
    }
}
