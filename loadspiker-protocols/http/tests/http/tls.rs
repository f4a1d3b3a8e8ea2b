//! Simulations over TLS, as the settings of the protocol say.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use loadspiker_core::dsl::repeat;
use loadspiker_http::{HttpProtocol, http};
use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::*;

fn certificate(name: &str) -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap()
}

/// A server with this certificate that answers every request with 200.
fn server(certificate: &CertifiedKey<KeyPair>) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der()).into();
    let mut config = builder.with_no_client_auth().with_single_cert(vec![certificate.cert.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut tls = StreamOwned::new(connection, socket.unwrap());
            let mut bytes = [0; 4096];
            while let Ok(1..) = std::io::Read::read(&mut tls, &mut bytes) {
                assert_eq!(tls.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
                if tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                    break;
                }
            }
        }
    });
    address
}

#[test]
fn certificates_are_verified_as_the_protocol_says() {
    let own = certificate("shop.test");
    let folder = Folder::new("tls");
    let root = folder.file("root.pem", &own.cert.pem());
    let errors = |change: &dyn Fn(HttpProtocol) -> HttpProtocol| {
        let url = format!("https://shop.test:{}", server(&own).port());
        let report =
            run(change(HttpProtocol::new(url).host_alias("shop.test", "127.0.0.1")), repeat(2, http("n").get("/")));
        let statistics = report.request("n").unwrap();
        assert_eq!(statistics.count(), 2);
        statistics.errors().into_iter().map(|(error, count)| (error.to_owned(), count)).collect::<Vec<_>>()
    };
    assert_eq!(errors(&|protocol| protocol.root_certificate(&root)), []);
    assert_eq!(errors(&HttpProtocol::insecure), []);
    assert_eq!(errors(&|protocol| protocol.share_connections().insecure()), []);
    let untrusted = errors(&|protocol| protocol);
    assert_eq!(untrusted.len(), 1);
    assert!(untrusted[0].0.starts_with("certificate not trusted: unknown issuer; name the issuer"), "{untrusted:?}");
    let renamed = errors(&|protocol| protocol.root_certificate(&root).server_name("other.test"));
    assert!(renamed[0].0.contains("it is not for host \"other.test\""), "{renamed:?}");
}

#[test]
fn a_handshake_that_takes_too_long_is_told_as_that() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let protocol = HttpProtocol::new(format!("https://{address}"));
    let limit = std::time::Duration::from_millis(50);
    let report = run(protocol.clone().connect_timeout(limit), http("n").get("/"));
    assert_eq!(only_error(&report), format!("TLS handshake with {address} timed out (connect timeout 50 ms)"));
    let report = run(protocol.request_timeout(limit), http("n").get("/"));
    assert_eq!(only_error(&report), format!("TLS handshake with {address} timed out (request timeout 50 ms)"));
}
