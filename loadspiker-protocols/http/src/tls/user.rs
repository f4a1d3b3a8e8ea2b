//! [`UserCertificate`]: which client certificate a user has, where each has one of its own.

use loadspiker_core::Session;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, TextArg};

use super::ClientFiles;
use crate::error::HttpError;

/// The paths of a certificate and its key, to be rendered for each user.
pub(crate) struct UserCertificate {
    certificate: CompiledText,
    key: CompiledText,
}

impl UserCertificate {
    pub(crate) fn compile(written: Option<&(TextArg, TextArg)>, cx: &mut CompileContext<'_>) -> Option<Self> {
        let (certificate, key) = written?;
        Some(UserCertificate { certificate: certificate.compile(cx), key: key.compile(cx) })
    }

    /// The files of this user.
    pub(crate) fn of(&self, session: &Session) -> Result<ClientFiles, HttpError> {
        let path = |text: &CompiledText| {
            let mut path = String::new();
            let rendered = text.render(session, &mut path);
            rendered.map(|()| path.into()).map_err(|error| HttpError::Build(format!("client_certificate: {error}")))
        };
        Ok((path(&self.certificate)?, path(&self.key)?))
    }
}
