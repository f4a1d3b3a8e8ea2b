//! Handshakes with servers whose certificates are in order, and with others.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use loadspiker_core::Moment;
use loadspiker_core::metrics::Phases;
use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::WebPkiClientVerifier;

use super::*;
use crate::body::Sink;
use crate::connection::{Buffers, Connection, Connector, Failure, exchange};
use crate::dns::Resolver;
use crate::testing::{Readings, let_the_reactor_run, origin_of, read_request, request, serve, status};

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certificate(names: &[&str]) -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn key_of(certificate: &CertifiedKey<KeyPair>) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der()).into()
}

/// Of a server with this certificate.
fn server_config(
    certificate: &CertifiedKey<KeyPair>,
    client_root: Option<&CertifiedKey<KeyPair>>,
) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let builder = match client_root {
        None => builder.with_no_client_auth(),
        Some(root) => {
            let mut roots = RootCertStore::empty();
            roots.add(root.cert.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(vec![certificate.cert.der().clone()], key_of(certificate)).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// A server with this certificate that answers every request with 200, and its port.
fn secure_server(certificate: &CertifiedKey<KeyPair>, client_root: Option<&CertifiedKey<KeyPair>>) -> SocketAddr {
    let config = server_config(certificate, client_root);
    serve(move |socket| {
        let connection = rustls::ServerConnection::new(config.clone()).unwrap();
        let mut tls = rustls::StreamOwned::new(connection, socket);
        while read_request(&mut tls).is_some() {
            assert_eq!(tls.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            if std::io::Write::write_all(&mut tls, answer).is_err() {
                return;
            }
        }
    })
}

/// A file that goes when the test is over.
struct TempFile(PathBuf);

impl TempFile {
    fn with(content: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("loadspiker-tls-{}-{}.pem", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::write(&path, content).unwrap();
        TempFile(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn handshake(settings: TlsSettings, host: &str, server: SocketAddr) -> Result<(Connection, Phases), HttpError> {
    let origin = origin_of(&format!("https://{host}:{}", server.port()));
    let resolver = Resolver::system(&[("shop.test".into(), "127.0.0.1".into())]);
    let connector = Connector::new(resolver, Tls::new(settings, false), Vec::new());
    let mut phases = Phases::default();
    let (connection, _) = connector.connect(&origin, Moment::START, &mut phases, &Readings::default(), None).await?;
    Ok((connection, phases))
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused_and_the_remedy_named() {
    let server = secure_server(&certificate(&["shop.test"]), None);
    let error = handshake(TlsSettings::default(), "shop.test", server).await.err().unwrap();
    assert_eq!(error, HttpError::UnknownIssuer);
    assert!(error.to_string().contains("root_certificate(path)"));
}

#[tokio::test]
async fn a_root_certificate_is_trusted_for_its_name_only() {
    let own = certificate(&["shop.test"]);
    let file = TempFile::with(&own.cert.pem());
    let settings = TlsSettings { roots: vec![file.0.clone()], ..TlsSettings::default() };
    let server = secure_server(&own, None);
    let (mut connection, phases) = handshake(settings.clone(), "shop.test", server).await.unwrap();
    assert!(phases.tls.is_some() && phases.connect.is_some());
    assert_eq!(status(&mut connection).await, 200);

    let error = handshake(settings, "127.0.0.1", secure_server(&own, None)).await.err().unwrap();
    assert_eq!(error, HttpError::WrongName("127.0.0.1".to_owned()));
}

#[tokio::test]
async fn insecure_accepts_every_certificate() {
    let server = secure_server(&certificate(&["other.test"]), None);
    let settings = TlsSettings { insecure: true, ..TlsSettings::default() };
    let (mut connection, _) = handshake(settings, "shop.test", server).await.unwrap();
    assert_eq!(status(&mut connection).await, 200);
}

#[tokio::test]
async fn an_expired_certificate_is_told_apart() {
    let mut params = CertificateParams::new(vec!["shop.test".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    let expired = CertifiedKey { cert, signing_key };
    let file = TempFile::with(&expired.cert.pem());
    let settings = TlsSettings { roots: vec![file.0.clone()], ..TlsSettings::default() };
    let error = handshake(settings, "shop.test", secure_server(&expired, None)).await.err().unwrap();
    assert_eq!(error, HttpError::Expired);
}

#[tokio::test]
async fn a_client_certificate_is_presented() {
    let own = certificate(&["client"]);
    let (pem, key) = (TempFile::with(&own.cert.pem()), TempFile::with(&own.signing_key.serialize_pem()));
    let settings =
        TlsSettings { client: Some((pem.0.clone(), key.0.clone())), insecure: true, ..TlsSettings::default() };
    assert_eq!(settings.mistakes(), Vec::<String>::new());
    let server = secure_server(&certificate(&["shop.test"]), Some(&own));
    let (mut connection, _) = handshake(settings, "shop.test", server).await.unwrap();
    assert_eq!(status(&mut connection).await, 200);
}

#[tokio::test]
async fn a_secure_connection_is_used_again() {
    let settings = TlsSettings { insecure: true, ..TlsSettings::default() };
    let server = secure_server(&certificate(&["shop.test"]), None);
    let (mut connection, _) = handshake(settings, "shop.test", server).await.unwrap();
    let handshake_bytes = connection.take_traffic();
    assert!(handshake_bytes.0 > 200 && handshake_bytes.1 > 500);
    for _ in 0..3 {
        assert_eq!(status(&mut connection).await, 200);
        assert!(connection.is_reusable());
    }
}

#[tokio::test]
async fn a_secure_connection_closed_while_idle_is_found_out_before_anything_is_sent() {
    for says_so in [false, true] {
        let (closed, told) = std::sync::mpsc::channel();
        let config = server_config(&certificate(&["shop.test"]), None);
        let server = serve(move |socket| {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut tls = rustls::StreamOwned::new(connection, socket);
            read_request(&mut tls).unwrap();
            std::io::Write::write_all(&mut tls, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
            if says_so {
                tls.conn.send_close_notify();
                std::io::Write::flush(&mut tls).unwrap();
            }
            drop(tls);
            closed.send(()).unwrap();
        });
        let settings = TlsSettings { insecure: true, ..TlsSettings::default() };
        let (mut connection, _) = handshake(settings, "shop.test", server).await.unwrap();
        assert_eq!(status(&mut connection).await, 200);
        told.recv().unwrap();
        let_the_reactor_run().await;
        connection.take_traffic();
        let (request, buffers) = (request("POST", "order"), Buffers::default());
        let clock = Readings::default();
        let failure = exchange(&mut connection, &request, &mut Sink::Discard, &buffers, &clock).await.unwrap_err();
        assert!(matches!(failure, Failure::Unsent(_)), "{failure:?}");
        assert_eq!(connection.take_traffic().0, 0);
    }
}

#[tokio::test]
async fn large_bodies_pass_over_tls_in_both_directions() {
    let config = server_config(&certificate(&["shop.test"]), None);
    let server = serve(move |socket| {
        let connection = rustls::ServerConnection::new(config.clone()).unwrap();
        let mut tls = rustls::StreamOwned::new(connection, socket);
        let received = read_request(&mut tls).unwrap();
        let body = received.split_once("\r\n\r\n").unwrap().1;
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        std::io::Write::write_all(&mut tls, answer.as_bytes()).unwrap();
    });
    let settings = TlsSettings { insecure: true, ..TlsSettings::default() };
    let (mut connection, _) = handshake(settings, "shop.test", server).await.unwrap();
    let body: &'static str = "0123456789abcdef".repeat(50_000).leak();
    let (request, buffers, mut sink) = (request("POST", body), Buffers::default(), Sink::keep());
    exchange(&mut connection, &request, &mut sink, &buffers, &Readings::default()).await.unwrap();
    assert!(sink.into_bytes() == body);
}

#[tokio::test]
async fn a_server_that_closes_or_speaks_no_tls_is_told() {
    let settings = || TlsSettings { insecure: true, ..TlsSettings::default() };
    let closing = serve(drop);
    assert_eq!(handshake(settings(), "shop.test", closing).await.err(), Some(HttpError::TlsClosed));
    let plain = serve(|mut socket| {
        let _ = std::io::Write::write_all(&mut socket, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let _ = std::io::Read::read(&mut socket, &mut [0; 4096]);
    });
    let error = handshake(settings(), "shop.test", plain).await.err().unwrap();
    assert_eq!(error.to_string(), "TLS: the server does not speak TLS on this port");
}

#[test]
fn files_that_do_not_fit_are_mistakes() {
    let no_pem = TempFile::with("not a certificate");
    let missing = PathBuf::from("no/such/file.pem");
    let settings = TlsSettings {
        roots: vec![no_pem.0.clone(), missing.clone()],
        client: Some((missing.clone(), missing)),
        ..TlsSettings::default()
    };
    let mistakes = settings.mistakes();
    assert_eq!(mistakes.len(), 3);
    assert!(mistakes[0].ends_with("no certificate in it; it must be in PEM format"), "{mistakes:?}");
    assert!(mistakes[1].starts_with("root_certificate no/such/file.pem: "), "{mistakes:?}");
    assert!(mistakes[2].starts_with("client_certificate no/such/file.pem: "), "{mistakes:?}");
}

#[test]
fn simulations_run_over_tls_as_the_protocol_says() {
    use loadspiker_core::dsl::{Simulation, Steps, repeat, scenario};
    use loadspiker_core::inject::at_once_users;

    use crate::{HttpProtocol, http};

    let own = certificate(&["shop.test"]);
    let file = TempFile::with(&own.cert.pem());
    let errors = |change: &dyn Fn(HttpProtocol) -> HttpProtocol| {
        let url = format!("https://shop.test:{}", secure_server(&own, None).port());
        let protocol = change(HttpProtocol::new(url).host_alias("shop.test", "127.0.0.1"));
        let population = scenario("Test").exec(repeat(2, http("n").get("/"))).inject([at_once_users(1)]);
        let report = Simulation::new("tls").protocol(protocol).with(population).run().unwrap();
        let statistics = report.request("n").unwrap();
        assert_eq!(statistics.count(), 2);
        statistics.errors().into_iter().map(|(error, count)| (error.to_owned(), count)).collect::<Vec<_>>()
    };
    assert_eq!(errors(&|protocol| protocol.root_certificate(&file.0)), []);
    assert_eq!(errors(&HttpProtocol::insecure), []);
    assert_eq!(errors(&|protocol| protocol.share_connections().insecure()), []);
    assert_eq!(errors(&|protocol| protocol), [(HttpError::UnknownIssuer.to_string(), 2)]);
}

/// A certificate that signs itself and says that it is of a CA, as `openssl req -x509` makes them.
fn own_authority(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertifiedKey<KeyPair> {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    change(&mut params);
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    CertifiedKey { cert, signing_key }
}

#[tokio::test]
async fn a_root_that_a_server_shows_as_its_own_certificate_is_trusted_for_its_name_and_time() {
    let trusting = |own: &CertifiedKey<KeyPair>| {
        let file = TempFile::with(&own.cert.pem());
        (TlsSettings { roots: vec![file.0.clone()], ..TlsSettings::default() }, file)
    };
    let own = own_authority(&["shop.test"], |_| {});
    let (settings, _file) = trusting(&own);
    let (mut connection, _) = handshake(settings.clone(), "shop.test", secure_server(&own, None)).await.unwrap();
    assert_eq!(status(&mut connection).await, 200);
    let error = handshake(settings.clone(), "127.0.0.1", secure_server(&own, None)).await.err();
    assert_eq!(error, Some(HttpError::WrongName("127.0.0.1".to_owned())));
    // Another one with the same name is not this one.
    let other = own_authority(&["shop.test"], |_| {});
    assert_eq!(
        handshake(settings, "shop.test", secure_server(&other, None)).await.err(),
        Some(HttpError::UnknownIssuer)
    );

    let expired = own_authority(&["shop.test"], |params| params.not_after = rcgen::date_time_ymd(2002, 1, 1));
    let (settings, _file) = trusting(&expired);
    assert_eq!(handshake(settings, "shop.test", secure_server(&expired, None)).await.err(), Some(HttpError::Expired));

    let nameless = own_authority(&[], |_| {});
    let (settings, _file) = trusting(&nameless);
    let error = handshake(settings, "shop.test", secure_server(&nameless, None)).await.err().unwrap();
    assert!(error.to_string().contains("it has no subjectAltName"), "{error}");
}

/// A certificate of version 1, and its key, made for this test.
const OF_VERSION_1: &str = "-----BEGIN CERTIFICATE-----
MIIBJTCBywIUCpdZh1d2Za66T0E8j+iCB+TFkMIwCgYIKoZIzj0EAwIwFDESMBAG
A1UEAwwJc2hvcC50ZXN0MCAXDTI2MTIwMTE3NTMwMFoYDzIxMjYxMTA3MTc1MzAw
WjAUMRIwEAYDVQQDDAlzaG9wLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARVMwDxAICOFbfOKsEzlP7pTVu38RLDjFWYeR95BFH5S2W+XL4cM9nwBGTUmQRm
8VdMCxWH+h1s0v/eej+G4o5YMAoGCCqGSM49BAMCA0kAMEYCIQCQh0ENXNdzaBRy
0OzpCtlIRobBh4o+TXU2Rf26rBv7KgIhAOpot9UozIs+8yGW3ow3LaYXAPV+sSJn
Z1QmpKGA2szA
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCy/dO9Jyd9dTQN3g
lSc1QJRorwPlWLHL/Re0TbpH4aWhRANCAARVMwDxAICOFbfOKsEzlP7pTVu38RLD
jFWYeR95BFH5S2W+XL4cM9nwBGTUmQRm8VdMCxWH+h1s0v/eej+G4o5Y
-----END PRIVATE KEY-----
";

/// A server that shows it.
fn server_of_version_1(version: &'static rustls::SupportedProtocolVersion) -> SocketAddr {
    let certificate = CertificateDer::from_pem_slice(OF_VERSION_1.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(OF_VERSION_1.as_bytes()).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![certificate], key);
    let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[version]).unwrap();
    let config = Arc::new(
        builder.with_no_client_auth().with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified))),
    );
    serve(move |socket| {
        let connection = rustls::ServerConnection::new(config.clone()).unwrap();
        let mut tls = rustls::StreamOwned::new(connection, socket);
        while read_request(&mut tls).is_some() {
            let _ = std::io::Write::write_all(&mut tls, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        }
    })
}

#[tokio::test]
async fn insecure_accepts_certificates_that_nobody_can_verify() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let settings = TlsSettings { insecure: true, ..TlsSettings::default() };
        let (mut connection, _) = handshake(settings, "shop.test", server_of_version_1(version)).await.unwrap();
        assert_eq!(status(&mut connection).await, 200);
    }
    let file = TempFile::with(OF_VERSION_1);
    let settings = TlsSettings { roots: vec![file.0.clone()], ..TlsSettings::default() };
    let error = handshake(settings, "shop.test", server_of_version_1(&rustls::version::TLS13)).await.err().unwrap();
    assert!(error.to_string().contains("it is of version 1; make one of version 3"), "{error}");
}

#[test]
fn a_root_that_cannot_be_read_is_a_mistake_before_the_run() {
    let mut file = certificate(&["shop.test"]).cert.pem();
    file.push_str("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let file = TempFile::with(&file);
    let settings = TlsSettings { roots: vec![file.0.clone()], ..TlsSettings::default() };
    let mistakes = settings.mistakes();
    assert!(mistakes[0].contains(": certificate 2 of 2 in it cannot be read ("), "{mistakes:?}");
}
