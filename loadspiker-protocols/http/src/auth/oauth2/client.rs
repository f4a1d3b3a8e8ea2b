//! [`Client`]: requests to the endpoints of an authorization server.

use std::time::Duration;

use loadspiker_core::check::{Status, custom_check, status};
use loadspiker_core::expression::CompiledText;
use loadspiker_core::{Session, StepError};
use url::form_urlencoded::byte_serialize;

use super::reply::{self, TokenReply};
use crate::auth::AuthContext;
use crate::auth::secret::{as_it_is, rendered};
use crate::auth::token::{Lapse, Token};
use crate::imperative::HttpReply;
use crate::request::{HttpRequest, http};

/// How a client proves itself.
#[derive(Clone, Debug)]
pub(super) enum Secrecy<S> {
    Public,
    Basic(S),
    Body(S),
}

/// A client of an authorization server.
pub(super) struct Client<T> {
    pub(super) token_url: T,
    pub(super) id: T,
    pub(super) secrecy: Secrecy<T>,
    pub(super) scope: Option<T>,
    pub(super) parameters: Vec<(String, T)>,
    pub(super) renew_before: Duration,
    pub(super) name: String,
    pub(super) silent: bool,
}

/// Pairs of a form.
pub(super) type Pairs = Vec<(&'static str, String)>;

impl Client<CompiledText> {
    /// Adds the scope, if one is asked for.
    pub(super) fn add_scope(&self, pairs: &mut Pairs, session: &Session) -> Result<(), StepError> {
        if let Some(scope) = &self.scope {
            pairs.push(("scope", rendered(scope, session)?));
        }
        Ok(())
    }

    /// A request as all of them are.
    pub(super) fn make(&self, request: HttpRequest) -> HttpRequest {
        if self.silent { request.silent() } else { request }
    }

    /// A form for one of the endpoints, with which the client proves itself.
    pub(super) fn post(
        &self,
        name: String,
        url: &CompiledText,
        pairs: Pairs,
        session: &Session,
    ) -> Result<HttpRequest, StepError> {
        let id = rendered(&self.id, session)?;
        let mut request = self.make(http(name).post(as_it_is(rendered(url, session)?)));
        request = request.header("accept", "application/json");
        for (name, value) in pairs {
            request = request.form_param(name, move |_: &Session| value.clone());
        }
        let secret_in_body = match &self.secrecy {
            Secrecy::Public => None,
            Secrecy::Body(secret) => Some(rendered(secret, session)?),
            Secrecy::Basic(secret) => {
                // Both are encoded as in a form (RFC 6749 §2.3.1).
                let encoded = |text: &str| as_it_is(byte_serialize(text.as_bytes()).collect::<String>());
                return Ok(request.basic_auth(encoded(&id), encoded(&rendered(secret, session)?)));
            }
        };
        request = request.form_param("client_id", move |_: &Session| id.clone());
        Ok(match secret_in_body {
            Some(secret) => request.form_param("client_secret", move |_: &Session| secret.clone()),
            None => request,
        })
    }

    /// Asks the token endpoint. A refusal that is `expected` is no failure of the request.
    async fn ask(
        &self,
        pairs: Pairs,
        expected: &'static [&'static str],
        cx: &mut AuthContext<'_>,
    ) -> Result<HttpReply, StepError> {
        let mut request = self.post(self.name.clone(), &self.token_url, pairs, cx.session())?;
        for (name, value) in &self.parameters {
            let value = rendered(value, cx.session())?;
            request = request.form_param(as_it_is(name.as_str()), move |_: &Session| value.clone());
        }
        let granted = move |response: &dyn loadspiker_core::check::Response, _: &Session| match reply::refusal(
            response.status().and_then(Status::code).unwrap_or_default(),
            response.body(),
        ) {
            Some(refusal) if !expected.contains(&&*refusal.error) => Err(refusal.message()),
            _ => Ok(()),
        };
        let any_status = status().gte(100).implied_by("oauth2");
        let granted = custom_check("refused", granted).implied_by("oauth2");
        cx.send(request.check(any_status).check(granted)).await
    }

    /// Asks the token endpoint for a token.
    pub(super) async fn token(&self, pairs: Pairs, cx: &mut AuthContext<'_>) -> Result<Token, StepError> {
        // It is good for so long from when it was made, which is after it was asked for.
        let asked = cx.now();
        let reply = self.ask(pairs, &[], cx).await?;
        self.read(reply.body(), asked)
    }

    /// As [`token`](Self::token), but it may not be there yet: then the error that says so.
    pub(super) async fn poll(
        &self,
        pairs: Pairs,
        cx: &mut AuthContext<'_>,
    ) -> Result<Result<Token, String>, StepError> {
        let asked = cx.now();
        let reply = self.ask(pairs, &["authorization_pending", "slow_down"], cx).await?;
        match reply::refusal(reply.status(), reply.body()) {
            Some(refusal) => Ok(Err(refusal.error)),
            None => self.read(reply.body(), asked).map(Ok),
        }
    }

    /// The next token.
    pub(super) async fn refresh(&self, refresh: &str, cx: &mut AuthContext<'_>) -> Result<Token, StepError> {
        let pairs = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh.to_owned())];
        let token = self.token(pairs, cx).await?;
        // Without a new refresh token, the old one is used again (RFC 6749 §6).
        Ok(Token { refresh: token.refresh.or_else(|| Some(refresh.to_owned())), ..token })
    }

    fn read(&self, body: &[u8], asked: loadspiker_core::Moment) -> Result<Token, StepError> {
        let reply = TokenReply::read(body)?;
        let lapse = reply.lifetime.map(|lifetime| Lapse::after(asked, lifetime, self.renew_before));
        Ok(Token { access: reply.access, refresh: reply.refresh, lapse })
    }
}
