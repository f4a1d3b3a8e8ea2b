//! [`oauth2`]: OAuth 2.0 (RFC 6749) bearer tokens (RFC 6750), renewed before they expire.

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

/// OAuth 2.0 tokens from the token endpoint at this URL (or a path after the base URL), for this client id. The default grant
/// is client credentials.
///
/// A token is fetched before the first request that needs it, sent as a bearer token, and renewed before it expires: with the
/// refresh token if there is one, otherwise with the same grant. A token that the server rejects is replaced once, if it
/// worked before, or if the server says that it is invalid (`invalid_token`).
///
/// Each user has its own token, unless all users of the run [share](OAuth2::shared) one. Requests to the token endpoint are
/// counted as `token`. If no token can be obtained, the request that needs it fails, with the reason.
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

/// OAuth 2.0 tokens. Created by [`oauth2`].
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
    /// The client secret, sent with Basic authentication (RFC 6749 §2.3.1). Default: none, for public clients.
    pub fn client_secret(self, secret: impl IntoText) -> Self {
        OAuth2 { secrecy: Secrecy::Basic(Secret::new(secret)), ..self }
    }

    /// The client secret, sent in the body, for servers that do not support Basic authentication.
    pub fn client_secret_in_body(self, secret: impl IntoText) -> Self {
        OAuth2 { secrecy: Secrecy::Body(Secret::new(secret)), ..self }
    }

    /// The requested scope: names separated by spaces. Default: chosen by the server.
    pub fn scope(self, scope: impl IntoText) -> Self {
        OAuth2 { scope: Some(scope.into_text()), ..self }
    }

    /// Adds a parameter to each token request, such as `audience` or `resource`.
    pub fn parameter(mut self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.parameters.push((name.into(), value.into_text()));
        self
    }

    /// Uses the password grant (RFC 6749 §4.3).
    pub fn password(self, user: impl IntoText, password: impl IntoText) -> Self {
        OAuth2 { flow: Flow::Password(user.into_text(), Secret::new(password)), ..self }
    }

    /// Uses an existing refresh token (RFC 6749 §6).
    pub fn refresh_token(self, token: impl IntoText) -> Self {
        OAuth2 { flow: Flow::RefreshToken(Secret::new(token)), ..self }
    }

    /// Uses the authorization code grant (RFC 6749 §4.1) with PKCE (RFC 7636, `S256`). The authorization endpoint at this URL is
    /// visited like a browser does: redirects are followed, the login form is filled in with the
    /// [`login_field`](Self::login_field)s, and other forms, such as a consent form, are submitted unchanged, until a redirect
    /// leads to the redirect URI, which is not requested. These requests are counted as `token login`.
    #[cfg(feature = "login")]
    #[cfg_attr(docsrs, doc(cfg(feature = "login")))]
    pub fn authorization_code(self, authorize_url: impl IntoText, redirect_uri: impl IntoText) -> Self {
        let (authorize_url, redirect_uri) = (authorize_url.into_text(), redirect_uri.into_text());
        OAuth2 { flow: Flow::AuthorizationCode { authorize_url, redirect_uri, login: self.flow.login() }, ..self }
    }

    /// Uses the device grant (RFC 8628). A device code is requested at this URL (counted as `token device`), and the token
    /// endpoint is polled until the user has approved, at the interval that the server sets (default: 5 s). With
    /// [`login_field`](Self::login_field)s, the user approves at the verification URI by submitting the login form and the forms
    /// that follow. Otherwise, someone else has to approve.
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

    /// Sets a field of the login form, for grants in which the user logs in at a page. Its value is never shown. Choose the
    /// grant first; for other grants this is a mistake.
    #[cfg(feature = "login")]
    #[cfg_attr(docsrs, doc(cfg(feature = "login")))]
    pub fn login_field(mut self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.flow.add_login_field(name.into(), value);
        self
    }

    /// How long before its expiry a token is renewed, at most half its lifetime. Default: 30 s.
    pub fn renew_before(self, time: impl FixedDuration) -> Self {
        OAuth2 { renew_before: time.fixed(), ..self }
    }

    /// Shares one token among all users of the run, on all shards. The first user that needs the token fetches it while others
    /// wait. One user renews it, while others continue to use the old token as long as it is valid. If no token can be obtained,
    /// all waiting users fail with the same reason. Expressions are evaluated for the user that fetches the token. Default: each
    /// user has its own token.
    pub fn shared(self) -> Self {
        OAuth2 { shared: true, ..self }
    }

    /// The name under which token requests are counted. Default: `token`.
    pub fn name(self, name: impl Into<String>) -> Self {
        OAuth2 { name: name.into(), ..self }
    }

    /// Leaves token requests out of all statistics.
    pub fn silent(self) -> Self {
        OAuth2 { silent: true, ..self }
    }
}

impl OAuth2 {
    /// Compiles the mechanism for a request: parses expressions. Reports mistakes to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> TokenSource {
        let secrecy = match &self.secrecy {
            Secrecy::Public => Secrecy::Public,
            Secrecy::Basic(secret) => Secrecy::Basic(secret.compile(cx)),
            Secrecy::Body(secret) => Secrecy::Body(secret.compile(cx)),
        };
        if matches!((&self.flow, &secrecy), (Flow::ClientCredentials, Secrecy::Public)) {
            cx.mistake("oauth2: client credentials without a secret; add .client_secret(…), or choose another grant");
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
