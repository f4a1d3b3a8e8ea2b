//! Certificates and keys in PEM files.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The files of a client certificate, with its chain if there is one, and of its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateFiles {
    /// The certificate, in PEM format.
    pub certificate: PathBuf,
    /// The key, in PEM format.
    pub key: PathBuf,
}

impl CertificateFiles {
    /// Reads both.
    pub(super) fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
        let chain = read_certificates(&self.certificate, "client_certificate")?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| format!("client_certificate: key {}: {}", self.key.display(), reason(&error)))?;
        Ok((chain, key))
    }
}

pub(super) fn read_certificates(path: &Path, setting: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let failed = |why: String| format!("{setting} {}: {why}", path.display());
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| failed(reason(&error)));
    match found {
        Ok(found) if found.is_empty() => Err(failed("no certificate in it; it must be in PEM format".to_owned())),
        found => found,
    }
}

fn reason(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "no key in it; it must be in PEM format".to_owned(),
        other => format!("not in PEM format: {other}"),
    }
}
