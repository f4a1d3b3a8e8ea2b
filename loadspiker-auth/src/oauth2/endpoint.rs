//! [`TokenEndpoint`]: the interface that a protocol provides for [`OAuth2`](super::OAuth2): it exchanges forms for JSON.

use std::future::Future;

use loadspiker_core::StepError;
use loadspiker_core::protocol::ActionContext;

#[cfg(feature = "login")]
use super::login::LoginVisit;
use super::reply;

/// Access to an authorization server, on behalf of a user. The protocol decides how forms are sent and counted.
pub trait TokenEndpoint {
    /// The context of the action that needs a token.
    fn context(&self) -> &ActionContext;

    /// The context of the action that needs a token, mutably.
    fn context_mut(&mut self) -> &mut ActionContext;

    /// Sends a form with `POST`, and returns the reply if [`TokenForm::judge`] accepts it.
    ///
    /// # Errors
    ///
    /// The request failed, or the reply was not accepted.
    fn exchange(&mut self, form: TokenForm) -> impl Future<Output = Result<TokenReply, StepError>>;

    /// Visits a page like a browser; see [`LoginVisit`]. Returns the URL that was reached, if the visit has a goal. The default
    /// implementation is for protocols that cannot visit a page.
    ///
    /// # Errors
    ///
    /// The login is rejected, or ends at an unexpected page.
    #[cfg(feature = "login")]
    #[cfg_attr(docsrs, doc(cfg(feature = "login")))]
    fn log_in(&mut self, visit: LoginVisit<'_>) -> impl Future<Output = Result<Option<url::Url>, StepError>> {
        let _ = visit;
        async {
            Err(StepError::new(
                "this protocol cannot visit a login page; use a grant without one, such as .password(…)",
            ))
        }
    }
}

/// A form for an authorization server. `Debug` shows no secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct TokenForm {
    /// The name under which the request is counted.
    pub name: String,
    /// Whether the request is left out of all statistics.
    pub silent: bool,
    /// The URL of the endpoint.
    pub url: String,
    /// Names and values of the form.
    pub fields: Vec<(String, String)>,
    /// User name and password for Basic authentication (RFC 7617), if the client uses it.
    pub basic: Option<(String, String)>,
    /// Refusals that count as replies.
    pub(super) expected: &'static [&'static str],
}

impl TokenForm {
    /// Whether a reply with this status and body is successful.
    ///
    /// # Errors
    ///
    /// Why the server rejected the request (RFC 6749 §5.2), in one line that is the same for the same cause.
    pub fn judge(&self, status: u16, body: &[u8]) -> Result<(), String> {
        match reply::refusal(status, body) {
            Some(refusal) if !self.expected.contains(&&*refusal.error) => Err(refusal.message()),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for TokenForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenForm").field("name", &self.name).field("url", &self.url).finish_non_exhaustive()
    }
}

/// The reply to a [`TokenForm`].
#[derive(Clone)]
pub struct TokenReply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Vec<u8>,
}
