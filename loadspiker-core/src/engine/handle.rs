//! [`RunHandle`]: changes the load of a run while it is on.

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::compile::Plan;
use crate::engine::message::{Event, Steer};

/// Changes the load of a run while it is on: more or fewer users, a pause, an early end.
///
/// It is cheap to clone, and may be used from any thread, any number of them at a time. One gets it from
/// [`StartedRun::handle`](crate::engine::StartedRun::handle), or as somebody who watches the run from
/// [`Observer::started`](crate::engine::Observer::started). Its methods return as soon as the run has been told; all
/// shards then do it at one and the same instant, some milliseconds later.
///
/// ```
/// use loadspiker_core::{DurationExt, dsl::*, inject::constant_users_per_sec};
///
/// let run = Simulation::new("steered")
///     .with(scenario("Visit").pause(0.millis()).inject([constant_users_per_sec(50).during(1.hours())]))
///     .start()
///     .unwrap();
/// let handle = run.handle();
/// handle.scale(1.5).unwrap(); // 75 users a second from now on
/// handle.stop("seen enough").unwrap();
/// let report = run.wait().unwrap();
/// assert_eq!(report.info().end.to_string(), "stopped: seen enough");
/// assert!(handle.resume().is_err(), "the run is over");
/// ```
#[derive(Clone)]
pub struct RunHandle(Arc<Shared>);

struct Shared {
    plan: Arc<Plan>,
    state: Mutex<State>,
}

/// What has been asked for. Commands are sent under its lock, so that their order is that of the changes here.
struct State {
    events: Sender<Event>,
    phase: Phase,
    paused: bool,
    factor: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    On,
    /// It was told to end, and users finish what they do.
    Ending,
    Over,
}

/// Why a run does not do what a [`RunHandle`] was asked for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The run is over, or its users finish what they do: there is nothing left to be changed.
    #[error("the run of \"{simulation}\" is over or about to end: its load can no longer be changed")]
    Over {
        /// The name of the simulation.
        simulation: String,
    },
    /// The load cannot be multiplied by this.
    #[error("the load cannot be multiplied by {factor}; give a number from 0 on")]
    Factor {
        /// What was given.
        factor: f64,
    },
    /// Multiplied by this, an injection profile could not be run.
    #[error("the load cannot be multiplied by {factor}: scenario \"{scenario}\", {mistake}")]
    Profile {
        /// What was given.
        factor: f64,
        /// The scenario whose profile it is.
        scenario: String,
        /// What would be wrong with the profile.
        mistake: String,
    },
}

impl RunHandle {
    /// A handle for a run of `plan` that has not begun, and where the run hears what is told.
    pub(super) fn new(plan: &Arc<Plan>) -> (RunHandle, Receiver<Event>) {
        let (events, heard) = channel();
        let state = State { events, phase: Phase::On, paused: false, factor: 1.0 };
        (RunHandle(Arc::new(Shared { plan: plan.clone(), state: Mutex::new(state) })), heard)
    }

    /// From now on, numbers and rates of users are those of the injection profiles as written, times `factor`: 2 is
    /// twice the load, 1 what was written, 0 nobody. What was due before is not made up for.
    ///
    /// It holds for the profiles of all populations, those that have not started yet included; numbers are rounded as
    /// `--users-factor` rounds them. In open profiles users arrive as they would now if the profile had been scaled from
    /// its beginning. In closed ones missing users start at once, and those that are too many leave at the end of their
    /// iteration, as where a profile goes down by itself. A population whose load was changed is over when its users are
    /// done and its profile's time is up, even if nobody comes any more, so that the load can be raised again.
    ///
    /// # Errors
    ///
    /// [`ControlError::Factor`] if the factor is negative or no finite number, [`ControlError::Profile`] if a profile
    /// scaled by it has mistakes (too many users), [`ControlError::Over`] if the run is over or ending.
    pub fn scale(&self, factor: f64) -> Result<(), ControlError> {
        if !(factor.is_finite() && factor >= 0.0) {
            return Err(ControlError::Factor { factor });
        }
        let plan = &self.0.plan;
        // Times 0 there is nothing that could go wrong.
        let populations = plan.populations.iter().zip(plan.scenario_names.iter()).filter(|_| factor > 0.0);
        for (population, name) in populations {
            if let Some(mistake) = population.profile.scaled(factor).mistakes().into_iter().next() {
                return Err(ControlError::Profile { factor, scenario: name.to_string(), mistake });
            }
        }
        let mut state = self.on()?;
        self.tell(&state, Steer::Scale(factor))?;
        state.factor = factor;
        Ok(())
    }

    /// Pauses the run: no user starts, and no user begins another request (or step of your own code that takes time).
    /// Requests on their way finish. Pauses in scenarios may end meanwhile, but then the user is held before its next
    /// request.
    ///
    /// Profiles stand still, and go on after [`resume`](Self::resume) where they were; the maximum duration of the run
    /// does not stand still. A run that is stopped or reaches its maximum duration while it is paused sends nothing
    /// more: users that are held then are interrupted. On the simulated clock, time itself stands still.
    ///
    /// Nothing is charged to anybody: users that were held mean to begin at the moment of `resume`, and groups do not
    /// count the time for which their users were held. [`RunInfo::paused`](crate::report::RunInfo::paused) tells how
    /// long the run was paused in all. If it is paused already, nothing changes.
    ///
    /// # Errors
    ///
    /// [`ControlError::Over`] if the run is over or ending.
    pub fn pause(&self) -> Result<(), ControlError> {
        self.set_paused(true)
    }

    /// Ends a [`pause`](Self::pause). If the run is not paused, nothing changes.
    ///
    /// # Errors
    ///
    /// [`ControlError::Over`] if the run is over or ending.
    pub fn resume(&self) -> Result<(), ControlError> {
        self.set_paused(false)
    }

    fn set_paused(&self, paused: bool) -> Result<(), ControlError> {
        let mut state = self.on()?;
        if state.paused != paused {
            self.tell(&state, if paused { Steer::Pause } else { Steer::Resume })?;
            state.paused = paused;
        }
        Ok(())
    }

    /// Ends the run gracefully: no user starts any more, and those that are there have the grace period to finish. The
    /// report says why ([`EndReason::Stopped`](crate::report::EndReason::Stopped)), unless the run has been told to end
    /// before.
    ///
    /// # Errors
    ///
    /// [`ControlError::Over`] if the run is over.
    pub fn stop(&self, why: impl Into<String>) -> Result<(), ControlError> {
        let mut state = self.state();
        if state.phase == Phase::Over {
            return Err(self.over());
        }
        self.tell(&state, Steer::Stop(why.into()))?;
        state.phase = Phase::Ending;
        Ok(())
    }

    /// Whether the run was told to pause, and not yet to go on.
    pub fn is_paused(&self) -> bool {
        self.state().paused
    }

    /// What the load as written is multiplied by; 1 unless [`scale`](Self::scale) says otherwise.
    pub fn factor(&self) -> f64 {
        self.state().factor
    }

    /// Whether the run is over.
    pub fn is_over(&self) -> bool {
        self.state().phase == Phase::Over
    }

    /// Where shards tell what happens.
    pub(super) fn events(&self) -> Sender<Event> {
        self.state().events.clone()
    }

    /// The run was told to end, by whomever.
    pub(super) fn is_ending(&self) {
        let mut state = self.state();
        if state.phase == Phase::On {
            state.phase = Phase::Ending;
        }
    }

    /// Says so when it is dropped: the run is over, however it came to its end.
    pub(super) fn over_at_the_end(&self) -> impl Drop + use<> {
        OverAtTheEnd(self.clone())
    }

    /// The state of a run that is on and not about to end.
    fn on(&self) -> Result<MutexGuard<'_, State>, ControlError> {
        let state = self.state();
        if state.phase == Phase::On { Ok(state) } else { Err(self.over()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics is done under the lock.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, state: &State, steer: Steer) -> Result<(), ControlError> {
        state.events.send(Event::Steered(steer)).map_err(|_| self.over())
    }

    fn over(&self) -> ControlError {
        ControlError::Over { simulation: self.0.plan.name.clone() }
    }
}

impl fmt::Debug for RunHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { phase, paused, factor, .. } = &*self.state();
        let mut shown = f.debug_struct("RunHandle");
        shown.field("simulation", &self.0.plan.name).field("phase", phase);
        shown.field("paused", paused).field("factor", factor).finish()
    }
}

struct OverAtTheEnd(RunHandle);

impl Drop for OverAtTheEnd {
    fn drop(&mut self) {
        self.0.state().phase = Phase::Over;
    }
}
