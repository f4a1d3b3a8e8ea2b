//! [`User`] and [`Journey`]: async code of the user's as a step. What a [`User`] can do is in [`crate::imperative`].

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use crate::engine::{Loose, ShardProgram};
use crate::error::StepError;
use crate::moment::Moment;
use crate::protocol::ActionContext;

/// A virtual user on its way through code in the imperative style: it makes requests, pauses, takes records. See the
/// [module](crate::imperative).
pub struct User {
    pub(crate) cx: ActionContext,
    pub(crate) program: ShardProgram,
    pub(crate) loose: Rc<Loose>,
    /// Since when the user's code has been at work.
    pub(crate) since: Moment,
    /// How long it has paused, and waited for slots of a throttle.
    pub(crate) paused: Duration,
    /// What it has done since others had their turn.
    pub(crate) turns: u32,
}

/// What code in the imperative style returns: `Ok(())`, or why it could not go on. `?` turns every error into a
/// [`StepError`].
pub type Outcome = Result<(), StepError>;

/// Async code of the user's, as a step of a scenario.
pub(crate) trait Journey: Send + Sync {
    fn run<'a>(&'a self, user: &'a mut User) -> Pin<Box<dyn Future<Output = Outcome> + 'a>>;
}

impl<F: AsyncFn(&mut User) -> Outcome + Send + Sync> Journey for F {
    fn run<'a>(&'a self, user: &'a mut User) -> Pin<Box<dyn Future<Output = Outcome> + 'a>> {
        Box::pin(self(user))
    }
}
