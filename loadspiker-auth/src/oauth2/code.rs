//! [`Authorization`]: the grant of an authorization code (RFC 6749 §4.1) with PKCE (RFC 7636).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, TextArg};
use loadspiker_core::{Session, StepError};
use ring::digest::{SHA256, digest};
use url::Url;

use super::client::{Client, Pairs};
use super::endpoint::TokenEndpoint;
use super::login::{CompiledLoginFields, LoginFields, LoginVisit};
use crate::encode::encode_component;
use crate::rendered;
use crate::token::Token;

pub(super) struct Authorization {
    authorize_url: CompiledText,
    redirect_uri: CompiledText,
    fields: CompiledLoginFields,
}

impl Authorization {
    pub(super) fn compile(
        authorize_url: &TextArg,
        redirect_uri: &TextArg,
        fields: &LoginFields,
        cx: &mut CompileContext<'_>,
    ) -> Self {
        let redirect_uri = redirect_uri.compile(cx);
        if let Some(Err(error)) = redirect_uri.as_literal().map(Url::parse) {
            cx.mistake(format!(
                "oauth2: the redirect URI is not a valid URL ({error}); write the full URL, such as https://app.test/back"
            ));
        }
        Authorization { authorize_url: authorize_url.compile(cx), redirect_uri, fields: fields.compile(cx) }
    }

    pub(super) async fn token<E: TokenEndpoint>(
        &self,
        client: &Client<CompiledText>,
        endpoint: &mut E,
    ) -> Result<Token, StepError> {
        let session = endpoint.context().session();
        let redirect_uri = rendered(&self.redirect_uri, session)?;
        let goal = Url::parse(&redirect_uri)
            .map_err(|error| StepError::new(format!("the redirect URI is not a valid URL ({error})")))?;
        let (verifier, state) = (random_text(43, session), random_text(22, session));
        let mut pairs: Pairs = vec![
            ("response_type", "code".to_owned()),
            ("client_id", rendered(&client.id, session)?),
            ("redirect_uri", redirect_uri.clone()),
            ("state", state.clone()),
            ("code_challenge", URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))),
            ("code_challenge_method", "S256".to_owned()),
        ];
        client.add_scope(&mut pairs, session)?;
        let visit = LoginVisit {
            name: format!("{} login", client.name),
            silent: client.silent,
            url: with_query(rendered(&self.authorize_url, session)?, &pairs),
            goal: Some(goal),
            fields: &self.fields,
            extra: Vec::new(),
        };
        let reached = endpoint.log_in(visit).await?;
        let code = code(&reached.ok_or("the login did not reach the redirect URI")?, &state)?;
        let pairs = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        client.token(pairs, endpoint).await
    }
}

/// The code that the server sends back (RFC 6749 §4.1.2).
fn code(url: &Url, state: &str) -> Result<String, StepError> {
    let parameter =
        |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    if let Some(error) = parameter("error") {
        return Err(StepError::new(format!("the authorization was refused: {error}")));
    }
    if parameter("state").as_deref() != Some(state) {
        return Err(StepError::new("the authorization response has a different state than the request"));
    }
    parameter("code").ok_or_else(|| StepError::new("the authorization response has no code"))
}

fn with_query(mut url: String, pairs: &Pairs) -> String {
    for (name, value) in pairs {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(name);
        url.push('=');
        encode_component(value, &mut url);
    }
    url
}

/// Letters and digits from the user's own source, so that the same seed makes the same requests.
fn random_text(length: usize, session: &Session) -> String {
    session.random(|random| (0..length).map(|_| random.alphanumeric()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_a_code_or_says_why_not() {
        let of = |query: &str| code(&Url::parse(&format!("https://app.test/back?{query}")).unwrap(), "s");
        assert_eq!(of("code=a%20b&state=s").unwrap(), "a b");
        for (query, why) in [
            ("error=access_denied&state=s", "refused: access_denied"),
            ("code=a&state=t", "a different state"),
            ("code=a", "a different state"),
            ("state=s", "has no code"),
        ] {
            assert!(of(query).unwrap_err().to_string().contains(why), "{query}");
        }
    }

    #[test]
    fn parameters_come_after_those_that_the_url_has() {
        let pairs = vec![("a", "1 2".to_owned()), ("b", "&".to_owned())];
        assert_eq!(with_query("/x".to_owned(), &pairs), "/x?a=1%202&b=%26");
        assert_eq!(with_query("/x?y=1".to_owned(), &pairs), "/x?y=1&a=1%202&b=%26");
    }
}
