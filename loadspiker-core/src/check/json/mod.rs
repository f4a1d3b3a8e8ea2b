//! Checks on JSON: [`json_path`], and the body read once for all checks, no more of it than they look at.

mod body;
mod parts;
mod path;
pub(super) mod place;
mod read;
mod structured;
mod tree;

pub(super) use body::JsonBody;
pub use parts::JsonParts;
pub use path::json_path;
pub use tree::{JsonFields, JsonTree};

#[cfg(test)]
mod tests;
