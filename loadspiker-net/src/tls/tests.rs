//! Handshakes with servers whose certificates are in order, and with others.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rustls::HandshakeKind;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::dial::{Dialer, SocketOptions};
use crate::dns::Resolver;
use crate::endpoint::Endpoint;
use crate::failure::{FailureKind, TlsFault};
use crate::stream::NetStream;
use crate::testing::*;

fn insecure() -> TlsSettings {
    TlsSettings { insecure: true, ..TlsSettings::default() }
}

fn trusting(file: &TempFile) -> TlsSettings {
    TlsSettings { roots: vec![file.0.clone()], ..TlsSettings::default() }
}

fn server(certificate: &CertifiedKey<KeyPair>) -> SocketAddr {
    echo_tls(Arc::new(server_config(certificate, None)))
}

async fn handshake(settings: TlsSettings, host: &str, server: SocketAddr) -> Result<NetStream, Failure> {
    dial(&dialer(settings), &Endpoint::new(host, server.port(), true), LONG).await.0
}

async fn fault(settings: TlsSettings, host: &str, server: SocketAddr) -> (TlsFault, String) {
    let failure = handshake(settings, host, server).await.err().unwrap();
    let FailureKind::Tls(fault) = failure.kind() else { panic!("{failure:?}") };
    (fault, failure.to_string())
}

async fn ping(stream: &mut NetStream) {
    stream.write_all(b"ping").await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"ping");
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused_and_the_remedy_named() {
    let told = fault(TlsSettings::default(), "shop.test", server(&certificate(&["shop.test"]))).await;
    assert_eq!(told.0, TlsFault::UnknownIssuer);
    assert!(told.1.contains("root_certificate(path)"), "{told:?}");
}

#[tokio::test]
async fn a_root_certificate_is_trusted_for_its_name_only() {
    let own = certificate(&["shop.test"]);
    let file = TempFile::with(&own.cert.pem());
    ping(&mut handshake(trusting(&file), "shop.test", server(&own)).await.unwrap()).await;
    let told = fault(trusting(&file), "127.0.0.1", server(&own)).await;
    assert_eq!(told.0, TlsFault::WrongName);
    assert!(told.1.contains("it is not for host \"127.0.0.1\""), "{told:?}");
}

#[tokio::test]
async fn a_server_name_is_asked_for_and_verified_in_place_of_the_host() {
    let own = certificate(&["inner.test"]);
    let file = TempFile::with(&own.cert.pem());
    let (sender, names) = mpsc::channel();
    let config = Arc::new(server_config(&own, None));
    let server = serve(move |socket| {
        let mut tls = accept_tls(&config, socket);
        let _ = tls.read(&mut [0; 4]);
        sender.send(tls.conn.server_name().map(str::to_owned)).unwrap();
    });
    let settings = TlsSettings { server_name: Some("inner.test".to_owned()), ..trusting(&file) };
    for host in ["shop.test", "127.0.0.1"] {
        drop(handshake(settings.clone(), host, server).await.unwrap());
        assert_eq!(names.recv().unwrap().as_deref(), Some("inner.test"));
    }
    let other = TlsSettings { server_name: Some("other.test".to_owned()), ..trusting(&file) };
    assert!(fault(other, "shop.test", server).await.1.contains("it is not for host \"other.test\""));
}

#[tokio::test]
async fn insecure_accepts_every_certificate() {
    ping(&mut handshake(insecure(), "shop.test", server(&certificate(&["other.test"]))).await.unwrap()).await;
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
    assert_eq!(fault(trusting(&file), "shop.test", server(&expired)).await.0, TlsFault::Expired);
}

#[tokio::test]
async fn a_client_certificate_is_presented() {
    let own = certificate(&["client"]);
    let (pem, key) = (TempFile::with(&own.cert.pem()), TempFile::with(&own.signing_key.serialize_pem()));
    let files = CertificateFiles { certificate: pem.0.clone(), key: key.0.clone() };
    let settings = TlsSettings { client: Some(files), ..insecure() };
    assert_eq!(settings.mistakes(), Vec::<String>::new());
    let server = echo_tls(Arc::new(server_config(&certificate(&["shop.test"]), Some(&own))));
    ping(&mut handshake(settings, "shop.test", server).await.unwrap()).await;
}

#[tokio::test]
async fn a_version_that_is_set_is_the_only_one_offered() {
    for (version, spoken) in
        [(TlsVersion::Tls12, rustls::ProtocolVersion::TLSv1_2), (TlsVersion::Tls13, rustls::ProtocolVersion::TLSv1_3)]
    {
        let (sender, versions) = mpsc::channel();
        let config = Arc::new(server_config(&certificate(&["shop.test"]), None));
        let server = serve(move |socket| {
            let mut tls = accept_tls(&config, socket);
            let _ = tls.read(&mut [0; 4]);
            sender.send(tls.conn.protocol_version()).unwrap();
        });
        drop(handshake(TlsSettings { version: Some(version), ..insecure() }, "shop.test", server).await.unwrap());
        assert_eq!(versions.recv().unwrap(), Some(spoken));
    }
}

#[tokio::test]
async fn the_protocol_agreed_on_is_known() {
    let mut config = server_config(&certificate(&["shop.test"]), None);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = echo_tls(Arc::new(config));
    for (offered, agreed) in [(&["http/1.1"][..], Some(&b"http/1.1"[..])), (&[][..], None)] {
        let tls = Tls::new(insecure(), offered, false);
        let dialer = Dialer::new(Resolver::system(&[]), tls, Vec::new(), SocketOptions::default());
        let stream = dial(&dialer, &Endpoint::new("127.0.0.1", server.port(), true), LONG).await.0.unwrap();
        assert_eq!(stream.alpn(), agreed);
    }
}

#[tokio::test]
async fn sessions_are_resumed_where_users_share_connections_or_the_settings_say_so() {
    let kinds = async |setting: Option<bool>, shared: bool| {
        let (sender, kinds) = mpsc::channel();
        let config = Arc::new(server_config(&certificate(&["shop.test"]), None));
        let server = serve(move |socket| {
            let mut tls = accept_tls(&config, socket);
            let mut bytes = [0; 4];
            tls.read_exact(&mut bytes).unwrap();
            tls.write_all(&bytes).unwrap();
            sender.send(tls.conn.handshake_kind()).unwrap();
        });
        let tls = Tls::new(TlsSettings { resumption: setting, ..insecure() }, &[], shared);
        let dialer = Dialer::new(Resolver::system(&[]), tls, Vec::new(), SocketOptions::default());
        for _ in 0..2 {
            let to = Endpoint::new("127.0.0.1", server.port(), true);
            ping(&mut dial(&dialer, &to, LONG).await.0.unwrap()).await;
        }
        let _first = kinds.recv().unwrap();
        kinds.recv().unwrap()
    };
    assert_eq!(kinds(None, false).await, Some(HandshakeKind::Full));
    assert_eq!(kinds(None, true).await, Some(HandshakeKind::Resumed));
    assert_eq!(kinds(Some(true), false).await, Some(HandshakeKind::Resumed));
    assert_eq!(kinds(Some(false), true).await, Some(HandshakeKind::Full));
}

#[tokio::test]
async fn a_server_that_closes_or_speaks_no_tls_is_told() {
    let closing = serve(drop);
    let told = fault(insecure(), "shop.test", closing).await;
    assert_eq!(told.0, TlsFault::Closed);
    let port = closing.port();
    assert_eq!(told.1, format!("connection closed by shop.test:{port} during the TLS handshake"));
    let plain = serve(|mut socket| {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let _ = socket.read(&mut [0; 4096]);
    });
    let told = fault(insecure(), "shop.test", plain).await;
    assert_eq!(told, (TlsFault::NotTls, "TLS: the server does not speak TLS on this port".to_owned()));
}

#[test]
fn files_that_do_not_fit_are_mistakes() {
    let no_pem = TempFile::with("not a certificate");
    let missing = PathBuf::from("no/such/file.pem");
    let settings = TlsSettings {
        roots: vec![no_pem.0.clone(), missing.clone()],
        client: Some(CertificateFiles { certificate: missing.clone(), key: missing }),
        ..TlsSettings::default()
    };
    let mistakes = settings.mistakes();
    assert_eq!(mistakes.len(), 3);
    assert!(mistakes[0].ends_with("no certificate in it; it must be in PEM format"), "{mistakes:?}");
    assert!(mistakes[1].starts_with("root_certificate no/such/file.pem: "), "{mistakes:?}");
    assert!(mistakes[2].starts_with("client_certificate no/such/file.pem: "), "{mistakes:?}");
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
        (trusting(&file), file)
    };
    let own = own_authority(&["shop.test"], |_| {});
    let (settings, _file) = trusting(&own);
    ping(&mut handshake(settings.clone(), "shop.test", server(&own)).await.unwrap()).await;
    assert_eq!(fault(settings.clone(), "127.0.0.1", server(&own)).await.0, TlsFault::WrongName);
    // Another one with the same name is not this one.
    let other = own_authority(&["shop.test"], |_| {});
    assert_eq!(fault(settings, "shop.test", server(&other)).await.0, TlsFault::UnknownIssuer);

    let expired = own_authority(&["shop.test"], |params| params.not_after = rcgen::date_time_ymd(2002, 1, 1));
    let (settings, _file) = trusting(&expired);
    assert_eq!(fault(settings, "shop.test", server(&expired)).await.0, TlsFault::Expired);

    let nameless = own_authority(&[], |_| {});
    let (settings, _file) = trusting(&nameless);
    let error = handshake(settings, "shop.test", server(&nameless)).await.err().unwrap();
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
    let certificate = rustls::pki_types::CertificateDer::from_pem_slice(OF_VERSION_1.as_bytes()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(OF_VERSION_1.as_bytes()).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![certificate], key);
    let builder = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap();
    let config = Arc::new(
        builder.with_no_client_auth().with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified))),
    );
    serve(move |socket| {
        echo(&mut accept_tls(&config, socket));
    })
}

#[tokio::test]
async fn insecure_accepts_certificates_that_nobody_can_verify() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let settings = TlsSettings { insecure: true, ..TlsSettings::default() };
        ping(&mut handshake(settings, "shop.test", server_of_version_1(version)).await.unwrap()).await;
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
