//! [`Connection`]: one connection to a server, awake while it is used and parked while it rests.
//!
//! hyper's connection holds 20 to 27 KB of buffers and channels. While a user rests they are of no use, so the
//! connection is *parked*: the socket is taken back out of hyper ([`Connection::park`]), and put into a new one for
//! the next request. What stays is the socket itself and a few hundred bytes; with TLS, also the session.

mod connect;
mod exchange;
mod stream;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

pub(crate) use connect::Connector;
pub(crate) use exchange::{Answer, Failure, exchange};
pub(crate) use stream::{Stream, Traffic};

/// The request as hyper takes it.
pub(crate) type Request = http::Request<Full<Bytes>>;

/// A connection. Dropping it closes it.
pub(crate) struct Connection {
    state: State,
    traffic: Rc<Traffic>,
    reused: bool,
}

enum State {
    /// Ready to exchange messages. Sender and connection are polled by one and the same future; there is no task.
    Awake(Box<Awake>),
    Parked(Stream),
    /// Closed, or in a state from which no further exchange is possible.
    Closed,
}

struct Awake {
    sender: http1::SendRequest<Full<Bytes>>,
    connection: http1::Connection<TokioIo<Stream>, Full<Bytes>>,
}

impl Connection {
    /// A connection that has not been used.
    pub(crate) fn new(stream: Stream) -> Self {
        Connection { traffic: stream.traffic(), state: State::Parked(stream), reused: false }
    }

    /// What went over it.
    pub(crate) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Whether it has carried an exchange before.
    pub(crate) fn is_reused(&self) -> bool {
        self.reused
    }

    /// Whether another exchange can be tried on it.
    pub(crate) fn is_reusable(&self) -> bool {
        match &self.state {
            State::Awake(awake) => awake.sender.is_ready(),
            State::Parked(stream) => !stream.is_stale(),
            State::Closed => false,
        }
    }

    /// Gives back all memory but the socket's (and the TLS session's). Returns whether the connection is still good.
    pub(crate) fn park(&mut self) -> bool {
        match std::mem::replace(&mut self.state, State::Closed) {
            // Ready means that nothing is under way: the response is read, the next message is waited for.
            State::Awake(awake) if awake.sender.is_ready() => {
                let parts = awake.connection.into_parts();
                if !parts.read_buf.is_empty() {
                    return false;
                }
                self.state = State::Parked(parts.io.into_inner());
            }
            State::Parked(stream) => self.state = State::Parked(stream),
            State::Awake(_) | State::Closed => return false,
        }
        self.is_reusable()
    }

    #[cfg(test)]
    pub(crate) fn is_parked(&self) -> bool {
        matches!(self.state, State::Parked(_))
    }

    async fn wake(&mut self) -> Option<&mut Box<Awake>> {
        if let State::Parked(_) = self.state {
            let State::Parked(stream) = std::mem::replace(&mut self.state, State::Closed) else { return None };
            // hyper's handshake only sets things up; it neither sends nor waits, and cannot fail.
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
            self.state = State::Awake(Box::new(Awake { sender, connection }));
        }
        match &mut self.state {
            State::Awake(awake) => Some(awake),
            _ => None,
        }
    }
}
