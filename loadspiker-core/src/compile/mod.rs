//! From what the user wrote to what is run. Compilation finds all mistakes of a simulation at once.

mod doubts;
mod hooks;
mod limits;
mod lower;
mod plan;
mod planned;
mod program;
mod protocols;
mod sequence;
mod show;

pub use crate::protocol::{CompileContext, RequestName, Text};
pub(crate) use hooks::{Attributes, Seen, Witness};
pub(crate) use plan::{CompiledPopulation, compile};
pub use plan::{Plan, PlannedScenario};
pub(crate) use program::{AsyncStep, Forking, Kind, Loop, Op, Pc, Program, Switch, SwitchBy, Test};
