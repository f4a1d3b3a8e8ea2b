//! [`Population`]: a scenario and the users that run it.

use std::panic::Location;
use std::sync::Arc;

use crate::dsl::{PauseType, Scenario};
use crate::inject::{Profile, Throttle, ThrottleStep};
use crate::protocol::Protocol;

/// A scenario with its injection profile: who runs it, and when. Made by [`Scenario::inject`].
#[derive(Clone, Debug)]
#[must_use = "a population does nothing until a simulation runs it"]
pub struct Population {
    pub(crate) scenario: Scenario,
    pub(crate) profile: Profile,
    pub(crate) protocols: Vec<Arc<dyn Protocol>>,
    pub(crate) pauses: Option<PauseType>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) maximum_users: Option<u64>,
    /// Each starts when all users of the ones before, and of what follows them, are done.
    pub(crate) next: Vec<Population>,
    pub(crate) place: &'static Location<'static>,
}

impl Population {
    pub(crate) fn new(scenario: Scenario, profile: Profile, place: &'static Location<'static>) -> Self {
        Population {
            scenario,
            profile,
            protocols: Vec::new(),
            pauses: None,
            throttle: None,
            maximum_users: None,
            next: Vec::new(),
            place,
        }
    }

    /// Starts `population` when all users of this one are done. Several are started one after the other, each when
    /// the one before, with all that follows it, is done.
    pub fn and_then(mut self, population: Population) -> Self {
        self.next.push(population);
        self
    }

    /// The protocol for this population; it replaces the simulation's of the same kind.
    pub fn protocol(mut self, protocol: impl Protocol) -> Self {
        self.protocols.push(Arc::new(protocol));
        self
    }

    /// How pauses are drawn for this population; replaces the simulation's setting.
    pub fn pauses(mut self, pauses: PauseType) -> Self {
        self.pauses = Some(pauses);
        self
    }

    /// How many requests a second the users of this population make at most, over time, counted from the start of the
    /// population; a single step needs no brackets. Replaces an earlier one. Where the simulation has a throttle too, a
    /// request must pass both.
    ///
    /// It works as [that of the simulation](crate::dsl::Simulation::throttle), but for its end, which is the end of this
    /// population alone: no more users start, and one that comes to a request ends there, as if its scenario did.
    pub fn throttle(mut self, steps: impl IntoIterator<Item = ThrottleStep>) -> Self {
        self.throttle = Some(Throttle::from_steps(steps));
        self
    }

    /// How many users of this population may be active when another one arrives. If they are that many, the arrival is
    /// dropped and counted; it is never put off. For open profiles; default: no limit. See
    /// [that of the simulation](crate::dsl::Simulation::maximum_users) for how it is shared among shards.
    pub fn maximum_users(mut self, users: u64) -> Self {
        self.maximum_users = Some(users);
        self
    }
}
