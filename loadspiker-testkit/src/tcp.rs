//! [`TcpServer`]: gives each connection to a script or a closure and records what it received.

use std::fmt;
use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;

use rustls::ServerConfig;

use crate::peer::Peer;
use crate::script::Script;

/// A server on a free port of 127.0.0.1, with a thread for each connection.
///
/// Dropping it closes its connections and stops listening. It panics then if a [`Script`] got bytes that it did not expect.
#[derive(Debug)]
pub struct TcpServer {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    is_over: AtomicBool,
    connections: Mutex<Vec<Connection>>,
    unexpected: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Connection {
    /// To be shut down at the end, if the peer still has it.
    socket: Weak<TcpStream>,
    received: Arc<Mutex<Vec<u8>>>,
}

impl TcpServer {
    /// Gives each connection to `handler`, in a thread of its own.
    pub fn start(handler: impl Fn(Peer) + Send + Sync + 'static) -> Self {
        Self::listen(move |peer, _| handler(peer))
    }

    /// As [`start`](Self::start), over TLS.
    pub fn secure(config: ServerConfig, handler: impl Fn(Peer) + Send + Sync + 'static) -> Self {
        let config = Arc::new(config);
        Self::start(move |peer| handler(peer.secure(&config)))
    }

    /// Plays this script on each connection.
    pub fn scripted(script: Script) -> Self {
        Self::scripts([script])
    }

    /// Plays the first script on the first connection, the second on the second, and the last on all that follow.
    ///
    /// # Panics
    ///
    /// If there is no script.
    pub fn scripts(scripts: impl IntoIterator<Item = Script>) -> Self {
        let scripts: Vec<Script> = scripts.into_iter().collect();
        assert!(!scripts.is_empty(), "a server needs a script");
        Self::listen(move |peer, state| {
            let script = &scripts[peer.number().min(scripts.len() - 1)];
            if let Err(text) = script.play(peer) {
                state.unexpected.lock().unwrap().push(text);
            }
        })
    }

    fn listen(handler: impl Fn(Peer, &State) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (state, handler) = (Arc::new(State::default()), Arc::new(handler));
        let shared = state.clone();
        thread::spawn(move || {
            while let Ok((socket, _)) = listener.accept() {
                let Some(peer) = shared.admit(socket) else { return };
                let (state, handler) = (shared.clone(), handler.clone());
                // Small, since there may be thousands.
                let thread = thread::Builder::new().stack_size(512 * 1024);
                thread.spawn(move || handler(peer, &state)).unwrap();
            }
        });
        TcpServer { address, state }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.state.connections.lock().unwrap().len()
    }

    /// Whether a script got bytes that it did not expect, so that the test will fail.
    pub fn has_unexpected(&self) -> bool {
        !self.state.unexpected.lock().unwrap().is_empty()
    }

    /// What a connection has received so far, counted from 0; without TLS around it.
    ///
    /// # Panics
    ///
    /// If there was no such connection.
    pub fn received(&self, connection: usize) -> Vec<u8> {
        let connections = self.state.connections.lock().unwrap();
        connections[connection].received.lock().unwrap().clone()
    }
}

impl State {
    /// Registers a connection, unless the server is over.
    fn admit(&self, socket: TcpStream) -> Option<Peer> {
        let mut connections = self.connections.lock().unwrap();
        if self.is_over.load(Ordering::SeqCst) {
            return None;
        }
        let (number, received) = (connections.len(), Arc::default());
        let socket = Arc::new(socket);
        connections.push(Connection { socket: Arc::downgrade(&socket), received: Arc::clone(&received) });
        Some(Peer::new(socket, number, received))
    }
}

/// Host and port.
impl fmt::Display for TcpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl Drop for TcpServer {
    fn drop(&mut self) {
        let connections = {
            let connections = self.state.connections.lock().unwrap();
            self.state.is_over.store(true, Ordering::SeqCst);
            connections.iter().filter_map(|connection| connection.socket.upgrade()).collect::<Vec<_>>()
        };
        for socket in connections {
            let _ = socket.shutdown(Shutdown::Both);
        }
        // The listener waits for one more connection, sees that it is over, and closes.
        drop(TcpStream::connect(self.address));
        let unexpected = std::mem::take(&mut *self.state.unexpected.lock().unwrap());
        if !unexpected.is_empty() && !thread::panicking() {
            panic!("{}", unexpected.join("\n"));
        }
    }
}

/// The bare form of a server, on a free port of 127.0.0.1: `script` gets one socket after another. Nothing is recorded or
/// allocated, and the server lives as long as the process.
pub fn serve(script: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    serve_at([127, 0, 0, 1].into(), script)
}

/// As [`serve`], at another address of this machine.
pub fn serve_at(ip: IpAddr, mut script: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((ip, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            script(socket.unwrap());
        }
    });
    address
}

/// Answers each four bytes with the same four bytes.
pub fn echo(socket: &mut (impl Read + Write)) {
    let mut bytes = [0; 4];
    while socket.read_exact(&mut bytes).is_ok() && socket.write_all(&bytes).is_ok() {}
}
