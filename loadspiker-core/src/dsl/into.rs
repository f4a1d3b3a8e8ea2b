//! What stands for a chain or a population, with the messages that a compiler gives for what does not.

use super::{Chain, Population};

/// What can be a step or several: a finished request, a [`Chain`], a `#[loadspiker::scenario]`. Protocol crates implement
/// `From<TheirRequest> for Chain`, and have this by that.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a step or a chain of steps",
    label = "not a step",
    note = "a request needs its method: `http(\"name\").get(\"/path\")`",
    note = "several chains in a row are written one after the other: `exec(a).exec(b)`; side by side: `parallel([a, b])`"
)]
pub trait IntoChain {
    /// The chain.
    #[track_caller]
    fn into_chain(self) -> Chain;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Chain>> IntoChain for T {
    #[track_caller]
    fn into_chain(self) -> Chain {
        self.into()
    }
}

/// What can be a population of a simulation: a scenario with an injection profile.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a population: nothing says how many users run it",
    label = "no users run this",
    note = "say how many users there are and when they start: `scenario.inject([at_once_users(1)])`"
)]
pub trait IntoPopulation {
    /// The population.
    fn into_population(self) -> Population;
}

impl IntoPopulation for Population {
    fn into_population(self) -> Population {
        self
    }
}

/// What can be several populations that start together: one, or an array or another collection of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a population, nor several: nothing says how many users run it",
    label = "no users run this",
    note = "say how many users there are and when they start: `scenario.inject([at_once_users(1)])`"
)]
pub trait IntoPopulations {
    /// The populations.
    fn into_populations(self) -> Vec<Population>;
}

#[diagnostic::do_not_recommend]
impl<I: IntoIterator<Item = Population>> IntoPopulations for I {
    fn into_populations(self) -> Vec<Population> {
        self.into_iter().collect()
    }
}
