//! [`Tls`]: the TLS client configuration of a shard, made when the first secure connection is; where each user has a
//! certificate of its own, one for each of them.

#[cfg(test)]
mod tests;
mod user;
mod verify;

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use rustls::client::Resumption;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

pub(crate) use self::user::UserCertificate;
use self::verify::{AcceptAll, Trusting};
use crate::error::HttpError;

/// What the user set about TLS.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsSettings {
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) client: Option<ClientFiles>,
    pub(crate) insecure: bool,
    /// The system's roots, read once for all shards.
    native: Arc<OnceLock<Vec<CertificateDer<'static>>>>,
}

type ClientCertificate = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Whom the client trusts.
#[derive(Clone, Debug)]
struct Roots {
    /// The system's roots, and those that were given.
    store: Arc<RootCertStore>,
    given: Arc<[CertificateDer<'static>]>,
}

/// The files of a client certificate and its key.
pub(crate) type ClientFiles = (PathBuf, PathBuf);

/// Of how many client certificates the configuration is kept. Beyond it, all are read again.
const KEPT: usize = 4096;

impl TlsSettings {
    /// Whether the files can be read and hold what they should; each mistake as a sentence.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let roots = self.roots.iter().filter_map(|path| read_roots(path).err());
        roots.chain(client_certificate(self.client.as_ref()).err()).collect()
    }

    fn read_roots(&self) -> Result<Roots, String> {
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

    /// The configuration with a client certificate. `roots` are read if they are needed and not there.
    fn config(
        &self,
        client: Option<&ClientFiles>,
        roots: &OnceCell<Result<Roots, String>>,
        resume: bool,
    ) -> Result<ClientConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = if self.insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAll(algorithms)))
        } else {
            let Roots { store, given } = roots.get_or_init(|| self.read_roots()).clone()?;
            match given.is_empty() {
                true => builder.with_root_certificates(store),
                false => builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(Trusting::new(store, given, provider)?)),
            }
        };
        let mut config = match client_certificate(client)? {
            Some((chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("client_certificate: certificate and key do not fit: {error}"))?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if !resume {
            config.resumption = Resumption::disabled();
        }
        Ok(config)
    }
}

fn client_certificate(files: Option<&ClientFiles>) -> Result<Option<ClientCertificate>, String> {
    let Some((certificate, key)) = files else { return Ok(None) };
    let chain = read_certificates(certificate, "client_certificate")?;
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| format!("client_certificate: key {}: {}", key.display(), reason(&error)))?;
    Ok(Some((chain, key)))
}

/// The certificates of a file, which must all be usable as roots.
fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let roots = read_certificates(path, "root_certificate")?;
    for (index, root) in roots.iter().enumerate() {
        RootCertStore::empty().add(root.clone()).map_err(|error| {
            format!(
                "root_certificate {}: certificate {} of {} in it cannot be read ({error}); export it anew",
                path.display(),
                index + 1,
                roots.len()
            )
        })?;
    }
    Ok(roots)
}

fn read_certificates(path: &Path, setting: &str) -> Result<Vec<CertificateDer<'static>>, String> {
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

/// The TLS configuration of one shard.
#[derive(Debug)]
pub(crate) struct Tls {
    settings: TlsSettings,
    resume: bool,
    roots: OnceCell<Result<Roots, String>>,
    config: OnceCell<Result<Arc<ClientConfig>, HttpError>>,
    /// Where each user has a certificate of its own.
    of_users: RefCell<FxHashMap<ClientFiles, Arc<ClientConfig>>>,
}

impl Tls {
    /// With `resume`, later connections take up the sessions of earlier ones. That suits a pool that all users share;
    /// where every user has connections of its own, a new user must not profit from what another one negotiated.
    pub(crate) fn new(settings: TlsSettings, resume: bool) -> Self {
        Tls { settings, resume, roots: OnceCell::new(), config: OnceCell::new(), of_users: RefCell::default() }
    }

    /// The configuration for a user with this certificate, or for all users.
    pub(crate) fn config(&self, client: Option<&ClientFiles>) -> Result<Arc<ClientConfig>, HttpError> {
        let make =
            |client| self.settings.config(client, &self.roots, self.resume).map(Arc::new).map_err(HttpError::Tls);
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
}
