//! Simulations over TLS, as the settings of the protocol say.

use std::io::{Read, Write};

use loadspiker_core::dsl::repeat;
use loadspiker_http::{HttpProtocol, http};
use loadspiker_testkit::tls::{CertifiedKey, KeyPair, certificate, server_config};
use loadspiker_testkit::{Script, TcpServer};

use crate::support::*;

/// A server with this certificate that answers every request with 200.
fn server(certificate: &CertifiedKey<KeyPair>) -> TcpServer {
    let mut config = server_config(certificate, None);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TcpServer::secure(config, |mut peer| {
        while let Ok(1..) = peer.read(&mut [0; 4096]) {
            assert_eq!(peer.tls().unwrap().alpn_protocol(), Some(&b"http/1.1"[..]));
            if peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                break;
            }
        }
    })
}

#[test]
fn certificates_are_verified_as_the_protocol_says() {
    let own = certificate(&["shop.test"]);
    let folder = Folder::new();
    let root = folder.write("root.pem", own.cert.pem());
    let errors = |change: &dyn Fn(HttpProtocol) -> HttpProtocol| {
        let server = server(&own);
        let url = format!("https://shop.test:{}", server.port());
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
    let server = TcpServer::scripted(Script::new().stall());
    let address = server.address();
    let protocol = HttpProtocol::new(format!("https://{address}"));
    let limit = std::time::Duration::from_millis(50);
    let report = run(protocol.clone().connect_timeout(limit), http("n").get("/"));
    assert_eq!(only_error(&report), format!("TLS handshake with {address} timed out (connect timeout 50 ms)"));
    let report = run(protocol.request_timeout(limit), http("n").get("/"));
    assert_eq!(only_error(&report), format!("TLS handshake with {address} timed out (request timeout 50 ms)"));
}
