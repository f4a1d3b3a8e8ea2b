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

/// A compiled [`OAuth2`](super::OAuth2), which fetches, keeps and renews tokens.
///
/// Before each request, a protocol checks [`is_due`](Self::is_due) and awaits [`obtain`](Self::obtain) if so. It then sends the
/// token returned by [`send`](Self::send), and reports the result with [`accepted`](Self::accepted) or
/// [`refused`](Self::refused).
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

    /// Whether this user has to fetch a token before it sends a request: there is no token, or it has to be renewed and no other
    /// user is renewing it.
    pub fn is_due(&self, cx: &mut ActionContext) -> bool {
        self.view(cx).wants(cx.now())
    }

    /// Ensures that there is a valid token: fetches one, or waits for the user that fetches the shared token.
    ///
    /// # Errors
    ///
    /// The reason why no token can be obtained. All users that waited for it fail with the same reason.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the next waiting user fetches the token.
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
    /// There is no token.
    pub fn send(&self, cx: &mut ActionContext) -> Result<String, StepError> {
        let (token, generation) = self.view(cx).access().ok_or("there is no token")?;
        self.states.of_user::<Sent>(cx, &self.key).set(generation);
        Ok(token)
    }

    /// Reports that the server accepted the token that this user sent last.
    pub fn accepted(&self, cx: &mut ActionContext) {
        let sent = self.states.of_user::<Sent>(cx, &self.key).get();
        self.view(cx).prove(sent);
    }

    /// Reports that the server rejected the token that this user sent last, and whether it named the token as the cause
    /// (`invalid_token`). Returns whether to obtain another token and retry: if the token worked before, if it is the cause, or if
    /// there is a newer one.
    pub fn refused(&self, cx: &mut ActionContext, is_at_fault: bool) -> bool {
        let sent = self.states.of_user::<Sent>(cx, &self.key).get();
        self.view(cx).reject(sent, is_at_fault)
    }

    /// The access token, if there is one, without marking it as sent.
    pub fn token(&self, cx: &mut ActionContext) -> Option<String> {
        self.view(cx).access().map(|(token, _)| token)
    }

    /// Discards the token and its refresh token.
    pub fn forget(&self, cx: &mut ActionContext) {
        self.view(cx).forget();
    }
}
