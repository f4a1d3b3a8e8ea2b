//! [`Arg`]: an argument of the DSL: a value, a text with expressions, or a closure over the session.
//!
//! | argument of a step | trait | becomes |
//! |---|---|---|
//! | condition | [`IntoCondition`] | `Arg<bool>` |
//! | number of times | [`IntoCount`] | `Arg<u64>` |
//! | length of time | [`IntoDuration`] | `Arg<Duration>` |
//! | pause | [`IntoPause`] | [`PauseArg`] |
//! | text | [`IntoText`] | [`TextArg`] |
//! | any value | [`IntoValue`] | [`ValueArg`] |
//!
//! Closures take `|session: &Session|` (the type must be written) and return the value, or a `Result` of it. They run for
//! every user, on the thread that runs all users of a shard: they must be fast and must not block.

mod condition;
mod count;
mod distribution;
mod duration;
mod pause;
mod text;
mod value;

use std::fmt;
use std::sync::Arc;

pub use condition::IntoCondition;
pub use count::IntoCount;
pub(crate) use distribution::draw;
pub use distribution::{CompiledDistribution, Distribution, empirical, exponential, log_normal, normal, uniform};
pub use duration::IntoDuration;
pub use pause::{CompiledPause, IntoPause, PauseArg};
pub use text::{CompiledText, IntoText, TextArg, TextOutcome};
pub(crate) use value::millis;
pub use value::{CompiledValue, IntoValue, ValueArg};

use super::{EvalError, Template};
use crate::error::StepError;
use crate::expression::Symbols;
use crate::mask::shown_value;
use crate::session::Session;
use crate::shown::abbreviate;
use crate::value::{FromValue, Value};

/// A closure over the session that gives a `T`.
pub type Computed<T> = Arc<dyn Fn(&Session) -> Result<T, StepError> + Send + Sync>;

/// An argument as written by the user, before it is compiled.
#[derive(Clone)]
pub enum Arg<T> {
    /// A constant.
    Value(T),
    /// A text with expressions, which evaluates to a `T`.
    Template(Arc<str>),
    /// A closure over the session.
    Call(Computed<T>),
}

impl<T> Arg<T> {
    /// A closure over the session.
    pub fn call<R: IntoOutcome<T>>(closure: impl Fn(&Session) -> R + Send + Sync + 'static) -> Self {
        Arg::Call(Arc::new(move |session| closure(session).into_outcome()))
    }
}

impl<T: FromValue + Clone> Arg<T> {
    /// Parses the expressions. A text without expressions that is not a valid `T` is a mistake in the step.
    pub fn compile(&self, cx: &mut Symbols<'_>) -> CompiledArg<T> {
        match self {
            Arg::Value(value) => CompiledArg::Value(value.clone()),
            Arg::Call(call) => CompiledArg::Call(call.clone()),
            Arg::Template(source) => {
                let mistakes = cx.table.mistakes.len();
                let template = cx.template(source);
                let Some(literal) = template.as_literal() else {
                    return CompiledArg::Template(template);
                };
                match T::from_value(&Value::from(literal)) {
                    Some(value) => CompiledArg::Value(value),
                    None => {
                        // Where an expression could not be parsed, that is told already.
                        if cx.table.mistakes.len() == mistakes {
                            let (literal, expected) = (abbreviate(literal), T::EXPECTED);
                            cx.mistake(format!(
                                "\"{literal}\" is not a valid {expected}; write one, or an expression such as \"#{{attribute}}\""
                            ));
                        }
                        CompiledArg::Template(template)
                    }
                }
            }
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Arg<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Value(value) => value.fmt(f),
            Arg::Template(source) => source.fmt(f),
            Arg::Call(_) => f.write_str("|session| …"),
        }
    }
}

/// An argument ready for the run.
#[derive(Clone)]
pub enum CompiledArg<T> {
    /// A constant.
    Value(T),
    /// Evaluated at every use.
    Template(Template),
    /// Called at every use.
    Call(Computed<T>),
}

impl<T: FromValue + Clone> CompiledArg<T> {
    /// The value for this session.
    ///
    /// # Errors
    ///
    /// [`EvalError`] if an expression has no value or not a value of type `T`, or if the closure fails.
    pub fn get(&self, session: &Session) -> Result<T, EvalError> {
        match self {
            CompiledArg::Value(value) => Ok(value.clone()),
            CompiledArg::Call(call) => call(session).map_err(|error| EvalError::Closure(format!("{error:#}"))),
            CompiledArg::Template(template) => {
                let value = template.value_ref(session)?;
                T::from_value(&value).ok_or_else(|| EvalError::Unfit {
                    template: abbreviate(template.source()),
                    value: shown_value(template.source(), &value),
                    found: value.type_name(),
                    expected: T::EXPECTED,
                })
            }
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for CompiledArg<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompiledArg::Value(value) => value.fmt(f),
            CompiledArg::Template(template) => template.source().fmt(f),
            CompiledArg::Call(_) => f.write_str("|session| …"),
        }
    }
}

/// Types that a closure may return where a `T` is needed: a `T`, a type that converts to it without loss, or a `Result` of
/// these.
#[diagnostic::on_unimplemented(
    message = "the closure must return `{T}` or a `Result` of it, not `{Self}`",
    label = "this is returned where `{T}` is needed",
    note = "the error of a `Result` may be any error type, or a `StepError`"
)]
pub trait IntoOutcome<T> {
    /// The value, or the error.
    ///
    /// # Errors
    ///
    /// The error returned by the closure, or a value that is not a valid `T`.
    fn into_outcome(self) -> Result<T, StepError>;
}

impl<T, R: IntoOutcome<T>, E: Into<StepError>> IntoOutcome<T> for Result<R, E> {
    fn into_outcome(self) -> Result<T, StepError> {
        self.map_err(Into::into)?.into_outcome()
    }
}

#[cfg(test)]
mod tests;
