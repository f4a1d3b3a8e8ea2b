//! The ticks of a shard: once a second, and at the end of the warm-up, it hands over what it has counted.

use std::rc::Rc;

use crate::engine::Shard;
use crate::engine::message::Event;
use crate::engine::shard::TICK;
use crate::metrics::EndOf;
use crate::moment::Moment;
use crate::numbers::nanos;
use crate::protocol::ShardHandle;

impl Shard {
    pub(super) fn tick(self: &Rc<Self>, now: Moment) {
        // Ticks that were missed are not made up for: what happened belongs to the second in which it was seen.
        let second = now.as_nanos() / nanos(TICK);
        let is_next = second > self.second.get();
        self.hand_over(if is_next { EndOf::Second } else { EndOf::WarmUp });
        if is_next {
            let handle = ShardHandle::new(self.clone(), None);
            let states = self.states.borrow().clone();
            states.iter().for_each(|state| state.tick(&handle));
        }
        self.second.set(second);
        // What is waited for from now on is to be told from what was.
        let _ = self.waited_for_core();
        let warm_up = self.warm_up.get().filter(|end| now < *end);
        self.warm_up.set(warm_up);
        let next = Moment::from_nanos((second + 1) * nanos(TICK));
        self.next_tick.set(warm_up.map_or(next, |end| next.min(end)));
        self.tick_unheard.set(self.clock.is_simulated());
    }

    pub(super) fn hand_over(&self, until: EndOf) {
        let mut snapshot = self.recorder.borrow_mut().take_snapshot(self.second.get());
        self.book.take_into(&mut snapshot.totals);
        snapshot.warm_up = self.warm_up.get().is_some();
        snapshot.until = until;
        self.tell(Event::Snapshot { shard: self.index, snapshot: Box::new(snapshot) });
    }
}
