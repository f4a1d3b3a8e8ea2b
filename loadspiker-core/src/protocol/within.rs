//! Requests that an action makes besides its own: one for a token, say, before the request that needs it.

use std::any::Any;

use crate::engine::{Loose, ShardBinder};
use crate::error::StepError;
use crate::protocol::Witness;
use crate::protocol::compile_during_run;
use crate::protocol::{Action, ActionBuilder, ActionContext};

impl ActionContext {
    /// Makes a request within this action, and gives the reply that its action hands over with [`reply`](Self::reply).
    /// It is compiled now, and then measured, checked and counted under its own name as any other; what follows in the
    /// action is intended to begin when it ended.
    ///
    /// The action has to say so when it is compiled, with
    /// [`CompileContext::makes_requests`](crate::compile::CompileContext::makes_requests). The first request of an action has the slot of a throttle that the action waited for; before each further one,
    /// [`next_request`](Self::next_request) must be asked.
    ///
    /// # Errors
    ///
    /// The request failed, which is counted, or could not be compiled, which is not; or there was no reply of this type.
    ///
    /// # Cancel safety
    ///
    /// As that of [`Action::run`](crate::protocol::Action::run): the action around it is dropped as well.
    pub async fn exchange<R: Any>(&mut self, request: impl ActionBuilder) -> Result<R, StepError> {
        let compiled = {
            let binder = ShardBinder { shard: &self.shard, population: self.user.population };
            compile_during_run(&binder, self.session().scenario(), |cx| request.compile(cx))
        };
        let action = compiled.map_err(|(_, mistake)| StepError::new(mistake))?;
        let outer = self.witness.replace(Box::new(Witness { wants_reply: true, ..Witness::default() }));
        action.run(self).await;
        self.rest_in_task(&*action, None).await;
        let witness = std::mem::replace(&mut self.witness, outer).unwrap_or_default();
        if let Some(failure) = witness.failure {
            return Err(StepError::counted(failure));
        }
        let reply = witness.reply.and_then(|reply| reply.downcast().ok());
        reply.map(|reply| *reply).ok_or_else(|| StepError::new(format!("{} gave no reply", request.describe())))
    }

    /// Runs what is left of an action that waits for bells, in the task that it is in.
    pub(crate) async fn rest_in_task(&mut self, action: &dyn Action, loose: Option<&Loose>) {
        while let Some(mut resting) = self.resting.take() {
            resting.woken = self.shard.clone().wait_for_bell(&resting.bell, resting.deadline, loose).await;
            let (state, woken) = self.go_on(*resting);
            action.resume(state, woken, self).await;
        }
    }
}
