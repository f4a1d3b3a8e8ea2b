//! What the user writes: chains of steps, scenarios, populations, the simulation. All of it plain immutable values.

mod chain;
mod dummy;
mod functions;
mod hooks;
mod into;
mod pool;
mod population;
mod scenario;
mod simulation;
mod steps;

pub use chain::Chain;
pub(crate) use chain::{Exit, LoopKind, SessionFn, Step, StepKind};
pub use dummy::{Dummy, dummy_request};
pub(crate) use hooks::{Hook, Hooks, UserHooks};
pub use into::{IntoChain, IntoPopulation, IntoPopulations};
pub use population::Population;
pub use scenario::{Scenario, scenario};
pub use simulation::{PauseType, Simulation};
pub use steps::*;

pub use crate::expression::{Distribution, empirical, exponential, log_normal, normal, uniform};
