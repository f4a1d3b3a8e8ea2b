//! [`Tls`]: the TLS client configuration of a shard, created with the first secure connection; if each user has its own
//! certificate, one per user.

mod files;
mod settings;
#[cfg(test)]
mod tests;
mod user;
mod verify;

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use rustls::ClientConfig;
use rustls::client::Resumption;

pub use self::files::CertificateFiles;
use self::settings::Roots;
pub use self::settings::{TlsSettings, TlsVersion};
pub use self::user::UserCertificate;
use self::verify::{AcceptAll, Trusting};
use crate::failure::Failure;

/// Of how many client certificates the configuration is kept. Beyond it, all are read again.
const KEPT: usize = 4096;

/// The TLS configuration of one shard. Early data (0-RTT) is never sent.
#[derive(Debug)]
pub struct Tls {
    settings: TlsSettings,
    alpn: Vec<Vec<u8>>,
    resume: bool,
    roots: OnceCell<Result<Roots, String>>,
    config: OnceCell<Result<Arc<ClientConfig>, Failure>>,
    /// Where each user has a certificate of its own.
    of_users: RefCell<FxHashMap<CertificateFiles, Arc<ClientConfig>>>,
}

impl Tls {
    /// Creates a configuration that offers the protocols in `alpn` (RFC 7301); if empty, ALPN is not used.
    ///
    /// With `resume`, connections resume earlier sessions, unless the settings say otherwise. That suits shared pools. If every
    /// user has its own connections, a new user must not benefit from the session of another one.
    pub fn new(settings: TlsSettings, alpn: &[&str], resume: bool) -> Self {
        let resume = settings.resumption.unwrap_or(resume);
        Tls {
            settings,
            alpn: alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect(),
            resume,
            roots: OnceCell::new(),
            config: OnceCell::new(),
            of_users: RefCell::default(),
        }
    }

    /// The name that the user wants servers to be asked for and verified by, in place of the host's.
    pub(crate) fn server_name(&self) -> Option<&str> {
        self.settings.server_name.as_deref()
    }

    /// The configuration for a user with this certificate, or for all users, for libraries that open TLS sessions themselves.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or has the wrong contents.
    pub fn config(&self, client: Option<&CertificateFiles>) -> Result<Arc<ClientConfig>, Failure> {
        let make = |client| self.make(client).map(Arc::new).map_err(|text| Failure::mistake(format!("TLS: {text}")));
        let Some(client) = client else {
            return self.config.get_or_init(|| make(self.settings.client.as_ref())).clone();
        };
        if let Some(config) = self.of_users.borrow().get(client) {
            return Ok(config.clone());
        }
        let config = make(Some(client))?;
        let mut of_users = self.of_users.borrow_mut();
        if of_users.len() >= KEPT {
            of_users.clear();
        }
        of_users.insert(client.clone(), config.clone());
        Ok(config)
    }

    fn make(&self, client: Option<&CertificateFiles>) -> Result<ClientConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(self.settings.versions())
            .map_err(|error| error.to_string())?;
        let builder = if self.settings.insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAll(algorithms)))
        } else {
            let Roots { store, given } = self.roots.get_or_init(|| self.settings.read_roots()).clone()?;
            match given.is_empty() {
                true => builder.with_root_certificates(store),
                false => builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(Trusting::new(store, given, provider)?)),
            }
        };
        let mut config = match client.map(CertificateFiles::read).transpose()? {
            Some((chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("client_certificate: certificate and key do not match: {error}"))?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols.clone_from(&self.alpn);
        if !self.resume {
            config.resumption = Resumption::disabled();
        }
        Ok(config)
    }
}
