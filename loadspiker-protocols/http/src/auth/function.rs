//! [`auth_fn`]: a closure that authenticates requests.

use std::fmt;
use std::sync::Arc;

use loadspiker_core::compile::CompileContext;
use loadspiker_core::{Session, StepError};

use super::{Auth, AuthContext, AuthRequest, Authenticator};

type Apply = Arc<dyn Fn(&mut AuthRequest<'_>, &Session) -> Result<(), StepError> + Send + Sync>;

/// Authenticates requests with a closure, which sees each request as it will be sent and adds what is needed. Its errors begin
/// with `name`. For more complex methods, implement [`Auth`].
///
/// ```
/// use loadspiker_http::HttpProtocol;
/// use loadspiker_http::auth::auth_fn;
///
/// let stamped = auth_fn("stamp", |request, session| {
///     let stamp = format!("{}/{}", session.get_str("user")?, request.body().len());
///     request.set_header("x-stamp", &stamp)
/// });
/// let shop = HttpProtocol::new("http://127.0.0.1:8080").auth(stamped);
/// # let _ = shop;
/// ```
pub fn auth_fn(
    name: &'static str,
    apply: impl Fn(&mut AuthRequest<'_>, &Session) -> Result<(), StepError> + Send + Sync + 'static,
) -> AuthFn {
    AuthFn { name, apply: Arc::new(apply) }
}

/// A closure that authenticates requests. Created by [`auth_fn`].
#[derive(Clone)]
pub struct AuthFn {
    name: &'static str,
    apply: Apply,
}

impl fmt::Debug for AuthFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "auth_fn(\"{}\", |request, session| …)", self.name)
    }
}

impl Auth for AuthFn {
    fn name(&self) -> &'static str {
        self.name
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        cx.opaque();
        Box::new(Calling(self.apply.clone()))
    }
}

struct Calling(Apply);

impl Authenticator for Calling {
    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        (self.0)(request, cx.session())
    }
}
