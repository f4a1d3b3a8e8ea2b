//! What this crate tells a person who debugs, through `tracing`: lookups, connections and TLS, and why a connection was
//! closed. Level `debug` throughout. Nothing is told for a request over a connection that is there.

use std::fmt::Debug;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::net::IpAddr;

use loadspiker_core::format::printable;
use rustls::HandshakeKind;
use socket2::SockRef;
use tokio::net::{TcpStream, UnixStream};
use tracing::{Level, debug, enabled};

use crate::endpoint::Endpoint;
use crate::failure::Failure;
use crate::stream::NetStream;

/// A socket, as far as events tell of it.
pub(crate) trait Socket: Debug {
    /// The address on this side, and that of the peer.
    fn ends(&self) -> (String, String);

    /// The socket itself.
    fn reference(&self) -> SockRef<'_>;
}

fn shown<A: Debug>(address: io::Result<A>) -> String {
    address.map_or_else(|_| "?".to_owned(), |address| printable(&format!("{address:?}")).into_owned())
}

impl Socket for TcpStream {
    fn ends(&self) -> (String, String) {
        (shown(self.local_addr()), shown(self.peer_addr()))
    }

    fn reference(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

impl Socket for UnixStream {
    fn ends(&self) -> (String, String) {
        (shown(self.local_addr()), shown(self.peer_addr()))
    }

    fn reference(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

pub(crate) fn dialled(to: &Endpoint, user: Option<u64>, dialled: &Result<NetStream, Failure>) {
    if !enabled!(Level::DEBUG) {
        return;
    }
    match dialled {
        Ok(stream) => {
            let (local, peer) = stream.ends();
            debug!(endpoint = %to, user, %local, %peer, "connection opened");
        }
        Err(failure) => debug!(endpoint = %to, user, failure = %harmless(failure), "no connection"),
    }
}

pub(crate) fn secured(to: &Endpoint, stream: &NetStream) {
    let Some(session) = stream.session().filter(|_| enabled!(Level::DEBUG)) else { return };
    let version = session.protocol_version().and_then(|version| version.as_str()).unwrap_or("?");
    let cipher = session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("?");
    let alpn = session.alpn_protocol().map(String::from_utf8_lossy).unwrap_or_default();
    let resumed = session.handshake_kind() == Some(HandshakeKind::Resumed);
    debug!(endpoint = %to, version, cipher, alpn = %printable(&alpn), resumed, "TLS begins");
}

/// A socket is being closed: by whom, and how much went over it since it was last asked for.
pub(crate) fn closing(socket: &impl Socket) {
    if !enabled!(Level::DEBUG) {
        return;
    }
    let mut next = [MaybeUninit::uninit()];
    let why = match socket.reference().peek(&mut next) {
        Ok(0) => "closed by the peer",
        Ok(_) => "closed by this side, with bytes that nobody read",
        Err(error) if error.kind() == ErrorKind::WouldBlock => "closed by this side",
        Err(error) if error.kind() == ErrorKind::ConnectionReset => "reset by the peer",
        Err(_) => "broken",
    };
    let (local, peer) = socket.ends();
    debug!(%local, %peer, why, "connection closed");
}

/// One of several addresses of a host does not work.
pub(crate) fn address_failed(ip: IpAddr, failure: &Failure) {
    debug!(%ip, failure = %harmless(failure), "an address does not work");
}

pub(crate) fn looking_up(host: &str) {
    debug!(host = %printable(host), "looking up a host");
}

pub(crate) fn looked_up(host: &str, answer: &Result<impl Debug, Failure>) {
    match answer {
        Ok(addresses) => debug!(host = %printable(host), ?addresses, "a host was looked up"),
        Err(failure) => debug!(host = %printable(host), failure = %harmless(failure), "a lookup failed"),
    }
}

pub(crate) fn pool_is_exhausted(limit: usize) {
    debug!(limit, "all connections of a pool are in use; a user waits");
}

pub(crate) fn makes_room() {
    debug!("an idle connection makes room for another");
}

fn harmless(failure: &Failure) -> String {
    printable(&failure.to_string()).into_owned()
}
