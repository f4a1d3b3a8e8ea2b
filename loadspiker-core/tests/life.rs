//! What a protocol does between actions: tasks, ends, configurations, targets.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "life/probe.rs"]
mod probe;

#[path = "life/configurations.rs"]
mod configurations;
#[path = "life/ends.rs"]
mod ends;
#[path = "life/tasks.rs"]
mod tasks;
