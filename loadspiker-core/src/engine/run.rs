//! A run: from a simulation to its report. The thread that calls keeps the shards together.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::assertion::Watches;
use crate::collector::{Collector, Journal, JournalHeader};
use crate::compile::Plan;
use crate::engine::handle::RunHandle;
use crate::engine::health;
use crate::engine::message::{Command, Event, Steer};
use crate::engine::options::Observer;
use crate::engine::pulse::Pulse;
use crate::engine::signals::{StopSignals, quiet_caught_panics};
use crate::engine::steering::ProfileTime;
use crate::engine::thread;
use crate::engine::usage::UsageMeter;
use crate::engine::watch::Watch;
use crate::engine::{events, goodbye};
use crate::error::Error;
use crate::metrics::{EventKind, Limits, RunEvent};
use crate::metrics::{LoggedRun, SampleLog};
use crate::moment::Moment;
use crate::report::{EndReason, RunInfo, RunReport};

/// A run that is on.
pub(super) struct Run<'a> {
    pub(super) plan: Arc<Plan>,
    pub(super) observer: &'a mut dyn Observer,
    shards: Vec<(UnboundedSender<Command>, JoinHandle<()>)>,
    events: Receiver<Event>,
    pub(super) collector: Collector,
    pub(super) watch: Watch,
    signals: &'a StopSignals,
    /// How long users may go on after the first Ctrl-C.
    pub(super) patience: Duration,
    base: Instant,
    info: RunInfo,
    /// For each population, on how many shards it is done.
    pub(super) done_on: Vec<usize>,
    done_at: Vec<Moment>,
    started: BTreeSet<usize>,
    pub(super) end: Option<EndReason>,
    ended_at: Option<Moment>,
    /// A shard is gone, and will not say that its users are done.
    pub(super) broken: bool,
    /// How many shards are no more.
    gone: usize,
    /// Populations may have started; what is asked for before holds from the beginning on.
    pub(super) has_begun: bool,
    /// What was asked for before.
    steered: Vec<Steer>,
    /// How often the load was changed.
    pub(super) scaled: u64,
    pub(super) profile_time: ProfileTime,
    done_in_profile_time: Vec<Moment>,
    pub(super) handle: RunHandle,
    /// What the load generator uses; not where time is simulated.
    usage: Option<UsageMeter>,
    sample_log: Option<SampleLog>,
}

/// How often the observer is shown how it goes.
const REFRESH: Duration = Duration::from_millis(100);

impl<'a> Run<'a> {
    pub(super) fn begin(
        plan: Arc<Plan>,
        handle: &RunHandle,
        events: Receiver<Event>,
        debug: bool,
        signals: &'a StopSignals,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, Error> {
        quiet_caught_panics();
        health::raise_file_limit();
        let tell = handle.events();
        let sample_log = SampleLog::open(
            &plan.sample_log,
            LoggedRun {
                scenarios: plan.scenario_names.clone(),
                names: plan.request_names.clone(),
                warm_up: plan.warm_up.unwrap_or_default(),
                simulated_clock: plan.simulated_clock,
            },
        )?;
        // Shards need time to set up; the clock starts at zero for all of them when they are ready.
        let mut starters = Vec::new();
        let (mut shards, mut pulses) = (Vec::new(), Vec::new());
        for index in 0..plan.shards {
            let (commands, obey) = unbounded_channel();
            let (starter, start) = oneshot::channel();
            let pulse = Arc::<Pulse>::default();
            let thread = thread::spawn(&plan, index, debug, start, obey, &tell, &pulse)
                .map_err(|cause| Error::Start { what: format!("the thread of shard {index}"), cause })?;
            starters.push(starter);
            pulses.push(pulse);
            shards.push((commands, thread));
        }
        drop(tell);
        let mut ready = 0;
        let mut steered = Vec::new();
        while ready < plan.shards {
            match events.recv() {
                Ok(Event::Ready) => ready += 1,
                Ok(Event::Steered(steer)) => steered.push(steer),
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
        info.load = plan.planned_load();
        info.plan_warnings = plan.warnings.iter().map(ToString::to_string).collect();
        info.host = health::host();
        info.command.clone_from(&plan.command);
        info.started_at_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        if let Some(log) = &sample_log {
            log.begin(info.started_at_ms);
        }
        let mut watches = Watches::new(&plan.guards);
        watches.until(plan.max_duration.unwrap_or(Duration::MAX));
        let journal =
            plan.journal.as_deref().map(|path| Journal::begin(path, &journal_header(&plan, &info))).transpose()?;
        let collector =
            Collector::new(plan.shards, &plan.request_names, plan.scenario_names.clone(), Limits::default())
                .warming_up(plan.warm_up)
                .watched_by(watches)
                .journalled(journal);
        events::run_begins(&plan);
        observer.started(&plan, handle);
        let populations = plan.populations.len();
        let watch = Watch::new(pulses, &plan);
        let base = Instant::now();
        for starter in starters {
            // A shard that is gone is noticed by its silence.
            let _ = starter.send(base);
        }
        Ok(Run {
            collector,
            watch,
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
            gone: 0,
            has_begun: false,
            steered,
            scaled: 0,
            profile_time: ProfileTime::default(),
            done_in_profile_time: vec![Moment::START; populations],
            handle: handle.clone(),
            usage: (!plan.simulated_clock).then(UsageMeter::start),
            sample_log,
            plan,
        })
    }

    pub(super) fn conduct(mut self) -> Result<RunReport, Error> {
        self.begin_steered();
        self.start_what_can();
        if self.plan.simulated_clock {
            // Time must not begin before all populations have that start with it.
            self.tell_all(&Command::Heard);
        }
        let mut refreshed = Instant::now();
        let mut finishing = false;
        loop {
            let mut heard = false;
            match self.events.recv_timeout(REFRESH) {
                Ok(Event::Steered(steer)) => self.steer(steer),
                Ok(event) => {
                    self.hear(event);
                    heard = true;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.gone + self.watch.given_up() == self.plan.shards {
                // Everything they said has been heard: it is the last that each of them says.
                break;
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
                let end = self.ended_at.unwrap_or(Moment::NEVER);
                self.collector.watches().until(end.since_start());
                self.tell_all(&Command::Finish);
                self.watch.until(self.now() + self.plan.grace_period);
            }
            // After all that follows from it, so that simulated time does not go on before.
            if heard && self.plan.simulated_clock {
                self.tell_all(&Command::Heard);
            }
            if refreshed.elapsed() >= REFRESH {
                refreshed = Instant::now();
                self.look_after_shards();
                self.show();
            }
        }
        self.finish()
    }

    /// Does what was asked for before the beginning.
    fn begin_steered(&mut self) {
        let mut steered = std::mem::take(&mut self.steered);
        // Nothing else can have been said: no shard has anything to do yet.
        while let Ok(event) = self.events.try_recv() {
            match event {
                Event::Steered(steer) => steered.push(steer),
                event => self.hear(event),
            }
        }
        steered.into_iter().for_each(|steer| self.steer(steer));
        self.has_begun = true;
    }

    fn show(&mut self) {
        let mut view = self.collector.live();
        view.is_paused = self.profile_time.is_paused();
        self.observer.progress(&view);
    }

    pub(super) fn now(&self) -> Moment {
        Moment::START + self.base.elapsed()
    }

    pub(super) fn tell_all(&self, command: &Command) {
        for (shard, _) in &self.shards {
            // A shard that is gone needs to be told nothing.
            let _ = shard.send(command.clone());
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            // It is counted already.
            Event::Snapshot { shard, .. } | Event::Done { shard, .. } | Event::Gone { shard }
                if self.watch.has_given_up(shard) => {}
            Event::Snapshot { shard, snapshot } => {
                let second = snapshot.second();
                if let Some(usage) = self.usage.as_mut().and_then(|usage| usage.second(second)) {
                    self.collector.used(second, usage);
                }
                self.collector.absorb(shard, *snapshot);
                if let Some((why, at)) = self.collector.watches().take_end()
                    && self.end.is_none()
                    && self.ended_at.is_none()
                {
                    self.happened(at, EventKind::Criterion, &why);
                    self.stop(EndReason::Stopped(why), at, self.plan.grace_period);
                }
            }
            // What was done before the load was changed may not be any more; it is told again.
            Event::Done { round, .. } if round != self.scaled => {}
            Event::Done { population, at, shard, .. } => {
                events::population_is_done(&self.plan, population, shard);
                self.done_on[population] += 1;
                // Simulated time stands still by itself.
                let done = if self.plan.simulated_clock { at } else { self.profile_time.of(at) };
                self.done_in_profile_time[population] = self.done_in_profile_time[population].max(done);
                self.done_at[population] = self.done_at[population].max(at);
                self.start_what_can();
            }
            Event::StopRequested { why, crash, at } => {
                let (reason, patience) = if crash {
                    (EndReason::Aborted(why), Duration::ZERO)
                } else {
                    (EndReason::Stopped(why), self.plan.grace_period)
                };
                // All who wait for the same thing ask for the same end; the first one counts, and is told once.
                let is_new = if crash { !matches!(self.end, Some(EndReason::Aborted(_))) } else { self.end.is_none() };
                if is_new {
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
            Event::Gone { .. } => self.gone += 1,
            Event::Ready => {}
            Event::Steered(steer) => self.steer(steer),
        }
    }

    pub(super) fn stop(&mut self, reason: EndReason, at: Moment, patience: Duration) {
        events::stopping(&reason, patience);
        self.observer.stopping(&reason, patience);
        self.happened(at, EventKind::Stop, &reason.to_string());
        self.handle.is_ending();
        // The first reason is the one that counts, but for a crash; of crashes the first.
        let is_crash = matches!(reason, EndReason::Aborted(_)) && !matches!(self.end, Some(EndReason::Aborted(_)));
        if self.end.is_none() || is_crash {
            self.end = Some(reason);
        }
        self.collector.watches().until(at.since_start());
        // Real time, also where that of the run is simulated.
        self.watch.until(self.now() + patience);
        self.tell_all(&Command::Stop { at, patience });
    }

    /// Something happened to the run that its report tells.
    pub(super) fn happened(&mut self, at: Moment, kind: EventKind, text: &str) {
        self.collector.happened(RunEvent::new(at.since_start(), kind, text));
    }

    /// Starts the populations whose predecessors are done, after their delays. In a pause nobody is started: the delays
    /// stand still.
    pub(super) fn start_what_can(&mut self) {
        if self.profile_time.is_paused() {
            return;
        }
        for index in 0..self.plan.populations.len() {
            let after = &self.plan.populations[index].after;
            if self.started.contains(&index)
                || after.iter().any(|before| self.done_on[before.population] < self.plan.shards)
            {
                continue;
            }
            let due = after.iter().map(|before| self.done_in_profile_time[before.population] + before.delay).max();
            let due = self.profile_time.moment_of(due.unwrap_or(Moment::START));
            // One instant for all shards, in the future of each.
            let soon = self.has_begun && !self.plan.simulated_clock && !after.is_empty();
            let at = if soon { due.max(self.now() + Duration::from_millis(5)) } else { due };
            self.started.insert(index);
            events::population_starts(&self.plan, index, at);
            self.tell_all(&Command::Start { population: index, at });
        }
    }

    fn finish(mut self) -> Result<RunReport, Error> {
        let ended = self.now();
        for (shard, (_, thread)) in std::mem::take(&mut self.shards).into_iter().enumerate() {
            // A shard that was given up may never end.
            if !self.watch.has_given_up(shard) && thread.join().is_err() {
                self.end = Some(EndReason::Aborted("a shard of the load generator broke down".to_owned()));
            }
        }
        goodbye::close_run(&self.plan);
        let ended = self.ended_at.unwrap_or(ended);
        let reason = self.end.take().unwrap_or_else(|| match self.plan.max_duration {
            Some(limit) if ended.since_start() >= limit => EndReason::MaxDuration,
            _ => EndReason::Completed,
        });
        self.info.duration = ended.since_start();
        self.info.end = reason;
        events::run_is_over(&self.info);
        self.info.paused = self.profile_time.paused_until(ended);
        self.show();
        self.watch.tell(&mut self.info, self.plan.simulated_clock);
        self.info.sample_log = self.sample_log.take().map(SampleLog::finish);
        let watches = std::mem::take(self.collector.watches());
        let mut report = self.collector.finish(self.info);
        report.evaluate(&self.plan.assertions);
        report.panics_judged_by(&watches.assertions().collect::<Vec<_>>());
        let results = watches.results(&report);
        report.add_results(results);
        Ok(report)
    }
}

/// What the journal of a run needs beside figures.
fn journal_header(plan: &Plan, info: &RunInfo) -> JournalHeader {
    let run = RunInfo { warm_up: plan.warm_up, ..info.clone() };
    let names = [&*plan.scenario_names, &*plan.request_names];
    JournalHeader::new(run, plan.to_string(), names, (&plan.assertions, &plan.guards))
}
