//! [`Witness`]: what the code that made a request gets to know of it.

use std::any::Any;

/// What the user's code gets to know of a request.
#[derive(Default)]
pub(crate) struct Witness {
    /// Why it failed.
    pub(crate) failure: Option<String>,
    pub(crate) reply: Option<Box<dyn Any>>,
    pub(crate) wants_reply: bool,
}
