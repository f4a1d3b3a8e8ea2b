//! From what the user wrote to what is run.

mod context;

pub use context::{CompileContext, RequestName};
