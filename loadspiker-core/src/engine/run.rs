//! A run: from a simulation to its report. The thread that calls keeps the shards together.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::compile::{Plan, compile};
use crate::dsl::Simulation;
use crate::engine::gate;
use crate::engine::health;
use crate::engine::message::{Command, Event};
use crate::engine::signals::{StopSignals, quiet_caught_panics};
use crate::engine::thread;
use crate::error::Error;
use crate::inject::{Profile, at_once_users};
use crate::metrics::{Collector, Limits, LiveView};
use crate::moment::Moment;
use crate::report::{EndReason, RunInfo, RunReport};

/// How to run a simulation, beyond what it says itself. All options are off by default.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Multiplies numbers and rates of users.
    pub users_factor: Option<f64>,
    /// Replaces the simulation's `max_duration`.
    pub max_duration: Option<Duration>,
    /// Replaces the target of the protocols that have one.
    pub target: Option<String>,
    /// Replaces the simulation's seed.
    pub seed: Option<u64>,
    /// One user of each scenario, once; every exchange is shown to [`Observer::debug`].
    pub debug: bool,
}

/// Somebody who watches a run: a progress display, a dashboard. Called on the thread that runs the simulation.
pub trait Observer {
    /// The run begins.
    fn started(&mut self, plan: &Plan) {
        let _ = plan;
    }

    /// How it goes; called several times a second.
    fn progress(&mut self, view: &LiveView) {
        let _ = view;
    }

    /// An exchange of a run with [`RunOptions::debug`].
    fn debug(&mut self, text: &str) {
        let _ = text;
    }

    /// The run was told to end before its time; users have `grace` to finish.
    fn stopping(&mut self, reason: &EndReason, grace: Duration) {
        let _ = (reason, grace);
    }
}

/// Watches nothing.
impl Observer for () {}

impl Simulation {
    /// Runs the simulation and returns what happened. It blocks until the run is over; no other run of this process is on
    /// meanwhile. Prints nothing. Ctrl-C and SIGTERM end the run gracefully, a second one at once; a full report comes
    /// in every case.
    ///
    /// # Errors
    ///
    /// [`Error::Simulation`] with all mistakes if the simulation is wrong, [`Error::Start`] if the load generator cannot be
    /// set up. Failed assertions are no error; see [`RunReport::passed`].
    pub fn run(self) -> Result<RunReport, Error> {
        self.run_with(&RunOptions::default(), &mut ())
    }

    /// As [`run`](Self::run), with options and somebody who watches.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with(self, options: &RunOptions, observer: &mut dyn Observer) -> Result<RunReport, Error> {
        let plan = self.plan(options)?;
        let _alone = gate::enter();
        Run::begin(plan, options.debug, observer)?.conduct()
    }

    /// Compiles the simulation without running it.
    ///
    /// # Errors
    ///
    /// [`Error::Simulation`] with all mistakes.
    pub fn plan(mut self, options: &RunOptions) -> Result<Plan, Error> {
        if let Some(target) = &options.target {
            self.redirect_to(target)?;
        }
        if let Some(duration) = options.max_duration {
            self.max_duration = Some(duration);
        }
        if let Some(factor) = options.users_factor {
            self.change_profiles(&|profile| profile.scaled(factor));
        }
        if options.debug {
            self.change_profiles(&|_| Profile::from_steps([at_once_users(1)]));
        }
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let shards = if self.simulated_clock || options.debug { 1 } else { self.shards.unwrap_or_else(cores).max(1) };
        let seed = options.seed.or(self.seed).unwrap_or_else(|| fastrand::u64(..));
        compile(&self, shards, seed)
    }

    fn change_profiles(&mut self, change: &dyn Fn(&Profile) -> Profile) {
        let mut waiting: Vec<_> = self.populations.iter_mut().collect();
        while let Some(population) = waiting.pop() {
            population.profile = change(&population.profile);
            waiting.extend(population.next.iter_mut());
        }
    }

    fn redirect_to(&mut self, target: &str) -> Result<(), Error> {
        let redirect = |protocols: &mut Vec<Arc<dyn crate::protocol::Protocol>>| {
            for protocol in protocols {
                if let Some(redirected) = protocol.with_target(target) {
                    *protocol =
                        redirected.map_err(|cause| Error::Start { what: format!("with target {target}"), cause })?;
                }
            }
            Ok(())
        };
        redirect(&mut self.protocols)?;
        let mut waiting: Vec<_> = self.populations.iter_mut().collect();
        while let Some(population) = waiting.pop() {
            redirect(&mut population.protocols)?;
            waiting.extend(population.next.iter_mut());
        }
        Ok(())
    }
}

/// A run that is on.
struct Run<'a> {
    plan: Arc<Plan>,
    observer: &'a mut dyn Observer,
    shards: Vec<(UnboundedSender<Command>, JoinHandle<()>)>,
    events: Receiver<Event>,
    collector: Collector,
    signals: StopSignals,
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
    fn begin(plan: Plan, debug: bool, observer: &'a mut dyn Observer) -> Result<Self, Error> {
        quiet_caught_panics();
        health::raise_file_limit();
        let plan = Arc::new(plan);
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
        let signals = StopSignals::listen();
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

    fn conduct(mut self) -> Result<RunReport, Error> {
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
                let patience = if self.end.is_none() { self.plan.grace_period } else { Duration::ZERO };
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
