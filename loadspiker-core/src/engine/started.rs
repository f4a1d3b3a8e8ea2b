//! [`StartedRun`]: a run on a thread of its own, to be steered and waited for.

use std::sync::Arc;
use std::thread::JoinHandle;

use crate::dsl::Simulation;
use crate::engine::events::Listener;
use crate::engine::handle::RunHandle;
use crate::engine::options::{Observer, RunOptions};
use crate::engine::prepare::conduct_alone;
use crate::error::{Error, explain};
use crate::report::RunReport;

/// A run on a thread of its own. Made by [`Simulation::start`].
///
/// If it is dropped, the run goes on by itself, and nobody gets its report.
#[derive(Debug)]
#[must_use = "`wait` for the report, or the run may end with the program"]
pub struct StartedRun {
    handle: RunHandle,
    thread: JoinHandle<Result<RunReport, Error>>,
}

impl Simulation {
    /// Starts the simulation on a thread of its own and returns at once, so that the run can be steered while it is on:
    /// see [`RunHandle`]. It begins when no other run of this process is on.
    ///
    /// ```
    /// use loadspiker_core::{DurationExt, dsl::*, inject::constant_concurrent_users};
    ///
    /// let run = Simulation::new("endless")
    ///     .with(
    ///         scenario("Visit")
    ///             .forever(dummy("page", 1.millis()))
    ///             .inject([constant_concurrent_users(2).during(1.hours())]),
    ///     )
    ///     .start()
    ///     .unwrap();
    /// run.handle().stop("enough").unwrap();
    /// let report = run.wait().unwrap();
    /// assert_eq!(report.users_interrupted(), 0);
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Simulation`] with all mistakes if the simulation is wrong, [`Error::Start`] if there can be no thread.
    pub fn start(self) -> Result<StartedRun, Error> {
        self.start_with(&RunOptions::default(), ())
    }

    /// As [`start`](Self::start), with options and somebody who watches.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(
        self,
        options: &RunOptions,
        mut observer: impl Observer + Send + 'static,
    ) -> Result<StartedRun, Error> {
        let plan = Arc::new(self.plan(options)?);
        let (handle, events) = RunHandle::new(&plan);
        let (steered, debug) = (handle.clone(), options.debug);
        let thread = std::thread::Builder::new().name("loadspiker-run".to_owned());
        let listener = Listener::here();
        let thread = thread.spawn(move || {
            let _listening = listener.listen();
            conduct_alone(&plan, &steered, events, debug, &mut observer)
        });
        let thread = thread
            .map_err(|cause| Error::Start { what: "the thread of the run".to_owned(), cause: explain(&cause) })?;
        Ok(StartedRun { handle, thread })
    }
}

impl StartedRun {
    /// What the run is steered with.
    pub fn handle(&self) -> RunHandle {
        self.handle.clone()
    }

    /// Waits until the run is over and returns what happened, as [`Simulation::run`] does.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] if the load generator could not be set up.
    ///
    /// # Panics
    ///
    /// If the [`Observer`] panicked, with its panic.
    pub fn wait(self) -> Result<RunReport, Error> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
