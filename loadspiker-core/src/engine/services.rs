//! What a [`Shard`] does for the handles that protocols have of it.

use std::any::Any;
use std::task::Waker;

use crate::engine::signals::panic_message;
use crate::engine::{Place, Shard};
use crate::metrics::{Sample, ScenarioId};
use crate::moment::Moment;
use crate::protocol::{Metrics, Origin, ShardInfo, ShardServices, Wakers};
use crate::shown::plain;

impl ShardServices for Shard {
    fn info(&self) -> ShardInfo {
        ShardInfo { index: self.index, count: self.plan.shards }
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    fn has_begun(&self) -> bool {
        self.life.begun.get()
    }

    fn is_simulated(&self) -> bool {
        self.clock.is_simulated()
    }

    fn wake_at(&self, at: Moment, waker: Waker) {
        self.waiting.borrow_mut().sleep(at, waker);
        self.due_at(at);
    }

    fn stop_deadline(&self) -> Option<Moment> {
        self.life.stopping.get()
    }

    fn stop_wakers(&self) -> &Wakers {
        &self.life.stop_wakers
    }

    fn observe(&self, origin: Origin, sample: &Sample<'_>) {
        if !self.is_over() {
            self.recorder.borrow_mut().record(origin.scenario, origin.group, sample);
        }
    }

    fn turn_begins(&self) {
        self.worked.set(true);
        self.pulse.turn(0, Place::NONE);
    }

    fn turn_ends(&self) {
        self.turn_is_over(Place::NONE);
    }

    fn task_panicked(&self, scenario: ScenarioId, task: &str, payload: &(dyn Any + Send)) {
        let message = format!("{task}: {}", plain(&panic_message(payload)));
        // Not under way in a panic that holds the recorder.
        if let Ok(mut recorder) = self.recorder.try_borrow_mut() {
            recorder.panic_caught(scenario);
            recorder.step_error(scenario, &message);
        }
        if self.debug {
            self.show(&format!("= {message}\n"));
        }
    }

    fn metrics(&self) -> &Metrics {
        &self.life.metrics
    }

    fn is_debugging(&self) -> bool {
        self.debug
    }

    fn debug(&self, text: &str) {
        self.show(&format!("# shard {}\n{}", self.index, plain(text)));
    }
}
