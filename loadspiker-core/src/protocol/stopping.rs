//! [`Stopping`] and [`UntilCut`]: how an action or a task learns that it is to wait no longer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};

use super::handle::ShardServices;
use crate::moment::Moment;

/// Resolves when the run begins to stop: told from outside, at its `max_duration`, or when all users are done. Its output
/// is the end of the grace period, until when actions may go on. Made by
/// [`ShardHandle::stopping`](super::ShardHandle::stopping) and [`ActionContext::stopping`](super::ActionContext::stopping).
#[must_use = "a future does nothing until it is awaited"]
pub struct Stopping {
    services: Rc<dyn ShardServices>,
    key: Option<usize>,
}

impl Stopping {
    pub(super) fn new(services: Rc<dyn ShardServices>) -> Self {
        Stopping { services, key: None }
    }

    /// Whether the run is being stopped.
    pub fn has_begun(&self) -> bool {
        self.deadline().is_some()
    }

    /// The end of the grace period, once the run is being stopped.
    pub fn deadline(&self) -> Option<Moment> {
        self.services.stop_deadline()
    }
}

impl Future for Stopping {
    type Output = Moment;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Moment> {
        if let Some(deadline) = self.deadline() {
            return Poll::Ready(deadline);
        }
        match self.key {
            Some(key) => self.services.stop_wakers().replace(key, cx.waker()),
            None => self.key = Some(self.services.stop_wakers().insert(cx.waker().clone())),
        }
        Poll::Pending
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.services.stop_wakers().remove(key);
        }
    }
}

impl fmt::Debug for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopping").field("deadline", &self.deadline()).finish()
    }
}

/// Why a wait is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cut {
    /// The run is being stopped. What is given up counts as interrupted, not as failed.
    Stopping,
    /// The time of a loop around, such as `during`, is over. The user leaves the loop before its next step.
    Loop,
}

/// Resolves when a wait of the user makes no sense any more; made by
/// [`ActionContext::until_cut`](super::ActionContext::until_cut).
#[must_use = "a future does nothing until it is awaited"]
pub struct UntilCut {
    stopping: Stopping,
    limit: Option<Moment>,
    timer: Timer,
}

enum Timer {
    None,
    /// By tokio, which takes it back when this is dropped.
    Real(Pin<Box<Sleep>>),
    Simulated,
}

impl UntilCut {
    /// `limit` is the end of the loop around, with the instant that this is for tokio.
    pub(super) fn new(services: Rc<dyn ShardServices>, limit: Option<(Moment, Instant)>) -> Self {
        let timer = match limit {
            Some((_, instant)) if !services.is_simulated() => Timer::Real(Box::pin(tokio::time::sleep_until(instant))),
            _ => Timer::None,
        };
        UntilCut { stopping: Stopping::new(services), limit: limit.map(|(limit, _)| limit), timer }
    }

    /// When the timed loop around ends, if the user is in one.
    pub fn limit(&self) -> Option<Moment> {
        self.limit
    }
}

impl Future for UntilCut {
    type Output = Cut;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Cut> {
        let this = &mut *self;
        if Pin::new(&mut this.stopping).poll(cx).is_ready() {
            return Poll::Ready(Cut::Stopping);
        }
        let Some(limit) = this.limit else { return Poll::Pending };
        let services = &this.stopping.services;
        if services.now() >= limit {
            return Poll::Ready(Cut::Loop);
        }
        match &mut this.timer {
            Timer::Real(sleep) => {
                // It counts in milliseconds, upwards: the limit has passed when it is ready.
                if sleep.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Cut::Loop);
                }
            }
            Timer::None => {
                services.wake_at(limit, cx.waker().clone());
                this.timer = Timer::Simulated;
            }
            Timer::Simulated => {}
        }
        Poll::Pending
    }
}

impl fmt::Debug for UntilCut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntilCut").field("limit", &self.limit).finish_non_exhaustive()
    }
}
