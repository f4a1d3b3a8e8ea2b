//! [`UserCertificate`]: client certificates per user.

use loadspiker_core::Session;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, TextArg};

use super::CertificateFiles;
use crate::failure::Failure;

/// The paths of a certificate and its key, to be rendered for each user.
pub struct UserCertificate {
    certificate: CompiledText,
    key: CompiledText,
}

impl UserCertificate {
    /// Compiles the expressions in the paths, if there are any.
    pub fn compile(written: Option<&(TextArg, TextArg)>, cx: &mut CompileContext<'_>) -> Option<Self> {
        let (certificate, key) = written?;
        Some(UserCertificate { certificate: certificate.compile(cx), key: key.compile(cx) })
    }

    /// The files of this user.
    ///
    /// # Errors
    ///
    /// An expression fails.
    pub fn of(&self, session: &Session) -> Result<CertificateFiles, Failure> {
        let path = |text: &CompiledText| {
            let mut path = String::new();
            let rendered = text.render(session, &mut path);
            rendered.map(|()| path.into()).map_err(|error| Failure::mistake(format!("client_certificate: {error}")))
        };
        Ok(CertificateFiles { certificate: path(&self.certificate)?, key: path(&self.key)? })
    }
}
