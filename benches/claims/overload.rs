//! Too much: a million arrivals at a target that serves a tenth of them, and more arrivals than the load generator can let
//! in. Memory stays bounded, every arrival is counted, and the report says which of the two was the bottleneck.

use std::time::Duration;

use loadspiker::metrics::LiveView;
use loadspiker::prelude::*;
use loadspiker::report::Bottleneck;
use loadspiker::{Observer, RunOptions};

use crate::Setting;
use crate::findings::{Findings, mebibytes};
use crate::support::memory::resident;
use crate::support::nginx::Nginx;

const SECONDS: u64 = 20;
const MAXIMUM_USERS: u64 = 5_000;
/// What may be added after the first seconds, in which the users come that are allowed.
const MARGIN: u64 = 16 << 20;

/// Remembers the memory after some seconds and at the end, and the most users there were.
#[derive(Default)]
struct Memory {
    early: Option<u64>,
    late: Option<u64>,
    most_users: u64,
}

impl Observer for Memory {
    fn progress(&mut self, view: &LiveView) {
        self.most_users = self.most_users.max(view.users_active);
        if view.elapsed >= Duration::from_secs(3) {
            self.late = resident();
            self.early = self.early.or(self.late);
        }
    }
}

pub(crate) fn measure(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    slow_target(setting, findings)?;
    slow_generator(findings)
}

fn slow_target(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    let rate = setting.part_of(50_000);
    let server = Nginx::start(setting.server, 2 * MAXIMUM_USERS)?;
    // Every answer takes a second, so that as many users as allowed are served in one: a tenth of what comes.
    let protocol = HttpProtocol::new(server.url("")).share_connections().max_connections_per_host(5_000);
    let visit = scenario!("visit").exec(http("slow").get("/slow"));
    let rate_of_users = f64::from(u32::try_from(rate).unwrap_or(u32::MAX));
    let mut memory = Memory::default();
    let report = Simulation::new("overload")
        .protocol(protocol)
        .with(visit.inject([constant_users_per_sec(rate_of_users).during(SECONDS.secs())]))
        .maximum_users(MAXIMUM_USERS)
        .shards(1)
        .run_with(&RunOptions::default(), &mut memory)
        .map_err(|error| error.to_string())?;
    findings.exactly(
        "arrivals, dropped ones included",
        report.users_started() + report.users_dropped(),
        rate * SECONDS,
    );
    findings.note("of them dropped, because of maximum_users", report.users_dropped());
    findings.note("requests a second", format!("{:.0}", report.global().requests_per_sec()));
    findings.exactly("requests that did not end well", report.global().failed_count(), 0);
    let most = format!("at most {MAXIMUM_USERS}");
    findings.claim("most users at a time", memory.most_users, most, memory.most_users <= MAXIMUM_USERS);
    let (early, late) = memory.early.zip(memory.late).ok_or("memory cannot be read here")?;
    let bound = format!("{} at 3 s, {} more", mebibytes(early), mebibytes(MARGIN));
    findings.claim("memory at the end", mebibytes(late), bound, late <= early + MARGIN);
    let lag = &report.users().arrival_lag;
    findings.note("start lag of users, p99", loadspiker_core::format::human(lag.percentile(99.0)));
    let lag = report.start_lag();
    findings.note("start lag of requests, p99", loadspiker_core::format::human(lag.percentile(99.0)));
    findings.note("arrivals dropped, because the load generator was late", report.users().dropped_late);
    findings.note("processor", format!("{:.0} %", report.info().cpu_share().unwrap_or_default() * 100.0));
    says(findings, "what the report says was the bottleneck", report.bottleneck(), Bottleneck::Target);
    Ok(())
}

/// Five million users a second that do next to nothing: no core lets in so many.
fn slow_generator(findings: &mut Findings) -> Result<(), String> {
    let visit = scenario!("visit").exec(dummy("nothing", 0.millis()));
    let report = Simulation::new("too much")
        .with(visit.inject([constant_users_per_sec(5e6).during(1.secs())]))
        .max_duration(2.secs())
        .grace_period(Duration::ZERO)
        .shards(1)
        .run()
        .map_err(|error| error.to_string())?;
    let counted = report.users_started() + report.users_dropped();
    findings.exactly("arrivals at a load generator too slow", counted, 5_000_000);
    findings.note("of them dropped, because it was late", report.users().dropped_late);
    says(findings, "what the report says was the bottleneck", report.bottleneck(), Bottleneck::LoadGenerator);
    Ok(())
}

fn says(findings: &mut Findings, what: &str, found: Option<Bottleneck>, claimed: Bottleneck) {
    let said = found.map_or("nothing".to_owned(), |found| format!("{found:?}"));
    findings.claim(what, said, format!("{claimed:?}"), found == Some(claimed));
}
