//! [`IntoCount`]: arguments that are a number of times.

use std::sync::Arc;

use super::{Arg, IntoOutcome};
use crate::error::StepError;
use crate::session::Session;

/// Types that can be used as a number of times: an integer, a text with an expression, or a closure over the session.
///
/// A negative number is a mistake.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number of times",
    label = "not a number of times",
    note = "write an integer, an expression such as \"#{{attribute}}\", or a closure `|session: &Session| …` that returns an integer"
)]
pub trait IntoCount {
    /// Converts the value into an argument to compile.
    fn into_count(self) -> Arg<u64>;
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl IntoCount for $t {
            fn into_count(self) -> Arg<u64> {
                // As a text, a negative number is found to be no count when the step is compiled.
                u64::try_from(self).map_or_else(|_| Arg::Template(self.to_string().into()), Arg::Value)
            }
        }
        impl IntoOutcome<u64> for $t {
            fn into_outcome(self) -> Result<u64, StepError> {
                u64::try_from(self).map_err(|_| StepError::new(format!("{self} is not a number of times: it is negative")))
            }
        }
    )*};
}
// A literal without a suffix is an i32 where several integer types would do.
integers!(u8, u16, u32, u64, usize, i32, i64);

impl IntoCount for &str {
    fn into_count(self) -> Arg<u64> {
        Arg::Template(self.into())
    }
}
impl IntoCount for String {
    fn into_count(self) -> Arg<u64> {
        Arg::Template(self.into())
    }
}
impl IntoCount for &String {
    fn into_count(self) -> Arg<u64> {
        Arg::Template(self.as_str().into())
    }
}
impl IntoCount for Arc<str> {
    fn into_count(self) -> Arg<u64> {
        Arg::Template(self)
    }
}
impl IntoCount for Arg<u64> {
    fn into_count(self) -> Arg<u64> {
        self
    }
}
impl<F, R> IntoCount for F
where
    F: Fn(&Session) -> R + Send + Sync + 'static,
    R: IntoOutcome<u64>,
{
    fn into_count(self) -> Arg<u64> {
        Arg::call(self)
    }
}
