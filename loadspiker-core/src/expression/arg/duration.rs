//! [`IntoDuration`]: arguments that are a duration, and the syntax of durations in texts.

use std::sync::Arc;
use std::time::Duration;

use super::{Arg, IntoOutcome};
use crate::error::StepError;
use crate::session::Session;
use crate::units::parse_duration;
use crate::value::{FromValue, Value};

/// Types that can be used as a duration: a [`Duration`] (`200.millis()`), a number of seconds, a text such as `200ms`, `1.5s`
/// or `2m`, an expression that evaluates to one of these, or a closure over the session that returns a [`Duration`].
///
/// A negative number is a mistake.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a duration",
    label = "not a duration",
    note = "write a number of seconds, `200.millis()`, a text such as \"#{{attribute}}\" or \"1.5s\", or a closure `|session: &Session| …` that returns a `Duration`"
)]
pub trait IntoDuration {
    /// Converts the value into an argument to compile.
    fn into_duration(self) -> Arg<Duration>;
}

/// A negative or undefined number stays a text, which is found to be no duration when the step is compiled.
macro_rules! seconds {
    ($($t:ty),*) => {$(
        impl IntoDuration for $t {
            fn into_duration(self) -> Arg<Duration> {
                Duration::from_value(&self.into()).map_or_else(|| Arg::Template(self.to_string().into()), Arg::Value)
            }
        }
    )*};
}
seconds!(u8, u16, u32, u64, usize, i32, i64, f64);

impl IntoDuration for Duration {
    fn into_duration(self) -> Arg<Duration> {
        Arg::Value(self)
    }
}
impl IntoDuration for &str {
    fn into_duration(self) -> Arg<Duration> {
        Arg::Template(self.into())
    }
}
impl IntoDuration for String {
    fn into_duration(self) -> Arg<Duration> {
        Arg::Template(self.into())
    }
}
impl IntoDuration for &String {
    fn into_duration(self) -> Arg<Duration> {
        Arg::Template(self.as_str().into())
    }
}
impl IntoDuration for Arc<str> {
    fn into_duration(self) -> Arg<Duration> {
        Arg::Template(self)
    }
}
impl IntoDuration for Arg<Duration> {
    fn into_duration(self) -> Arg<Duration> {
        self
    }
}
impl<F, R> IntoDuration for F
where
    F: Fn(&Session) -> R + Send + Sync + 'static,
    R: IntoOutcome<Duration>,
{
    fn into_duration(self) -> Arg<Duration> {
        Arg::call(self)
    }
}

impl IntoOutcome<Duration> for Duration {
    fn into_outcome(self) -> Result<Duration, StepError> {
        Ok(self)
    }
}

/// A number is in seconds; a text is read by [`parse_duration`].
impl FromValue for Duration {
    const EXPECTED: &'static str =
        "duration (a number of seconds that is not negative, or a text such as 200ms, 1.5s, 2m)";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(_) | Value::UInt(_) => value.as_u64().map(Duration::from_secs),
            Value::Float(seconds) => Duration::try_from_secs_f64(*seconds).ok(),
            Value::Text(text) => parse_duration(text),
            _ => None,
        }
    }
}
