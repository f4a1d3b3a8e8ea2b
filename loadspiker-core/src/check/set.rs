//! [`CheckSet`]: all checks of a request, ready for the run.

use std::fmt;

use super::builder::Check;
use super::compiled::{self, Compiled};
use super::extract::Subject;
use super::response::Response;
use crate::compile::CompileContext;
use crate::session::Session;

/// All checks of a request, compiled, in the order in which they run. Shared by all virtual users.
#[derive(Default)]
pub struct CheckSet {
    checks: Box<[Compiled]>,
    needs_body: bool,
    has_status: bool,
}

impl CheckSet {
    /// Prepares checks: patterns without expressions are compiled, attributes to save are defined, mistakes told with
    /// `cx.mistake`. Where a protocol has checks for every request, they come after the request's own.
    pub fn compile(checks: &[Check], cx: &mut CompileContext<'_>) -> CheckSet {
        let checks = compiled::compile(checks, cx);
        CheckSet {
            needs_body: checks.iter().any(|check| check.needs_body),
            has_status: checks.iter().any(|check| check.has_status),
            checks,
        }
    }

    /// Whether there is no check.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Whether a check looks at the body; if not, a protocol need not keep it.
    pub fn needs_body(&self) -> bool {
        self.needs_body
    }

    /// Whether a check looks at the status, be it on a condition; if not, a protocol applies the one it implies.
    pub fn has_status_check(&self) -> bool {
        self.has_status
    }

    /// Runs all checks over a response and saves what they find, also if others fail.
    ///
    /// # Errors
    ///
    /// The message of the first failure: short, and without what differs from response to response as far as can be
    /// known. The session is not marked as failed; recording the failed sample does that.
    pub fn run(&self, response: &dyn Response, session: &mut Session) -> Result<(), String> {
        compiled::run_all(&self.checks, &Subject::new(response), session)
    }
}

impl fmt::Debug for CheckSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckSet").field("len", &self.checks.len()).finish_non_exhaustive()
    }
}
