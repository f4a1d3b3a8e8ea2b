//! What an action learns of the life around it: its shard, the end of the run, other protocols of its user.

use std::any::Any;
use std::time::Duration;

use super::handle::{Origin, ShardHandle};
use super::stopping::{Stopping, UntilCut};
use super::{ActionContext, ProtocolSlot, UserState};

impl ActionContext {
    /// The shard, for tasks that live on when this action is over. Panics of tasks spawned through it are counted in this
    /// user's scenario.
    pub fn handle(&self) -> ShardHandle {
        ShardHandle::new(self.shard.clone(), Some(self.user.scenario()))
    }

    /// Where this user is: what samples of its tasks are to be counted for, with
    /// [`ShardHandle::observe`].
    pub fn origin(&self) -> Origin {
        Origin { scenario: self.user.scenario(), group: self.user.group, user_id: self.user.session.user_id() }
    }

    /// A future that resolves when the run begins to stop. A long wait that ignores it holds the run up until the end of
    /// the grace period. See [`until_cut`](Self::until_cut) for waits.
    pub fn stopping(&self) -> Stopping {
        Stopping::new(self.shard.clone())
    }

    /// A future that resolves when this user is to wait no longer: because the run begins to stop, or because the time of
    /// a loop around it (`during`) is over. To be raced with a wait:
    ///
    /// ```no_run
    /// # use loadspiker_core::protocol_prelude::*;
    /// # async fn wait(cx: &mut ActionContext, message: impl Future<Output = String>) {
    /// let cut = cx.until_cut();
    /// tokio::select! {
    ///     message = message => { /* … */ }
    ///     why = cut => match why {
    ///         Cut::Stopping => { /* interrupted, not failed: `finish` without a sample */ }
    ///         _ => { /* the loop is left before the next step */ }
    ///     },
    /// }
    /// # }
    /// ```
    pub fn until_cut(&self) -> UntilCut {
        // The loop goes on at the very moment of its limit.
        let limit = self.shard.limit_of(&self.user).map(|limit| limit + Duration::from_nanos(1));
        UntilCut::new(self.shard.clone(), limit.map(|limit| (limit, self.shard.clock.instant_of(limit))))
    }

    /// As [`next_request`](Self::next_request), for `n` requests that are sent at once, such as the commands of a
    /// pipeline: waits until there is a slot for all of them. The first request of an action has its slot already.
    ///
    /// Says whether they may be made.
    ///
    /// # Cancel safety
    ///
    /// A dropped wait has taken its slots.
    #[must_use = "requests without slots must not be made"]
    pub async fn next_requests(&mut self, n: u32) -> bool {
        let since = self.intended();
        for _ in 0..n {
            if !self.next_request().await {
                return false;
            }
        }
        if self.shard.is_throttled(self.user.population) {
            let wait = self.intended().since(since);
            self.waited(wait);
        }
        true
    }

    /// This user's state of another protocol, by its type: of the first configuration that has such a state, or `None` if
    /// the user has not used that protocol yet. In a branch of a user (see [`parallel`](crate::dsl::parallel)) it is the
    /// state that the branch would begin with.
    pub fn user_of<U: UserState>(&mut self) -> Option<&U> {
        let index = self.user.position_of_state(is::<U>)?;
        self.user.state_at(index)
    }

    /// As [`user_of`](Self::user_of), of the configuration in this place, which
    /// [`CompileContext::protocol`](super::CompileContext::protocol) gave.
    pub fn user_in<U: UserState>(&mut self, slot: ProtocolSlot) -> Option<&U> {
        let here = self.user.has_state_at(slot.0, is::<U>);
        if here { self.user.state_at(slot.0) } else { None }
    }
}

fn is<U: UserState>(state: &dyn UserState) -> bool {
    let state: &dyn Any = state;
    state.is::<U>()
}
