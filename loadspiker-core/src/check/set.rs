//! [`CheckSet`]: all checks of a request, ready for the run.

use std::fmt;

use bumpalo::Bump;

use super::absorb::Absorbing;
use super::builder::Check;
use super::compiled::{self, Compiled, Need};
use super::extract::Subject;
use super::json::JsonParts;
use super::response::Response;
use crate::expression::Symbols;
use crate::failure::Failure;
use crate::session::Session;
use crate::value::Value;

/// All checks of a request, compiled, in the order in which they run. Shared by all virtual users.
#[derive(Default)]
pub struct CheckSet {
    checks: Box<[Compiled]>,
    needs_body: Need,
    json_parts: Option<JsonParts>,
    has_status: bool,
}

impl CheckSet {
    /// Compiles the checks: prepares patterns without expressions, defines the attributes to save, and reports mistakes with
    /// `cx.mistake`. If a protocol has checks for every request, put them after the request's own.
    pub fn compile(checks: &[Check], cx: &mut Symbols<'_>) -> CheckSet {
        let checks = compiled::compile_counted(checks, cx);
        cx.list(checks.iter().map(ToString::to_string));
        CheckSet {
            needs_body: Need::of_all(&checks),
            json_parts: compiled::json_parts(&checks),
            has_status: checks.iter().any(|check| check.has_status),
            checks,
        }
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Whether a check needs the body. If not, the protocol can discard it.
    pub fn needs_body(&self) -> bool {
        !matches!(self.needs_body, Need::Nothing)
    }

    /// The absorbers to feed while the body arrives, if that is enough for all checks. `None` if the body has to be kept
    /// ([`needs_body`](Self::needs_body)), or no check looks at it.
    ///
    /// A protocol with small bodies, or one that always has the whole body, can ignore this.
    pub fn absorbing(&self) -> Option<Absorbing> {
        match &self.needs_body {
            Need::Feed(absorbers) => Some(Absorbing::start(absorbers)),
            Need::Nothing | Need::Whole => None,
        }
    }

    /// Whether a check looks at the status, even conditionally. If not, the protocol applies its default status check.
    pub fn has_status_check(&self) -> bool {
        self.has_status
    }

    /// Runs all checks on a response, and saves the values found by those that pass.
    ///
    /// # Errors
    ///
    /// The first failure, for the sample: its text is short, with the values in it marked as
    /// [`varying`](crate::protocol::varying). The session is not marked as failed; recording the failed sample does that.
    pub fn run(&self, response: &dyn Response, session: &mut Session) -> Result<(), Failure> {
        self.run_over(response, Vec::new(), session)
    }

    /// Like [`run`](Self::run), for a response whose body was fed to [`absorbing`](Self::absorbing) and not kept.
    ///
    /// # Errors
    ///
    /// See [`run`](Self::run).
    pub fn run_absorbed(
        &self,
        response: &dyn Response,
        absorbing: Absorbing,
        session: &mut Session,
    ) -> Result<(), Failure> {
        self.run_over(response, absorbing.finish(), session)
    }

    fn run_over(
        &self,
        response: &dyn Response,
        absorbed: Vec<(&'static str, Value)>,
        session: &mut Session,
    ) -> Result<(), Failure> {
        let arena = Bump::new();
        let subject = Subject::new(response, absorbed, self.json_parts.as_ref(), &arena);
        compiled::run_all(&self.checks, &subject, session).map_err(Failure::check)
    }
}

impl fmt::Debug for CheckSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckSet").field("len", &self.checks.len()).finish_non_exhaustive()
    }
}
