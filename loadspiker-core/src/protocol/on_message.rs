//! [`OnMessage`]: every message of a stream is counted and checked, whatever the user does meanwhile.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::compile_context::{CompileContext, RequestName};
use super::context::ActionContext;
use crate::check::{Check, CheckSet, Response, refuse_saving};
use crate::failure::{Failure, FailureKind};
use crate::metrics::{Sample, SampleKind, SampleName};
use crate::moment::Moment;
use crate::session::{Session, Slot};
use crate::value::Value;

/// The attribute, of a session of the stream's own, in which the timestamp of a message is put down.
const SENT_AT: &str = "loadspiker_message_sent_at";

/// The unit of a number that is a point in time, counted from the beginning of 1970 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// Seconds. They may have a fraction.
    Secs,
    /// Milliseconds. They may have a fraction.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl TimeUnit {
    fn per_second(self) -> f64 {
        match self {
            TimeUnit::Secs => 1.0,
            TimeUnit::Millis => 1e3,
            TimeUnit::Micros => 1e6,
            TimeUnit::Nanos => 1e9,
        }
    }

    /// The time since the beginning of 1970.
    fn since_epoch(self, value: &Value) -> Option<Duration> {
        Duration::try_from_secs_f64(value.as_f64()? / self.per_second()).ok()
    }
}

/// Counts and checks every message of a stream. It stands behind the methods `.on_message(name, checks)` and
/// `.sent_at(check, unit)` of a protocol's builders.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is part of a request that opens a stream"]
pub struct OnMessage {
    name: String,
    checks: Vec<Check>,
    sent_at: Option<(Check, TimeUnit)>,
    kind: SampleKind,
}

impl OnMessage {
    /// Counts every message as a request of this name, which fails if one of the checks does. Expressions see the session
    /// as it is when the stream is opened.
    pub fn new(name: impl Into<String>, checks: impl IntoIterator<Item = Check>) -> Self {
        let checks = checks.into_iter().collect();
        OnMessage { name: name.into(), checks, sent_at: None, kind: SampleKind::Request }
    }

    /// Takes the point in time that `check` finds in a message for that at which it was sent: the response time of the
    /// message is the time from then until it came. It is as right as the clocks of both machines are the same; a time
    /// below zero is shown as zero. Without it, the time of every message is zero.
    pub fn sent_at(mut self, check: Check, unit: TimeUnit) -> Self {
        self.sent_at = Some((check, unit));
        self
    }

    /// Counts the messages as samples of another kind, such as [`SampleKind::Message`]. By default they are requests.
    pub fn kind(mut self, kind: SampleKind) -> Self {
        self.kind = kind;
        self
    }

    /// Prepares it for the run.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> CompiledOnMessage {
        refuse_saving(&self.checks, "a check of every message", cx);
        let mut checks = self.checks.clone();
        let sent_at = self.sent_at.as_ref().map(|(check, unit)| {
            refuse_saving(std::slice::from_ref(check), "a check for the time of every message", cx);
            checks.push(check.clone().save_as(SENT_AT));
            (cx.define(SENT_AT), *unit)
        });
        let checks = Arc::new(CheckSet::compile(&checks, cx));
        CompiledOnMessage { name: cx.request_name(&self.name), checks, sent_at, kind: self.kind }
    }
}

/// An [`OnMessage`] ready for the run, shared by all virtual users.
#[derive(Debug)]
pub struct CompiledOnMessage {
    name: RequestName,
    checks: Arc<CheckSet>,
    sent_at: Option<(Slot, TimeUnit)>,
    kind: SampleKind,
}

impl CompiledOnMessage {
    /// What is to be called with each message that comes, with the moment at which it came: for
    /// [`Inbox::tap`](crate::stream::Inbox::tap). It counts for the group that the user is in now.
    pub fn tap<M: Response>(&self, cx: &ActionContext) -> impl Fn(&M, Moment) + 'static + use<M> {
        let mut buffer = String::new();
        let name = match self.name.resolve(cx.session(), &mut buffer) {
            SampleName::Known(id) => Ok(id),
            SampleName::Dynamic(name) => Err(name.to_owned()),
        };
        let session = RefCell::new(cx.session().snapshot());
        let (handle, origin) = (cx.handle(), cx.origin());
        let (checks, sent_at, kind) = (self.checks.clone(), self.sent_at, self.kind);
        move |message: &M, at: Moment| {
            let mut session = session.borrow_mut();
            let (outcome, latency) = judge(&checks, sent_at, message, &mut session, handle.now().since(at));
            let outcome = outcome.map_err(|failure| {
                let text = session.masked(failure.text()).into_owned();
                failure.with_text(text)
            });
            let name = name.as_ref().map_or_else(|name| SampleName::Dynamic(name), |id| SampleName::Known(*id));
            let sent = at.minus(latency);
            let sample = Sample::new(name, sent).sent(sent).ended(at).bytes(0, message.body().len() as u64);
            handle.observe(origin, &sample.kind(kind).outcome(outcome));
        }
    }
}

/// What the checks say of a message that came so long ago, and how long it was on its way.
fn judge(
    checks: &CheckSet,
    sent_at: Option<(Slot, TimeUnit)>,
    message: &dyn Response,
    session: &mut Session,
    ago: Duration,
) -> (Result<(), Failure>, Duration) {
    // It runs in the task that reads for all: a panic in a closure must not end that.
    let outcome = catch_unwind(AssertUnwindSafe(|| checks.run(message, session)));
    let outcome = outcome.unwrap_or_else(|_| Err(Failure::new(FailureKind::Panic, "a check of the message panicked")));
    let sent = sent_at.and_then(|(slot, unit)| Some((session.remove_at(slot)?, unit)));
    let Some((value, unit)) = sent else { return (outcome, Duration::ZERO) };
    match (unit.since_epoch(&value), SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)) {
        (Some(sent), Ok(now)) => (outcome, now.saturating_sub(ago).saturating_sub(sent)),
        (None, _) => {
            let text = "the time at which the message was sent is not a number of at least 0";
            (outcome.and(Err(Failure::check(text))), Duration::ZERO)
        }
        (_, Err(_)) => (outcome, Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_time_is_read_in_its_unit() {
        let cases = [
            (TimeUnit::Secs, Value::from(1.5)),
            (TimeUnit::Millis, Value::from(1500)),
            (TimeUnit::Micros, Value::from("1500000")),
            (TimeUnit::Nanos, Value::from(1_500_000_000_i64)),
        ];
        for (unit, value) in cases {
            assert_eq!(unit.since_epoch(&value), Some(Duration::from_millis(1500)), "{unit:?}");
        }
        assert_eq!(TimeUnit::Secs.since_epoch(&Value::from(-1)), None);
        assert_eq!(TimeUnit::Secs.since_epoch(&Value::from("soon")), None);
    }
}
