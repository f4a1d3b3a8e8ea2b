//! [`Summary`]: a whole run on one page of text.

mod measured;
mod outcomes;
mod times;

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use loadspiker_core::format::{count, human, precise};
use loadspiker_core::report::{EndReason, RunReport};

use crate::screen::{Screen, Tone};
use crate::text::{bytes, counted, rate};

/// Prints a run report for people: what was asked, how long it took, what went wrong, whether it passed.
#[derive(Debug)]
pub struct Summary<'a> {
    report: &'a RunReport,
    screen: Screen,
}

impl<'a> Summary<'a> {
    /// A summary of this report, in full width and without colours.
    pub fn new(report: &'a RunReport) -> Self {
        Summary { report, screen: Screen::default() }
    }

    /// As it fits this screen.
    pub(crate) fn on(self, screen: Screen) -> Self {
        Summary { screen, ..self }
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { report, screen } = *self;
        let parts = [
            head(report, screen),
            times::requests(report, screen),
            times::groups(report, screen),
            times::tags(report, screen),
            times::events("message", report.messages(), screen),
            times::events("connection", report.connections(), screen),
            times::parts(report, screen),
            measured::metrics(report, screen),
            outcomes::status_codes(report, screen),
            outcomes::errors(report, screen),
            measured::checks(report, screen),
            generator(report, screen),
            outcomes::assertions(report, screen),
            vec![verdict(report, screen)],
        ];
        for (index, part) in parts.iter().filter(|part| !part.is_empty()).enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let lines = part.iter().flat_map(|line| screen.wrap(line));
            lines.map(|line| screen.finish(&line)).try_for_each(|line| writeln!(f, "{line}"))?;
        }
        Ok(())
    }
}

/// The beginning of a line: what it is about.
fn label(screen: Screen, text: &str) -> String {
    screen.paint(Tone::Faint, format!("  {text:<16}"))
}

fn head(report: &RunReport, screen: Screen) -> Vec<String> {
    let info = report.info();
    // Those that failed are among those that are done.
    let failed_users = match report.users_failed() {
        0 => String::new(),
        failed => screen.paint(Tone::Bad, format!(" ({} of them failed)", count(failed))),
    };
    let done = format!("{} done{failed_users}", count(report.users_ended()));
    let mut users = vec![format!("{} started", count(report.users_started())), done];
    let mut requests = Vec::new();
    let all = report.global();
    let failed = format!("{} failed", count(all.failed_count()));
    requests.push(format!("{} ok", count(all.ok_count())));
    requests.push(if all.failed_count() > 0 { screen.paint(Tone::Bad, failed) } else { failed });
    if report.users_interrupted() > 0 {
        users.push(screen.paint(Tone::Bad, format!("{} interrupted", count(report.users_interrupted()))));
    }
    if report.requests_interrupted() > 0 {
        requests.push(screen.paint(Tone::Bad, format!("{} cut off", count(report.requests_interrupted()))));
    }
    requests.push(format!("{}/s", rate(all.requests_per_sec())));
    requests.push(format!("{} sent", bytes(all.bytes_sent())));
    requests.push(format!("{} received", bytes(all.bytes_received())));
    let paused = match info.paused {
        Duration::ZERO => String::new(),
        paused => format!(", paused for {} of it", human(paused)),
    };
    let (name, duration) = (screen.paint(Tone::Strong, &info.simulation), human(info.duration));
    let end = match &info.end {
        EndReason::Aborted(why) => format!("aborted after {duration}{paused}: {why}"),
        EndReason::Stopped(why) => format!("stopped after {duration}{paused}: {why}"),
        end => format!("{end} after {duration}{paused}"),
    };
    let mut lines = vec![
        format!("{name}: {end}"),
        format!("{}{}", label(screen, "users"), users.join(", ")),
        format!("{}{}", label(screen, "requests"), requests.join(", ")),
    ];
    if let Some(warm_up) = report.warm_up() {
        let left_out = warm_up.statistics();
        let number = format!("{}, {} failed", counted(left_out.count(), "request"), count(left_out.failed_count()));
        let length = precise(warm_up.duration());
        lines.push(format!("{}warm-up of {length} left out: {number}", label(screen, "")));
    }
    lines
}

/// How the load generator fared.
fn generator(report: &RunReport, screen: Screen) -> Vec<String> {
    let info = report.info();
    let users = report.users();
    let mut facts = Vec::new();
    if let Some(share) = info.cpu_share() {
        let cores = if info.cores > 0 { info.shards.min(info.cores) } else { info.shards };
        let cores = u64::try_from(cores).unwrap_or(u64::MAX);
        facts.push(format!("CPU {:.0} % of {}", share * 100.0, counted(cores, "core")));
    }
    facts.push(match users.dropped {
        0 => "no arrivals dropped".to_owned(),
        dropped => screen.paint(Tone::Bad, format!("{} dropped", counted(dropped, "arrival"))),
    });
    if !info.stalls.is_empty() {
        let stalls =
            format!("stood still {} for up to {}", counted(info.stalls.count(), "time"), human(info.stalls.max()));
        facts.push(screen.paint(Tone::Bad, stalls));
    }
    if users.panics > 0 {
        facts.push(screen.paint(Tone::Bad, format!("{} in your closures", counted(users.panics, "panic"))));
    }
    let mut lines = Vec::new();
    if !users.arrival_lag.is_empty() {
        let [p50, p99] = users.arrival_lag.percentiles([50.0, 99.0]).map(human);
        let late = format!("users started late by p50 {p50}, p99 {p99}, max {}", human(users.arrival_lag.max()));
        lines.push(format!("{}{late}", label(screen, "load generator")));
    }
    let name = if lines.is_empty() { "load generator" } else { "" };
    lines.push(format!("{}{}", label(screen, name), facts.join("; ")));
    lines.push(format!("{}seed {}", label(screen, ""), info.seed));
    lines.extend(report.warnings().iter().map(|warning| screen.paint(Tone::Warning, format!("  ! {warning}"))));
    lines
}

fn verdict(report: &RunReport, screen: Screen) -> String {
    let nothing_to_add = report.users_failed() == 0 && report.users_started() > 0;
    let tone = match (report.passed(), nothing_to_add) {
        (false, _) => Tone::Bad,
        (true, false) => Tone::Warning,
        (true, true) if report.assertions().is_empty() => Tone::Plain,
        (true, true) => Tone::Good,
    };
    screen.paint(tone, report.verdict())
}
