//! [`Flow`]: how a client comes to a token: the grants of OAuth 2.0. [`Grant`]: the same, compiled.

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, TextArg};
use loadspiker_core::{Session, StepError};

use super::client::Client;
#[cfg(feature = "login")]
use super::code::Authorization;
use super::device::Device;
use super::endpoint::TokenEndpoint;
#[cfg(feature = "login")]
use super::login::LoginFields;
use crate::token::Token;
use crate::{Secret, rendered};

/// A grant, as the user wrote it.
#[derive(Clone, Debug)]
pub(super) enum Flow {
    ClientCredentials,
    Password(TextArg, Secret),
    RefreshToken(Secret),
    #[cfg(feature = "login")]
    AuthorizationCode {
        authorize_url: TextArg,
        redirect_uri: TextArg,
        login: LoginFields,
    },
    DeviceCode {
        device_url: TextArg,
        #[cfg(feature = "login")]
        login: LoginFields,
    },
    /// A login was described for a grant that has none.
    #[cfg(feature = "login")]
    Misplaced,
}

impl Flow {
    /// What was filled in so far.
    #[cfg(feature = "login")]
    pub(super) fn login(&self) -> LoginFields {
        match self {
            Flow::AuthorizationCode { login, .. } | Flow::DeviceCode { login, .. } => login.clone(),
            _ => LoginFields::default(),
        }
    }

    #[cfg(feature = "login")]
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
            #[cfg(feature = "login")]
            Flow::AuthorizationCode { authorize_url, redirect_uri, login } => {
                Grant::AuthorizationCode(Authorization::compile(authorize_url, redirect_uri, login, cx))
            }
            Flow::DeviceCode {
                device_url,
                #[cfg(feature = "login")]
                login,
            } => Grant::DeviceCode(Device {
                url: device_url.compile(cx),
                #[cfg(feature = "login")]
                login: (!login.is_empty()).then(|| login.compile(cx)),
            }),
            #[cfg(feature = "login")]
            Flow::Misplaced => {
                cx.mistake(
                    "oauth2: login_field(…) requires authorization_code(…) or device_code(…); choose the grant first",
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
    #[cfg(feature = "login")]
    AuthorizationCode(Authorization),
    DeviceCode(Device),
}

impl Grant {
    /// Whether it gives a token whenever it is asked for one.
    pub(super) fn can_begin_anew(&self) -> bool {
        !matches!(self, Grant::RefreshToken(_))
    }

    /// A new token.
    pub(super) async fn token<E: TokenEndpoint>(
        &self,
        client: &Client<CompiledText>,
        endpoint: &mut E,
    ) -> Result<Token, StepError> {
        let session = endpoint.context().session();
        let text = |text: &CompiledText, session: &Session| rendered(text, session);
        let mut pairs = match self {
            Grant::ClientCredentials => vec![("grant_type", "client_credentials".to_owned())],
            Grant::Password(user, password) => vec![
                ("grant_type", "password".to_owned()),
                ("username", text(user, session)?),
                ("password", text(password, session)?),
            ],
            Grant::RefreshToken(token) => return client.refresh(&text(token, session)?, endpoint).await,
            #[cfg(feature = "login")]
            Grant::AuthorizationCode(authorization) => return authorization.token(client, endpoint).await,
            Grant::DeviceCode(device) => return device.token(client, endpoint).await,
        };
        client.add_scope(&mut pairs, session)?;
        client.token(pairs, endpoint).await
    }
}
