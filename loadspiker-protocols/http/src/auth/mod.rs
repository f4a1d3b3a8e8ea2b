//! Ways to authenticate requests: [`Auth`] is one as the user writes it, [`Authenticator`] is it compiled.
//!
//! An [`Auth`] is given to [`HttpProtocol::auth`](crate::HttpProtocol::auth), for every request, or to
//! [`HttpRequest::auth`](crate::HttpRequest::auth), for one. It can
//!
//! * *obtain* something first, with requests of its own: a token, a session ([`Authenticator::obtain`]);
//! * *apply* it to a request: a header, a parameter of the query, a cookie, a signature over all of it
//!   ([`Authenticator::apply`]), or the connection that it goes over ([`AuthRequest::bind_connection`]);
//! * look at the *answer*, and have the request sent once more, if it is a challenge ([`Authenticator::answered`]).
//!
//! What it has to remember is kept for it under an [`AuthKey`]: per user, for all users of a shard, or for all users of the
//! run; see [`AuthContext::user_state`], [`AuthContext::shard_state`] and [`AuthContext::run_state`].
//!
//! # How it is counted
//!
//! Requests made to obtain something are counted under names of their own, such as `token`. An answer that has the
//! request sent again is a sample of its own as well, as the hop of a redirect is: `order Challenge`, not failed
//! whatever its status; `order` is what came of it. So the figures of a name never mix the two, and no request goes
//! uncounted. If something cannot be obtained, the request fails with an error that says why.
//!
//! Nothing is applied where a redirect has led to another origin.
//!
//! # Mechanisms of other protocols
//!
//! [`jwt`], [`oauth2`], [`aws_sigv4`], `ntlm` and `kerberos` come from `loadspiker-auth`, and other protocols know them,
//! too. Over HTTP they work as follows:
//!
//! * A token of [`jwt`] or [`oauth2`] is sent as `Authorization: Bearer …` (RFC 6750). [`authenticate`]`(&jwt).save_as(…)`
//!   saves it as an attribute. A token of OAuth 2.0 that the server refuses (401) although it went well before, or because
//!   it is at fault (`invalid_token`), is replaced, and the request sent again.
//! * `ntlm` answers servers that offer `NTLM`, and those that offer `Negotiate` and take NTLM for it. The first request of
//!   an account over a connection is challenged, and so is the second, which asks for the challenge; the third proves the
//!   password. The two are counted as `name Challenge`, and all three go over that connection, which from then on carries
//!   the requests of this account alone. Requests that are not authenticated in this way, or as another account, have
//!   other connections, also of a pool that users share.
//! * `kerberos` answers servers that offer `Negotiate` (RFC 4559), with a ticket for `HTTP/` and the host of the URL, unless
//!   it names a service. The first request to a server is challenged; from then on each request carries a ticket from the
//!   start. As a step, [`authenticate`] gets the first ticket there and then.
//!
//! A server that refuses what it is shown, or offers none of it, fails the request with an error that says so.
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
//! Where it is enough to look at the request, there is [`auth_fn`].

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

/// A way to authenticate requests, as the user writes it: a plain value, not yet compiled. See [`crate::auth`] for how
/// to write one.
pub trait Auth: fmt::Debug + Send + Sync + 'static {
    /// Its name, in lower case, before its messages: `digest`, `oauth2`. Its `Debug` must show no secret.
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

/// A way to authenticate requests, compiled; shared by all users.
pub trait Authenticator: Send + Sync {
    /// Obtains what [`apply`](Self::apply) needs. `None`, the default, if it is there already, which costs nothing.
    /// Called before each request, and again where [`answered`](Self::answered) wants the request sent again.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the run is stopped, or the user's code drops the request: it must leave no state behind
    /// that keeps other users from obtaining the same.
    fn obtain<'a>(&'a self, cx: &'a mut AuthContext<'_>) -> Option<AuthFuture<'a>> {
        let _ = cx;
        None
    }

    /// Authenticates a request that is about to be sent; all else in it is as it will be sent.
    ///
    /// # Errors
    ///
    /// Why it cannot: the request fails with it and is not sent.
    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError>;

    /// Looks at the answer to a request that it was applied to, whatever its status. By default it is accepted.
    ///
    /// # Errors
    ///
    /// Why the answer to a challenge cannot be given: the request fails with it.
    fn answered(&self, response: &AuthResponse<'_>, cx: &mut AuthContext<'_>) -> Result<Answered, StepError> {
        let _ = (response, cx);
        Ok(Answered::Accept)
    }

    /// The token that was obtained, for [`Authenticate::save_as`]. By default there is none.
    fn token(&self, cx: &mut AuthContext<'_>) -> Option<String> {
        let _ = cx;
        None
    }

    /// Forgets what was obtained, for [`Authenticate::anew`]. By default there is nothing to forget.
    fn forget(&self, cx: &mut AuthContext<'_>) {
        let _ = cx;
    }
}

/// What is to be done with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is the answer: redirects are followed, checks run over it.
    Accept,
    /// It was a challenge: the request is sent again, after [`Authenticator::obtain`] and [`Authenticator::apply`]. At
    /// most four times in a row; the answer to the fifth is accepted. If the connection is
    /// [bound](AuthRequest::bind_connection), it is sent over the same, unless the server has closed it.
    SendAgain,
    /// As [`SendAgain`](Self::SendAgain), and if the server has closed the connection that is bound, the request fails.
    SendAgainHere,
}

/// What [`HttpRequest::auth`](crate::HttpRequest::auth) takes: an [`Auth`], or a reference to one that can be cloned.
///
/// `K` says which of these it is ([`Given`], [`Lent`]); it is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authentication method",
    label = "not an `Auth`",
    note = "give it one such as `oauth2(…)`, `api_key(…)`, `auth_fn(…)`, a reference to one, or a type of your own that implements `Auth`"
)]
pub trait IntoAuth<K> {
    /// The way to authenticate.
    fn into_auth(self) -> Arc<dyn Auth>;
}

/// Ways to authenticate that are given away.
#[derive(Debug)]
pub enum Given {}

/// Ways to authenticate that are lent, and cloned.
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
