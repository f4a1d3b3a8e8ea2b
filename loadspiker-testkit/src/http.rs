//! [`HttpServer`]: records HTTP/1.1 requests and answers, or misbehaves, as a test says.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;

use crate::peer::Peer;
use crate::tcp::TcpServer;

/// A request, as a server got it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The request line and the header lines, up to and including the empty line.
    pub head: String,
    /// The body, as long as `content-length` says.
    pub body: Vec<u8>,
    /// The connection it came over, from 0.
    pub connection: usize,
    /// How many requests came before it over this connection.
    pub turn: usize,
    /// How many requests came before it over all connections.
    pub number: usize,
}

impl Seen {
    /// Method and path.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap().trim_end_matches(" HTTP/1.1")
    }

    /// The path, with its query.
    pub fn path(&self) -> &str {
        self.line().split(' ').nth(1).unwrap()
    }

    /// The value of the first header line with this name, which is compared with regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| line.split_once(": ").filter(|(n, _)| *n == name).map(|(_, v)| v))
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// How many bytes it had in all.
    pub fn bytes(&self) -> usize {
        self.head.len() + self.body.len()
    }
}

/// What a server does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Sends this and goes on.
    Answer(Vec<u8>),
    /// Sends this and closes the connection.
    Last(Vec<u8>),
    /// Throws the connection away, so that the client sees a reset.
    Reset,
    /// Says nothing more until the client goes.
    Stall,
    /// Sends this over and over until the client goes.
    Endless(&'static [u8]),
}

/// A response with this status and body.
pub fn reply(status: u16, body: &str) -> Reply {
    reply_with(status, &[], body)
}

/// A response with this status, headers and body.
pub fn reply_with(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut response = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        response.push_str(&format!("{name}: {value}\r\n"));
    }
    Reply::Answer(format!("{response}\r\n{body}").into_bytes())
}

/// A redirect to this location.
pub fn redirect(status: u16, location: &str) -> Reply {
    reply_with(status, &[("location", location)], "")
}

/// The response 200 with the body `ok`.
pub fn ok() -> Reply {
    reply(200, "ok")
}

/// The server; it has a thread for each connection, and ends when it is dropped.
#[derive(Debug)]
pub struct HttpServer {
    /// Scheme, host and port.
    pub url: String,
    server: TcpServer,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl HttpServer {
    /// Starts it. `handler` may block, which holds up its connection and no other.
    pub fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let seen = Arc::default();
        let server = TcpServer::start(conversation(Arc::clone(&seen), handler));
        HttpServer { url: format!("http://{server}"), server, seen }
    }

    /// As [`start`](Self::start), over TLS.
    pub fn secure(config: ServerConfig, handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let seen = Arc::default();
        let server = TcpServer::secure(config, conversation(Arc::clone(&seen), handler));
        HttpServer { url: format!("https://{server}"), server, seen }
    }

    /// A server that answers everything with 200.
    pub fn ok() -> Self {
        Self::start(|_| ok())
    }

    /// Host and port, as errors name them.
    pub fn address(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Method and path of all requests so far.
    pub fn lines(&self) -> Vec<String> {
        self.seen().iter().map(|seen| seen.line().to_owned()).collect()
    }

    /// The only request there was.
    ///
    /// # Panics
    ///
    /// If there was none, or several.
    #[track_caller]
    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.into_iter().next().unwrap()
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }
}

/// What is done with a connection: one request after another, as `handler` says.
fn conversation(
    record: Arc<Mutex<Vec<Seen>>>,
    handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> impl Fn(Peer) + Send + Sync + 'static {
    move |mut peer| {
        for turn in 0.. {
            let Ok(seen) = read_request(&mut peer, turn, &record) else { return };
            match handler(&seen) {
                Reply::Answer(response) => {
                    if peer.write_all(&response).and_then(|()| peer.flush()).is_err() {
                        return;
                    }
                }
                Reply::Last(response) => {
                    let _ = peer.write_all(&response).and_then(|()| peer.flush());
                    return;
                }
                Reply::Reset => return peer.reset(),
                Reply::Stall => return peer.stall(),
                Reply::Endless(bytes) => return peer.endless(bytes),
            }
        }
    }
}

fn read_request(peer: &mut Peer, turn: usize, record: &Mutex<Vec<Seen>>) -> io::Result<Seen> {
    let head = String::from_utf8(peer.read_until(b"\r\n\r\n")?).unwrap();
    let mut seen = Seen { head, body: Vec::new(), connection: peer.number(), turn, number: 0 };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    seen.body = vec![0; length];
    peer.read_exact(&mut seen.body)?;
    let mut all = record.lock().unwrap();
    seen.number = all.len();
    all.push(seen.clone());
    Ok(seen)
}
