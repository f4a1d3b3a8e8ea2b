//! [`Jwt`] over HTTP: a JSON Web Token, as a bearer token.

use http::header::AUTHORIZATION;
use loadspiker_auth::{Jwt, JwtSigner};
use loadspiker_core::StepError;
use loadspiker_core::compile::CompileContext;

use super::{Auth, AuthContext, AuthFuture, AuthRequest, Authenticator};

impl Auth for Jwt {
    fn name(&self) -> &'static str {
        "jwt"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        Box::new(Signing(Jwt::compile(self, cx)))
    }
}

/// [`Jwt`], compiled.
struct Signing(JwtSigner);

impl Authenticator for Signing {
    /// Nothing is sent; but a step that saves the token needs to hear why there is none.
    fn obtain<'a>(&'a self, cx: &'a mut AuthContext<'_>) -> Option<AuthFuture<'a>> {
        let error = self.0.token(cx.action_mut()).err()?;
        Some(Box::pin(async { Err(error) }))
    }

    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let token = self.0.token(cx.action_mut())?;
        request.set_header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    fn token(&self, cx: &mut AuthContext<'_>) -> Option<String> {
        self.0.token(cx.action_mut()).ok()
    }

    fn forget(&self, cx: &mut AuthContext<'_>) {
        self.0.forget(cx.action_mut());
    }
}
