//! [`Flow`]: how a client comes to a token: the grants of OAuth 2.0. [`Grant`]: the same, compiled.

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, TextArg};
use loadspiker_core::{Session, StepError};

use super::client::Client;
#[cfg(feature = "html")]
use super::code::Authorization;
use super::device::Device;
use crate::auth::AuthContext;
#[cfg(feature = "html")]
use crate::auth::forms::Entries;
use crate::auth::secret::{Secret, rendered};
use crate::auth::token::Token;

/// A grant, as the user wrote it.
#[derive(Clone, Debug)]
pub(super) enum Flow {
    ClientCredentials,
    Password(TextArg, Secret),
    RefreshToken(Secret),
    #[cfg(feature = "html")]
    AuthorizationCode {
        authorize_url: TextArg,
        redirect_uri: TextArg,
        login: Entries,
    },
    DeviceCode {
        device_url: TextArg,
        #[cfg(feature = "html")]
        login: Entries,
    },
    /// A login was described for a grant that has none.
    #[cfg(feature = "html")]
    Misplaced,
}

impl Flow {
    /// What was filled in so far.
    #[cfg(feature = "html")]
    pub(super) fn login(&self) -> Entries {
        match self {
            Flow::AuthorizationCode { login, .. } | Flow::DeviceCode { login, .. } => login.clone(),
            _ => Entries::default(),
        }
    }

    #[cfg(feature = "html")]
    pub(super) fn add_login_field(&mut self, name: String, value: impl loadspiker_core::expression::IntoText) {
        match self {
            Flow::AuthorizationCode { login, .. } | Flow::DeviceCode { login, .. } => login.add(name, value),
            _ => *self = Flow::Misplaced,
        }
    }

    pub(super) fn compile(&self, cx: &mut CompileContext<'_>) -> Grant {
        match self {
            Flow::ClientCredentials => Grant::ClientCredentials,
            Flow::Password(user, password) => Grant::Password(user.compile(cx), password.compile(cx)),
            Flow::RefreshToken(token) => Grant::RefreshToken(token.compile(cx)),
            #[cfg(feature = "html")]
            Flow::AuthorizationCode { authorize_url, redirect_uri, login } => {
                Grant::AuthorizationCode(Authorization::compile(authorize_url, redirect_uri, login, cx))
            }
            Flow::DeviceCode {
                device_url,
                #[cfg(feature = "html")]
                login,
            } => Grant::DeviceCode(Device {
                url: device_url.compile(cx),
                #[cfg(feature = "html")]
                login: (!login.is_empty()).then(|| login.compile(None, cx)),
            }),
            #[cfg(feature = "html")]
            Flow::Misplaced => {
                cx.mistake(
                    "oauth2: login_field(…) goes with authorization_code(…) or device_code(…); name the grant before it",
                );
                Grant::ClientCredentials
            }
        }
    }
}

/// A grant.
pub(super) enum Grant {
    ClientCredentials,
    Password(CompiledText, CompiledText),
    RefreshToken(CompiledText),
    #[cfg(feature = "html")]
    AuthorizationCode(Authorization),
    DeviceCode(Device),
}

impl Grant {
    /// Whether it gives a token whenever it is asked for one.
    pub(super) fn can_begin_anew(&self) -> bool {
        !matches!(self, Grant::RefreshToken(_))
    }

    /// A new token.
    pub(super) async fn token(
        &self,
        client: &Client<CompiledText>,
        cx: &mut AuthContext<'_>,
    ) -> Result<Token, StepError> {
        let text = |text: &CompiledText, session: &Session| rendered(text, session);
        let mut pairs = match self {
            Grant::ClientCredentials => vec![("grant_type", "client_credentials".to_owned())],
            Grant::Password(user, password) => vec![
                ("grant_type", "password".to_owned()),
                ("username", text(user, cx.session())?),
                ("password", text(password, cx.session())?),
            ],
            Grant::RefreshToken(token) => return client.refresh(&text(token, cx.session())?, cx).await,
            #[cfg(feature = "html")]
            Grant::AuthorizationCode(authorization) => return authorization.token(client, cx).await,
            Grant::DeviceCode(device) => return device.token(client, cx).await,
        };
        client.add_scope(&mut pairs, cx.session())?;
        client.token(pairs, cx).await
    }
}
