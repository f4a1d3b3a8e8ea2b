//! [`IntoCondition`]: arguments that are a condition.

use std::sync::Arc;

use super::{Arg, IntoOutcome};
use crate::error::StepError;
use crate::session::Session;

/// Types that can be used as a condition: a `bool`, a text with an expression that evaluates to a bool or to the text `true`
/// or `false`, or a closure over the session.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition",
    label = "not a condition",
    note = "write `true`, an expression such as \"#{{attribute}}\", or a closure `|session: &Session| …` that returns a bool"
)]
pub trait IntoCondition {
    /// Converts the value into an argument to compile.
    fn into_condition(self) -> Arg<bool>;
}

impl IntoCondition for bool {
    fn into_condition(self) -> Arg<bool> {
        Arg::Value(self)
    }
}
impl IntoCondition for &str {
    fn into_condition(self) -> Arg<bool> {
        Arg::Template(self.into())
    }
}
impl IntoCondition for String {
    fn into_condition(self) -> Arg<bool> {
        Arg::Template(self.into())
    }
}
impl IntoCondition for &String {
    fn into_condition(self) -> Arg<bool> {
        Arg::Template(self.as_str().into())
    }
}
impl IntoCondition for Arc<str> {
    fn into_condition(self) -> Arg<bool> {
        Arg::Template(self)
    }
}
impl IntoCondition for Arg<bool> {
    fn into_condition(self) -> Arg<bool> {
        self
    }
}
impl<F, R> IntoCondition for F
where
    F: Fn(&Session) -> R + Send + Sync + 'static,
    R: IntoOutcome<bool>,
{
    fn into_condition(self) -> Arg<bool> {
        Arg::call(self)
    }
}

impl IntoOutcome<bool> for bool {
    fn into_outcome(self) -> Result<bool, StepError> {
        Ok(self)
    }
}
