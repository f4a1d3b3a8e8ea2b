//! [`Stream`]: a socket, with TLS or without, that counts what goes over the wire.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::arrival;

/// A TCP socket that counts.
#[derive(Debug)]
pub(crate) struct Counted {
    socket: TcpStream,
    sent: u64,
    received: u64,
}

impl Counted {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Counted { socket, sent: 0, received: 0 }
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

    /// Bytes sent and received since the last call, TLS included.
    pub(crate) fn take_traffic(&mut self) -> (u64, u64) {
        let counted = match self {
            Stream::Plain(counted) => counted,
            Stream::Secure(tls) => tls.get_mut().0,
        };
        (std::mem::take(&mut counted.sent), std::mem::take(&mut counted.received))
    }

    /// Bytes sent since the traffic was taken.
    pub(super) fn sent(&self) -> u64 {
        self.counted().sent
    }

    /// For how long the last of what the next read will bring has been there, if that can be known; see
    /// [`age`](super::arrival::age).
    ///
    /// # Errors
    ///
    /// That of the connection.
    pub(super) fn age(&self, place: &mut [u8]) -> io::Result<Option<Duration>> {
        arrival::age(&self.counted().socket, place)
    }

    pub(super) fn is_secure(&self) -> bool {
        matches!(self, Stream::Secure(_))
    }

    /// Whether an idle connection can no longer be used: the server has closed it, or sent what nobody asked for.
    /// Costs a system call only if something came in.
    pub(super) fn is_stale(&self) -> bool {
        match self {
            Stream::Plain(counted) => !would_block(&counted.socket.try_read(&mut [0])),
            // TLS may have sent session tickets, which are fine, or a close, which the next read will tell.
            Stream::Secure(_) => false,
        }
    }

    /// Reads what has come in. None at all is the end.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, place: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut place = ReadBuf::new(place);
        match self {
            Stream::Plain(counted) => ready!(Pin::new(counted).poll_read(cx, &mut place))?,
            Stream::Secure(tls) => match ready!(Pin::new(tls.as_mut()).poll_read(cx, &mut place)) {
                // A peer that closes without TLS's closing message ends the stream like one that sends it. Whether the
                // response is complete, its framing says.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                read => read?,
            },
        }
        Poll::Ready(Ok(place.filled().len()))
    }

    /// Writes of these two, one after the other, as much as goes at once.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, first: &[u8], then: &[u8]) -> Poll<io::Result<usize>> {
        let one = match (first, then) {
            (first, []) => first,
            ([], then) => then,
            _ => {
                let both = [IoSlice::new(first), IoSlice::new(then)];
                return match self {
                    Stream::Plain(counted) => Pin::new(counted).poll_write_vectored(cx, &both),
                    Stream::Secure(tls) => Pin::new(tls.as_mut()).poll_write_vectored(cx, &both),
                };
            }
        };
        match self {
            Stream::Plain(counted) => Pin::new(counted).poll_write(cx, one),
            Stream::Secure(tls) => Pin::new(tls.as_mut()).poll_write(cx, one),
        }
    }

    /// Sees to it that nothing written is held back.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            // A socket holds nothing back.
            Stream::Plain(_) => Poll::Ready(Ok(())),
            Stream::Secure(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }
}

fn would_block(read: &io::Result<usize>) -> bool {
    read.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

impl AsyncRead for Counted {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.socket).poll_read(cx, buf);
        this.received += (buf.filled().len() - before) as u64;
        polled
    }
}

impl AsyncWrite for Counted {
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
