//! [`Server`]: a server that keeps account of what it gets, and answers, or misbehaves, as a test tells it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use loadspiker::prelude::*;

/// A request, as the server got it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Method and path.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// How many bytes it had in all.
    pub(crate) bytes: usize,
    /// The connection it came over, from 0.
    pub(crate) connection: usize,
    /// How many requests came before it, over all connections.
    pub(crate) number: usize,
}

impl Seen {
    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// Answers and goes on.
    Answer(Vec<u8>),
    /// Answers and closes.
    Last(Vec<u8>),
    /// Throws the connection away.
    Reset,
    /// Says no more, until the client goes.
    Stall,
    /// Sends this over and over, until the client goes.
    Endless(&'static [u8]),
}

/// A response with this status, headers and body.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    Reply::Answer(format!("{head}\r\n{body}").into_bytes())
}

/// The response `200 OK`.
pub(crate) fn ok() -> Reply {
    response(200, &[], "ok")
}

/// The server; a thread for each connection. It lives as long as the process.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
}

impl Server {
    /// Starts it. `handler` may block; that holds up the connection, and no other.
    pub(crate) fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (state, handler) = (Arc::new(State::default()), Arc::new(handler));
        let shared = state.clone();
        thread::spawn(move || {
            while let Ok((socket, _)) = listener.accept() {
                let connection = shared.connections.fetch_add(1, Ordering::SeqCst);
                let (state, handler) = (shared.clone(), handler.clone());
                let talk = move || converse(socket, connection, &state, &*handler);
                thread::Builder::new().stack_size(128 * 1024).spawn(talk).unwrap();
            }
        });
        Server { url, state }
    }

    pub(crate) fn protocol(&self) -> HttpProtocol {
        HttpProtocol::new(&self.url)
    }

    /// Host and port, as errors name them.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

fn converse(socket: TcpStream, connection: usize, state: &State, handler: &dyn Fn(&Seen) -> Reply) {
    socket.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut writer = &socket;
    loop {
        let Some(seen) = read(&mut reader, connection, state) else { return };
        match handler(&seen) {
            Reply::Answer(bytes) => {
                if writer.write_all(&bytes).is_err() {
                    return;
                }
            }
            Reply::Last(bytes) => {
                let _ = writer.write_all(&bytes);
                return;
            }
            Reply::Reset => {
                drop(reader);
                let socket = tokio::net::TcpSocket::from_std_stream(socket);
                return socket.set_zero_linger().unwrap();
            }
            Reply::Stall => {
                let _ = reader.read(&mut [0]);
                return;
            }
            Reply::Endless(bytes) => {
                while writer.write_all(bytes).is_ok() {}
                return;
            }
        }
    }
}

fn read(reader: &mut impl BufRead, connection: usize, state: &State) -> Option<Seen> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut seen = Seen { line, headers, bytes: head.len(), connection, number: 0 };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    reader.read_exact(&mut vec![0; length]).ok()?;
    seen.bytes += length;
    let mut all = state.seen.lock().unwrap();
    seen.number = all.len();
    all.push(seen.clone());
    Some(seen)
}
