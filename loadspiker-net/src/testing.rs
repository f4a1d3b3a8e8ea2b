//! What the tests of this crate share: servers, certificates, files, and dialling within a limit.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use loadspiker_core::metrics::Phases;
use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::attempt::Attempt;
use crate::clock::{Clock, WallClock};
use crate::dial::{Dialer, SocketOptions};
use crate::dns::Resolver;
use crate::endpoint::Endpoint;
use crate::failure::Failure;
use crate::limit::Limit;
use crate::stream::NetStream;
use crate::tls::{Tls, TlsSettings};

/// A limit that no test reaches.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A server that does with each connection what `script` says, one after another, and its address.
pub(crate) fn serve(script: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    serve_at([127, 0, 0, 1].into(), script)
}

pub(crate) fn serve_at(ip: IpAddr, mut script: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((ip, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            script(socket.unwrap());
        }
    });
    address
}

pub(crate) type ServerTls = StreamOwned<ServerConnection, TcpStream>;

/// The server's side of a TLS session.
pub(crate) fn accept_tls(config: &Arc<ServerConfig>, socket: TcpStream) -> ServerTls {
    StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), socket)
}

/// A TLS server that answers each four bytes with the same four bytes.
pub(crate) fn echo_tls(config: Arc<ServerConfig>) -> SocketAddr {
    serve(move |socket| echo(&mut accept_tls(&config, socket)))
}

/// Answers each four bytes with the same four bytes.
pub(crate) fn echo(socket: &mut (impl Read + Write)) {
    let mut bytes = [0; 4];
    while socket.read_exact(&mut bytes).is_ok() && socket.write_all(&bytes).is_ok() {}
}

pub(crate) fn certificate(names: &[&str]) -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Of a server with this certificate, which asks clients for one of this root, if there is one.
pub(crate) fn server_config(
    certificate: &CertifiedKey<KeyPair>,
    client_root: Option<&CertifiedKey<KeyPair>>,
) -> ServerConfig {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let builder = match client_root {
        None => builder.with_no_client_auth(),
        Some(root) => {
            let mut roots = RootCertStore::empty();
            roots.add(root.cert.der().clone()).unwrap();
            let roots = Arc::new(roots);
            let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(roots, provider());
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key: PrivateKeyDer<'static> = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der()).into();
    builder.with_single_cert(vec![certificate.cert.der().clone()], key).unwrap()
}

/// A path that nobody else has, whose file goes when the test is over.
pub(crate) struct TempFile(pub(crate) PathBuf);

impl TempFile {
    pub(crate) fn absent(extension: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        TempFile(std::env::temp_dir().join(format!("loadspiker-net-{}-{number}.{extension}", std::process::id())))
    }

    pub(crate) fn with(content: &str) -> Self {
        let file = Self::absent("pem");
        fs::write(&file.0, content).unwrap();
        file
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A dialer to whom `shop.test` is 127.0.0.1.
pub(crate) fn dialer(tls: TlsSettings) -> Dialer {
    let resolver = Resolver::system(&[("shop.test".into(), "127.0.0.1".into())]);
    Dialer::new(resolver, Tls::new(tls, &[], false), Vec::new(), SocketOptions::default())
}

/// Dials within a limit; the stream, and the phases whatever the outcome.
pub(crate) async fn dial(dialer: &Dialer, to: &Endpoint, limit: Duration) -> (Result<NetStream, Failure>, Phases) {
    let (clock, mut phases) = (WallClock::start(), Phases::default());
    let from = clock.now();
    let mut attempt = Attempt::new(&clock, from, Limit::connect(from, limit), &mut phases);
    let dialled = dialer.dial(to, &mut attempt).await;
    (dialled, phases)
}

/// What the tests of HTTP/1.1 share.
#[cfg(feature = "http1")]
pub(crate) mod http1 {
    use std::cell::Cell;
    use std::rc::Rc;

    use ::http::header::HOST;
    use ::http::uri::PathAndQuery;
    use ::http::{HeaderMap, HeaderValue};
    use loadspiker_core::Moment;

    use super::*;
    use crate::http1::{Buffers, Connection, Discard, Request, RequestHead, exchange};

    /// A clock that advances by one at each reading, so that readings can be counted.
    #[derive(Default)]
    pub(crate) struct Readings(Cell<u64>);

    impl Readings {
        /// How often it was read.
        pub(crate) fn read(&self) -> u64 {
            self.0.get()
        }
    }

    impl Clock for Readings {
        fn now(&self) -> Moment {
            self.0.set(self.0.get() + 1);
            Moment::from_nanos(self.0.get())
        }
    }

    /// Reads one request head (and a body of `content-length`), or `None` at the end of the stream.
    pub(crate) fn read_request(socket: &mut impl Read) -> Option<String> {
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            if socket.read(&mut byte).ok()? == 0 {
                return None;
            }
            request.push(byte[0]);
        }
        let head = String::from_utf8(request).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |n| n.parse().unwrap())];
        socket.read_exact(&mut body).unwrap();
        Some(head + &String::from_utf8(body).unwrap())
    }

    /// Answers every request on a connection with `response`, then closes.
    pub(crate) fn answering(response: &'static str) -> impl FnMut(TcpStream) + Send {
        move |mut socket| {
            while read_request(&mut socket).is_some() {
                socket.write_all(response.as_bytes()).unwrap();
            }
        }
    }

    pub(crate) async fn connect(address: SocketAddr) -> Connection {
        let to = Endpoint::new(&address.ip().to_string(), address.port(), false);
        Connection::new(dial(&dialer(TlsSettings::default()), &to, LONG).await.0.unwrap())
    }

    /// A request for `/x`.
    pub(crate) fn request(method: &str, body: &'static str) -> Request {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("test"))]);
        let head = RequestHead::new(method.parse().unwrap(), PathAndQuery::from_static("/x"), headers);
        Request::new(Rc::new(head), body.into())
    }

    /// The status of the answer to a GET.
    pub(crate) async fn status(connection: &mut Connection) -> u16 {
        let (request, buffers, clock) = (request("GET", ""), Buffers::default(), Readings::default());
        let answer = exchange(connection, &request, &mut Discard, &buffers, &clock).await.unwrap();
        answer.head.status().as_u16()
    }

    /// What the kernel has by now, the reactor knows afterwards.
    pub(crate) async fn let_the_reactor_run() {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    }
}
