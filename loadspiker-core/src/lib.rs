//! The engine of LoadSpiker.

pub mod assertion;
pub mod check;
pub mod compile;
pub mod dsl;
pub mod engine;
mod error;
pub mod expression;
pub mod feeder;
pub mod inject;
pub mod metrics;
mod moment;
pub mod protocol;
pub mod report;
mod session;
mod units;
mod value;

pub use error::{Error, Mistake, Mistakes, SessionError, StepError};
pub use moment::Moment;
pub use session::{Schema, Session, Slot};
pub use units::DurationExt;
pub use value::{FromValue, Value};
