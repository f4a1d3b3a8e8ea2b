//! When the figures of a report are not to be trusted.

use super::bottleneck::{Bottleneck, CPU, LateCause};
use super::info::EndReason;
use super::run_report::RunReport;
use crate::format::{count, human, number};
use crate::metrics::{MetricKind, OTHER, SeriesPoint, ValueStatistics};
use std::time::Duration;

/// A step that held up a shard for so long at a time is told, even if it was once.
const LONG: Duration = Duration::from_millis(100);

/// How many such steps are told.
const STEPS: usize = 3;

impl RunReport {
    /// Why the figures are not to be trusted, in whole sentences; empty if nothing speaks against them.
    ///
    /// These are: a run whose process died or that ended within its warm-up, a start lag (of requests or arrivals) whose
    /// 99th percentile is above 10 ms and a hundredth of the median response time, steps that held up a shard for 100 ms or
    /// a hundredth of the time, a load generator that used more than 90 % of its cores or stood still for more than a
    /// second, dropped arrivals, waits for records of a pool or feeder, names beyond the limit, values that could not be
    /// recorded in custom metrics, a sample log that is not complete, times beyond the range of the histograms, and the
    /// warnings of the plan. A failure of what is done [after](crate::dsl::Simulation::after) the run, which leaves the
    /// figures as they are, comes last.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.info.end == EndReason::Unfinished {
            warnings.push(format!(
                "The process died before the run was over: this is what its journal has, up to {}. What came after that \
                 is in no figure.",
                human(self.info.duration)
            ));
        }
        if self.ended_within_warm_up() {
            warnings.push(format!(
                "The run was over after {}, within its warm-up of {}: nothing was measured. Shorten the warm-up, or let \
                 the run last longer.",
                human(self.info.duration),
                human(self.info.warm_up.unwrap_or_default())
            ));
        }
        if let Some(lag) = self.requests_late() {
            warnings.push(format!(
                "The load generator was late: one in a hundred requests started {} or more after it was due. Response \
                 times have this lag in them, so they are not the target's alone. {}",
                human(lag),
                self.lateness()
            ));
        } else if let Some(lag) = self.arrivals_late() {
            warnings.push(format!(
                "The load generator was late: one in a hundred users started {} or more after its arrival was due, so \
                 the load was not as planned. {}",
                human(lag),
                self.lateness()
            ));
        }
        self.hold_warnings(&mut warnings);
        if let Some(share) = self.info.cpu_share().filter(|share| *share > CPU) {
            warnings.push(format!(
                "The load generator used {} % of its {}: it may have been the bottleneck, not the target. Use more \
                 cores or machines, or less load.",
                number(share * 100.0, 0),
                counted(self.info.used_cores() as u64, "core"),
            ));
        }
        let stalls = &self.info.stalls;
        if !stalls.is_empty() {
            warnings.push(format!(
                "The load generator stood still {}, for up to {}: one of its shards did nothing while something was \
                 due. {}{}",
                counted(stalls.count(), "time"),
                human(stalls.max()),
                untrusted_seconds(self.series()),
                match self.late_because() {
                    LateCause::BlockingCode => "Code in a step blocked: see above.",
                    _ => "Look for what stopped the process or its machine, or for code in a step that blocks.",
                }
            ));
        }
        let late = self.users().dropped_late;
        if late > 0 {
            warnings.push(format!(
                "{} dropped, because the load generator did not get to {} in time: the load was less than planned. {}",
                was(late, "arrival"),
                if late == 1 { "it" } else { "them" },
                self.lateness(),
            ));
        }
        let crowded = self.users_crowded_out();
        if crowded > 0 {
            let which = match self.bottleneck() {
                Some(Bottleneck::LoadGenerator | Bottleneck::Host | Bottleneck::BlockingCode) => {
                    "The load generator was at its limits, as said above, so it may not be the target that was too slow"
                }
                Some(Bottleneck::MaximumUsers) => {
                    "Neither the target nor the load generator was the bottleneck: users spent their time in pauses"
                }
                _ => {
                    "The target was the bottleneck, not the load generator: users came faster than it served them, and \
                     waited"
                }
            };
            warnings.push(format!(
                "{} dropped, because as many users as allowed were active: the load was less than planned. {which}. \
                 Allow more with maximum_users(…), or let fewer arrive.",
                was(crowded, "arrival")
            ));
        }
        for (name, waits) in self.all_record_waits() {
            if waits.waited() > 0 {
                warnings.push(format!(
                    "Users waited {} for a record of \"{name}\", for up to {}: the load was less than planned. Give it \
                     more records, return them earlier, or let fewer users come.",
                    counted(waits.waited(), "time"),
                    human(waits.longest())
                ));
            }
            if waits.given_up() > 0 {
                warnings.push(format!(
                    "Users got no record of \"{name}\" {}, and went on without: what they did then is not what was \
                     planned. Give it more records, or let users wait longer with wait_at_most(…).",
                    counted(waits.given_up(), "time")
                ));
            }
        }
        if self.folded > 0 {
            warnings.push(format!(
                "There were too many names: {} counted as \"{OTHER}\". Give requests and groups that differ only in an \
                 identifier one name.",
                was(self.folded, "sample")
            ));
        }
        if self.folded_metrics > 0 {
            warnings.push(format!(
                "There were too many custom metrics or checks: {} counted as \"{OTHER}\". Tags and names are for what \
                 has few values; leave out identifiers.",
                was(self.folded_metrics, "value")
            ));
        }
        self.metric_warnings(&mut warnings);
        let beyond = self.global().response_time().overflow();
        if beyond > 0 {
            warnings.push(format!(
                "{} longer than an hour, the range of the histograms: percentiles count a longer time as an hour.",
                was(beyond, "response time")
            ));
        }
        if let Some(log) = self.info.sample_log.as_ref().filter(|log| log.dropped > 0 || log.error.is_some()) {
            warnings.push(format!(
                "The sample log {} is not complete: {} not written, {}. The figures of this report have all of them.",
                log.path,
                was(log.dropped, "sample"),
                match &log.error {
                    Some(error) => format!("because of an error: {error}"),
                    None => "as they came faster than the disk took them".to_owned(),
                }
            ));
        }
        warnings.extend(self.info.plan_warnings.iter().map(|warning| {
            let end = if warning.ends_with(['.', '?', '!']) { "" } else { "." };
            format!("The simulation may not be what was meant: {warning}{end}")
        }));
        if let Some(cause) = &self.info.after_error {
            warnings.push(format!(
                "What is done after the run failed ({cause}): what it was to tidy up may still be there."
            ));
        }
        warnings
    }
}

impl RunReport {
    /// Why the load generator was late, and what to do about it.
    fn lateness(&self) -> String {
        let info = &self.info;
        match self.late_because() {
            LateCause::OwnCpu => {
                "It had no processor time to spare. Use more cores or machines, or less load.".to_owned()
            }
            LateCause::BlockingCode => "Code in a step held up its shards: see below.".to_owned(),
            LateCause::HostBusy => {
                let host = info.host_load.clone().unwrap_or_default();
                let used = info
                    .cpu_share()
                    .map(|share| format!(", though it used {} % of its cores itself", number(share * 100.0, 0)));
                let stolen = if host.stolen >= 0.01 {
                    format!(", and other virtual machines took {} % of the cores' time", number(host.stolen * 100.0, 0))
                } else {
                    String::new()
                };
                format!(
                    "Its machine was busy with others{}: the threads of the load generator ran for {} and waited for a core \
                     for {}{stolen}. Give it a machine of its own.",
                    used.unwrap_or_default(),
                    human(host.ran),
                    human(host.waited),
                )
            }
            LateCause::Unknown => match info.cpu_share().filter(|share| *share < 0.5) {
                Some(share) => format!(
                    "It used {} % of its cores, no code in a step held it up, and its machine was not seen to be busy: look for \
                     what stops the process for a while.",
                    number(share * 100.0, 0)
                ),
                None => "Use more cores or machines, or less load.".to_owned(),
            },
        }
    }

    /// Which steps held up shards, if that matters.
    fn hold_warnings(&self, warnings: &mut Vec<String>) {
        for stuck in self.info.stuck.iter().filter(|stuck| stuck.given_up) {
            warnings.push(format!(
                "Shard {} never came back from {stuck}, and was given up after {}: what it had counted since it last handed \
                 over, up to a second before, is missing. Code in a step must not block, nor loop for ever.",
                stuck.shard,
                human(stuck.held),
            ));
        }
        let often = self.info.held_share() >= 0.01;
        let mut holds: Vec<_> = self.info.holds.iter().filter(|(_, holds)| often || holds.longest() >= LONG).collect();
        holds.retain(|(_, holds)| self.matters(holds.longest()).is_some());
        holds.sort_by_key(|(_, holds)| std::cmp::Reverse(holds.total()));
        for (step, holds) in holds.into_iter().take(STEPS) {
            warnings.push(format!(
                "A step held up the load generator: {step} had a shard for itself {}, for up to {} ({} in all). Meanwhile \
                 others on it started late. Do such work before the run, look at less of a large body, or let blocking code \
                 run in a thread of its own.",
                counted(holds.count(), "time"),
                human(holds.longest()),
                human(holds.total()),
            ));
        }
    }

    /// What is wrong with custom metrics.
    fn metric_warnings(&self, warnings: &mut Vec<String>) {
        for metric in self.metrics() {
            let (name, kind) = (metric.name(), metric.kind());
            let refused = metric.figures().refused();
            if refused > 0 {
                let needed = if kind == MetricKind::Counter { "a whole number of at least 0" } else { "finite" };
                warnings.push(format!(
                    "{} not recorded in the {kind} \"{name}\", being not {needed}.",
                    was(refused, "value")
                ));
            }
            let overflow = metric.figures().trend().map_or(0, ValueStatistics::overflow);
            if overflow > 0 {
                warnings.push(format!(
                    "{} beyond ±10¹² in the trend \"{name}\": percentiles count what is beyond as the end of that range.",
                    was(overflow, "value")
                ));
            }
        }
        for pair in self.metrics().windows(2).filter(|pair| pair[0].name() == pair[1].name() && pair[0].name() != OTHER)
        {
            warnings.push(format!(
                "\"{}\" is both a {} and a {}: assertions look at the first. Give the metrics two names.",
                pair[0].name(),
                pair[0].kind(),
                pair[1].kind()
            ));
        }
    }
}

/// Which seconds of the run are marked, as a sentence; up to three stretches of them.
fn untrusted_seconds(series: &[SeriesPoint]) -> String {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for point in series.iter().filter(|point| point.stalled) {
        let last = point.second + point.span.saturating_sub(1);
        match stretches.last_mut() {
            Some((_, end)) if *end + 1 == point.second => *end = last,
            _ => stretches.push((point.second, last)),
        }
    }
    let named: Vec<_> = stretches.iter().take(3).map(|(first, last)| format!("{first} to {last}")).collect();
    match (named.is_empty(), stretches.len() > named.len()) {
        (true, _) => String::new(),
        (_, false) => format!("What the series says of seconds {} is not to be trusted. ", named.join(", ")),
        (_, true) => format!("What the series says of seconds {} and others is not to be trusted. ", named.join(", ")),
    }
}

fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

fn was(number: u64, what: &str) -> String {
    format!("{} {}", counted(number, what), if number == 1 { "was" } else { "were" })
}
