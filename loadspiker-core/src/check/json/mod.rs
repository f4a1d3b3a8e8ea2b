//! Checks on JSON: [`json_path`], and the body read once for all checks, no more of it than they look at.

mod body;
mod outline;
mod parts;
mod path;

pub(super) use body::JsonBody;
pub use parts::JsonParts;
pub use path::json_path;

#[cfg(test)]
mod tests;
