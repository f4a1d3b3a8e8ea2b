//! A run: from a simulation to its report. The thread that calls keeps the shards together.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::compile::Plan;
use crate::engine::health;
use crate::engine::message::{Command, Event};
use crate::engine::options::Observer;
use crate::engine::signals::{StopSignals, quiet_caught_panics};
use crate::engine::thread;
use crate::error::Error;
use crate::metrics::{Collector, Limits};
use crate::moment::Moment;
use crate::report::{EndReason, RunInfo, RunReport};

/// A run that is on.
pub(super) struct Run<'a> {
    plan: Arc<Plan>,
    observer: &'a mut dyn Observer,
    shards: Vec<(UnboundedSender<Command>, JoinHandle<()>)>,
    events: Receiver<Event>,
    collector: Collector,
    signals: &'a StopSignals,
    /// How long users may go on after the first Ctrl-C.
    pub(super) patience: Duration,
    base: Instant,
    info: RunInfo,
    cpu_before: Option<Duration>,
    /// For each population, on how many shards it is done.
    done_on: Vec<usize>,
    done_at: Vec<Moment>,
    started: BTreeSet<usize>,
    end: Option<EndReason>,
    ended_at: Option<Moment>,
    /// A shard is gone, and will not say that its users are done.
    broken: bool,
}

/// How often the observer is shown how it goes.
const REFRESH: Duration = Duration::from_millis(100);

impl<'a> Run<'a> {
    pub(super) fn begin(
        plan: Arc<Plan>,
        debug: bool,
        signals: &'a StopSignals,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, Error> {
        quiet_caught_panics();
        health::raise_file_limit();
        let (tell, events) = channel();
        // Shards need time to set up; the clock starts at zero for all of them when they are ready.
        let mut starters = Vec::new();
        let mut shards = Vec::new();
        for index in 0..plan.shards {
            let (commands, obey) = unbounded_channel();
            let (starter, start) = channel();
            let thread = thread::spawn(&plan, index, debug, start, obey, &tell)
                .map_err(|cause| Error::Start { what: format!("the thread of shard {index}"), cause })?;
            starters.push(starter);
            shards.push((commands, thread));
        }
        drop(tell);
        for _ in 0..plan.shards {
            match events.recv() {
                Ok(Event::Ready) => {}
                Ok(Event::Failed { what, cause }) => return Err(Error::Start { what, cause }),
                _ => {
                    let cause = "it ended before the run began".to_owned();
                    return Err(Error::Start { what: "a shard".to_owned(), cause });
                }
            }
        }
        let mut info = RunInfo::new(&plan.name);
        info.seed = plan.seed;
        info.shards = plan.shards;
        info.planned = plan.injection();
        info.started_at_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        let collector =
            Collector::new(plan.shards, &plan.request_names, plan.scenario_names.clone(), Limits::default());
        observer.started(&plan);
        let populations = plan.populations.len();
        let base = Instant::now();
        for starter in starters {
            // A shard that is gone is noticed by its silence.
            let _ = starter.send(base);
        }
        Ok(Run {
            cpu_before: health::cpu_time(),
            collector,
            signals,
            patience: plan.grace_period,
            base,
            info,
            observer,
            shards,
            events,
            done_on: vec![0; populations],
            done_at: vec![Moment::START; populations],
            started: BTreeSet::new(),
            end: None,
            ended_at: None,
            broken: false,
            plan,
        })
    }

    pub(super) fn conduct(mut self) -> Result<RunReport, Error> {
        self.start_what_can();
        let mut refreshed = Instant::now();
        let mut finishing = false;
        loop {
            match self.events.recv_timeout(REFRESH) {
                Ok(event) => {
                    self.hear(event);
                    if self.plan.simulated_clock {
                        self.tell_all(&Command::Heard);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                // All shards are gone, and everything they said has been heard.
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.signals.take() {
                let now = self.now();
                let patience = if self.end.is_none() { self.patience } else { Duration::ZERO };
                self.stop(EndReason::Interrupted, now, patience);
            }
            let done = self.done_on.iter().all(|done| *done == self.plan.shards);
            if !finishing && (done || self.broken) {
                finishing = true;
                self.ended_at = self.done_at.iter().max().copied().filter(|_| done);
                self.tell_all(&Command::Finish);
            }
            if refreshed.elapsed() >= REFRESH {
                refreshed = Instant::now();
                let view = self.collector.live();
                self.observer.progress(&view);
            }
        }
        self.finish()
    }

    fn now(&self) -> Moment {
        Moment::START + self.base.elapsed()
    }

    fn tell_all(&self, command: &Command) {
        for (shard, _) in &self.shards {
            // A shard that is gone needs to be told nothing.
            let _ = shard.send(command.clone());
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Snapshot { shard, snapshot } => self.collector.absorb(shard, *snapshot),
            Event::Done { population, at } => {
                self.done_on[population] += 1;
                self.done_at[population] = self.done_at[population].max(at);
                self.start_what_can();
            }
            Event::StopRequested { why, crash, at } => {
                let (reason, patience) = if crash {
                    (EndReason::Aborted(why), Duration::ZERO)
                } else {
                    (EndReason::Stopped(why), self.plan.grace_period)
                };
                if self.end.is_none() || crash {
                    self.stop(reason, at, patience);
                }
            }
            Event::Opened { rendez_vous, at } => self.tell_all(&Command::Open { rendez_vous, at }),
            Event::Debug(text) => self.observer.debug(&text),
            Event::Failed { what, cause } => {
                let at = self.now();
                self.stop(EndReason::Aborted(format!("{what}: {cause}")), at, Duration::ZERO);
                self.broken = true;
            }
            Event::Ready => {}
        }
    }

    fn stop(&mut self, reason: EndReason, at: Moment, patience: Duration) {
        self.observer.stopping(&reason, patience);
        // The first reason is the one that counts, but for a crash.
        if self.end.is_none() || matches!(reason, EndReason::Aborted(_)) {
            self.end = Some(reason);
        }
        self.tell_all(&Command::Stop { deadline: at + patience });
    }

    /// Starts the populations whose predecessors are done.
    fn start_what_can(&mut self) {
        for index in 0..self.plan.populations.len() {
            let after = &self.plan.populations[index].after;
            if self.started.contains(&index) || after.iter().any(|parent| self.done_on[*parent] < self.plan.shards) {
                continue;
            }
            let at = match after.iter().map(|parent| self.done_at[*parent]).max() {
                None => Moment::START,
                Some(done) if self.plan.simulated_clock => done,
                // One instant for all shards, in the future of each.
                Some(_) => self.now() + Duration::from_millis(5),
            };
            self.started.insert(index);
            self.tell_all(&Command::Start { population: index, at });
        }
    }

    fn finish(mut self) -> Result<RunReport, Error> {
        for (_, thread) in std::mem::take(&mut self.shards) {
            if thread.join().is_err() {
                self.end = Some(EndReason::Aborted("a shard of the load generator broke down".to_owned()));
            }
        }
        let ended = self.ended_at.unwrap_or_else(|| self.now());
        let reason = self.end.take().unwrap_or_else(|| match self.plan.max_duration {
            Some(limit) if ended.since_start() >= limit => EndReason::MaxDuration,
            _ => EndReason::Completed,
        });
        let cpu = health::cpu_time().zip(self.cpu_before).map(|(after, before)| after.saturating_sub(before));
        self.info.duration = ended.since_start();
        self.info.end = reason;
        self.info.cpu = cpu;
        let view = self.collector.live();
        self.observer.progress(&view);
        let mut report = self.collector.finish(self.info);
        report.evaluate(&self.plan.assertions);
        Ok(report)
    }
}
