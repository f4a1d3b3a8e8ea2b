//! A million users who think for 20 to 60 seconds and then ask for a page, over the connections of one shard.

use std::time::Duration;

use loadspiker::prelude::*;

use crate::Setting;
use crate::findings::{Findings, mebibytes};
use crate::support::memory::peak;
use crate::support::nginx::{self, Nginx};

/// So long users come; that is left out of the figures.
const RAMP: Duration = Duration::from_secs(50);
/// So long all of them are there.
const HOLD: Duration = Duration::from_secs(60);

pub(crate) fn measure(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    let users = setting.part_of(1_000_000);
    let server = Nginx::start(setting.server, nginx::CONNECTIONS)?;
    let protocol = HttpProtocol::new(server.url("")).share_connections().max_connections_per_host(256);
    let visit = scenario!("visit").forever(exec(http("page").get("/")).pause(20..60));
    let report = Simulation::new("million")
        .protocol(protocol)
        .with(visit.inject([ramp_users(users).during(RAMP)]))
        .shards(1)
        .warm_up(RAMP)
        .max_duration(RAMP + HOLD)
        .grace_period(Duration::ZERO)
        .run()
        .map_err(|error| error.to_string())?;
    // That for the status is no request of ours.
    let served = server.requests()? - 1;
    let peak = peak().ok_or("memory cannot be read here")?;
    let before = report.warm_up().map_or(0, |warm_up| warm_up.statistics().count());
    let (page, all) = (report.global(), before + report.global().count());
    findings.claim("memory at its peak", mebibytes(peak), "at most 600 MB", peak <= 600_000_000);
    findings.at_most("start lag of requests, p99", page.start_lag().percentile(99.0), 5.millis());
    let rate = page.requests_per_sec();
    let claimed = 20_000.0 * setting.scale;
    findings.claim("requests a second", format!("{rate:.0}"), format!("at least {claimed:.0}"), rate >= claimed);
    findings.exactly("users that started", report.users_started(), users);
    findings.exactly("users that were there at the end", report.users_interrupted(), users);
    findings.exactly("requests that failed", page.failed_count(), 0);
    // Of those cut off at the end the server may have seen some.
    let cut_off = report.requests_interrupted();
    let accounted = all <= served && served <= all + cut_off;
    findings.claim("requests in the report", all, format!("{served} served, {cut_off} cut off"), accounted);
    findings.note("response time p50", loadspiker_core::format::human(page.response_time().percentile(50.0)));
    findings.note("processor", format!("{:.0} %", report.info().cpu_share().unwrap_or_default() * 100.0));
    Ok(())
}
