//! From a simulation to its plan: options are applied, and the plan is run.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use crate::compile::{Plan, compile};
use crate::dsl::Simulation;
use crate::engine::gate;
use crate::engine::handle::RunHandle;
use crate::engine::hooks;
use crate::engine::message::Event;
use crate::engine::options::{Observer, RunOptions};
use crate::engine::target;
use crate::error::Error;
use crate::inject::{Profile, at_once_users};
use crate::metrics::SampleLogPlan;
use crate::report::RunReport;

/// Runs a plan from beginning to end as soon as no other run of this process is on.
pub(super) fn conduct_alone(
    plan: &Arc<Plan>,
    handle: &RunHandle,
    events: Receiver<Event>,
    debug: bool,
    observer: &mut dyn Observer,
) -> Result<RunReport, Error> {
    let _over = handle.over_at_the_end();
    let _alone = gate::enter();
    hooks::conduct(plan, handle, events, debug, observer)
}

impl Simulation {
    /// Runs the simulation and returns what happened. It blocks until the run is over; no other run of this process is
    /// on meanwhile. Prints nothing. Ctrl-C, SIGTERM, SIGHUP (a closed terminal) and SIGQUIT end the run gracefully,
    /// a second one at once; a full report comes in every case.
    ///
    /// # Errors
    ///
    /// [`Error::Simulation`] with all mistakes if the simulation is wrong, [`Error::Start`] if the load generator
    /// cannot be set up, [`Error::Before`] if what is done [before](Self::before) the run failed. Failed assertions are
    /// no error; see [`RunReport::passed`].
    pub fn run(self) -> Result<RunReport, Error> {
        self.run_with(&RunOptions::default(), &mut ())
    }

    /// As [`run`](Self::run), with options and somebody who watches.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with(self, options: &RunOptions, observer: &mut dyn Observer) -> Result<RunReport, Error> {
        let plan = Arc::new(self.plan(options)?);
        let (handle, events) = RunHandle::new(&plan);
        conduct_alone(&plan, &handle, events, options.debug, observer)
    }

    /// Compiles the simulation without running it.
    ///
    /// # Errors
    ///
    /// [`Error::Simulation`] with all mistakes; [`Error::Io`] if the name of the
    /// [sample log](RunOptions::sample_log) tells no format.
    pub fn plan(mut self, options: &RunOptions) -> Result<Plan, Error> {
        target::redirect(&mut self, options)?;
        if let Some(duration) = options.max_duration {
            self.max_duration = Some(duration);
        }
        if let Some(factor) = options.users_factor {
            self.change_profiles(&|profile| profile.scaled(factor));
        }
        if options.debug {
            self.change_profiles(&|_| Profile::from_steps([at_once_users(1)]));
            // One user is no load: what is said of loads would only get in the way.
            (self.guards, self.warm_up) = (Vec::new(), None);
        }
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let shards = if self.simulated_clock || options.debug { 1 } else { self.shards.unwrap_or_else(cores).max(1) };
        let shards = shards.min(self.useful_shards());
        let seed = options.seed.or(self.seed).unwrap_or_else(|| fastrand::u64(..));
        let mut plan = compile(&self, shards, seed, options.debug)?;
        plan.command.clone_from(&options.command);
        plan.sample_log = SampleLogPlan::new(options.sample_log.as_deref())?;
        plan.journal = options.journal.clone().filter(|_| !self.simulated_clock);
        // One user alone needs no limits, and should not wait for them.
        Ok(if options.debug { plan.unthrottled(self.max_duration) } else { plan })
    }

    fn change_profiles(&mut self, change: &dyn Fn(&Profile) -> Profile) {
        let mut waiting: Vec<_> = self.populations.iter_mut().collect();
        while let Some(population) = waiting.pop() {
            population.profile = change(&population.profile);
            waiting.extend(population.next.iter_mut().flatten());
        }
    }
}
