//! From what the user wrote to what is run.

mod context;

#[cfg(test)]
pub(crate) use context::compile_in_test;
pub use context::{CompileContext, RequestName};
