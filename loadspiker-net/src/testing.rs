//! What the tests of this crate share beside the test kit: dialling within a limit, and requests.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use loadspiker_core::metrics::Phases;
pub(crate) use loadspiker_testkit::tls::{accept as accept_tls, certificate, server_config};
pub(crate) use loadspiker_testkit::{Folder, echo, serve, serve_at};
use rustls::ServerConfig;

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

/// A TLS server that answers each four bytes with the same four bytes.
pub(crate) fn echo_tls(config: Arc<ServerConfig>) -> SocketAddr {
    serve(move |socket| echo(&mut accept_tls(&config, socket)))
}

/// A file that goes when the test is over.
pub(crate) struct TempFile(pub(crate) PathBuf, Folder);

impl TempFile {
    pub(crate) fn absent(extension: &str) -> Self {
        let folder = Folder::new();
        TempFile(folder.at(&format!("file.{extension}")), folder)
    }

    pub(crate) fn with(content: &str) -> Self {
        let file = Self::absent("pem");
        file.1.write("file.pem", content);
        file
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
    use std::io::{Read, Write};
    use std::net::SocketAddr;
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
