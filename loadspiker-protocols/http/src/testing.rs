//! What the tests of this crate share: a clock, servers, connections to them.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::thread;

use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use loadspiker_core::Moment;
use loadspiker_core::metrics::Phases;
use url::Url;

use crate::body::Sink;
use crate::clock::Clock;
use crate::connection::{Buffers, Connection, Connector, Request, RequestHead, exchange};
use crate::dns::Resolver;
use crate::origin::{Origin, Origins};
use crate::tls::{Tls, TlsSettings};

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

/// A server that does with each connection what `script` says, one after another, and its address.
pub(crate) fn serve(mut script: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            script(socket.unwrap());
        }
    });
    address
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
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
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

pub(crate) fn origin_of(url: &str) -> Rc<Origin> {
    Origins::default().of(&Url::parse(url).unwrap()).unwrap()
}

pub(crate) fn connector(tls: TlsSettings) -> Connector {
    Connector::new(Resolver::system(&[]), Tls::new(tls, false), Vec::new())
}

pub(crate) async fn connect(address: SocketAddr) -> Connection {
    let origin = origin_of(&format!("http://{address}"));
    let clock = Readings::default();
    connector(TlsSettings::default())
        .connect(&origin, Moment::START, &mut Phases::default(), &clock, None)
        .await
        .unwrap()
        .0
}

/// A request for `/x`.
pub(crate) fn request(method: &str, body: &'static str) -> Request {
    let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("test"))]);
    let head = RequestHead::new(method.parse().unwrap(), PathAndQuery::from_static("/x"), headers);
    Request::new(head.into(), body.into())
}

/// The status of the answer to a GET.
pub(crate) async fn status(connection: &mut Connection) -> u16 {
    let (request, buffers, clock) = (request("GET", ""), Buffers::default(), Readings::default());
    let answer = exchange(connection, &request, &mut Sink::Discard, &buffers, &clock).await.unwrap();
    answer.head.status().as_u16()
}

/// What the kernel has by now, the reactor knows afterwards.
pub(crate) async fn let_the_reactor_run() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}
