//! [`Connection`]: one connection to a server, over which HTTP/1.1 is spoken.
//!
//! The codec is our own: to generate load is what all else is for, and a client for general use pays, with every request,
//! for channels, for buffers of each connection's own, and for maps of header fields that nobody asks for. It is made of
//! [`exchange`], which moves bytes, [`request`], which writes a head, and [`response`], which takes apart what comes back
//! and knows no socket. `httparse` reads the head.
//!
//! A connection has no memory but the socket's (and the TLS session's): the bytes of an exchange go through the
//! [`Buffers`] of the shard. So an idle connection is small without anything being done for it, and so is one that waits
//! for its response.

mod arrival;
mod buffers;
mod connect;
mod exchange;
mod request;
mod response;
mod stream;
#[cfg(test)]
mod tests;

use std::rc::Rc;

pub(crate) use buffers::Buffers;
pub(crate) use connect::Connector;
pub(crate) use exchange::{Answer, Failure, exchange};
pub(crate) use request::{Request, RequestHead};
pub(crate) use response::Head;
pub(crate) use stream::Stream;

/// A connection. Dropping it closes it.
pub(crate) struct Connection {
    stream: Stream,
    /// Whose it is, if it was authenticated: only the owner's requests may go over it.
    owner: Option<Rc<String>>,
    /// No message is under way, and neither side has said that it will close.
    open: bool,
    reused: bool,
}

impl Connection {
    /// A connection that has not been used.
    pub(crate) fn new(stream: Stream) -> Self {
        Connection { stream, owner: None, open: true, reused: false }
    }

    /// Bytes sent and received since the last call, TLS included.
    pub(crate) fn take_traffic(&mut self) -> (u64, u64) {
        self.stream.take_traffic()
    }

    /// Whose it is, if it was authenticated.
    pub(crate) fn owner(&self) -> Option<&Rc<String>> {
        self.owner.as_ref()
    }

    pub(crate) fn set_owner(&mut self, owner: Option<Rc<String>>) {
        self.owner = owner;
    }

    /// Whether it has carried an exchange before.
    pub(crate) fn is_reused(&self) -> bool {
        self.reused
    }

    /// Whether another exchange can be tried on it.
    pub(crate) fn is_reusable(&self) -> bool {
        self.open && !self.stream.is_stale()
    }
}
