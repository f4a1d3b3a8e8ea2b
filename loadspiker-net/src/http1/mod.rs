//! [`Connection`]: an HTTP/1.1 connection.
//!
//! This is HTTP without scenarios: [`exchange`] sends a [`Request`] and reads its response, whose body goes to a
//! [`BodySink`]. The HTTP protocol is built on it, and so are protocols that start with HTTP or run over it: after an upgrade
//! (RFC 9110 §7.8), [`into_stream`](Connection::into_stream) returns the byte stream, and [`Head::trailing`] the bytes of the
//! new protocol that have already arrived.
//!
//! The codec is our own, for speed: with every request, a general-purpose client pays for channels, for buffers per
//! connection, and for header maps that nobody reads. `exchange` moves bytes, `request` writes a head, and `response` decodes
//! what comes back, without knowing about sockets. The head is parsed with `httparse`.
//!
//! A connection has no memory except that of the socket (and of the TLS session): exchanges use the [`Buffers`] of the shard.
//! So an idle connection is small, and so is one that waits for its response.
//!
//! ```
//! use std::rc::Rc;
//!
//! use http::uri::PathAndQuery;
//! use http::{HeaderMap, HeaderValue, Method};
//! use loadspiker_core::metrics::Phases;
//! use loadspiker_net::http1::{Buffers, Collect, Connection, Request, RequestHead, exchange};
//! use loadspiker_net::{Attempt, Clock, Limit, NetSettings, Target, WallClock};
//! # use std::io::{Read, Write};
//! # let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! # let url = format!("http://{}", server.local_addr().unwrap());
//! # std::thread::spawn(move || {
//! #     let (mut socket, _) = server.accept().unwrap();
//! #     let _ = socket.read(&mut [0; 1024]);
//! #     let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
//! # });
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//!
//! let target = Target::parse(&url, &["http"])?;
//! let dialer = NetSettings::default().dialer(&[], &["http/1.1"])?;
//! let headers = HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static("test"))]);
//! let head = RequestHead::new(Method::GET, PathAndQuery::from_static("/"), headers);
//! let request = Request::new(Rc::new(head), "".into());
//! let (buffers, mut body) = (Buffers::default(), Collect::up_to(1_000_000));
//! let get = async {
//!     let (clock, mut phases) = (WallClock::start(), Phases::default());
//!     let limit = Limit::connect(clock.now(), std::time::Duration::from_secs(10));
//!     let mut attempt = Attempt::new(&clock, clock.now(), limit, &mut phases);
//!     let stream = dialer.dial(&target.endpoint, &mut attempt).await.map_err(|failure| failure.to_string())?;
//!     let mut connection = Connection::new(stream);
//!     let answer = exchange(&mut connection, &request, &mut body, &buffers, &clock).await;
//!     answer.map_err(|unanswered| format!("{unanswered:?}"))
//! };
//! assert_eq!(runtime.block_on(get)?.head.status(), 200);
//! assert_eq!(body.into_body(), b"hello");
//! # Ok::<(), String>(())
//! ```

mod buffers;
mod charset;
mod exchange;
mod request;
mod response;
mod sink;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;

use std::rc::Rc;

pub use buffers::Buffers;
pub use charset::charset;
pub use exchange::{Answer, Exchange, Unanswered, exchange};
pub use request::{Request, RequestHead};
pub use response::{Head, LeftOut};
pub use sink::{BodySink, Collect, Discard};

use crate::pool::Pooled;
use crate::stream::NetStream;

/// An HTTP/1.1 connection. Dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    stream: NetStream,
    /// Whose it is, if it was authenticated: only the owner's requests may go over it.
    owner: Option<Rc<String>>,
    /// No message is under way, and neither side has said that it will close.
    open: bool,
    reused: bool,
}

impl Connection {
    /// Wraps a new stream.
    pub fn new(stream: NetStream) -> Self {
        Connection { stream, owner: None, open: true, reused: false }
    }

    /// Bytes sent and received since the last call, including TLS overhead.
    #[inline]
    pub fn take_traffic(&mut self) -> (u64, u64) {
        self.stream.take_traffic()
    }

    /// Sets the owner of the connection.
    pub fn set_owner(&mut self, owner: Option<Rc<String>>) {
        self.owner = owner;
    }

    /// Whether the connection has carried an exchange before.
    #[inline]
    pub fn is_reused(&self) -> bool {
        self.reused
    }

    /// Whether the connection can carry another exchange.
    #[inline]
    pub fn is_reusable(&self) -> bool {
        self.open && !self.stream.is_stale()
    }

    /// The underlying byte stream, for another protocol.
    pub fn into_stream(self) -> NetStream {
        self.stream
    }
}

impl Pooled for Connection {
    #[inline]
    fn is_usable(&self) -> bool {
        self.is_reusable()
    }

    #[inline]
    fn owner(&self) -> Option<&str> {
        self.owner.as_deref().map(String::as_str)
    }
}
