//! [`Await`]: a message that a step waits for, as the builders of all protocols with streams have it.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::compile_context::{CompileContext, RequestName};
use super::context::ActionContext;
use crate::check::{BoundPredicate, Check, CheckSet, Predicate, Response};
use crate::expression::{Arg, CompiledArg, IntoDuration};
use crate::failure::{Failure, FailureKind};
use crate::format::human;
use crate::metrics::{GroupId, NameId, SampleName};
use crate::moment::Moment;
use crate::phase::Phase;
use crate::protocol::Progress;
use crate::session::Session;
use crate::stream::{Bell, Expectation, Received};

/// A message that a step waits for: for how long, which one, what is checked in it. It stands behind the methods
/// `.await_…(limit, checks)`, `.matching(check)` and `.in_background()` of a protocol's builders.
///
/// The next message that all [`matching`](Self::matching) checks accept ends the wait; then the checks are run over it.
#[derive(Clone, Debug)]
#[must_use = "an await does nothing until it is part of a request"]
pub struct Await {
    limit: Arg<Duration>,
    filter: Vec<Check>,
    checks: Vec<Check>,
    in_background: bool,
}

impl Await {
    /// Waits for the next message for at most `limit`, and runs the checks over it.
    pub fn new(limit: impl IntoDuration, checks: impl IntoIterator<Item = Check>) -> Self {
        Await {
            limit: limit.into_duration(),
            filter: Vec::new(),
            checks: checks.into_iter().collect(),
            in_background: false,
        }
    }

    /// Waits for a message that this check accepts, too; others are left for later steps. It saves and counts nothing.
    pub fn matching(mut self, check: Check) -> Self {
        self.filter.push(check);
        self
    }

    /// Lets the user go on at once; [`join_await`](crate::dsl::join_await) waits for the message.
    pub fn in_background(mut self) -> Self {
        self.in_background = true;
        self
    }

    /// Whether the user goes on at once.
    pub fn is_in_background(&self) -> bool {
        self.in_background
    }

    /// Prepares it for the run.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> CompiledAwait {
        CompiledAwait {
            limit: self.limit.compile(cx),
            is_filtered: !self.filter.is_empty(),
            filter: Predicate::compile(&self.filter, cx),
            checks: Arc::new(CheckSet::compile(&self.checks, cx)),
            in_background: self.in_background,
        }
    }
}

/// An [`Await`] ready for the run, shared by all virtual users.
pub struct CompiledAwait {
    limit: CompiledArg<Duration>,
    is_filtered: bool,
    filter: Predicate,
    checks: Arc<CheckSet>,
    pub(super) in_background: bool,
}

impl CompiledAwait {
    /// For how long this user waits.
    ///
    /// # Errors
    ///
    /// The message of an expression that has no value.
    pub fn limit(&self, session: &Session) -> Result<Duration, Failure> {
        self.limit.get(session).map_err(|error| Failure::mistake(format!("{error:#}")))
    }

    /// Which messages this user waits for.
    pub fn filter(&self, session: &Session) -> BoundPredicate {
        self.filter.bind(session)
    }

    /// Runs the checks over the message.
    ///
    /// # Errors
    ///
    /// The message of the first that fails.
    pub fn check(&self, message: &dyn Response, session: &mut Session) -> Result<(), Failure> {
        self.checks.run(message, session)
    }

    /// That no message came in time.
    pub fn timed_out(&self, limit: Duration) -> Failure {
        timed_out(self.is_filtered, limit)
    }
}

fn timed_out(is_filtered: bool, limit: Duration) -> Failure {
    let which = if is_filtered { "no message that matches" } else { "no message" };
    Failure::new(FailureKind::Timeout(Phase::MESSAGE), format!("{which} came within {}", human(limit)))
}

impl fmt::Debug for CompiledAwait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledAwait").field("filter", &self.filter).finish_non_exhaustive()
    }
}

/// The messages that a user awaits in the background. Its branches share them.
#[derive(Default)]
pub(crate) struct Awaits(RefCell<Vec<Box<dyn Background>>>);

/// A message that is awaited in the background, whatever its type.
pub(super) trait Background {
    /// The name of its request.
    fn name(&self) -> &str;

    fn deadline(&self) -> Moment;

    /// Whether the message is there, or there will be none.
    fn is_over(&self) -> bool;

    /// Rings the bell when it is over.
    fn announce(&self, bell: &Bell);

    /// Checks and counts it.
    fn settle(self: Box<Self>, cx: &mut ActionContext, end: Settled);
}

/// Why an await in the background is counted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Joined,
    /// The user has come to its end.
    UserEnded,
}

impl Awaits {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.0.borrow().len() as u64
    }

    pub(super) fn add(&self, background: impl Background + 'static) {
        self.0.borrow_mut().push(Box::new(background));
    }

    /// Takes out one that is over: the oldest of this name, or of all.
    pub(super) fn take_over(&self, name: Option<&str>, now: Moment) -> Option<Box<dyn Background>> {
        let mut all = self.0.borrow_mut();
        let place = all.iter().position(|one| is_named(&**one, name) && (one.is_over() || one.deadline() <= now))?;
        Some(all.remove(place))
    }

    /// Rings the bell when the oldest of this name, or of all, is over; its deadline. `None` if there is none.
    pub(super) fn announce(&self, name: Option<&str>, bell: &Bell) -> Option<Moment> {
        let all = self.0.borrow();
        let first = all.iter().find(|one| is_named(&***one, name))?;
        first.announce(bell);
        Some(first.deadline())
    }

    /// The user has come to its end: what was not joined is counted.
    pub(crate) fn end(&self, cx: &mut ActionContext) {
        let all = self.0.take();
        all.into_iter().for_each(|background| background.settle(cx, Settled::UserEnded));
    }
}

fn is_named(background: &dyn Background, name: Option<&str>) -> bool {
    name.is_none_or(|name| name == background.name())
}

/// A message of a stream that is awaited in the background, with the request that it belongs to.
pub(super) struct Answer<M: Response + 'static> {
    name: Result<NameId, ()>,
    shown: Arc<str>,
    group: GroupId,
    intended: Moment,
    started: Moment,
    progress: Progress,
    limit: Duration,
    deadline: Moment,
    is_filtered: bool,
    checks: Arc<CheckSet>,
    expectation: Expectation<M>,
}

impl<M: Response + 'static> Answer<M> {
    /// The rest of the request that is on its way.
    pub(super) fn begin(
        name: &RequestName,
        awaited: &CompiledAwait,
        progress: Progress,
        limit: Duration,
        expectation: Expectation<M>,
        cx: &ActionContext,
    ) -> Self {
        let mut buffer = String::new();
        let (known, shown) = match (name, name.resolve(cx.session(), &mut buffer)) {
            (RequestName::Known(id, name), _) => (Ok(*id), name.clone()),
            (_, SampleName::Known(id)) => (Ok(id), "".into()),
            (_, SampleName::Dynamic(name)) => (Err(()), name.into()),
        };
        cx.stays_in_flight();
        Answer {
            name: known,
            shown,
            group: cx.group(),
            intended: cx.intended(),
            started: cx.started(),
            progress,
            limit,
            deadline: cx.now() + limit,
            is_filtered: awaited.is_filtered,
            checks: awaited.checks.clone(),
            expectation,
        }
    }

    fn outcome(&mut self, cx: &mut ActionContext, end: Settled) -> (Moment, Result<(), Failure>) {
        let now = cx.now();
        match self.expectation.take() {
            Some(Ok(received)) => {
                self.progress.received(&received);
                let Received { message, at, .. } = received;
                let outcome = self.checks.run(&message, cx.session_mut());
                if outcome.is_ok() {
                    cx.reply(message);
                }
                (at.max(self.intended), outcome)
            }
            Some(Err(failure)) => (now, Err(failure)),
            None if self.deadline <= now => (self.deadline, Err(timed_out(self.is_filtered, self.limit))),
            None if end == Settled::UserEnded => {
                (now, Err(Failure::new(FailureKind::Canceled, "the user ended before the message came")))
            }
            None => (now, Err(Failure::new(FailureKind::Canceled, "the message was not waited for"))),
        }
    }
}

impl<M: Response + 'static> Background for Answer<M> {
    fn name(&self) -> &str {
        &self.shown
    }

    fn deadline(&self) -> Moment {
        self.deadline
    }

    fn is_over(&self) -> bool {
        self.expectation.is_over()
    }

    fn announce(&self, bell: &Bell) {
        self.expectation.announce(bell);
    }

    fn settle(mut self: Box<Self>, cx: &mut ActionContext, end: Settled) {
        let (ended, outcome) = self.outcome(cx, end);
        let name = self.name.map_or(SampleName::Dynamic(&self.shown), SampleName::Known);
        let sample = self.progress.sample(name, self.intended, self.started, ended).outcome(outcome);
        cx.record_apart(self.group, sample);
        cx.is_answered();
        // Who joins has waited until then, if it had to wait at all.
        let after = cx.intended().max(ended.min(cx.now()));
        cx.finish(after);
    }
}
