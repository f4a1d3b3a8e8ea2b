//! [`Population`]: a scenario and the users that run it.

use std::panic::Location;
use std::sync::Arc;

use crate::dsl::{PauseType, Scenario};
use crate::inject::Profile;
use crate::protocol::Protocol;

/// A scenario with its injection profile: who runs it, and when. Made by [`Scenario::inject`].
#[derive(Clone, Debug)]
#[must_use = "a population does nothing until a simulation runs it"]
pub struct Population {
    pub(crate) scenario: Scenario,
    pub(crate) profile: Profile,
    pub(crate) protocols: Vec<Arc<dyn Protocol>>,
    pub(crate) pauses: Option<PauseType>,
    /// Each starts when all users of the ones before, and of what follows them, are done.
    pub(crate) next: Vec<Population>,
    pub(crate) place: &'static Location<'static>,
}

impl Population {
    pub(crate) fn new(scenario: Scenario, profile: Profile, place: &'static Location<'static>) -> Self {
        Population { scenario, profile, protocols: Vec::new(), pauses: None, next: Vec::new(), place }
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
}
