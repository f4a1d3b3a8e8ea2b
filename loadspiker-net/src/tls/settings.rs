//! [`TlsSettings`]: the user's TLS settings.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::{RootCertStore, SupportedProtocolVersion};

use super::files::{CertificateFiles, read_certificates};

static TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
static TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// Whom the client trusts.
#[derive(Clone, Debug)]
pub(super) struct Roots {
    /// The system's roots, and those that were given.
    pub(super) store: Arc<RootCertStore>,
    pub(super) given: Arc<[CertificateDer<'static>]>,
}

/// The user's TLS settings. By default, certificates are verified against the roots trusted by the system, and both versions
/// are offered.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TlsSettings {
    /// PEM files with certificates to trust, in addition to those trusted by the system.
    pub roots: Vec<PathBuf>,
    /// The client certificate of all users.
    pub client: Option<CertificateFiles>,
    /// Whether every certificate is accepted.
    pub insecure: bool,
    /// The server name for SNI and for certificate verification, instead of the host.
    pub server_name: Option<String>,
    /// The only version to offer. Default: 1.3 and 1.2.
    pub version: Option<TlsVersion>,
    /// Whether sessions are resumed. Default: chosen by the protocol, normally only with shared connections.
    pub resumption: Option<bool>,
    /// The system's roots, read once for all shards.
    pub(super) native: Arc<OnceLock<Vec<CertificateDer<'static>>>>,
}

impl TlsSettings {
    /// The mistakes in the files, each as a sentence.
    pub fn mistakes(&self) -> Vec<String> {
        let roots = self.roots.iter().filter_map(|path| read_roots(path).err());
        let client = self.client.as_ref().and_then(|files| files.read().err());
        let name = self.server_name.as_ref().filter(|name| !is_server_name(name)).map(|name| {
            format!("server_name(\"{name}\") is not a valid host name or IP address; write one such as shop.test")
        });
        roots.chain(client).chain(name).collect()
    }

    pub(super) fn read_roots(&self) -> Result<Roots, String> {
        let mut given = Vec::new();
        let mut store = RootCertStore::empty();
        let native = self.native.get_or_init(|| rustls_native_certs::load_native_certs().certs);
        store.add_parsable_certificates(native.iter().cloned());
        for path in &self.roots {
            given.extend(read_roots(path)?);
        }
        store.add_parsable_certificates(given.iter().cloned());
        if store.is_empty() {
            return Err("no root certificates found on this system: name one with root_certificate(path)".to_owned());
        }
        Ok(Roots { store: Arc::new(store), given: given.into() })
    }

    pub(super) fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        match self.version {
            None => rustls::DEFAULT_VERSIONS,
            Some(TlsVersion::Tls12) => TLS12,
            Some(TlsVersion::Tls13) => TLS13,
        }
    }
}

fn is_server_name(name: &str) -> bool {
    rustls::pki_types::ServerName::try_from(name).is_ok()
}

/// The certificates of a file, which must all be usable as roots.
fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let roots = read_certificates(path, "root_certificate")?;
    for (index, root) in roots.iter().enumerate() {
        RootCertStore::empty().add(root.clone()).map_err(|error| {
            format!(
                "root_certificate {}: certificate {} of {} in it cannot be read ({error}); export it again",
                path.display(),
                index + 1,
                roots.len()
            )
        })?;
    }
    Ok(roots)
}
