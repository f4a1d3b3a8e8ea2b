//! [`Peer`]: the server's side of one connection, for code that plays a server.

use std::io::{self, BufRead, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use socket2::SockRef;

/// The server's side of one connection. What it reads is recorded, decrypted if there is TLS; see
/// [`TcpServer::received`](crate::TcpServer::received). Dropping it closes the connection.
#[derive(Debug)]
pub struct Peer {
    stream: Stream,
    number: usize,
    received: Arc<Mutex<Vec<u8>>>,
    /// Bytes that were read from the stream; those up to `taken` have been given away.
    buffer: Vec<u8>,
    taken: usize,
}

#[derive(Debug)]
enum Stream {
    Plain(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
}

/// Owned by the peer. The server has a weak reference, to shut it down at the end.
#[derive(Debug)]
struct Socket(Arc<TcpStream>);

impl Peer {
    pub(crate) fn new(socket: Arc<TcpStream>, number: usize, received: Arc<Mutex<Vec<u8>>>) -> Self {
        let _ = socket.set_nodelay(true);
        Peer { stream: Stream::Plain(Socket(socket)), number, received, buffer: Vec::new(), taken: 0 }
    }

    /// How many connections came before it.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Where the client is.
    pub fn client(&self) -> SocketAddr {
        self.socket().peer_addr().unwrap()
    }

    fn socket(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(socket) => &socket.0,
            Stream::Tls(tls) => &tls.sock.0,
        }
    }

    /// The TLS session, if there is one.
    pub fn tls(&mut self) -> Option<&mut ServerConnection> {
        match &mut self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(tls) => Some(&mut tls.conn),
        }
    }

    /// Starts TLS, at the beginning of a connection or in the middle.
    ///
    /// # Panics
    ///
    /// If there is TLS already, or if bytes that belong to it were read before.
    #[must_use]
    pub fn secure(self, config: &Arc<ServerConfig>) -> Self {
        assert!(self.taken == self.buffer.len(), "the client sent more before TLS than was read");
        let Stream::Plain(socket) = self.stream else { panic!("there is TLS already") };
        let tls = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), socket);
        Peer { stream: Stream::Tls(Box::new(tls)), ..self }
    }

    /// Reads up to and including `end`.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the client closes before; errors of the socket and of TLS.
    pub fn read_until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        let mut read = Vec::new();
        while !read.ends_with(end) {
            let available = self.fill_buf()?;
            if available.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // Byte by byte from the buffer, since the end may be spread over several reads.
            let mut used = 0;
            for byte in available {
                read.push(*byte);
                used += 1;
                if read.ends_with(end) {
                    break;
                }
            }
            self.consume(used);
        }
        Ok(read)
    }

    /// Reads so many bytes.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the client closes before; errors of the socket and of TLS.
    pub fn read_bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Sends byte by byte, with a pause before each.
    ///
    /// # Errors
    ///
    /// The client is gone.
    pub fn trickle(&mut self, bytes: &[u8], pause: Duration) -> io::Result<()> {
        for byte in bytes {
            thread::sleep(pause);
            self.write_all(&[*byte])?;
            self.flush()?;
        }
        Ok(())
    }

    /// Sends these bytes over and over until the client is gone.
    pub fn endless(mut self, bytes: &[u8]) {
        while self.write_all(bytes).is_ok() {}
    }

    /// Says nothing more until the client goes. What it sends meanwhile is recorded.
    pub fn stall(mut self) {
        while let Ok(1..) = self.fill_buf().map(<[u8]>::len) {
            self.consume(self.buffer.len());
        }
    }

    /// Throws the connection away, so that the client sees a reset.
    pub fn reset(self) {
        SockRef::from(self.socket()).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

impl BufRead for Peer {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.buffer.len() {
            self.taken = 0;
            self.buffer.resize(8 * 1024, 0);
            let read = match &mut self.stream {
                Stream::Plain(socket) => socket.read(&mut self.buffer),
                Stream::Tls(tls) => tls.read(&mut self.buffer),
            };
            self.buffer.truncate(*read.as_ref().unwrap_or(&0));
            self.received.lock().unwrap().extend_from_slice(&self.buffer);
            read?;
        }
        Ok(&self.buffer[self.taken..])
    }

    fn consume(&mut self, amount: usize) {
        self.taken = (self.taken + amount).min(self.buffer.len());
    }
}

impl Read for Peer {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(into.len());
        into[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(socket) => socket.flush(),
            Stream::Tls(tls) => tls.flush(),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(into)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.0).flush()
    }
}
