//! [`TokenSource`]: fetches tokens, keeps them and renews them.

use std::cell::Cell;
use std::rc::Rc;

use loadspiker_core::StepError;
use loadspiker_core::expression::CompiledText;
use loadspiker_core::protocol::ActionContext;
use loadspiker_net::Clock;

use super::client::Client;
use super::endpoint::TokenEndpoint;
use super::grant::Grant;
use crate::token::TokenView;
use crate::{AuthKey, AuthStates};

/// [`OAuth2`](super::OAuth2), compiled: fetches tokens, keeps them and renews them.
///
/// A protocol asks it before each request: if [`is_due`](Self::is_due), it awaits [`obtain`](Self::obtain); then it sends
/// what [`send`](Self::send) returns, and says with [`accepted`](Self::accepted) or [`refused`](Self::refused) what the
/// server made of it.
pub struct TokenSource {
    pub(super) states: AuthStates,
    pub(super) key: AuthKey,
    pub(super) shared: bool,
    pub(super) client: Client<CompiledText>,
    pub(super) grant: Grant,
}

/// Which token a user sent last, where it shares it with others.
type Sent = Cell<u64>;

/// The clock of the run is that of the action.
struct Timed<'a, E>(&'a mut E);

impl<E: TokenEndpoint> Clock for Timed<'_, E> {
    fn now(&self) -> loadspiker_core::Moment {
        self.0.context().now()
    }
}

impl TokenSource {
    fn view(&self, cx: &mut ActionContext) -> Rc<TokenView> {
        if !self.shared {
            return self.states.of_user(cx, &self.key);
        }
        let view = self.states.of_shard::<TokenView>(cx, &self.key);
        view.share(|| self.states.of_run(cx, &self.key));
        view
    }

    /// Whether this user has to fetch a token before it sends a request: there is none, or it is time to renew it and
    /// nobody else does so already.
    pub fn is_due(&self, cx: &mut ActionContext) -> bool {
        self.view(cx).wants(cx.now())
    }

    /// Sees to it that there is a good token: fetches one, or waits for the user that fetches it for all.
    ///
    /// # Errors
    ///
    /// Why a token cannot be had. All who waited for it fail with the same reason.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped, the next one who waits fetches the token.
    pub async fn obtain<E: TokenEndpoint>(&self, endpoint: &mut E) -> Result<(), StepError> {
        let view = self.view(endpoint.context_mut());
        let fetch = async |timed: &mut Timed<'_, E>| {
            let endpoint = &mut *timed.0;
            if let Some(refresh) = view.refresh() {
                match self.client.refresh(&refresh, endpoint).await {
                    Ok(token) => return Ok(token),
                    Err(error) if !self.grant.can_begin_anew() => return Err(error),
                    // It has lapsed, too.
                    Err(_) => {}
                }
            }
            self.grant.token(&self.client, endpoint).await
        };
        view.renew(&mut Timed(endpoint), fetch).await
    }

    /// The access token for a request that is about to be sent.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn send(&self, cx: &mut ActionContext) -> Result<String, StepError> {
        let (token, generation) = self.view(cx).access().ok_or("there is no token")?;
        self.states.of_user::<Sent>(cx, &self.key).set(generation);
        Ok(token)
    }

    /// Says that the server accepted the token that this user sent last.
    pub fn accepted(&self, cx: &mut ActionContext) {
        let sent = self.states.of_user::<Sent>(cx, &self.key).get();
        self.view(cx).prove(sent);
    }

    /// Says that the server did not accept the token that this user sent last, and whether it said that the token is at
    /// fault (`invalid_token`). Returns whether it makes sense to obtain another one and to try again: the token went well
    /// before, or it is at fault, or there is another one by now.
    pub fn refused(&self, cx: &mut ActionContext, is_at_fault: bool) -> bool {
        let sent = self.states.of_user::<Sent>(cx, &self.key).get();
        self.view(cx).reject(sent, is_at_fault)
    }

    /// The access token, if there is one, without sending it.
    pub fn token(&self, cx: &mut ActionContext) -> Option<String> {
        self.view(cx).access().map(|(token, _)| token)
    }

    /// Uses the token no more, nor the refresh token that belongs to it.
    pub fn forget(&self, cx: &mut ActionContext) {
        self.view(cx).forget();
    }
}
