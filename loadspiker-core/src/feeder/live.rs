//! [`async_records`]: records from a queue or a service, for which users may have to wait.
//!
//! The source is asked during the run, and only when a user needs a record. Only that user waits; the shard continues. The
//! requests of users on all shards are queued at the [`Desk`].

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::builder::Feeder;
use super::drawn::{Drawn, Fields};
use super::error::{FeedError, FeederError};
use super::record::Record;
use super::source::Source;
use super::tap::Finishing;
use crate::desk::Desk;

/// The future of a record.
pub type NextRecord<'a> = Pin<Box<dyn Future<Output = Result<Option<Fields>, String>> + 'a>>;

/// An asynchronous source of records. [`async_records`] makes one of a closure; other crates implement this trait and use
/// [`Feeder::from_async_source`].
pub trait AsyncSource: Send + 'static {
    /// Returns the next record, or `None` at the end. Called when a user needs a record, on the shard of that user, and not again
    /// before its future has completed. The future need not be `Send` and must not block.
    ///
    /// # Errors
    ///
    /// What went wrong, and the remedy. The run ends with this message.
    fn next(&mut self) -> NextRecord<'_>;

    /// Validates the settings, before the run.
    ///
    /// # Errors
    ///
    /// What is wrong, and the remedy.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whether records come from outside the simulation, so that a simulated clock must stop while a user waits for one. Default:
    /// false. The simulated clock then advances, in case other parts of the simulation have to act first.
    fn is_outside(&self) -> bool {
        false
    }
}

/// Where a source is, which several runs may use one after the other.
#[derive(Clone)]
pub(super) struct LiveSource {
    name: String,
    written: String,
    source: Arc<Mutex<Option<Box<dyn AsyncSource>>>>,
}

/// How long a user waits for a record, unless the feeder says otherwise.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Types that an async closure of records may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a valid result of a record source",
    label = "neither an `Option` of a record nor a `Result` of one",
    note = "return `Some(record)`, `None` at the end, or a `Result` of these"
)]
pub trait IntoNextRecord {
    /// Converts the value into a record, the end, or an error.
    ///
    /// # Errors
    ///
    /// What went wrong.
    fn into_next_record(self) -> Result<Option<Fields>, String>;
}

impl<R: Record> IntoNextRecord for Option<R> {
    fn into_next_record(self) -> Result<Option<Fields>, String> {
        Ok(self.map(Record::fields))
    }
}

impl<R: Record, E: Display> IntoNextRecord for Result<Option<R>, E> {
    fn into_next_record(self) -> Result<Option<Fields>, String> {
        self.map(|next| next.map(Record::fields)).map_err(|error| error.to_string())
    }
}

struct Asked<F>(F);

impl<F, T> AsyncSource for Asked<F>
where
    F: AsyncFnMut() -> T + Send + 'static,
    T: IntoNextRecord,
{
    fn next(&mut self) -> NextRecord<'_> {
        Box::pin(async move { (self.0)().await.into_next_record() })
    }
}

/// Takes records from an async closure, which returns `Some(record)`, `None` at the end, or a `Result` of these. It is called
/// only when a user needs a record.
///
/// A user that finds no record waits, without blocking others. Waiting users are served first come, first served, across all
/// shards. After 60 s (see [`wait_at_most`](Feeder::wait_at_most)), the step fails. The wait is not part of any response time
/// or start lag: the next step is due when the record arrives. [`record_waits`](crate::report::RunReport::record_waits)
/// reports the waits. Users that still wait at the end of the run are interrupted. The end of the source, or an error, ends
/// the run when a user needs a record.
///
/// The closure's futures run on the threads of shards and must not block. Field names are not known before the run, unless
/// you give them with [`Feeder::fields`]. In the imperative style, use [`feed_async`](crate::imperative::User::feed_async).
///
/// ```
/// use loadspiker_core::feeder::async_records;
///
/// // A queue, filled by another part of the program.
/// let (sender, mut receiver) = tokio::sync::mpsc::channel::<[(&str, u64); 1]>(100);
/// let orders = async_records(async move || receiver.recv().await).fields(["id"]);
/// # drop((sender, orders));
/// ```
pub fn async_records<T: IntoNextRecord>(next: impl AsyncFnMut() -> T + Send + 'static) -> Feeder {
    Feeder::from_async_source("async_records", "async_records(…)", Asked(next))
}

impl Feeder {
    /// Creates a feeder from an asynchronous source. `name` is used in messages and the report, `written` in the plan; neither
    /// may contain secrets. For how users wait, see [`async_records`].
    pub fn from_async_source(name: impl Into<String>, written: impl Into<String>, source: impl AsyncSource) -> Feeder {
        let source = Arc::new(Mutex::new(Some(Box::new(source) as Box<dyn AsyncSource>)));
        Source::Drawn(Drawn::Live(LiveSource { name: name.into(), written: written.into(), source })).into()
    }
}

impl LiveSource {
    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    /// What is wrong with its settings.
    pub(super) fn mistake(&self) -> Option<String> {
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.as_ref()?.check().err()
    }

    pub(super) fn written(&self) -> String {
        self.written.clone()
    }
}

/// A live source in a run: who waits, and for how long.
pub(crate) struct Live {
    source: LiveSource,
    pub(crate) desk: Desk<Fields>,
    pub(crate) patience: Duration,
    state: Mutex<State>,
    /// Transforms and checks a record.
    finish: Finishing,
}

#[derive(Default)]
struct State {
    /// Somebody asks the source.
    asked: bool,
    given: usize,
    end: Option<FeedError>,
    /// The names that records had so far: what a record does not have is removed.
    seen: Vec<Arc<str>>,
}

/// More names are surely made up; those beyond are not removed.
const NAMES: usize = 1000;

impl Live {
    pub(super) fn new(
        source: LiveSource,
        shards: usize,
        patience: Duration,
        columns: &[Arc<str>],
        finish: Finishing,
    ) -> Self {
        let state = Mutex::new(State { seen: columns.to_vec(), ..State::default() });
        Live { source, desk: Desk::new(shards, []), patience, state, finish }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    /// Why no record will come any more, if so.
    pub(crate) fn end(&self) -> Option<FeedError> {
        self.state().end.clone()
    }

    /// The names that records had so far.
    pub(super) fn seen(&self) -> Vec<Arc<str>> {
        self.state().seen.clone()
    }

    /// The source, for the one who is to ask it; `None` if nobody needs to.
    pub(crate) fn begin_asking(&self) -> Option<Box<dyn AsyncSource>> {
        let mut state = self.state();
        if state.asked || state.end.is_some() || !self.desk.is_waited_at() {
            return None;
        }
        let source = self.source.source.lock().unwrap_or_else(PoisonError::into_inner).take();
        if source.is_some() {
            state.asked = true;
        } else {
            let problem = "its source belongs to another run, or was lost with it; make the feeder anew for each run";
            self.close(&mut state, self.broken(problem.to_owned()));
        }
        source
    }

    /// Gives the source back if nobody waits any more; otherwise it is to be asked on.
    pub(crate) fn end_asking(&self, source: Box<dyn AsyncSource>) -> Option<Box<dyn AsyncSource>> {
        let mut state = self.state();
        if self.desk.is_waited_at() && state.end.is_none() {
            return Some(source);
        }
        state.asked = false;
        *self.source.source.lock().unwrap_or_else(PoisonError::into_inner) = Some(source);
        None
    }

    /// What the source gave, or the message of its panic.
    pub(crate) fn take(&self, next: Result<Result<Option<Fields>, String>, String>, at: crate::Moment) {
        let end = match next {
            Ok(Ok(Some(record))) => match (self.finish)(record) {
                Ok(record) => {
                    let mut state = self.state();
                    state.given += 1;
                    for (name, _) in &record {
                        if !state.seen.contains(name) && state.seen.len() < NAMES {
                            state.seen.push(name.clone());
                        }
                    }
                    drop(state);
                    return self.desk.offer(record, Some(at));
                }
                Err(error) => FeedError::Broken(error),
            },
            Ok(Ok(None)) => FeedError::Ended { feeder: self.source.name(), records: self.state().given },
            Ok(Err(problem)) => self.broken(problem),
            Err(message) => {
                let feeder = self.source.name();
                FeedError::Broken(FeederError::Panicked { feeder, what: "the source", message })
            }
        };
        self.close(&mut self.state(), end);
    }

    fn broken(&self, problem: String) -> FeedError {
        FeedError::Broken(FeederError::Invalid { feeder: self.source.name(), problem })
    }

    fn close(&self, state: &mut State, end: FeedError) {
        state.end = Some(end);
        self.desk.call_all();
    }
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("name", &self.source.name).finish_non_exhaustive()
    }
}
