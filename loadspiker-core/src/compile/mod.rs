//! From what the user wrote to what is run. Compilation finds all mistakes of a simulation at once.

mod binder;
mod context;
mod lower;
mod plan;
mod program;

pub(crate) use binder::{Binder, compile_during_run};
#[cfg(test)]
pub(crate) use context::compile_in_test;
pub use context::{CompileContext, RequestName, Text};
pub use plan::Plan;
pub(crate) use plan::compile;
pub(crate) use program::{AsyncStep, Kind, Loop, Op, Pc, Program, RendezVous, Switch, SwitchBy, Test};
