//! [`Scenario`]: a chain with a name.

use std::panic::Location;

use crate::dsl::{Chain, Population, Steps, UserHooks};
use crate::inject::{InjectionStep, Profile};

/// What one kind of user does, from beginning to end. Made by [`scenario`], filled by the methods of [`Steps`], given
/// to a number of users by [`Scenario::inject`].
#[derive(Clone, Debug)]
#[must_use = "a scenario does nothing until it is injected into a simulation"]
pub struct Scenario {
    pub(crate) name: String,
    pub(crate) chain: Chain,
    pub(crate) users: UserHooks,
    pub(crate) place: &'static Location<'static>,
}

/// Begins a scenario. Names are unique in a simulation; a report is ordered by them.
#[track_caller]
pub fn scenario(name: impl Into<String>) -> Scenario {
    Scenario { name: name.into(), chain: Chain::new(), users: UserHooks::default(), place: Location::caller() }
}

impl Scenario {
    /// Says how many users run this scenario, and when they start: steps of the open model (how many arrive) or of the
    /// closed one (how many are there), one after the other; a single step needs no brackets. Both kinds in one profile
    /// do not compile.
    #[track_caller]
    pub fn inject<S: InjectionStep>(self, steps: impl IntoIterator<Item = S>) -> Population {
        Population::new(self, Profile::from_steps(steps), Location::caller())
    }
}

impl Steps for Scenario {
    fn append(mut self, chain: Chain) -> Self {
        self.chain = self.chain.append(chain);
        self
    }

    #[track_caller]
    fn exit_asap(mut self, asap: bool) -> Self {
        self.chain = self.chain.exit_asap(asap);
        self
    }
}
