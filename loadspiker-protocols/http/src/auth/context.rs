//! [`AuthContext`]: what a way to authenticate gets while it is at work.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use loadspiker_auth::{AuthKey, AuthStates};
use loadspiker_core::protocol::ActionContext;
use loadspiker_core::{Moment, Session, StepError};

use crate::imperative::HttpReply;
use crate::request::HttpRequest;

/// What an [`Authenticator`](super::Authenticator) gets: the user's session, the clock, what it knows, and requests of
/// its own.
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

    /// What this user knows.
    pub fn session(&self) -> &Session {
        self.cx.session()
    }

    /// What this user knows, to be changed.
    pub fn session_mut(&mut self) -> &mut Session {
        self.cx.session_mut()
    }

    /// Now, on the clock of the run. What expires should be measured by it.
    pub fn now(&self) -> Moment {
        self.cx.now()
    }

    /// Waits on the clock of the run.
    pub async fn sleep(&self, duration: Duration) {
        self.cx.sleep(duration).await;
    }

    /// What this user keeps under `key`, made at first use, and dropped with the user. Branches of a user have it in
    /// common with the user that knew it before they began.
    pub fn user_state<S: Default + 'static>(&mut self, key: &AuthKey) -> Rc<S> {
        self.states.of_user(self.cx, key)
    }

    /// What all users of this shard keep under `key`, made at first use. No other shard sees it.
    pub fn shard_state<S: Default + 'static>(&self, key: &AuthKey) -> Rc<S> {
        self.states.of_shard(self.cx, key)
    }

    /// What all users of the run keep under `key`, on all shards, made at first use. Asking takes a lock: what is needed
    /// for each request is better kept in the state of the shard; see [`ActionContext::run_state`].
    pub fn run_state<S: Any + Default + Send + Sync>(&self, key: &AuthKey) -> Arc<S> {
        self.states.of_run(self.cx, key)
    }

    /// Makes a request of its own. It is counted under its name, with the user's cookies, and is a request like any other,
    /// but that it has neither the authentication nor the checks that the protocol gives to every request.
    ///
    /// Texts in it may have expressions. For a text that a server sent, which may look like one, give a closure that
    /// returns it.
    ///
    /// # Errors
    ///
    /// The request failed, which is counted.
    ///
    /// # Cancel safety
    ///
    /// The connection of a dropped request is closed.
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
