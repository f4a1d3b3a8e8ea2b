//! [`AuthContext`]: the context of an authentication method at work.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use loadspiker_auth::{AuthKey, AuthStates};
use loadspiker_core::protocol::ActionContext;
use loadspiker_core::{Moment, Session, StepError};

use crate::imperative::HttpReply;
use crate::request::HttpRequest;

/// The context of an [`Authenticator`](super::Authenticator): the user's session, the clock, the state it has stored, and a way
/// to make requests.
pub struct AuthContext<'a> {
    cx: &'a mut ActionContext,
    states: AuthStates,
    /// The slot of a throttle that the action came with has been used.
    spent: bool,
    /// A throttle has no slot left.
    turned_away: bool,
}

impl<'a> AuthContext<'a> {
    pub(super) fn new(cx: &'a mut ActionContext, states: AuthStates) -> Self {
        AuthContext { cx, states, spent: false, turned_away: false }
    }

    /// Of a step that came without a slot of a throttle.
    pub(super) fn of_step(cx: &'a mut ActionContext, states: AuthStates) -> Self {
        AuthContext { spent: true, ..Self::new(cx, states) }
    }

    /// The action that is authenticated.
    pub(super) fn action(&self) -> &ActionContext {
        self.cx
    }

    /// The action that is authenticated, for mechanisms that change what they keep in it.
    pub(super) fn action_mut(&mut self) -> &mut ActionContext {
        self.cx
    }

    /// The session of the user.
    pub fn session(&self) -> &Session {
        self.cx.session()
    }

    /// The session of the user, mutably.
    pub fn session_mut(&mut self) -> &mut Session {
        self.cx.session_mut()
    }

    /// The current time on the clock of the run. Use it to measure expiry.
    pub fn now(&self) -> Moment {
        self.cx.now()
    }

    /// Sleeps on the clock of the run.
    pub async fn sleep(&self, duration: Duration) {
        self.cx.sleep(duration).await;
    }

    /// The state of this user under `key`, created at first use and dropped with the user. Branches share it with the user if it
    /// was created before they began.
    pub fn user_state<S: Default + 'static>(&mut self, key: &AuthKey) -> Rc<S> {
        self.states.of_user(self.cx, key)
    }

    /// The state of this shard under `key`, created at first use. Other shards do not see it.
    pub fn shard_state<S: Default + 'static>(&self, key: &AuthKey) -> Rc<S> {
        self.states.of_shard(self.cx, key)
    }

    /// The state of the run under `key`, shared by all shards and created at first use. Access takes a lock, so keep what each
    /// request needs in the state of the shard; see [`ActionContext::run_state`].
    pub fn run_state<S: Any + Default + Send + Sync>(&self, key: &AuthKey) -> Arc<S> {
        self.states.of_run(self.cx, key)
    }

    /// Makes a request. It is counted under its name and uses the user's cookies, like any other request, but not the
    /// authentication and the checks that the protocol adds to every request.
    ///
    /// Texts in it may contain expressions. To send a text received from a server, which may look like an expression, pass a
    /// closure that returns it.
    ///
    /// # Errors
    ///
    /// The request failed. It has been counted.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the connection is closed.
    pub async fn send(&mut self, request: HttpRequest) -> Result<HttpReply, StepError> {
        Box::pin(self.begin().await?.exchange(request.for_authentication())).await
    }

    /// Waits for its turn to make a request of its own, with what that needs.
    pub(super) async fn begin(&mut self) -> Result<&mut ActionContext, StepError> {
        if !self.take_turn().await {
            return Err(StepError::new("a throttle has no slot left"));
        }
        self.spent = true;
        Ok(self.cx)
    }

    /// Whether a throttle had no slot left.
    pub(super) fn is_turned_away(&self) -> bool {
        self.turned_away
    }

    /// Waits for a slot, if the one that the action came with is used. Says whether there is one.
    pub(super) async fn take_turn(&mut self) -> bool {
        if std::mem::take(&mut self.spent) && !self.turned_away {
            self.turned_away = !self.cx.next_request().await;
        }
        !self.turned_away
    }
}
