//! [`Stream`]: a socket, with TLS or without, that counts what goes over the wire.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What went over a connection since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    sent: Cell<u64>,
    received: Cell<u64>,
    /// Bytes of HTTP (not of TLS alone) came in.
    heard: Cell<bool>,
}

impl Traffic {
    /// Bytes sent and received since the last call, TLS included.
    pub(crate) fn take(&self) -> (u64, u64) {
        (self.sent.take(), self.received.take())
    }

    /// From here on [`heard`](Self::heard) speaks of the next response.
    pub(crate) fn listen(&self) {
        self.heard.set(false);
    }

    /// Whether any byte of the response has come in.
    pub(crate) fn heard(&self) -> bool {
        self.heard.get()
    }
}

/// A TCP socket that counts.
#[derive(Debug)]
pub(crate) struct Counted {
    socket: TcpStream,
    traffic: Rc<Traffic>,
}

impl Counted {
    pub(crate) fn new(socket: TcpStream, traffic: Rc<Traffic>) -> Self {
        Counted { socket, traffic }
    }
}

/// A socket that HTTP can be spoken over.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(Counted),
    Secure(Box<TlsStream<Counted>>),
}

impl Stream {
    fn counted(&self) -> &Counted {
        match self {
            Stream::Plain(counted) => counted,
            Stream::Secure(tls) => tls.get_ref().0,
        }
    }

    pub(crate) fn traffic(&self) -> Rc<Traffic> {
        self.counted().traffic.clone()
    }

    /// Whether an idle connection can no longer be used: the server has closed it, or sent what nobody asked for.
    /// Costs a system call only if something came in.
    pub(crate) fn is_stale(&self) -> bool {
        match self {
            Stream::Plain(counted) => !would_block(counted.socket.try_read(&mut [0])),
            // TLS may have sent session tickets, which are fine, or a close, which the next read will tell.
            Stream::Secure(_) => false,
        }
    }
}

fn would_block(read: io::Result<usize>) -> bool {
    read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

fn add(counter: &Cell<u64>, n: usize) {
    counter.set(counter.get() + n as u64);
}

impl AsyncRead for Counted {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.socket).poll_read(cx, buf);
        add(&this.traffic.received, buf.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.socket).poll_write(cx, buf);
        if let Poll::Ready(Ok(n)) = polled {
            add(&this.traffic.sent, n);
        }
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [one] = bufs {
            // A request without a body: the simpler system call costs less.
            return self.poll_write(cx, one);
        }
        let this = self.get_mut();
        let polled = Pin::new(&mut this.socket).poll_write_vectored(cx, bufs);
        if let Poll::Ready(Ok(n)) = polled {
            add(&this.traffic.sent, n);
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = match this {
            Stream::Plain(plain) => Pin::new(plain).poll_read(cx, buf),
            // A peer that closes without TLS's closing message ends the stream like one that sends it. Whether the
            // response is complete, its framing says.
            Stream::Secure(tls) => match Pin::new(tls.as_mut()).poll_read(cx, buf) {
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                polled => polled,
            },
        };
        if buf.filled().len() > before {
            this.counted().traffic.heard.set(true);
        }
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(plain) => Pin::new(plain).poll_write(cx, buf),
            Stream::Secure(tls) => Pin::new(tls.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(plain) => Pin::new(plain).poll_write_vectored(cx, bufs),
            Stream::Secure(tls) => Pin::new(tls.as_mut()).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Plain(plain) => plain.is_write_vectored(),
            Stream::Secure(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(plain) => Pin::new(plain).poll_flush(cx),
            Stream::Secure(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(plain) => Pin::new(plain).poll_shutdown(cx),
            Stream::Secure(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}
