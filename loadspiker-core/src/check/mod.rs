//! Checks: what is asked of a response.

mod response;

pub use response::Response;
