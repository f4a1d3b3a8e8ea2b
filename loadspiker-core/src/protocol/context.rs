//! [`ActionContext`]: what a running action gets from the engine.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::custom_metric::Recording;
use crate::engine::{Shard, Turn, User, Watchdog};
use crate::format::human;
use crate::metrics::{GroupId, Sample, SampleKind, SampleName};
use crate::moment::Moment;
use crate::protocol::sample::masked;
use crate::protocol::{Action, ProtocolSlot, Resting, ShardState, UserState, Witness};
use crate::session::Session;
use crate::shown::{plain, printable};

/// What a running action gets from the engine: the user's session, the clock, time limits, the protocol's own states,
/// and the recorder.
pub struct ActionContext {
    pub(crate) user: Box<User>,
    pub(crate) shard: Rc<Shard>,
    pub(super) started: Moment,
    /// What the clock showed last, as long as nothing that takes time has happened since.
    pub(super) time: Option<Moment>,
    /// How long the request of this action waited for a throttle; `None` where there is none.
    pub(super) throttle_wait: Option<Duration>,
    /// A throttle has no slot left for this user.
    turned_away: bool,
    watchdog: RefCell<Watchdog>,
    /// How often others had their turn meanwhile.
    pub(crate) turns: u32,
    /// The action waits for a bell: what is kept of it while the user rests.
    pub(super) resting: Option<Box<Resting>>,
    /// For requests of imperative steps: what their code gets to know.
    pub(crate) witness: Option<Box<Witness>>,
}

/// A name as messages have it. One that cannot be printed as it is would break the line it stands in.
fn quoted(name: &str) -> String {
    format!("\"{}\"", printable(name))
}

/// The time limit passed before the future was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("timed out")]
pub struct Elapsed;

pin_project_lite::pin_project! {
    /// A future with a time limit; made by [`ActionContext::timeout_at`].
    ///
    /// A type of its own, because an async function would hold the future twice, and with it every request.
    #[must_use = "a future does nothing until it is awaited"]
    pub struct Timeout<'a, F> {
        #[pin]
        future: F,
        deadline: Instant,
        watchdog: &'a RefCell<Watchdog>,
    }
}

impl<F: Future> Future for Timeout<'_, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.future.poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => this.watchdog.borrow_mut().poll(*this.deadline, cx).map(|()| Err(Elapsed)),
        }
    }
}

impl ActionContext {
    pub(crate) fn new(user: Box<User>, shard: Rc<Shard>) -> Self {
        ActionContext {
            user,
            shard,
            started: Moment::START,
            time: None,
            throttle_wait: None,
            turned_away: false,
            watchdog: RefCell::default(),
            turns: 0,
            resting: None,
            witness: None,
        }
    }

    pub(crate) fn begin_action(&mut self) {
        self.started = self.time.take().filter(|time| *time == self.user.intended).unwrap_or_else(|| self.now());
    }

    /// The request of the next action has waited for a throttle.
    pub(crate) fn waited(&mut self, wait: Duration) {
        self.throttle_wait = Some(wait);
    }

    /// Whether a throttle had no slot left for a request within the action; what follows begins anew.
    pub(crate) fn take_turned_away(&mut self) -> bool {
        std::mem::take(&mut self.turned_away)
    }

    /// Counts a request that ended in the past, in the group it was begun in. The user's schedule is not moved.
    pub(crate) fn record_apart(&mut self, group: GroupId, sample: Sample<'_>) {
        if self.shard.is_over() {
            return;
        }
        let sample = masked(sample, &self.user.session);
        if self.shard.debug {
            self.show_outcome(&sample);
        }
        self.shard.recorder.borrow_mut().record(self.user.scenario(), group, &sample);
        if let Some(failure) = &sample.failure {
            self.user.session.mark_as_failed();
            self.user.fail_group();
            if let Some(witness) = &mut self.witness {
                witness.failure.get_or_insert_with(|| failure.text().to_owned());
            }
        }
    }

    /// The group that the user is in.
    pub(crate) fn group(&self) -> GroupId {
        self.user.group
    }

    pub(crate) fn into_user(self) -> Box<User> {
        self.user
    }

    /// What this user knows.
    pub fn session(&self) -> &Session {
        &self.user.session
    }

    /// What this user knows, to be changed.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.user.session
    }

    /// Now, on the clock of the run. Reading it costs about 25 ns.
    pub fn now(&self) -> Moment {
        self.shard.clock.now()
    }

    /// Whether the shard was held up a moment ago by a turn that took long, so that what is seen now may have been there for
    /// a while. A protocol that can learn when it came in takes that for the end of its request: the delay is the load
    /// generator's, not the target's. Asking costs next to nothing.
    pub fn was_held_up(&self) -> bool {
        self.shard.pulse.is_aftermath()
    }

    /// When the user meant to begin this action: the due instant of what released it (its arrival, the end of a pause,
    /// the end of the step before). After a request was [recorded](super::SampleBuilder::record) it is the end of that.
    pub fn intended(&self) -> Moment {
        self.user.intended
    }

    /// When the engine got to this action.
    pub fn started(&self) -> Moment {
        self.started
    }

    /// Says that another request of the same action begins now, such as the next hop of a redirect. One that is sent to
    /// the system under test needs [`next_request`](Self::next_request) instead, which asks the throttles.
    pub fn restart(&mut self, now: Moment) {
        self.started = now;
    }

    /// Another request of the same action begins where the one recorded last ended, such as the next hop of a redirect.
    /// Under a throttle it waits for a slot, as the first request of an action has done when the action runs; without
    /// one it costs nothing.
    ///
    /// Says whether the request may be made. If not (the throttle has no slot left, or the run is being stopped and the
    /// slot would come too late), the action is to return without it; the user ends behind the action.
    ///
    /// # Cancel safety
    ///
    /// A dropped wait has taken its slot.
    #[must_use = "a request without a slot must not be made"]
    pub async fn next_request(&mut self) -> bool {
        self.begin_action();
        if !self.shard.is_throttled(self.user.population) {
            return true;
        }
        loop {
            match self.shard.ask_throttles(&mut self.user) {
                Turn::Now(wait) => {
                    self.throttle_wait = Some(wait);
                    return true;
                }
                Turn::At(due) if due <= self.shard.deadline() => {
                    self.shard.sleep_until(due).await;
                    self.user.intended = due;
                    self.started = self.now();
                }
                Turn::At(_) | Turn::Never => {
                    self.turned_away = true;
                    return false;
                }
            }
        }
    }

    /// This shard's state of the protocol in `slot`, as [`Protocol::open`](crate::protocol::Protocol::open) made it.
    ///
    /// # Panics
    ///
    /// If the protocol opens a state of another type than it asks for here.
    pub fn shard<S: ShardState>(&self, slot: ProtocolSlot) -> Rc<S> {
        let state: Rc<dyn Any> = self.shard.protocol_state(slot.0);
        #[expect(clippy::expect_used, reason = "a protocol asks with its own slot for its own type")]
        state.downcast().expect("a protocol keeps shards' states of one type")
    }

    /// What this run has one of, for the users of all shards: the `S` that any of them asked for, made at first use. The
    /// type is the protocol's own. `before` and `after` a run have theirs.
    ///
    /// Asking takes a lock, and what is written there other cores wait for. So it is for what must be one and seldom
    /// changes, and a shard that needs it for each request keeps the `Arc` in its own state.
    pub fn run_state<S: Any + Default + Send + Sync>(&self) -> Arc<S> {
        self.shard.run_states().get()
    }

    /// This user's state of the protocol in `slot`, made at first use.
    ///
    /// # Panics
    ///
    /// If the protocol asks for different types in the same slot.
    pub fn user<U: UserState>(&mut self, slot: ProtocolSlot, init: impl FnOnce() -> U) -> &mut U {
        self.user.state(slot.0, init)
    }

    /// Counts what an action tells of; see [`SampleBuilder::record`](super::SampleBuilder::record).
    pub(crate) fn record(&mut self, mut sample: Sample<'_>, no_time_passed: bool) {
        if self.shard.is_over() {
            // The run has ended under way; the request is counted as interrupted already.
            return;
        }
        if sample.failure.is_some() {
            sample = masked(sample, &self.user.session);
        }
        if self.shard.debug {
            self.show_outcome(&sample);
        }
        let is_request = sample.kind == SampleKind::Request;
        let user = &mut *self.user;
        let wait = if is_request { self.throttle_wait } else { None };
        self.shard.recorder.borrow_mut().record_throttled(user.scenario(), user.group, &sample, wait);
        if let Some(failure) = &sample.failure {
            self.shard.tell_failed_request(user, sample.name, failure.text());
            user.session.mark_as_failed();
            user.fail_group();
            if let Some(witness) = &mut self.witness {
                witness.failure.get_or_insert_with(|| failure.text().to_owned());
            }
        }
        if !is_request {
            return self.forget_time();
        }
        if !user.frames.is_empty() {
            let micros = sample.ended.since(sample.intended).as_micros();
            user.cumulate(u32::try_from(micros).unwrap_or(u32::MAX));
        }
        self.finish(sample.ended);
        if no_time_passed {
            self.time = Some(self.user.intended);
        }
    }

    /// Counts a sample and does nothing else; see [`SampleBuilder::observe`](super::SampleBuilder::observe).
    pub(crate) fn observe(&self, sample: Sample<'_>) {
        if self.shard.is_over() {
            return;
        }
        let sample = masked(sample, &self.user.session);
        if self.shard.debug {
            self.show_outcome(&sample);
        }
        self.shard.recorder.borrow_mut().record(self.user.scenario(), self.user.group, &sample);
    }

    #[cold]
    fn show_outcome(&self, sample: &Sample<'_>) {
        let name = match sample.name {
            SampleName::Known(id) => self.shard.name_of(id),
            SampleName::Dynamic(name) => name,
        };
        let time = human(sample.ended.since(sample.intended));
        let outcome = sample.failure.as_ref();
        let outcome = outcome.map_or("ok".to_owned(), |failure| format!("failed: {}", plain(failure.text())));
        let whose = self.user.whose();
        self.shard.show(&format!("= {}, {whose}, after {time}: {outcome}\n", quoted(name)));
    }

    /// Says that work was done since the end of the sample recorded last, such as checks over a body: what follows is
    /// late by that much, and the clock is read again to tell. Needed only after
    /// [`no_time_passed`](super::SampleBuilder::no_time_passed).
    pub fn forget_time(&mut self) {
        self.time = None;
    }

    /// For requests that are not reported: what follows is intended to begin at `ended`, but not earlier than before.
    pub fn finish(&mut self, ended: Moment) {
        self.user.intended = self.user.intended.max(ended);
        self.throttle_wait = None;
        self.time = None;
    }

    /// As [`finish`](Self::finish), for a request that is not reported and has failed: the user is marked as failed.
    pub fn finish_failed(&mut self, error: &str, ended: Moment) {
        self.user.session.mark_as_failed();
        if let Some(witness) = &mut self.witness {
            witness.failure.get_or_insert_with(|| error.to_owned());
        }
        self.finish(ended);
    }

    /// Whether the request was made by code of the user's that waits for the reply: an imperative step. Then an action
    /// keeps what it would otherwise drop, such as the body, and hands it over with [`reply`](Self::reply).
    pub fn wants_reply(&self) -> bool {
        self.witness.as_ref().is_some_and(|witness| witness.wants_reply)
    }

    /// Hands the response of this request to the code of the user's that made it, which gets it from
    /// [`User::exchange`](crate::imperative::User::exchange) if the request does not fail. Without such code it is dropped.
    pub fn reply<R: Any>(&mut self, reply: R) {
        if let Some(witness) = self.witness.as_mut().filter(|witness| witness.wants_reply) {
            witness.reply = Some(Box::new(reply));
        }
    }

    /// Runs `future` until `deadline` at the latest. Cheap: a user has one timer, and arms it only if the future does
    /// not finish at once. Accurate to a millisecond.
    ///
    /// # Errors
    ///
    /// [`Elapsed`] if the deadline passed first; the future is dropped.
    ///
    /// # Cancel safety
    ///
    /// As the future's.
    pub fn timeout_at<F: Future>(&self, deadline: Moment, future: F) -> Timeout<'_, F> {
        Timeout { future, deadline: self.shard.clock.instant_of(deadline), watchdog: &self.watchdog }
    }

    /// Runs `future` for at most `limit` from now; see [`timeout_at`](Self::timeout_at).
    ///
    /// # Errors
    ///
    /// [`Elapsed`] if the limit passed first; the future is dropped.
    pub fn timeout<F: Future>(&self, limit: Duration, future: F) -> Timeout<'_, F> {
        self.timeout_at(self.now() + limit, future)
    }

    /// Waits on the clock of the run, which is finer than tokio's timer.
    pub async fn sleep(&self, duration: Duration) {
        self.shard.sleep_until(self.now() + duration).await;
    }

    /// Whether every exchange is to be shown with [`debug`](Self::debug) (`--debug`).
    pub fn is_debugging(&self) -> bool {
        self.shard.debug
    }

    /// Shows an exchange to the person who debugs the scenario, under a line with the name of the request, the user and
    /// the scenario. Values of attributes with the [names of secrets](super::is_secret_name) are masked here; secrets that
    /// are told by their place, such as headers and parameters, must be masked by the caller, as
    /// [`masked_url`](super::masked_url) does it.
    pub fn debug(&self, text: &str) {
        let text = self.user.session.masked(text);
        let text = plain(&text);
        let request = self.user.debugged().map(|request| quoted(request) + ", ").unwrap_or_default();
        self.shard.show(&format!("# {request}{}\n{text}", self.user.whose()));
    }

    /// Of an action that is about to run: what it shows is shown under its name.
    pub(crate) fn announce(&mut self, action: &dyn Action) {
        if self.shard.debug {
            let mut buffer = String::new();
            let name = match action.name().resolve(self.session(), &mut buffer) {
                SampleName::Known(id) => self.shard.name_of(id).into(),
                SampleName::Dynamic(name) => name.into(),
            };
            self.user.extras.get_or_insert_default().rare.get_or_insert_default().debugged = Some(name);
        }
    }

    /// An empty text to render into; give it back with [`return_buffer`](Self::return_buffer).
    pub fn take_buffer(&self) -> String {
        self.shard.buffers.borrow_mut().pop().unwrap_or_default()
    }

    /// Gives a buffer back, so that its memory is used again.
    pub fn return_buffer(&self, mut buffer: String) {
        let mut buffers = self.shard.buffers.borrow_mut();
        if buffers.len() < 16 && buffer.capacity() <= 64 * 1024 {
            buffer.clear();
            buffers.push(buffer);
        }
    }
}

impl Recording for ActionContext {
    fn recording_session(&self) -> &Session {
        self.session()
    }
}
