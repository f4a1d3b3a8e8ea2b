//! [`Client`]: a client of an authorization server, and what it asks the endpoints.

use std::time::Duration;

use loadspiker_core::expression::CompiledText;
use loadspiker_core::{Moment, Session, StepError};
use url::form_urlencoded::byte_serialize;

use super::endpoint::{TokenEndpoint, TokenForm, TokenReply};
use super::reply::{self, GrantedToken};
use crate::rendered;
use crate::token::{Lapse, Token};

/// How a client authenticates.
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

    /// A form for one of the endpoints, with which the client authenticates.
    pub(super) fn form(
        &self,
        name: String,
        url: &CompiledText,
        pairs: Pairs,
        session: &Session,
    ) -> Result<TokenForm, StepError> {
        let id = rendered(&self.id, session)?;
        let mut fields: Vec<(String, String)> =
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut basic = None;
        match &self.secrecy {
            Secrecy::Public => fields.push(("client_id".to_owned(), id)),
            Secrecy::Body(secret) => {
                fields.push(("client_id".to_owned(), id));
                fields.push(("client_secret".to_owned(), rendered(secret, session)?));
            }
            Secrecy::Basic(secret) => {
                // Both are encoded as in a form (RFC 6749 §2.3.1).
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                basic = Some((encoded(&id), encoded(&rendered(secret, session)?)));
            }
        }
        Ok(TokenForm { name, silent: self.silent, url: rendered(url, session)?, fields, basic, expected: &[] })
    }

    /// Asks the token endpoint. A refusal that is `expected` counts as a reply.
    async fn ask<E: TokenEndpoint>(
        &self,
        pairs: Pairs,
        expected: &'static [&'static str],
        endpoint: &mut E,
    ) -> Result<TokenReply, StepError> {
        let session = endpoint.context().session();
        let mut form = self.form(self.name.clone(), &self.token_url, pairs, session)?;
        for (name, value) in &self.parameters {
            form.fields.push((name.clone(), rendered(value, session)?));
        }
        endpoint.exchange(TokenForm { expected, ..form }).await
    }

    /// Asks the token endpoint for a token.
    pub(super) async fn token<E: TokenEndpoint>(&self, pairs: Pairs, endpoint: &mut E) -> Result<Token, StepError> {
        // It is good for so long from when it was made, which is after it was asked for.
        let asked = endpoint.context().now();
        let reply = self.ask(pairs, &[], endpoint).await?;
        self.read(&reply.body, asked)
    }

    /// As [`token`](Self::token), but the token may not be there yet: then the refusal that says so.
    pub(super) async fn poll<E: TokenEndpoint>(
        &self,
        pairs: Pairs,
        endpoint: &mut E,
    ) -> Result<Result<Token, String>, StepError> {
        let asked = endpoint.context().now();
        let reply = self.ask(pairs, &["authorization_pending", "slow_down"], endpoint).await?;
        match reply::refusal(reply.status, &reply.body) {
            Some(refusal) => Ok(Err(refusal.error)),
            None => self.read(&reply.body, asked).map(Ok),
        }
    }

    /// The next token.
    pub(super) async fn refresh<E: TokenEndpoint>(&self, refresh: &str, endpoint: &mut E) -> Result<Token, StepError> {
        let pairs = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh.to_owned())];
        let token = self.token(pairs, endpoint).await?;
        // Without a new refresh token, the old one is used again (RFC 6749 §6).
        Ok(Token { refresh: token.refresh.or_else(|| Some(refresh.to_owned())), ..token })
    }

    fn read(&self, body: &[u8], asked: Moment) -> Result<Token, StepError> {
        let reply = GrantedToken::read(body)?;
        let lapse = reply.lifetime.map(|lifetime| Lapse::after(asked, lifetime, self.renew_before));
        Ok(Token { access: reply.access, refresh: reply.refresh, lapse })
    }
}
