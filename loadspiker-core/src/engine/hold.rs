//! What a shard does about turns that hold it up: it finds out which step it was, and counts it.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::engine::pulse::{HOLDS, Place};
use crate::engine::{Shard, host};

/// What a shard needs to find out who held it up.
#[derive(Default)]
pub(crate) struct Attention {
    /// It has been held up: from then on it looks at the clock at each step, and not only at the end of a turn.
    is_close: Cell<bool>,
    /// For how long the thread had waited for a core when this was last looked at.
    waited: Cell<Duration>,
}

/// The task of a user, which tells at each turn whose it is.
pub(crate) struct Attended<'a, F> {
    pub(crate) task: F,
    pub(crate) shard: &'a Shard,
    pub(crate) user: u64,
    /// The step that the user is at, kept while others have their turn.
    pub(crate) place: &'a Cell<Place>,
}

impl<F: Future + Unpin> Future for Attended<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let begin = self.place.get();
        self.shard.pulse.turn(self.user, begin);
        let polled = Pin::new(&mut self.task).poll(cx);
        // Most of a turn that begins within a request belongs to that: what came back is decoded and checked.
        let step = if self.shard.attention.is_close.get() { self.place.get() } else { begin };
        self.shard.turn_is_over(step);
        polled
    }
}

impl Shard {
    /// A turn is over. What held the shard up in it is charged to the step at `place`.
    pub(crate) fn turn_is_over(&self, place: Place) {
        // Simulated time is held up by nothing.
        if !self.clock.is_simulated()
            && let Some(held) = self.pulse.held_for()
        {
            self.held_up(place, held);
        }
    }

    /// Within a turn a step is over.
    pub(crate) fn step_is_over(&self, place: Place) {
        if self.attention.is_close.get() {
            self.turn_is_over(place);
        }
    }

    /// Code of the user's in the step at `place` has run for so long, by the clock. Says whether that was long.
    pub(crate) fn code_ran(&self, place: Place, time: Duration) -> bool {
        let long = time >= HOLDS && !self.clock.is_simulated();
        if long {
            // So that it is not counted again at the end of the turn.
            let _ = self.pulse.held_for();
            self.held_up(place, time);
        }
        long
    }

    #[cold]
    fn held_up(&self, place: Place, held: Duration) {
        self.attention.is_close.set(true);
        // The thread may have been without a core for a part of it; that is nobody's code.
        let held = held.saturating_sub(self.waited_for_core());
        if held < HOLDS || self.clock.is_simulated() {
            return;
        }
        let step = place
            .parts()
            .and_then(|(population, pc)| self.plan.step_at(population, pc))
            .unwrap_or_else(|| "the load generator itself".to_owned());
        self.recorder.borrow_mut().held_up(&step, held);
    }

    /// For how long the thread has waited for a core since this was asked last.
    pub(super) fn waited_for_core(&self) -> Duration {
        let waited = host::thread_times().map_or(Duration::ZERO, |(_, waited)| waited);
        waited.saturating_sub(self.attention.waited.replace(waited))
    }
}
