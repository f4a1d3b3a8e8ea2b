//! [`AwsSigV4`] over HTTP: a signature over the whole request, in headers.

use loadspiker_auth::{AwsSigV4, SigV4Signer, SigningRequest};
use loadspiker_core::StepError;
use loadspiker_core::compile::CompileContext;

use super::{Auth, AuthContext, AuthRequest, Authenticator};

impl Auth for AwsSigV4 {
    fn name(&self) -> &'static str {
        "aws_sigv4"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        Box::new(Signing(AwsSigV4::compile(self, cx)))
    }
}

/// [`AwsSigV4`], compiled.
struct Signing(SigV4Signer);

impl Authenticator for Signing {
    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let to_sign = SigningRequest {
            method: request.method().as_str(),
            path_and_query: request.path_and_query(),
            body: request.body(),
        };
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        for (name, value) in self.0.sign(&to_sign, headers, cx.session())? {
            request.set_header(name, &value)?;
        }
        Ok(())
    }
}
