//! Fifty thousand users a second, each of whom asks nginx for a page: whether all come, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use loadspiker::prelude::*;

use crate::Setting;
use crate::findings::Findings;
use crate::support::nginx::{self, Nginx};

const SECONDS: u64 = 10;
const BIN: u64 = 100_000_000;

pub(crate) fn measure(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    let rate = setting.part_of(50_000);
    let users = rate * SECONDS;
    let server = Nginx::start(setting.server, nginx::CONNECTIONS)?;
    let protocol = HttpProtocol::new(server.url("")).share_connections().max_connections_per_host(64);
    // When each user started, in nanoseconds; on one shard they are numbered as they come.
    let starts: Arc<[AtomicU64]> = (0..users).map(|_| AtomicU64::new(0)).collect();
    let (base, note) = (Instant::now(), starts.clone());
    let visit = scenario!("visit")
        .exec_fn(move |session| {
            let nanos = u64::try_from(base.elapsed().as_nanos()).unwrap_or(u64::MAX);
            if let Some(start) = usize::try_from(session.user_id() - 1).ok().and_then(|index| note.get(index)) {
                start.store(nanos, Ordering::Relaxed);
            }
            Ok(())
        })
        .exec(http("page").get("/"))
        .inject([constant_users_per_sec(f64::from(u32::try_from(rate).unwrap_or(u32::MAX))).during(SECONDS.secs())]);
    let simulation = Simulation::new("arrivals").protocol(protocol).with(visit).shards(1);
    let report = simulation.run().map_err(|error| error.to_string())?;

    findings.exactly("arrivals", report.users_started(), users);
    findings.exactly("requests that failed", report.global().failed_count(), 0);
    let off = worst_bin(&starts, rate);
    findings.claim("worst of 100 bins of 100 ms", format!("{:.2} % off", off * 100.0), "at most 0.5 %", off <= 0.005);
    let lag = &report.users().arrival_lag;
    findings.at_most("start lag of users, median", lag.percentile(50.0), 200.micros());
    findings.at_most("start lag of users, p99", lag.percentile(99.0), 2.millis());
    findings.note("start lag of users, longest", loadspiker_core::format::human(lag.max()));
    findings.note("processor", format!("{:.0} %", report.info().cpu_share().unwrap_or_default() * 100.0));
    Ok(())
}

/// By what part of its due number the worst bin is off. Time begins where the user least late says that it does.
#[expect(clippy::cast_precision_loss, reason = "numbers of users in a tenth of a second")]
fn worst_bin(starts: &[AtomicU64], rate: u64) -> f64 {
    let starts: Vec<u64> = starts.iter().map(|start| start.load(Ordering::Relaxed)).collect();
    let due = (0..).map(|user: u64| user * 1_000_000_000 / rate);
    let begin = starts.iter().zip(due).map(|(start, due)| start.saturating_sub(due)).min().unwrap_or_default();
    let mut bins = vec![0_u64; usize::try_from(Duration::from_secs(SECONDS).as_nanos() / u128::from(BIN)).unwrap_or(0)];
    for start in starts {
        // Who starts after the end counts where it was due.
        let bin = usize::try_from((start - begin) / BIN).unwrap_or(usize::MAX).min(bins.len() - 1);
        bins[bin] += 1;
    }
    let due = rate as f64 / 10.0;
    bins.into_iter().map(|found| (found as f64 - due).abs() / due).fold(0.0, f64::max)
}
