//! Texts that people look at: what may not reach a terminal as it is, and which parts of a message are values.

mod abbreviate;
mod printable;
mod varying;

pub(crate) use abbreviate::abbreviate;
pub use printable::{printable, printable_lines};
pub use varying::varying;
pub(crate) use varying::{Message, plain};
