//! [`oauth2`]: tokens by OAuth 2.0 (RFC 6749), as bearer tokens (RFC 6750), renewed before they lapse.

mod client;
#[cfg(feature = "login")]
mod code;
mod device;
mod endpoint;
mod grant;
#[cfg(feature = "login")]
mod login;
mod reply;
mod source;

use std::time::Duration;

use loadspiker_core::FixedDuration;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{IntoText, TextArg};

use self::client::{Client, Secrecy};
pub use self::endpoint::{TokenEndpoint, TokenForm, TokenReply};
use self::grant::Flow;
#[cfg(feature = "login")]
#[cfg_attr(docsrs, doc(cfg(feature = "login")))]
pub use self::login::{CompiledLoginFields, LoginFields, LoginVisit};
pub use self::source::TokenSource;
use crate::{AuthKey, AuthStates, Secret};

/// How long before its end a token is renewed, unless the user says otherwise.
const RENEW_BEFORE: Duration = Duration::from_secs(30);

/// Tokens by OAuth 2.0: from the token endpoint at this URL (or path after the base URL), for the client of this id. The
/// grant is that of client credentials unless another one is named.
///
/// A token is fetched before the first request that needs it, sent as a bearer token, and renewed before it lapses: with
/// the refresh token if there is one, else by the same grant again. One that the server refuses although it went well
/// before, or because it is at fault (`invalid_token`), is replaced.
///
/// Each user has a token of its own, or all users of the run [share](OAuth2::shared) one. Requests to the token endpoint
/// are counted as `token`. If a token cannot be had, the request that needs it fails and says why.
///
/// ```
/// use loadspiker_auth::oauth2;
/// use loadspiker_core::DurationExt;
///
/// // A service: one token for all.
/// let service = oauth2("https://id.test/token", "reports").client_secret("secret").scope("read").shared();
/// // Users of an app, each with its own name and password.
/// let app = oauth2("https://id.test/token", "app").password("#{user}", "#{password}").renew_before(1.minutes());
/// # let _ = (service, app);
/// ```
pub fn oauth2(token_url: impl IntoText, client_id: impl IntoText) -> OAuth2 {
    OAuth2 {
        key: AuthKey::new(),
        token_url: token_url.into_text(),
        client_id: client_id.into_text(),
        secrecy: Secrecy::Public,
        flow: Flow::ClientCredentials,
        scope: None,
        parameters: Vec::new(),
        renew_before: RENEW_BEFORE,
        shared: false,
        name: "token".to_owned(),
        silent: false,
    }
}

/// Tokens by OAuth 2.0; made by [`oauth2`].
#[derive(Clone, Debug)]
pub struct OAuth2 {
    key: AuthKey,
    token_url: TextArg,
    client_id: TextArg,
    secrecy: Secrecy<Secret>,
    flow: Flow,
    scope: Option<TextArg>,
    parameters: Vec<(String, TextArg)>,
    renew_before: Duration,
    shared: bool,
    name: String,
    silent: bool,
}

impl OAuth2 {
    /// The client proves itself with this secret, by Basic authentication (RFC 6749 §2.3.1). Default: it is a public
    /// client, without a secret.
    pub fn client_secret(self, secret: impl IntoText) -> Self {
        OAuth2 { secrecy: Secrecy::Basic(Secret::new(secret)), ..self }
    }

    /// The client proves itself with this secret in the body, for servers that know no Basic authentication.
    pub fn client_secret_in_body(self, secret: impl IntoText) -> Self {
        OAuth2 { secrecy: Secrecy::Body(Secret::new(secret)), ..self }
    }

    /// Which scope is asked for: names with spaces between them. Default: the server's.
    pub fn scope(self, scope: impl IntoText) -> Self {
        OAuth2 { scope: Some(scope.into_text()), ..self }
    }

    /// One more parameter of each request for a token, such as `audience` or `resource`.
    pub fn parameter(mut self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.parameters.push((name.into(), value.into_text()));
        self
    }

    /// The grant of the user's name and password (RFC 6749 §4.3).
    pub fn password(self, user: impl IntoText, password: impl IntoText) -> Self {
        OAuth2 { flow: Flow::Password(user.into_text(), Secret::new(password)), ..self }
    }

    /// The grant of a refresh token that the user has from before (RFC 6749 §6).
    pub fn refresh_token(self, token: impl IntoText) -> Self {
        OAuth2 { flow: Flow::RefreshToken(Secret::new(token)), ..self }
    }

    /// The grant of an authorization code (RFC 6749 §4.1), with PKCE (RFC 7636, `S256`): the authorization endpoint at
    /// this URL is visited as a browser does, redirects are followed, the login form is filled in with the
    /// [`login_field`](Self::login_field)s, and further forms, such as one for consent, are sent as they are, until a
    /// redirect leads to the redirect URI, which is not visited. All that is counted as `token login`.
    #[cfg(feature = "login")]
    #[cfg_attr(docsrs, doc(cfg(feature = "login")))]
    pub fn authorization_code(self, authorize_url: impl IntoText, redirect_uri: impl IntoText) -> Self {
        let (authorize_url, redirect_uri) = (authorize_url.into_text(), redirect_uri.into_text());
        OAuth2 { flow: Flow::AuthorizationCode { authorize_url, redirect_uri, login: self.flow.login() }, ..self }
    }

    /// The grant for devices (RFC 8628): a device code is asked for at this URL (counted as `token device`), and the token
    /// endpoint is polled at the interval that the server names (5 s if it names none) until the user has agreed. With
    /// [`login_field`](Self::login_field)s the user does so itself, at the verification URI, by filling in the login form and sending what
    /// forms follow; without them somebody else has to.
    pub fn device_code(self, device_url: impl IntoText) -> Self {
        let device_url = device_url.into_text();
        OAuth2 {
            flow: Flow::DeviceCode {
                device_url,
                #[cfg(feature = "login")]
                login: self.flow.login(),
            },
            ..self
        }
    }

    /// Fills in a field of the login form, for the grants in which the user logs in at a page. Its value is never shown.
    /// Name the grant first; for others it is a mistake.
    #[cfg(feature = "login")]
    #[cfg_attr(docsrs, doc(cfg(feature = "login")))]
    pub fn login_field(mut self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.flow.add_login_field(name.into(), value);
        self
    }

    /// How long before its end a token is renewed: at most half its lifetime. Default 30 s.
    pub fn renew_before(self, time: impl FixedDuration) -> Self {
        OAuth2 { renew_before: time.fixed(), ..self }
    }

    /// All users of the run have one token, on all shards: the first that needs it gets it, and the others wait; one of
    /// them renews it, while the others use the old one as long as it is good. If there is none to be had, all who waited
    /// fail with the same reason. Expressions are those of the user that happens to ask. Default: each user has its own.
    pub fn shared(self) -> Self {
        OAuth2 { shared: true, ..self }
    }

    /// What requests for a token are counted under. Default: `token`.
    pub fn name(self, name: impl Into<String>) -> Self {
        OAuth2 { name: name.into(), ..self }
    }

    /// Leaves requests for tokens out of all statistics.
    pub fn silent(self) -> Self {
        OAuth2 { silent: true, ..self }
    }
}

impl OAuth2 {
    /// Prepares it for a request: expressions are parsed. Mistakes are reported to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> TokenSource {
        let secrecy = match &self.secrecy {
            Secrecy::Public => Secrecy::Public,
            Secrecy::Basic(secret) => Secrecy::Basic(secret.compile(cx)),
            Secrecy::Body(secret) => Secrecy::Body(secret.compile(cx)),
        };
        if matches!((&self.flow, &secrecy), (Flow::ClientCredentials, Secrecy::Public)) {
            cx.mistake(
                "oauth2: client credentials without a secret; give it one with .client_secret(…), or name a grant",
            );
        }
        let text = |text: &TextArg, cx: &mut CompileContext<'_>| text.compile(cx);
        let client = Client {
            token_url: text(&self.token_url, cx),
            id: text(&self.client_id, cx),
            secrecy,
            scope: self.scope.as_ref().map(|scope| text(scope, cx)),
            parameters: self.parameters.iter().map(|(name, value)| (name.clone(), text(value, cx))).collect(),
            renew_before: self.renew_before,
            name: self.name.clone(),
            silent: self.silent,
        };
        TokenSource {
            states: AuthStates::compile(cx),
            key: self.key.clone(),
            shared: self.shared,
            client,
            grant: self.flow.compile(cx),
        }
    }
}
