//! Checks made of checks, and those that are a closure alone.

use std::sync::Arc;

use super::builder::{Check, Closure, Kind, Verdict};
use super::response::Response;
use crate::expression::IntoCondition;
use crate::session::Session;

/// All of these must pass. All are run; the first failure is told.
///
/// Several checks of a request must all pass anyhow: this is for use in [`any_of`] and [`check_if`].
pub fn all_of(checks: impl IntoIterator<Item = Check>) -> Check {
    Check::new(Kind::All(checks.into_iter().collect()))
}

/// At least one of these must pass. All are run, and each that passes saves what it found.
pub fn any_of(checks: impl IntoIterator<Item = Check>) -> Check {
    Check::new(Kind::Any(checks.into_iter().collect()))
}

/// The check is run only if the condition holds at that time: what earlier checks of the same response saved is seen.
pub fn check_if(condition: impl IntoCondition, check: Check) -> Check {
    Check::new(Kind::If(condition.into_condition(), Box::new(check)))
}

/// A closure of one's own judges the response: it returns a `bool`, or a `Result<(), String>` whose error says why not.
/// `what` names the check in messages. It runs with the checks on the body, also where there is none.
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
