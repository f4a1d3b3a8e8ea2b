//! [`ShardHandle`]: what the states and tasks of a protocol get of their shard, also while no action runs.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::stopping::Stopping;
use super::wakers::Wakers;
use crate::custom_metric::Recording;
use crate::metrics::{GroupId, Sample, ScenarioId};
use crate::moment::Moment;
use crate::protocol::ShardInfo;
use crate::session::Session;

/// A future of one shard, which need not be `Send`.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What the engine's shard does for handles.
pub(crate) trait ShardServices {
    fn info(&self) -> ShardInfo;
    fn now(&self) -> Moment;
    /// Whether the clock of the run is on; before, the protocols are opened.
    fn has_begun(&self) -> bool;
    fn is_simulated(&self) -> bool;
    fn wake_at(&self, at: Moment, waker: Waker);
    /// The end of the grace period, once the run is being stopped.
    fn stop_deadline(&self) -> Option<Moment>;
    fn stop_wakers(&self) -> &Wakers;
    fn observe(&self, origin: Origin, sample: &Sample<'_>);
    /// A task of a protocol has been spawned, or has its turn.
    fn turn_begins(&self);
    fn turn_ends(&self);
    fn task_panicked(&self, scenario: ScenarioId, task: &str, payload: &(dyn Any + Send));
    fn metrics(&self) -> &Metrics;
    fn is_debugging(&self) -> bool;
    fn debug(&self, text: &str);
}

/// A shard, as the states and tasks of a protocol see it: its clock, its tasks, its statistics. Clones are cheap and stay
/// on the thread of the shard.
///
/// [`Protocol::open`](super::Protocol::open), [`ShardState::tick`](super::ShardState::tick) and the ends get one;
/// an action has [`ActionContext::handle`](super::ActionContext::handle).
#[derive(Clone)]
pub struct ShardHandle {
    pub(super) services: Rc<dyn ShardServices>,
    /// The scenario that panics of its tasks are counted in; the first one if there is none.
    pub(super) scenario: Option<ScenarioId>,
}

/// What a sample of a background task belongs to: the scenario, the group and the user at the moment at which
/// [`ActionContext::origin`](super::ActionContext::origin) was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Origin {
    /// The scenario.
    pub scenario: ScenarioId,
    /// The group that the user was in.
    pub group: GroupId,
    /// The number of the user.
    pub user_id: u64,
}

impl ShardHandle {
    pub(crate) fn new(services: Rc<dyn ShardServices>, scenario: Option<ScenarioId>) -> Self {
        ShardHandle { services, scenario }
    }

    /// Now, on the clock of the run. [`Moment::START`] until the run begins, which is after all protocols are open.
    pub fn now(&self) -> Moment {
        self.services.now()
    }

    /// The number of this shard, from 0.
    pub fn index(&self) -> usize {
        self.info().index
    }

    /// How many shards there are.
    pub fn count(&self) -> usize {
        self.info().count
    }

    /// Number and count at once.
    pub fn info(&self) -> ShardInfo {
        self.services.info()
    }

    /// Starts a task on this shard's runtime. It runs beside the users until it is done or its [`OwnedTask`] is dropped:
    /// kept in a [`UserState`](super::UserState) it lives as long as the user, in a
    /// [`ShardState`](super::ShardState) as long as the shard's part of the run.
    ///
    /// A panic in it ends the task alone. It is counted with the panics of the scenario, and its text is in the report's
    /// step errors, under `name`. On the simulated clock, time waits while the task has something to do.
    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + 'static) -> OwnedTask {
        self.services.turn_begins();
        let task = Task {
            services: self.services.clone(),
            name,
            scenario: self.scenario.unwrap_or(ScenarioId::new(0)),
            future: Some(Box::pin(future)),
        };
        OwnedTask { name, task: tokio::task::spawn_local(task) }
    }

    /// Waits until `at`, on the clock of the run. Before the run begins the clock stands still: there use
    /// [`sleep`](Self::sleep).
    pub async fn sleep_until(&self, at: Moment) {
        let mut registered = false;
        std::future::poll_fn(|cx| {
            if self.now() >= at {
                return Poll::Ready(());
            }
            if !std::mem::replace(&mut registered, true) {
                self.services.wake_at(at, cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Waits for so long: before the run begins by real time, afterwards on the clock of the run.
    pub async fn sleep(&self, duration: Duration) {
        if self.services.has_begun() {
            self.sleep_until(self.now() + duration).await;
        } else {
            tokio::time::sleep(duration).await;
        }
    }

    /// Counts a sample that belongs to no running action, such as a message that was pushed. It is counted in the second
    /// in which it is handed over, for the scenario and group of `origin`, and has no other effect: the schedule of the
    /// user, its failures and throttles stay as they are. Once the run is over nothing is counted any more.
    ///
    /// Unlike [`SampleBuilder::record`](super::SampleBuilder::record) this cannot mask secrets of the session in the
    /// error text; leave them out of it.
    pub fn observe(&self, origin: Origin, sample: &Sample<'_>) {
        self.services.observe(origin, sample);
    }

    /// A future that resolves when the run begins to stop.
    pub fn stopping(&self) -> Stopping {
        Stopping::new(self.services.clone())
    }

    /// Through what custom metrics are recorded without a session; see [`Metrics`].
    pub fn metrics(&self) -> &Metrics {
        self.services.metrics()
    }

    /// Whether exchanges are to be shown with [`debug`](Self::debug) (`--debug`).
    pub fn is_debugging(&self) -> bool {
        self.services.is_debugging()
    }

    /// Shows something to the person who debugs the scenario. Does nothing without `--debug`. Mask secrets, as with
    /// [`masked_url`](super::masked_url).
    pub fn debug(&self, text: &str) {
        if self.is_debugging() {
            self.services.debug(text);
        }
    }
}

impl fmt::Debug for ShardHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShardHandle({} of {})", self.index(), self.count())
    }
}

/// Records custom metrics without a session, for tasks and for the states of shards:
///
/// ```
/// use loadspiker_core::custom_metric::{Counter, counter};
/// use loadspiker_core::protocol::ShardHandle;
///
/// const RECONNECTS: Counter = counter("reconnects");
///
/// fn reconnected(shard: &ShardHandle) {
///     RECONNECTS.add(shard.metrics(), 1);
/// }
/// ```
pub struct Metrics {
    session: Session,
}

impl Metrics {
    /// `session` belongs to no user.
    pub(crate) fn new(session: Session) -> Self {
        Metrics { session }
    }
}

impl Recording for Metrics {
    fn recording_session(&self) -> &Session {
        &self.session
    }
}

impl Recording for ShardHandle {
    fn recording_session(&self) -> &Session {
        self.metrics().recording_session()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// A task of a protocol, made by [`ShardHandle::spawn`]. It is aborted when this is dropped; awaited, it resolves when the
/// task is done, also by a panic.
#[derive(Debug)]
#[must_use = "a task is aborted when its OwnedTask is dropped; keep it in the state of the user or of the shard"]
pub struct OwnedTask {
    name: &'static str,
    task: JoinHandle<()>,
}

impl OwnedTask {
    /// The name it was spawned under.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it is done.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl Future for OwnedTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // It cannot have panicked: that is caught and counted within.
        let _ = ready!(Pin::new(&mut self.task).poll(cx));
        Poll::Ready(())
    }
}

impl Drop for OwnedTask {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A protocol's task: its panics are counted, also one in a destructor when it is aborted.
struct Task<F> {
    services: Rc<dyn ShardServices>,
    name: &'static str,
    scenario: ScenarioId,
    future: Option<Pin<Box<F>>>,
}

impl<F> Task<F> {
    fn panicked(&self, payload: &(dyn Any + Send)) {
        self.services.task_panicked(self.scenario, self.name, payload);
    }

    /// Drops the future.
    fn finish(&mut self) {
        let future = self.future.take();
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(future))) {
            self.panicked(payload.as_ref());
        }
    }
}

impl<F: Future<Output = ()>> Future for Task<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let Some(future) = &mut this.future else { return Poll::Ready(()) };
        this.services.turn_begins();
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        let done = match polled {
            Ok(polled) => polled.is_ready(),
            Err(payload) => {
                this.panicked(payload.as_ref());
                true
            }
        };
        if done {
            this.finish();
        }
        this.services.turn_ends();
        if done { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<F> Drop for Task<F> {
    fn drop(&mut self) {
        self.finish();
    }
}
