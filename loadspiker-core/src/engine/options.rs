//! How a run may differ from what the simulation says, and who watches it.

use std::path::PathBuf;
use std::time::Duration;

use crate::compile::Plan;
use crate::engine::handle::RunHandle;
use crate::metrics::LiveView;
use crate::report::EndReason;

/// How to run a simulation, beyond what it says itself. All options are off by default.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Multiplies numbers and rates of users of the injection profiles. Throttles and `maximum_users` stay as they are.
    pub users_factor: Option<f64>,
    /// Replaces the simulation's `max_duration`.
    pub max_duration: Option<Duration>,
    /// Replaces the target of the protocols that take URLs of its scheme (`--base-url`). It is an error if there is none.
    pub target: Option<String>,
    /// Replaces the targets of some protocols (`--target`), after [`target`](Self::target): those with this
    /// [key](crate::protocol::Protocol::key), name or scheme, with this URL. It is an error if there is none.
    pub targets: Vec<(String, String)>,
    /// Replaces the simulation's seed.
    pub seed: Option<u64>,
    /// One user of each scenario, once, without throttles; every exchange is shown to [`Observer::debug`].
    pub debug: bool,
    /// Where to write the journal of the run: once a second what was counted in it, so that a run whose process is
    /// killed can still be [reported](crate::report::RunReport::from_journal). The file is there from the beginning of
    /// the run, and stays when it is over. A journal that a run has left there is moved aside, to a name with
    /// `-unfinished`. Default: none is written, nor on the [simulated
    /// clock](crate::dsl::Simulation::simulated_clock), where a run takes no time.
    pub journal: Option<PathBuf>,
    /// Where to write every sample: the file is a `.csv`, a `.jsonl` (JSON Lines) or a `.jtl` (what JMeter reads), by its
    /// name; what it had is gone. A thread of its own writes it. Samples that come faster than it can write are dropped,
    /// counted ([`RunInfo::sample_log`](crate::report::RunInfo::sample_log)) and warned of; they are in all figures of
    /// the report. Each shard writes in the order of time, the shards among each other do not. Default: none is written,
    /// which costs nothing.
    pub sample_log: Option<PathBuf>,
    /// The command line by which the run was started, for the report; without secrets. Default: none is told.
    pub command: Vec<String>,
}

/// Somebody who watches a run: a progress display, a dashboard. Called on the thread that runs the simulation.
pub trait Observer {
    /// The run begins. With a clone of `handle` its load can be changed while it is on; what is asked for here holds
    /// from the very beginning.
    fn started(&mut self, plan: &Plan, handle: &RunHandle) {
        let _ = (plan, handle);
    }

    /// What is done before the run, or after it, begins; `name` is `before` or `after`.
    fn hook(&mut self, name: &str) {
        let _ = name;
    }

    /// How it goes; called several times a second.
    fn progress(&mut self, view: &LiveView) {
        let _ = view;
    }

    /// An exchange of a run with [`RunOptions::debug`].
    fn debug(&mut self, text: &str) {
        let _ = text;
    }

    /// Something is wrong with the run that should be known while it is on: code in a step that does not return, say.
    fn warning(&mut self, text: &str) {
        let _ = text;
    }

    /// The run was told to end before its time; users have `grace` to finish.
    fn stopping(&mut self, reason: &EndReason, grace: Duration) {
        let _ = (reason, grace);
    }
}

/// Watches nothing.
impl Observer for () {}
