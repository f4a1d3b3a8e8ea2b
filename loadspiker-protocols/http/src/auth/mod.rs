//! Authentication methods: [`Auth`] is a method as written by the user, [`Authenticator`] its compiled form.
//!
//! Pass an [`Auth`] to [`HttpProtocol::auth`](crate::HttpProtocol::auth), for every request, or to
//! [`HttpRequest::auth`](crate::HttpRequest::auth), for one. It can
//!
//! * *obtain* something first, with its own requests: a token, a session ([`Authenticator::obtain`]);
//! * *apply* it to a request: a header, a query parameter, a cookie, a signature ([`Authenticator::apply`]), or the
//!   connection that is used ([`AuthRequest::bind_connection`]);
//! * inspect the *response*, and repeat the request if it is a challenge ([`Authenticator::answered`]).
//!
//! It stores its state under an [`AuthKey`]: per user, per shard, or for the whole run; see [`AuthContext::user_state`],
//! [`AuthContext::shard_state`] and [`AuthContext::run_state`].
//!
//! # How it is counted
//!
//! Requests that obtain something are counted under their own names, such as `token`. A response that causes the request to
//! be repeated is a separate sample, like the hop of a redirect: `order Challenge`, which is never a failure. The repeated
//! request is counted as `order`. So statistics never mix the two, and every request is counted. If something cannot be
//! obtained, the request fails with the reason.
//!
//! Nothing is applied after a redirect to another origin.
//!
//! # Mechanisms of other protocols
//!
//! [`jwt`], [`oauth2`], [`aws_sigv4`], `ntlm` and `kerberos` come from `loadspiker-auth`, and are shared with other
//! protocols. Over HTTP they work as follows:
//!
//! * A token of [`jwt`] or [`oauth2`] is sent as `Authorization: Bearer …` (RFC 6750). [`authenticate`]`(&jwt).save_as(…)`
//!   saves it as an attribute. If the server rejects an OAuth 2.0 token (401) that worked before, or names it as the cause
//!   (`invalid_token`), the token is replaced and the request is repeated.
//! * `ntlm` responds to servers that offer `NTLM`, or `Negotiate` with NTLM. On each connection, the first two requests of
//!   an account are challenged: the second one asks for the challenge, and the third one proves the password. The two are
//!   counted as `name Challenge`. All three use that connection, which then only carries requests of this account. Other
//!   requests use other connections, even of a shared pool.
//! * `kerberos` responds to servers that offer `Negotiate` (RFC 4559), with a ticket for `HTTP/` and the host of the URL, or
//!   for the service that was set. The first request to a server is challenged; later requests carry a ticket from the
//!   start. As a step, [`authenticate`] obtains the first ticket immediately.
//!
//! If a server rejects the credentials, or offers none of these methods, the request fails with an error that says so.
//!
//! # One of your own
//!
//! A signature over the body, with a counter per user:
//!
//! ```
//! use std::cell::Cell;
//!
//! use loadspiker_core::StepError;
//! use loadspiker_core::compile::CompileContext;
//! use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
//! use loadspiker_http::auth::{Auth, AuthContext, AuthKey, AuthRequest, Authenticator};
//! use loadspiker_http::http;
//!
//! #[derive(Clone, Debug)]
//! struct Signed {
//!     key: TextArg,
//!     state: AuthKey,
//! }
//!
//! impl Auth for Signed {
//!     fn name(&self) -> &'static str {
//!         "signed"
//!     }
//!     fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
//!         Box::new(Signer { key: self.key.compile(cx), state: self.state.clone() })
//!     }
//! }
//!
//! struct Signer {
//!     key: CompiledText,
//!     state: AuthKey,
//! }
//!
//! impl Authenticator for Signer {
//!     fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
//!         let count = cx.user_state::<Cell<u32>>(&self.state);
//!         count.set(count.get() + 1);
//!         let mut key = String::new();
//!         self.key.render(cx.session(), &mut key)?;
//!         // A real one would be an HMAC.
//!         let sum: usize = request.body().iter().chain(key.as_bytes()).map(|byte| usize::from(*byte)).sum();
//!         request.set_header("x-signature", &format!("{sum}; {}", count.get()))
//!     }
//! }
//!
//! let signed = Signed { key: "#{key}".into_text(), state: AuthKey::new() };
//! let order = http("order").post("/orders").body("two apples").auth(&signed);
//! # let _ = order;
//! ```
//!
//! If it is enough to look at the request, use [`auth_fn`].

mod api_key;
mod bound;
mod context;
mod digest;
#[cfg(feature = "html")]
mod form_login;
#[cfg(feature = "html")]
mod forms;
mod function;
mod jwt;
#[cfg(feature = "kerberos")]
mod kerberos;
#[cfg(feature = "ntlm")]
mod ntlm;
mod oauth2;
#[cfg(any(feature = "kerberos", feature = "ntlm"))]
mod offer;
mod request;
mod secret;
mod sigv4;
mod step;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use loadspiker_core::StepError;
use loadspiker_core::compile::CompileContext;

pub use api_key::{ApiKey, api_key};
pub(crate) use bound::{AuthChoice, BoundAuth};
pub use context::AuthContext;
pub use digest::{DigestAuth, digest_auth};
#[cfg(feature = "html")]
#[cfg_attr(docsrs, doc(cfg(feature = "html")))]
pub use form_login::{FormLogin, form_login};
pub use function::{AuthFn, auth_fn};
pub use loadspiker_auth::{AuthKey, AwsSigV4, Jwt, JwtAlgorithm, OAuth2, aws_sigv4, jwt, jwt_with_key_file, oauth2};
#[cfg(feature = "kerberos")]
#[cfg_attr(docsrs, doc(cfg(feature = "kerberos")))]
pub use loadspiker_auth::{Kerberos, kerberos};
#[cfg(feature = "ntlm")]
#[cfg_attr(docsrs, doc(cfg(feature = "ntlm")))]
pub use loadspiker_auth::{Ntlm, ntlm};
pub use request::{AuthRequest, AuthResponse};
pub use step::{Authenticate, authenticate};

/// An authentication method as written by the user, before it is compiled. [`crate::auth`] shows how to write one.
pub trait Auth: fmt::Debug + Send + Sync + 'static {
    /// The name of the method, in lower case, with which its messages begin: `digest`, `oauth2`. `Debug` must not show secrets.
    fn name(&self) -> &'static str;

    /// Prepares it for a request: expressions are parsed, mistakes told with `cx.mistake`. Called for each request that
    /// uses it, before the run; in the imperative style during the run.
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator>;
}

impl<A: Auth + ?Sized> Auth for Arc<A> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        (**self).compile(cx)
    }
}

/// The future of [`Authenticator::obtain`]. It lives on one shard and need not be `Send`.
pub type AuthFuture<'a> = Pin<Box<dyn Future<Output = Result<(), StepError>> + 'a>>;

/// A compiled authentication method, shared by all users.
pub trait Authenticator: Send + Sync {
    /// Obtains what [`apply`](Self::apply) needs. Return `None`, the default, if it is already available; this costs nothing.
    /// Called before each request, and again if [`answered`](Self::answered) repeats the request.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the run is stopped, or when the user's code drops the request. It must not leave state behind
    /// that prevents other users from obtaining the same.
    fn obtain<'a>(&'a self, cx: &'a mut AuthContext<'_>) -> Option<AuthFuture<'a>> {
        let _ = cx;
        None
    }

    /// Authenticates a request. Everything else in it is as it will be sent.
    ///
    /// # Errors
    ///
    /// The reason why it cannot. The request then fails and is not sent.
    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError>;

    /// Inspects the response to an authenticated request, whatever its status. Default: accepts it.
    ///
    /// # Errors
    ///
    /// The reason why the challenge cannot be met. The request then fails.
    fn answered(&self, response: &AuthResponse<'_>, cx: &mut AuthContext<'_>) -> Result<Answered, StepError> {
        let _ = (response, cx);
        Ok(Answered::Accept)
    }

    /// The token that was obtained, for [`Authenticate::save_as`]. Default: none.
    fn token(&self, cx: &mut AuthContext<'_>) -> Option<String> {
        let _ = cx;
        None
    }

    /// Discards what was obtained, for [`Authenticate::anew`]. Default: does nothing.
    fn forget(&self, cx: &mut AuthContext<'_>) {
        let _ = cx;
    }
}

/// What to do with a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is the final response: redirects are followed, and checks run.
    Accept,
    /// It was a challenge: the request is repeated, after [`Authenticator::obtain`] and [`Authenticator::apply`], at most four
    /// times in a row; the fifth response is accepted. If the connection is [bound](AuthRequest::bind_connection), it is used
    /// again, unless the server has closed it.
    SendAgain,
    /// Like [`SendAgain`](Self::SendAgain), but the request fails if the server has closed the bound connection.
    SendAgainHere,
}

/// Types that [`HttpRequest::auth`](crate::HttpRequest::auth) takes: an [`Auth`], or a reference to one that can be cloned.
///
/// `K` distinguishes the two ([`Given`], [`Lent`]); it is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authentication method",
    label = "not an `Auth`",
    note = "give it one such as `oauth2(…)`, `api_key(…)`, `auth_fn(…)`, a reference to one, or a type of your own that implements `Auth`"
)]
pub trait IntoAuth<K> {
    /// Converts the value into a method.
    fn into_auth(self) -> Arc<dyn Auth>;
}

/// Marker for methods passed by value.
#[derive(Debug)]
pub enum Given {}

/// Marker for methods passed by reference, and cloned.
#[derive(Debug)]
pub enum Lent {}

impl<A: Auth> IntoAuth<Given> for A {
    fn into_auth(self) -> Arc<dyn Auth> {
        Arc::new(self)
    }
}

impl<A: Auth + Clone> IntoAuth<Lent> for &A {
    fn into_auth(self) -> Arc<dyn Auth> {
        Arc::new(self.clone())
    }
}
