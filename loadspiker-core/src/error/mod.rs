//! Errors that users can see. Each names the thing, the value and the remedy.

use std::borrow::Cow;
mod evaluation;
mod system;

use std::fmt;
use std::panic::Location;

pub use evaluation::{EvalError, ParseError};
pub(crate) use system::explain;

use crate::shown::{plain, varying};
use crate::spelling::meant;

/// Why a run could not start, or was aborted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The simulation contains mistakes. All of them are listed, with their place in the source.
    #[error("{0}")]
    Simulation(Mistakes),
    /// The load generator could not be set up: threads, timers or sockets.
    #[error("cannot start {what}: {cause}")]
    Start {
        /// What was being set up.
        what: String,
        /// The operating system's or the protocol's answer.
        cause: String,
    },
    /// The chain [before](crate::dsl::Simulation::before) the run failed, so the run did not start.
    #[error("before failed, so the run did not start: {cause}{}", after.iter().map(|cause| format!("; after failed, too: {cause}")).collect::<String>())]
    Before {
        /// The request or step that failed, and its error.
        cause: String,
        /// Why what is done after the run failed as well, if it did.
        after: Option<String>,
    },
    /// A result could not be read or written.
    #[error("{path}: {cause}")]
    Io {
        /// The file or folder.
        path: String,
        /// The operating system's answer.
        cause: String,
    },
    /// A saved run report could not be parsed.
    #[error("run report: {0}")]
    Report(String),
}

impl Error {
    /// A file or folder could not be read or written. If the process has run out of file descriptors, the cause says how to raise
    /// the limit.
    pub fn io(path: impl fmt::Display, cause: &std::io::Error) -> Self {
        Error::Io { path: path.to_string(), cause: explain(cause) }
    }
}

/// One mistake in a simulation, found before the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The scenario it is in; empty for the simulation itself.
    pub scenario: String,
    /// The step it is in, as written in the plan: `exec http "login"`; may be empty.
    pub step: String,
    /// Where in the user's source the step was written.
    pub place: Option<&'static Location<'static>>,
    /// The problem and the remedy.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scenario.is_empty() {
            write!(f, "scenario \"{}\", ", self.scenario)?;
        }
        if !self.step.is_empty() {
            write!(f, "{}, ", self.step)?;
        }
        if let Some(place) = self.place {
            write!(f, "at {place}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// All mistakes in a simulation; at least one.
#[derive(Clone, Debug)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [one] => write!(f, "the simulation has a mistake\n  {one}"),
            all => {
                write!(f, "the simulation has {} mistakes", all.len())?;
                all.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
            }
        }
    }
}

/// Why a session attribute could not be read or set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The attribute is not set.
    #[error("no attribute named \"{name}\" is set{} (there are: {})", meant(name, there.iter().map(String::as_str)), list(there))]
    Missing {
        /// The attribute asked for.
        name: String,
        /// Those that are set, at most twelve, the one that is perhaps meant among them.
        there: Vec<String>,
    },
    /// The attribute has another type.
    #[error(fmt = wrong_type)]
    Type {
        /// The attribute asked for.
        name: String,
        /// Its value, abbreviated.
        value: String,
        /// Its type.
        found: &'static str,
        /// The type asked for.
        expected: &'static str,
    },
    /// The name cannot be used as an attribute.
    #[error("\"{0}\" cannot name an attribute: it must not be empty nor hold any of # {{ }} ( ) .")]
    Name(String),
}

fn wrong_type(name: &str, value: &str, found: &&str, expected: &&str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "attribute \"{name}\" is the {found} \"{}\", expected {expected}", maybe_marked(value, f))
}

/// A value in an error of ours: [marked](varying) in the alternate form (`{:#}`), in which errors are handed on to where
/// they are counted.
pub(crate) fn maybe_marked<'a>(value: &'a str, f: &fmt::Formatter<'_>) -> Cow<'a, str> {
    if f.alternate() { varying(value).into() } else { value.into() }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The error of a step written by the user: any error, or a text.
///
/// `?` converts every error that is `Send + Sync`, and texts; [`StepError::new`] creates one from a message. If a message
/// contains a value that differs between users, mark it with [`varying`](crate::protocol::varying), so that such errors are
/// counted together. The alternate format (`{:#}`) keeps these marks, for code that passes a message on; the normal format
/// does not.
///
/// ```
/// use loadspiker_core::dsl::exec_fn;
///
/// let step = exec_fn(|session| {
///     let price: f64 = session.get_str("price")?.parse()?;
///     if price < 0.0 {
///         return Err("a price below zero".into());
///     }
///     Ok(())
/// });
/// ```
#[derive(Debug)]
pub struct StepError {
    message: String,
    /// It stems from a request that is counted as failed, and must not be counted again.
    counted: bool,
}

impl StepError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        StepError { message: message.into(), counted: false }
    }

    /// The error of something that was counted already: a failed request.
    pub(crate) fn counted(message: impl Into<String>) -> Self {
        StepError { message: message.into(), counted: true }
    }

    /// Whether the error comes from a failed request, which the report already counts under its name. If such an error ends an
    /// imperative scenario, it is not counted again as an error of the step.
    pub fn is_counted(&self) -> bool {
        self.counted
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { f.write_str(&self.message) } else { f.write_str(&plain(&self.message)) }
    }
}

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for StepError {
    fn from(error: E) -> Self {
        let error = error.into();
        // The alternate form of errors of others may be anything.
        StepError::new(match (error.downcast_ref::<SessionError>(), error.downcast_ref::<EvalError>()) {
            (Some(error), _) => format!("{error:#}"),
            (_, Some(error)) => format!("{error:#}"),
            _ => error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_texts_become_errors_of_a_step() {
        let of_an_error = || -> Result<u8, StepError> { Ok("x".parse::<u8>()?) };
        assert_eq!(of_an_error().unwrap_err().to_string(), "invalid digit found in string");
        let of_a_text = || -> Result<u8, StepError> { Err("no stock")? };
        assert_eq!(of_a_text().unwrap_err().to_string(), "no stock");
        assert_eq!(StepError::from(format!("{} left", 0)).to_string(), "0 left");
        let boxed: Box<dyn std::error::Error + Send + Sync> = "boxed".into();
        assert_eq!(StepError::from(boxed).to_string(), "boxed");
    }
}
