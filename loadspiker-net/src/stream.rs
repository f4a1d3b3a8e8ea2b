//! [`NetStream`]: a socket, with or without TLS, that counts bytes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

use crate::arrival;
use crate::events::{self, Socket};
use crate::failure::told;

/// A socket that counts.
#[derive(Debug)]
pub(crate) struct Counted<S: Socket> {
    socket: S,
    sent: u64,
    received: u64,
}

/// The byte stream of a connection: plain TCP, TLS, or a Unix socket. Dropping it closes the connection.
///
/// It has no buffers except those of a TLS session. Protocol libraries use it as [`AsyncRead`] and [`AsyncWrite`].
#[derive(Debug)]
pub struct NetStream(Kind);

/// What is rare is boxed, so that a plain stream has no room for it.
#[derive(Debug)]
enum Kind {
    Plain(Counted<TcpStream>),
    Secure(Box<TlsStream<Counted<TcpStream>>>),
    Unix(Box<Counted<UnixStream>>),
}

impl NetStream {
    pub(crate) fn plain(socket: TcpStream) -> Self {
        NetStream(Kind::Plain(Counted::new(socket)))
    }

    pub(crate) fn secure(tls: TlsStream<Counted<TcpStream>>) -> Self {
        NetStream(Kind::Secure(Box::new(tls)))
    }

    pub(crate) fn unix(socket: UnixStream) -> Self {
        NetStream(Kind::Unix(Box::new(Counted::new(socket))))
    }

    /// The TCP stream, for TLS to begin on it.
    pub(crate) fn into_plain(self) -> Option<Counted<TcpStream>> {
        match self.0 {
            Kind::Plain(counted) => Some(counted),
            Kind::Secure(_) | Kind::Unix(_) => None,
        }
    }

    /// The address on this side, and that of the peer.
    pub(crate) fn ends(&self) -> (String, String) {
        match &self.0 {
            Kind::Plain(counted) => counted.socket.ends(),
            Kind::Secure(tls) => tls.get_ref().0.socket.ends(),
            Kind::Unix(counted) => counted.socket.ends(),
        }
    }

    /// The TLS session, if there is one.
    pub(crate) fn session(&self) -> Option<&rustls::ClientConnection> {
        match &self.0 {
            Kind::Secure(tls) => Some(tls.get_ref().1),
            Kind::Plain(_) | Kind::Unix(_) => None,
        }
    }

    /// Bytes sent and received since the last call, those of TLS included.
    #[inline]
    pub fn take_traffic(&mut self) -> (u64, u64) {
        let (sent, received) = match &mut self.0 {
            Kind::Plain(counted) => counted.counts(),
            Kind::Secure(tls) => tls.get_mut().0.counts(),
            Kind::Unix(counted) => counted.counts(),
        };
        (std::mem::take(sent), std::mem::take(received))
    }

    /// Bytes sent since the last call of [`take_traffic`](Self::take_traffic).
    #[inline]
    pub fn sent(&self) -> u64 {
        match &self.0 {
            Kind::Plain(counted) => counted.sent,
            Kind::Secure(tls) => tls.get_ref().0.sent,
            Kind::Unix(counted) => counted.sent,
        }
    }

    /// How long the last byte of the next read has been in the socket's buffer, if the kernel knows. Peeks into `place` without
    /// consuming anything.
    ///
    /// # Errors
    ///
    /// The pending error of the socket. The next read does not return it again.
    pub fn age(&self, place: &mut [u8]) -> io::Result<Option<Duration>> {
        match &self.0 {
            Kind::Plain(counted) => arrival::age(&counted.socket, place),
            Kind::Secure(tls) => arrival::age(&tls.get_ref().0.socket, place),
            Kind::Unix(_) => Ok(None),
        }
    }

    /// Whether the stream uses TLS.
    #[inline]
    pub fn is_secure(&self) -> bool {
        matches!(self.0, Kind::Secure(_))
    }

    /// The protocol negotiated with ALPN (RFC 7301), such as `h2`.
    pub fn alpn(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Secure(tls) => tls.get_ref().1.alpn_protocol(),
            Kind::Plain(_) | Kind::Unix(_) => None,
        }
    }

    /// Whether an idle connection can no longer be used, because the peer has closed it or sent unexpected data. Only for
    /// protocols whose servers never send anything unasked. Costs a system call only if data has arrived.
    ///
    /// Always `false` over TLS: what has arrived may be a session ticket, which is fine, or a close, which the next read reports.
    #[inline]
    pub fn is_stale(&self) -> bool {
        let read = match &self.0 {
            Kind::Plain(counted) => counted.socket.try_read(&mut [0]),
            Kind::Secure(_) => return false,
            Kind::Unix(counted) => counted.socket.try_read(&mut [0]),
        };
        !read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Reads available bytes. Zero bytes mean the end, with or without the closing message of TLS.
    ///
    /// # Errors
    ///
    /// The I/O error of the socket; an error of TLS is a failure in one, which [`Failure::from_io`](crate::Failure::from_io)
    /// finds.
    #[inline]
    pub fn poll_read_into(&mut self, cx: &mut Context<'_>, place: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut place = ReadBuf::new(place);
        ready!(Pin::new(self).poll_read(cx, &mut place))?;
        Poll::Ready(Ok(place.filled().len()))
    }

    /// Writes these two buffers, one after the other, as far as possible without blocking.
    ///
    /// # Errors
    ///
    /// See [`poll_read_into`](Self::poll_read_into).
    #[inline]
    pub fn poll_write_both(&mut self, cx: &mut Context<'_>, first: &[u8], then: &[u8]) -> Poll<io::Result<usize>> {
        match (first, then) {
            (first, []) => Pin::new(self).poll_write(cx, first),
            ([], then) => Pin::new(self).poll_write(cx, then),
            _ => Pin::new(self).poll_write_vectored(cx, &[IoSlice::new(first), IoSlice::new(then)]),
        }
    }
}

impl AsyncRead for NetStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Kind::Plain(counted) => Pin::new(counted).poll_read(cx, buf),
            Kind::Secure(tls) => match ready!(Pin::new(tls.as_mut()).poll_read(cx, buf)) {
                // Whether what was sent is complete, its framing says.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                read => Poll::Ready(read.map_err(told)),
            },
            Kind::Unix(counted) => Pin::new(counted.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for NetStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Kind::Plain(counted) => Pin::new(counted).poll_write(cx, buf),
            Kind::Secure(tls) => Pin::new(tls.as_mut()).poll_write(cx, buf).map_err(told),
            Kind::Unix(counted) => Pin::new(counted.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Kind::Plain(counted) => Pin::new(counted).poll_write_vectored(cx, bufs),
            Kind::Secure(tls) => Pin::new(tls.as_mut()).poll_write_vectored(cx, bufs).map_err(told),
            Kind::Unix(counted) => Pin::new(counted.as_mut()).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Kind::Plain(counted) => counted.is_write_vectored(),
            Kind::Secure(tls) => tls.is_write_vectored(),
            Kind::Unix(counted) => counted.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Kind::Secure(tls) => Pin::new(tls.as_mut()).poll_flush(cx).map_err(told),
            // A socket holds nothing back.
            Kind::Plain(_) | Kind::Unix(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Kind::Plain(counted) => Pin::new(counted).poll_shutdown(cx),
            Kind::Secure(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx).map_err(told),
            Kind::Unix(counted) => Pin::new(counted.as_mut()).poll_shutdown(cx),
        }
    }
}

impl<S: Socket> Drop for Counted<S> {
    fn drop(&mut self) {
        events::closing(&self.socket);
    }
}

impl<S: Socket> Counted<S> {
    fn new(socket: S) -> Self {
        Counted { socket, sent: 0, received: 0 }
    }

    /// The socket itself.
    #[cfg(test)]
    pub(crate) fn socket(&self) -> &S {
        &self.socket
    }

    fn counts(&mut self) -> (&mut u64, &mut u64) {
        (&mut self.sent, &mut self.received)
    }
}

impl<S: Socket + AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.socket).poll_read(cx, buf);
        this.received += (buf.filled().len() - before) as u64;
        polled
    }
}

impl<S: Socket + AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.socket).poll_write(cx, buf))?;
        this.sent += written as u64;
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.socket).poll_write_vectored(cx, bufs))?;
        this.sent += written as u64;
        Poll::Ready(Ok(written))
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
