//! Certificates and server configurations for TLS.

use std::net::TcpStream;
use std::sync::Arc;

pub use rcgen::{CertifiedKey, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// The server's side of a TLS session.
pub type ServerTls = StreamOwned<ServerConnection, TcpStream>;

/// A self-signed certificate for these names.
pub fn certificate(names: &[&str]) -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// For a server with this certificate. With `client_root` it asks clients for a certificate of that issuer.
pub fn server_config(certificate: &CertifiedKey<KeyPair>, client_root: Option<&CertifiedKey<KeyPair>>) -> ServerConfig {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let builder = match client_root {
        None => builder.with_no_client_auth(),
        Some(root) => {
            let mut roots = RootCertStore::empty();
            roots.add(root.cert.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key: PrivateKeyDer<'static> = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der()).into();
    builder.with_single_cert(vec![certificate.cert.der().clone()], key).unwrap()
}

/// The server's side of a TLS session over this socket. The handshake happens with the first read or write.
pub fn accept(config: &Arc<ServerConfig>, socket: TcpStream) -> ServerTls {
    StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), socket)
}
