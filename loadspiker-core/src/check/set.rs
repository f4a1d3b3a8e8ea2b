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
    /// Prepares checks: patterns without expressions are compiled, attributes to save are defined, mistakes told with
    /// `cx.mistake`. Where a protocol has checks for every request, they come after the request's own.
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

    /// Whether there is no check.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Whether a check looks at the body; if not, a protocol need not keep it.
    pub fn needs_body(&self) -> bool {
        !matches!(self.needs_body, Need::Nothing)
    }

    /// If it is enough to feed the body to the checks while it comes in: what is to be fed. `None` if the body has to be
    /// kept ([`needs_body`](Self::needs_body)), or nobody looks at it.
    ///
    /// A protocol with small bodies, or that has them whole anyhow, need not care.
    pub fn absorbing(&self) -> Option<Absorbing> {
        match &self.needs_body {
            Need::Feed(absorbers) => Some(Absorbing::start(absorbers)),
            Need::Nothing | Need::Whole => None,
        }
    }

    /// Whether a check looks at the status, be it on a condition; if not, a protocol applies the one it implies.
    pub fn has_status_check(&self) -> bool {
        self.has_status
    }

    /// Runs all checks over a response and saves what they find, also if others fail.
    ///
    /// # Errors
    ///
    /// The first failure, for the sample: its text is short, with the values in it marked as
    /// [`varying`](crate::protocol::varying). The session is not marked as failed; recording the failed sample does that.
    pub fn run(&self, response: &dyn Response, session: &mut Session) -> Result<(), Failure> {
        self.run_over(response, Vec::new(), session)
    }

    /// As [`run`](Self::run), over a response whose body was fed to [`absorbing`](Self::absorbing) and not kept.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
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
