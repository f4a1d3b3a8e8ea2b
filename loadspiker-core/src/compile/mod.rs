//! From what the user wrote to what is run. Compilation finds all mistakes of a simulation at once.

mod binder;
mod context;
mod doubts;
mod hooks;
mod limits;
mod lower;
mod names;
mod plan;
mod program;
mod sequence;
mod show;

pub(crate) use binder::{Binder, compile_during_run};
#[cfg(test)]
pub(crate) use context::compile_in_test;
pub use context::{CompileContext, RequestName, Text};
pub(crate) use hooks::{Attributes, Seen, Witness};
pub(crate) use plan::{CompiledPopulation, compile};
pub use plan::{Plan, PlannedScenario};
pub(crate) use program::{AsyncStep, Forking, Kind, Loop, Op, Pc, Program, RendezVous, Switch, SwitchBy, Test};
