//! How protocols take their leave: of each user, of a shard, and how a shard waits for it.
//!
//! Every user's states are ended with [`UserState::end`](crate::protocol::UserState::end), wherever the user is: at its
//! end, at rest when it is cut off, or within an action, which is dropped first. What that returns runs in a task, with a
//! timeout. A user that has come to its end keeps its place in the load until its task is done. At the end of the run the
//! shard waits for all such tasks, and then closes the states of the shard in the same way.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};
use tokio::time::Sleep;

use crate::compile::Plan;
use crate::engine::{NoPanic, Shard, User, task};
use crate::format::precise;
use crate::metrics::ScenarioId;
use crate::moment::Moment;
use crate::protocol::{END_TIMEOUT, End, LocalFuture, Metrics, RunEnd, ShardHandle, ShardServices, ShardState, Wakers};

/// How much longer a shard takes at most than the timeouts of its protocols, at its end.
const SLACK: Duration = Duration::from_secs(1);

/// Beginning and end of a shard, as protocols meet them.
pub(crate) struct Life {
    /// The clock of the run is on.
    pub(super) begun: Cell<bool>,
    /// The end of the grace period, once the run is being stopped.
    pub(super) stopping: Cell<Option<Moment>>,
    pub(super) stop_wakers: Wakers,
    pub(super) metrics: Metrics,
    /// Tasks of users.
    pub(super) workers: Wakers,
    /// How many goodbyes are under way.
    open: Cell<usize>,
    finishing: Cell<Finishing>,
    /// When the shard waits no longer, by real time.
    patience: RefCell<Option<Pin<Box<Sleep>>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Finishing {
    No,
    /// Users take their leave.
    Users,
    /// The protocols' states of the shard do.
    States,
}

/// A goodbye, and the protocol that says it, by its place.
type Goodbye = (usize, LocalFuture<'static, ()>);

impl Life {
    pub(super) fn new(metrics: Metrics) -> Self {
        Life {
            begun: Cell::new(false),
            stopping: Cell::new(None),
            stop_wakers: Wakers::default(),
            metrics,
            workers: Wakers::default(),
            open: Cell::new(0),
            finishing: Cell::new(Finishing::No),
            patience: RefCell::new(None),
        }
    }
}

impl Shard {
    fn handle(self: &Rc<Self>, scenario: Option<ScenarioId>) -> ShardHandle {
        ShardHandle::new(self.clone(), scenario)
    }

    /// Opens the protocols' states, one after another.
    ///
    /// # Errors
    ///
    /// The name of the protocol that could not be opened, and why.
    pub(super) async fn open_protocols(self: &Rc<Self>) -> Result<(), (String, String)> {
        let handle = self.handle(None);
        for protocol in &self.plan.protocols {
            let named = |cause| (protocol.name().to_owned(), cause);
            let limit = protocol.open_timeout();
            let opened = tokio::time::timeout(limit, protocol.open(&handle)).await;
            let opened = opened.unwrap_or_else(|_| {
                Err(format!("it was not open within {}; is what it talks to reachable?", precise(limit)))
            });
            self.states.borrow_mut().push(opened.map_err(named)?);
        }
        Ok(())
    }

    /// Tells tasks and actions that the run is being stopped.
    pub(super) fn tell_stopping(&self, deadline: Moment) {
        let known = self.life.stopping.get().unwrap_or(Moment::NEVER);
        self.life.stopping.set(Some(known.min(deadline)));
        self.worked.set(true);
        self.life.stop_wakers.wake_all();
    }

    /// Calls the tasks of users, which are to come to their end.
    pub(super) fn call_workers(&self) {
        self.seats.borrow_mut().clear();
        self.worked.set(true);
        self.life.workers.wake_all();
    }

    /// Ends the protocols' states of a user; those that have more to do return it.
    pub(super) fn end_states(self: &Rc<Self>, user: &mut User, why: End) -> Vec<Goodbye> {
        let scenario = user.scenario();
        let Some(extras) = user.extras.as_mut().filter(|extras| !extras.states.is_empty()) else { return Vec::new() };
        let states = std::mem::take(&mut extras.states);
        let handle = self.handle(Some(scenario));
        let ends = states.into_iter().enumerate();
        ends.filter_map(|(index, state)| Some((index, state?.end(why, &handle)?))).collect()
    }

    /// A user that is cut off takes its leave; it is counted elsewhere.
    pub(super) fn say_goodbye(self: &Rc<Self>, user: Box<User>, why: End) {
        if !user.is_in_block() {
            return self.end_user_states(user, why);
        }
        self.life.open.set(self.life.open.get() + 1);
        self.worked.set(true);
        let shard = self.clone();
        task::spawn_other(self, async move {
            let user = shard.close_blocks(user).await;
            shard.end_user_states(user, why);
            shard.life.open.set(shard.life.open.get().saturating_sub(1));
            shard.look_whether_done();
        });
    }

    fn end_user_states(self: &Rc<Self>, mut user: Box<User>, why: End) {
        let scenario = user.scenario();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let goodbyes = self.end_states(&mut user, why);
            // What else it holds closes here.
            drop(user);
            goodbyes
        }));
        match ended {
            Ok(goodbyes) => self.say_all(goodbyes, scenario, |_| {}),
            Err(payload) => self.task_panicked(scenario, "the end of a user", payload.as_ref()),
        }
    }

    /// A busy user, or a branch of one, whose run is over, and which is counted: it takes its leave, and with its last
    /// branch a user does.
    pub(super) fn cut_off(self: &Rc<Self>, user: Box<User>) {
        let mut next = Some(user);
        while let Some(user) = next {
            let fork = user.fork().cloned();
            self.say_goodbye(user, End::Interrupted);
            next = fork.and_then(|fork| fork.interrupt_branch());
        }
    }

    /// Runs the goodbyes in a task, and `then` when they are done.
    pub(super) fn say_all(
        self: &Rc<Self>,
        goodbyes: Vec<Goodbye>,
        scenario: ScenarioId,
        then: impl FnOnce(&Rc<Shard>) + 'static,
    ) {
        if goodbyes.is_empty() {
            return then(self);
        }
        self.life.open.set(self.life.open.get() + 1);
        self.worked.set(true);
        let shard = self.clone();
        task::spawn_other(self, async move {
            shard.wait_for_all(goodbyes, scenario).await;
            then(&shard);
            shard.life.open.set(shard.life.open.get().saturating_sub(1));
            shard.look_whether_done();
        });
    }

    async fn wait_for_all(&self, mut goodbyes: Vec<Goodbye>, scenario: ScenarioId) {
        let limit = goodbyes.iter().map(|(index, _)| self.end_timeout(*index)).max().unwrap_or(END_TIMEOUT);
        let mut timeout = pin!(self.sleep_until(self.clock.now() + limit));
        poll_fn(|cx| {
            goodbyes.retain_mut(|(_, goodbye)| match catch_unwind(AssertUnwindSafe(|| goodbye.as_mut().poll(cx))) {
                Ok(polled) => polled.is_pending(),
                Err(payload) => {
                    self.task_panicked(scenario, "the end of a user", payload.as_ref());
                    false
                }
            });
            if goodbyes.is_empty() { Poll::Ready(()) } else { timeout.as_mut().poll(cx) }
        })
        .await;
        for (index, goodbye) in goodbyes {
            let name = self.plan.protocols.get(index).map_or("a protocol", |protocol| protocol.name());
            let cut = format!("{name}: the end of a connection was cut off after {}", precise(limit));
            self.recorder.borrow_mut().step_error(scenario, &cut);
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(goodbye))) {
                self.task_panicked(scenario, "the end of a user", payload.as_ref());
            }
        }
    }

    /// For how long the protocol in this place may take its leave.
    fn end_timeout(&self, index: usize) -> Duration {
        self.plan.protocols.get(index).map_or(END_TIMEOUT, |protocol| protocol.end_timeout())
    }

    pub(super) fn is_finishing(&self) -> bool {
        self.life.finishing.get() != Finishing::No
    }

    /// The run is over: who is left is cut off, and the shard ends when all have taken their leave.
    pub(super) fn begin_finish(self: &Rc<Self>) {
        if self.is_finishing() {
            return;
        }
        self.interrupt_all();
        self.life.finishing.set(Finishing::Users);
        let all = 0..self.plan.protocols.len();
        let longest = all.map(|index| self.end_timeout(index)).max().unwrap_or(END_TIMEOUT);
        // Users first, and then the states of the shard.
        let patience = longest.saturating_mul(2).saturating_add(SLACK);
        *self.life.patience.borrow_mut() = Some(Box::pin(tokio::time::sleep(patience)));
    }

    /// Whether nothing is left to be waited for.
    pub(super) fn has_finished(self: &Rc<Self>, cx: &mut Context<'_>) -> bool {
        let waits_for_none = || self.life.open.get() == 0 && self.life.workers.is_empty();
        if self.life.finishing.get() == Finishing::Users && waits_for_none() {
            self.life.finishing.set(Finishing::States);
            self.close_states();
        }
        let done = self.life.finishing.get() == Finishing::States && waits_for_none();
        let mut patience = self.life.patience.borrow_mut();
        done || patience.as_mut().is_some_and(|patience| patience.as_mut().poll(cx).is_ready())
    }

    /// To be called when a goodbye or a task of users is done.
    pub(super) fn look_whether_done(&self) {
        if self.is_finishing()
            && self.life.open.get() == 0
            && let Some(waker) = &*self.waker.borrow()
        {
            waker.wake_by_ref();
        }
    }

    fn close_states(self: &Rc<Self>) {
        let handle = self.handle(None);
        let states = self.states.borrow().clone();
        let mut goodbyes = Vec::new();
        for (index, state) in states.into_iter().enumerate() {
            match catch_unwind(AssertUnwindSafe(|| state.close(&handle))) {
                Ok(goodbye) => goodbyes.extend(goodbye.map(|goodbye| (index, goodbye))),
                Err(payload) => self.task_panicked(ScenarioId::new(0), "the end of a shard", payload.as_ref()),
            }
        }
        self.say_all(goodbyes, ScenarioId::new(0), |_| {});
    }

    /// Drops the protocols' states, which may have handles of this shard. A panic of a destructor is counted.
    pub(super) fn drop_states(&self) {
        let states: Vec<Rc<dyn ShardState>> = std::mem::take(&mut *self.states.borrow_mut());
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(states))) {
            let payload: &(dyn Any + Send) = payload.as_ref();
            self.task_panicked(ScenarioId::new(0), "the end of a shard", payload);
        }
    }
}

/// Lets the protocols take their leave of the whole run; its shards have ended.
pub(super) fn close_run(plan: &Plan) {
    let run = RunEnd::new(&plan.states);
    let mut ends = Vec::new();
    for protocol in &plan.protocols {
        // A panic here is the end of one protocol's leave, and no reason to lose the report.
        let end = catch_unwind(AssertUnwindSafe(|| protocol.close_run(&run))).ok().flatten();
        ends.extend(end.map(|end| (protocol.end_timeout(), end)));
    }
    if ends.is_empty() {
        return;
    }
    let Ok(runtime) = Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) else { return };
    runtime.block_on(async {
        for (limit, end) in ends {
            let _ = tokio::time::timeout(limit, NoPanic(pin!(end))).await;
        }
    });
}

/// Registers the task that asks, so that it is woken when the run is over.
pub(super) async fn register(shard: &Shard) -> usize {
    poll_fn(|cx: &mut Context<'_>| {
        let waker: Waker = cx.waker().clone();
        Poll::Ready(shard.life.workers.insert(waker))
    })
    .await
}

/// An action that is dropped when the run is over.
pub(super) struct UntilOver<'a, F> {
    pub(super) action: F,
    pub(super) shard: &'a Shard,
}

impl<T: Default, F: Future<Output = Result<T, String>> + Unpin> Future for UntilOver<'_, F> {
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.action).poll(cx);
        if polled.is_pending() && self.shard.is_over() { Poll::Ready(Ok(T::default())) } else { polled }
    }
}
