//! Combinations of checks, and checks that are a closure.

use std::sync::Arc;

use super::builder::{Check, Closure, Kind, Verdict};
use super::response::Response;
use crate::expression::IntoCondition;
use crate::session::Session;

/// All of these checks must pass. All of them run, and the first failure is reported.
///
/// The checks of a request must all pass anyway: use this inside [`any_of`] and [`check_if`].
pub fn all_of(checks: impl IntoIterator<Item = Check>) -> Check {
    Check::new(Kind::All(checks.into_iter().collect()))
}

/// At least one of these checks must pass. All of them run, and each that passes saves its value.
pub fn any_of(checks: impl IntoIterator<Item = Check>) -> Check {
    Check::new(Kind::Any(checks.into_iter().collect()))
}

/// Runs the check only if the condition holds. The condition sees what earlier checks of the same response have saved.
pub fn check_if(condition: impl IntoCondition, check: Check) -> Check {
    Check::new(Kind::If(condition.into_condition(), Box::new(check)))
}

/// Checks the response with a closure, which returns a `bool`, or a `Result<(), String>` whose error says what is wrong.
/// `what` names the check in messages. It runs together with the checks on the body, even if there is no body.
///
/// ```
/// use loadspiker_core::check::custom_check;
///
/// let check = custom_check("body is small", |response, _session| response.body().len() < 10_000);
/// # let _ = check;
/// ```
pub fn custom_check<R: Verdict>(
    what: impl AsRef<str>,
    judge: impl Fn(&dyn Response, &Session) -> R + Send + Sync + 'static,
) -> Check {
    let judge = move |response: &dyn Response, session: &Session| judge(response, session).into_result();
    Check::new(Kind::Custom(what.as_ref().into(), Closure(Arc::new(judge))))
}
