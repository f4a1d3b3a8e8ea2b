//! Requests in the imperative style, of any protocol.

use std::any::Any;
use std::rc::Rc;
use std::time::Duration;

use crate::compile::RequestName;
use crate::dsl::dummy_request;
use crate::engine::{Loose, NoPanic, Shard, Turn, record_panic};
use crate::error::StepError;
use crate::expression::IntoDuration;
use crate::failure::{Failure, FailureKind};
use crate::imperative::User;
use crate::metrics::{GroupId, NameId, Sample, SampleName, ScenarioId};
use crate::moment::Moment;
use crate::protocol::{Action, ActionBuilder, JoinAwait, Witness};

impl User {
    /// Makes a request of any protocol, and drops what comes back: see [`send`](Self::send), which gives it.
    ///
    /// # Errors
    ///
    /// The request failed, which is counted under its name, with the same text.
    ///
    /// # Cancel safety
    ///
    /// A request that is dropped before it is done is counted as failed.
    pub async fn request(&mut self, request: impl ActionBuilder) -> Result<(), StepError> {
        self.perform(&request, false).await.map(drop)
    }

    /// As [`request`](Self::request), for protocols that hand over a reply (see
    /// [`ActionContext::reply`](crate::protocol::ActionContext::reply)).
    ///
    /// # Errors
    ///
    /// The request failed, or there was no reply of this type.
    ///
    /// # Cancel safety
    ///
    /// As [`request`](Self::request).
    pub async fn exchange<R: Any>(&mut self, request: impl ActionBuilder) -> Result<R, StepError> {
        let reply = self.perform(&request, true).await?;
        let reply = reply.and_then(|reply| reply.downcast().ok());
        reply.map(|reply| *reply).ok_or_else(|| StepError::new(format!("{} gave no reply", request.describe())))
    }

    /// Waits for the requests of this name whose messages are awaited in the background, as
    /// [`join_await`](crate::dsl::join_await) does.
    ///
    /// # Errors
    ///
    /// One of them failed, which is counted under its name.
    ///
    /// # Cancel safety
    ///
    /// A wait that is dropped can be begun again; what was over by then is counted.
    pub async fn join_await(&mut self, name: impl Into<String>) -> Result<(), StepError> {
        self.request(JoinAwait::named(name)).await
    }

    /// As [`join_await`](Self::join_await), for all requests whose messages are awaited in the background.
    ///
    /// # Errors
    ///
    /// As [`join_await`](Self::join_await).
    ///
    /// # Cancel safety
    ///
    /// As [`join_await`](Self::join_await).
    pub async fn join_awaits(&mut self) -> Result<(), StepError> {
        self.request(JoinAwait::all()).await
    }

    /// A pretended request that takes this long and sends nothing.
    ///
    /// # Errors
    ///
    /// The duration cannot be evaluated.
    pub async fn dummy(&mut self, name: impl Into<String>, duration: impl IntoDuration) -> Result<(), StepError> {
        self.request(dummy_request(name, duration)).await
    }

    async fn perform(
        &mut self,
        request: &dyn ActionBuilder,
        wants_reply: bool,
    ) -> Result<Option<Box<dyn Any>>, StepError> {
        self.settle();
        // A wait that was dropped has taken its slot: this request needs one of its own.
        self.cx.user.held = None;
        let action = match self.compile(|cx| request.compile(cx)) {
            Ok(action) => action,
            Err((action, mistake)) => {
                self.record_mistake(action.name(), &mistake);
                self.take_turns().await;
                self.go_on();
                return Err(StepError::counted(mistake));
            }
        };
        self.wait_for_turn(action.is_request()).await;
        self.cx.witness = Some(Box::new(Witness { wants_reply, ..Witness::default() }));
        let (shard, loose) = (self.cx.shard.clone(), self.loose.clone());
        self.cx.announce(&*action);
        let in_flight = InFlight::begin(self, &*action, &shard, &loose);
        let mut panicked = NoPanic(action.run(&mut self.cx).as_mut()).await.err();
        if panicked.is_none() && self.cx.rests() {
            // This code has a task: it waits in that.
            let mut waiting = Box::pin(self.cx.rest_in_task(&*action, Some(&loose)));
            panicked = NoPanic(waiting.as_mut()).await.err();
        }
        if shard.is_over() {
            return forever().await;
        }
        in_flight.end();
        if let Some(message) = panicked {
            record_panic(&mut self.cx, &*action, &message);
        }
        if self.cx.take_turned_away() {
            return self.turned_away().await;
        }
        shard.release_due(self.cx.user.intended);
        if shard.is_over() {
            return forever().await;
        }
        self.take_turns().await;
        let witness = self.cx.witness.take().unwrap_or_default();
        self.go_on();
        match witness.failure {
            Some(failure) => Err(StepError::counted(failure)),
            None => Ok(witness.reply),
        }
    }

    /// Waits while the run is paused, and for a slot where there is a throttle.
    async fn wait_for_turn(&mut self, is_request: bool) {
        let shard = self.cx.shard.clone();
        if shard.is_paused() && shard.wait_while_paused(&self.loose).await {
            let now = self.cx.now();
            self.put_off(now.since(self.cx.user.intended));
            self.cx.restart(now);
        }
        while is_request && shard.is_throttled(self.cx.user.population) {
            match shard.ask_throttles(&mut self.cx.user) {
                Turn::Now(wait) => {
                    self.cx.waited(wait);
                    // A figure of its own, and no time of a step around it.
                    self.paused += wait;
                    self.cx.restart(self.cx.now());
                    return;
                }
                Turn::At(due) => self.wait_for_slot(due).await,
                Turn::Never => self.turned_away().await,
            }
        }
    }

    /// Waits for a slot, which is due later if the run is paused meanwhile.
    async fn wait_for_slot(&mut self, due: Moment) {
        let shard = self.cx.shard.clone();
        let mut due = due;
        loop {
            let before = shard.pauses();
            shard.pause_until(due, &self.loose).await;
            if shard.is_paused() {
                shard.wait_while_paused(&self.loose).await;
            }
            self.cx.user.intended = due;
            let pause = shard.pauses().saturating_sub(before);
            if pause.is_zero() {
                return;
            }
            self.put_off(pause);
            due = self.cx.user.intended;
        }
    }

    /// The run was paused for so long: for the user no time has passed.
    fn put_off(&mut self, pause: Duration) {
        self.cx.user.put_off(pause);
        self.paused += pause;
    }

    /// A throttle has no slot left: the code is dropped where it stands, and the user ends.
    async fn turned_away<T>(&mut self) -> T {
        // Its wait until now is no time of the code's own.
        self.go_on();
        self.loose.turned_away.set(true);
        forever().await
    }

    /// A request that cannot be made has failed.
    fn record_mistake(&mut self, name: &RequestName, mistake: &str) {
        let mut buffer = String::new();
        let name = match name.resolve(self.cx.session(), &mut buffer) {
            SampleName::Dynamic(name) if name.trim().is_empty() => SampleName::Dynamic("(no name)"),
            name => name,
        };
        let now = self.cx.started();
        let failure = Failure::mistake(mistake.to_owned());
        self.cx.sample_named(name).ended(now).failed(failure).no_time_passed().record();
    }
}

/// The run is over: all is counted, and nothing that comes now matters.
async fn forever<T>() -> T {
    std::future::pending().await
}

/// A request on its way. If the user's code drops it, it is counted as failed.
struct InFlight<'a> {
    shard: &'a Rc<Shard>,
    loose: &'a Loose,
    population: u32,
    group: GroupId,
    name: String,
    known: Option<NameId>,
    intended: Moment,
    started: Moment,
    done: bool,
}

impl<'a> InFlight<'a> {
    fn begin(user: &User, action: &dyn Action, shard: &'a Rc<Shard>, loose: &'a Loose) -> Self {
        let mut name = String::new();
        let known = match action.name().resolve(user.cx.session(), &mut name) {
            SampleName::Known(id) => Some(id),
            SampleName::Dynamic(_) => None,
        };
        let (population, group) = (user.cx.user.population, user.cx.user.group);
        shard.action_begins(population);
        let (intended, started) = (user.cx.intended(), user.cx.started());
        InFlight { shard, loose, population, group, name, known, intended, started, done: false }
    }

    fn end(mut self) {
        self.shard.action_ends(self.population);
        self.done = true;
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if self.done || self.shard.is_over() {
            return;
        }
        self.shard.action_ends(self.population);
        if self.loose.interrupted.get() {
            if let Ok(mut recorder) = self.shard.recorder.try_borrow_mut() {
                recorder.users_interrupted(ScenarioId(self.population), 0, 1);
            }
            return;
        }
        let ended = self.shard.clock.now();
        let name = self.known.map_or(SampleName::Dynamic(&self.name), SampleName::Known);
        let failure = Failure::new(FailureKind::Canceled, "dropped by the scenario before it was done");
        let sample = Sample::new(name, self.intended).started(self.started).ended(ended).failed(failure);
        // Not under way in a panic that holds the recorder.
        if let Ok(mut recorder) = self.shard.recorder.try_borrow_mut() {
            recorder.record(ScenarioId(self.population), self.group, &sample);
        }
        let micros = u32::try_from(ended.since(self.intended).as_micros()).unwrap_or(u32::MAX);
        let before = self.loose.dropped_requests.get().unwrap_or_default();
        self.loose.dropped_requests.set(Some(before.saturating_add(micros)));
    }
}
