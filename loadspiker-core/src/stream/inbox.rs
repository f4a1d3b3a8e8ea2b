//! [`Inbox`]: the messages of one stream of a user.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::expectation::Expectation;
use super::promise::Promise;
use crate::check::{BoundPredicate, Response};
use crate::custom_metric::{Recording, counter};
use crate::failure::Failure;
use crate::moment::Moment;

/// How many messages an inbox keeps unless told otherwise.
const KEPT: usize = 100;

/// The messages that one stream of a user has received. The protocol's reading task [delivers](Self::deliver) them, and
/// steps [expect](Self::expect) them. Clones are the same inbox. A user with several streams has several inboxes.
///
/// A message goes to the first expectation, in the order in which they were made, whose filter it matches. One that
/// nobody expects is kept for later, up to a [limit](Self::with_limit); beyond it the oldest one is dropped and counted.
///
/// ```
/// use loadspiker_core::Moment;
/// use loadspiker_core::check::{BoundPredicate, Response};
/// use loadspiker_core::stream::Inbox;
///
/// struct Text(&'static str);
/// impl Response for Text {
///     fn body(&self) -> &[u8] { self.0.as_bytes() }
///     fn as_any(&self) -> &dyn std::any::Any { self }
/// }
///
/// let inbox = Inbox::new();
/// inbox.deliver(Text("early"), Moment::from_nanos(1));
/// let expected = inbox.expect(BoundPredicate::default(), Moment::from_nanos(2));
/// assert!(expected.take().is_none());
/// inbox.deliver(Text("late"), Moment::from_nanos(3));
/// assert_eq!(expected.take().unwrap().unwrap().message.0, "late");
/// assert_eq!(inbox.kept(), 1);
/// ```
pub struct Inbox<M>(pub(super) Rc<RefCell<Inner<M>>>);

/// A message with the moment at which it came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received<M> {
    /// The message.
    pub message: M,
    /// When it came.
    pub at: Moment,
    serial: u64,
}

pub(super) type Outcome<M> = Result<Received<M>, Failure>;
type Accept<M> = Box<dyn Fn(&M) -> bool>;
type Tap<M> = Rc<dyn Fn(&M, Moment)>;
type Identify<M> = Rc<dyn Fn(&M) -> Option<Box<[u8]>>>;

pub(super) struct Inner<M> {
    kept: VecDeque<Received<M>>,
    limit: usize,
    delivered: u64,
    dropped: u64,
    on_drop: Option<Rc<dyn Fn()>>,
    /// Called at its end with the number of kept messages, if there are any.
    on_end: Option<Box<dyn Fn(u64)>>,
    /// In the order in which they began to wait.
    waiting: Vec<Rc<Waiter<M>>>,
    identify: Option<Identify<M>>,
    by_id: FxHashMap<Box<[u8]>, VecDeque<Rc<Waiter<M>>>>,
    taps: Vec<Tap<M>>,
    closed: Option<Failure>,
}

impl<M> Drop for Inner<M> {
    fn drop(&mut self) {
        if let Some(on_end) = self.on_end.take().filter(|_| !self.kept.is_empty()) {
            on_end(self.kept.len() as u64);
        }
    }
}

pub(super) struct Waiter<M> {
    filter: Filter<M>,
    since: Moment,
    id: Option<Box<[u8]>>,
    pub(super) promise: Promise<Outcome<M>>,
}

struct Filter<M> {
    accepts: Option<Accept<M>>,
    predicate: BoundPredicate,
}

impl<M: Response + 'static> Filter<M> {
    fn matches(&self, message: &M) -> Result<bool, String> {
        if self.accepts.as_ref().is_some_and(|accepts| !accepts(message)) {
            return Ok(false);
        }
        self.predicate.try_matches(message)
    }
}

impl<M: Response + 'static> Inbox<M> {
    /// An empty inbox that keeps up to 100 messages.
    pub fn new() -> Self {
        Inbox(Rc::new(RefCell::new(Inner {
            kept: VecDeque::new(),
            limit: KEPT,
            delivered: 0,
            dropped: 0,
            on_drop: None,
            on_end: None,
            waiting: Vec::new(),
            identify: None,
            by_id: FxHashMap::default(),
            taps: Vec::new(),
            closed: None,
        })))
    }

    /// Keeps up to this many messages that nobody has accepted; 100 unless said otherwise. 0 keeps none.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> Self {
        self.0.borrow_mut().limit = limit;
        self
    }

    /// Says which id a message carries, if any, for [`by_id`](Self::by_id).
    #[must_use]
    pub fn identified_by(self, identify: impl Fn(&M) -> Option<Box<[u8]>> + 'static) -> Self {
        self.0.borrow_mut().identify = Some(Rc::new(identify));
        self
    }

    /// Calls `counted` for each message that is dropped because too many are kept.
    #[must_use]
    pub fn on_drop(self, counted: impl Fn() + 'static) -> Self {
        self.0.borrow_mut().on_drop = Some(Rc::new(counted));
        self
    }

    /// Counts messages that nobody has accepted in custom metrics: `dropped messages` when one is dropped because too many
    /// are kept, `unmatched messages` for those that are still there when the inbox is gone. Both have a tag `stream`
    /// with this name. Without it they are not in the report.
    #[must_use]
    pub fn counted(self, stream: &str, through: impl Recording + 'static) -> Self {
        let through = Rc::new(through);
        let (dropped, unmatched) =
            (counter("dropped messages").tag("stream", stream), counter("unmatched messages").tag("stream", stream));
        let recording = through.clone();
        self.0.borrow_mut().on_end = Some(Box::new(move |kept| unmatched.add(&*recording, kept)));
        self.on_drop(move || dropped.add(&*through, 1_u64))
    }

    /// Shows every message that is delivered from now on to `tap`, whether or not it is expected.
    pub fn tap(&self, tap: impl Fn(&M, Moment) + 'static) {
        self.0.borrow_mut().taps.push(Rc::new(tap));
    }

    /// A message came at this moment. After [`close`](Self::close) it is ignored.
    pub fn deliver(&self, message: M, at: Moment) {
        if self.0.borrow().closed.is_some() {
            return;
        }
        // Not borrowed while code runs that is not the inbox's own.
        let (taps, identify) = {
            let inner = self.0.borrow();
            (inner.taps.clone(), inner.identify.clone())
        };
        taps.iter().for_each(|tap| tap(&message, at));
        let id = identify.and_then(|identify| identify(&message));
        let serial = {
            let mut inner = self.0.borrow_mut();
            inner.delivered += 1;
            inner.delivered
        };
        let received = Received { message, at, serial };
        let waiter = id.and_then(|id| self.take_by_id(&id)).or_else(|| self.take_waiter(&received));
        match waiter {
            Some(waiter) => waiter.promise.keep(Ok(received)),
            None => self.keep(received),
        }
    }

    fn take_by_id(&self, id: &[u8]) -> Option<Rc<Waiter<M>>> {
        let mut inner = self.0.borrow_mut();
        let queue = inner.by_id.get_mut(id)?;
        let waiter = queue.pop_front();
        if queue.is_empty() {
            inner.by_id.remove(id);
        }
        waiter
    }

    /// Takes out the first who waits for this message. Those whose filter cannot be asked fail.
    fn take_waiter(&self, received: &Received<M>) -> Option<Rc<Waiter<M>>> {
        let mut place = 0;
        loop {
            let waiter = self.0.borrow().waiting.get(place)?.clone();
            let matches = if received.at < waiter.since { Ok(false) } else { waiter.filter.matches(&received.message) };
            match matches {
                Ok(false) => place += 1,
                Ok(true) => {
                    self.forget(&waiter);
                    return Some(waiter);
                }
                Err(problem) => {
                    self.forget(&waiter);
                    waiter.promise.keep(Err(Failure::mistake(problem)));
                }
            }
        }
    }

    pub(super) fn keep(&self, received: Received<M>) {
        let mut inner = self.0.borrow_mut();
        // Behind all that came before it: it is the last one unless it was given back.
        let place = inner.kept.partition_point(|other| other.serial < received.serial);
        inner.kept.insert(place, received);
        if inner.kept.len() <= inner.limit {
            return;
        }
        let oldest = inner.kept.pop_front();
        inner.dropped += 1;
        let counted = inner.on_drop.clone();
        drop(inner);
        drop(oldest);
        if let Some(counted) = counted {
            counted();
        }
    }

    /// Expects the next message that matches the filter and came at `since` or later. Kept messages are tried first, the
    /// oldest before others: with [`Moment::START`] all of them are. The message is taken out of the inbox.
    pub fn expect(&self, filter: BoundPredicate, since: Moment) -> Expectation<M> {
        self.begin(Filter { accepts: None, predicate: filter }, since, None)
    }

    /// As [`expect`](Self::expect), for messages that `accepts` lets pass, such as those of a topic.
    pub fn expect_if(
        &self,
        accepts: impl Fn(&M) -> bool + 'static,
        filter: BoundPredicate,
        since: Moment,
    ) -> Expectation<M> {
        self.begin(Filter { accepts: Some(Box::new(accepts)), predicate: filter }, since, None)
    }

    /// Expects the message with this id, as [`identified_by`](Self::identified_by) tells it. However many are expected,
    /// finding the one that a message is for takes one look-up. To be called before the request is sent: kept messages
    /// are not tried.
    pub fn by_id(&self, id: impl Into<Box<[u8]>>) -> Expectation<M> {
        let filter = Filter { accepts: None, predicate: BoundPredicate::default() };
        self.begin(filter, Moment::NEVER, Some(id.into()))
    }

    fn begin(&self, filter: Filter<M>, since: Moment, id: Option<Box<[u8]>>) -> Expectation<M> {
        let waiter = Rc::new(Waiter { filter, since, id, promise: Promise::new() });
        let found = if waiter.id.is_some() { Ok(None) } else { self.look_back(&waiter) };
        match found {
            Ok(Some(received)) => waiter.promise.keep(Ok(received)),
            Err(problem) => waiter.promise.keep(Err(Failure::mistake(problem))),
            Ok(None) => {
                let mut inner = self.0.borrow_mut();
                match (&inner.closed, &waiter.id) {
                    (Some(failure), _) => waiter.promise.keep(Err(failure.clone())),
                    (None, Some(id)) => inner.by_id.entry(id.clone()).or_default().push_back(waiter.clone()),
                    (None, None) => inner.waiting.push(waiter.clone()),
                }
            }
        }
        Expectation::new(Rc::downgrade(&self.0), waiter)
    }

    /// Takes out the oldest kept message that a waiter is for.
    fn look_back(&self, waiter: &Waiter<M>) -> Result<Option<Received<M>>, String> {
        // Taken out while filters run, which are code that is not the inbox's own.
        let mut kept = std::mem::take(&mut self.0.borrow_mut().kept);
        let mut place = Ok(None);
        for (index, received) in kept.iter().enumerate().filter(|(_, received)| received.at >= waiter.since) {
            place = waiter.filter.matches(&received.message).map(|matches| matches.then_some(index));
            if place != Ok(None) {
                break;
            }
        }
        let found = place.map(|place| place.and_then(|place| kept.remove(place)));
        self.0.borrow_mut().kept = kept;
        found
    }

    pub(super) fn forget(&self, waiter: &Rc<Waiter<M>>) {
        let mut inner = self.0.borrow_mut();
        match &waiter.id {
            None => inner.waiting.retain(|other| !Rc::ptr_eq(other, waiter)),
            Some(id) => {
                if let Some(queue) = inner.by_id.get_mut(id) {
                    queue.retain(|other| !Rc::ptr_eq(other, waiter));
                    if queue.is_empty() {
                        inner.by_id.remove(id);
                    }
                }
            }
        }
    }

    /// The stream is over: all expectations fail with this, and so do later ones that no kept message is for.
    pub fn close(&self, failure: impl Into<Failure>) {
        let failure = failure.into();
        let waiting: Vec<_> = {
            let mut inner = self.0.borrow_mut();
            if inner.closed.is_some() {
                return;
            }
            inner.closed = Some(failure.clone());
            // A tap may hold what holds the inbox.
            inner.taps.clear();
            let by_id = std::mem::take(&mut inner.by_id).into_values().flatten();
            std::mem::take(&mut inner.waiting).into_iter().chain(by_id).collect()
        };
        waiting.iter().for_each(|waiter| waiter.promise.keep(Err(failure.clone())));
    }

    /// Why the stream is over, if it is.
    pub fn closed(&self) -> Option<Failure> {
        self.0.borrow().closed.clone()
    }

    /// How many messages there are that nobody has accepted.
    pub fn kept(&self) -> usize {
        self.0.borrow().kept.len()
    }

    /// How many messages were dropped because too many were kept.
    pub fn dropped(&self) -> u64 {
        self.0.borrow().dropped
    }

    /// How many messages were delivered in all.
    pub fn delivered(&self) -> u64 {
        self.0.borrow().delivered
    }
}

impl<M: Response + 'static> Default for Inbox<M> {
    fn default() -> Self {
        Inbox::new()
    }
}

impl<M> Clone for Inbox<M> {
    fn clone(&self) -> Self {
        Inbox(self.0.clone())
    }
}

impl<M> fmt::Debug for Inbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.0.borrow();
        f.debug_struct("Inbox")
            .field("kept", &inner.kept.len())
            .field("dropped", &inner.dropped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
