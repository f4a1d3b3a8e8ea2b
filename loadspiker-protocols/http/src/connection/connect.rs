//! [`Connector`]: from an origin to a connection: lookup, socket, TLS.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use loadspiker_core::Moment;
use loadspiker_core::metrics::Phases;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

use super::arrival;
use super::stream::Counted;
use super::{Connection, Stream};
use crate::clock::Clock;
use crate::dns::Resolver;
use crate::error::HttpError;
use crate::origin::Origin;
use crate::tls::{ClientFiles, Tls};

/// Opens connections for one shard.
pub(crate) struct Connector {
    resolver: Resolver,
    tls: Tls,
    local_addresses: Vec<IpAddr>,
    turn: Cell<usize>,
}

impl Connector {
    /// Sockets are bound to `local_addresses` in turn; with none, the system chooses.
    pub(crate) fn new(resolver: Resolver, tls: Tls, local_addresses: Vec<IpAddr>) -> Self {
        Connector { resolver, tls, local_addresses, turn: Cell::new(0) }
    }

    /// Called about once a second.
    pub(crate) fn tick(&self) {
        self.resolver.prune();
    }

    /// Opens a connection to `origin`, beginning at `from`. What it took is added to `phases`, also if it fails.
    /// Returns the connection and when it was ready. `client` is the certificate of the user, if it has one of its own.
    pub(crate) async fn connect<C: Clock>(
        &self,
        origin: &Origin,
        from: Moment,
        phases: &mut Phases,
        clock: &C,
        client: Option<&ClientFiles>,
    ) -> Result<(Connection, Moment), HttpError> {
        let (socket, at) = self.reach(&origin.host, origin.ip, origin.port, from, phases, clock).await?;
        let counted = Counted::new(socket);
        if !origin.secure {
            return Ok((Connection::new(Stream::Plain(counted)), at));
        }
        let name = match origin.ip {
            Some(ip) => ServerName::from(ip),
            None => ServerName::try_from(origin.host.as_ref())
                .map_err(|_| HttpError::Tls("the host name cannot be in a certificate".to_owned()))?
                .to_owned(),
        };
        let shaken = TlsConnector::from(self.tls.config(client)?).connect(name, counted).await;
        let ready = clock.now();
        add(&mut phases.tls, at, ready);
        let tls = shaken.map_err(|error| HttpError::from_handshake(&error, &origin.host))?;
        Ok((Connection::new(Stream::Secure(Box::new(tls))), ready))
    }

    /// Opens a socket to a host, or to its address if it is written as one, beginning at `from`. What it took is added to
    /// `phases`, also if it fails. Returns the socket and when it was ready.
    pub(crate) async fn reach<C: Clock>(
        &self,
        host: &str,
        ip: Option<IpAddr>,
        port: u16,
        from: Moment,
        phases: &mut Phases,
        clock: &C,
    ) -> Result<(TcpStream, Moment), HttpError> {
        if let Some(ip) = ip {
            return self.timed_dial(&[ip], port, from, phases, clock).await;
        }
        let resolved = self.resolver.resolve(host).await;
        let mut at = from;
        if !matches!(resolved, Ok((_, false))) {
            at = clock.now();
            add(&mut phases.dns, from, at);
        }
        let (host, _) = resolved?;
        let dialled = self.timed_dial(&host.addresses(), port, at, phases, clock).await?;
        if let Ok(peer) = dialled.0.peer_addr() {
            host.worked(peer.ip());
        }
        Ok(dialled)
    }

    async fn timed_dial<C: Clock>(
        &self,
        addresses: &[IpAddr],
        port: u16,
        from: Moment,
        phases: &mut Phases,
        clock: &C,
    ) -> Result<(TcpStream, Moment), HttpError> {
        let dialled = self.dial(addresses, port).await;
        let now = clock.now();
        add(&mut phases.connect, from, now);
        dialled.map(|socket| (socket, now))
    }

    /// Tries the addresses one after another. If none works, the first error is the one to tell.
    async fn dial(&self, addresses: &[IpAddr], port: u16) -> Result<TcpStream, HttpError> {
        let mut first = None;
        for ip in addresses {
            match self.dial_one(*ip, port).await {
                Ok(socket) => return Ok(socket),
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or(HttpError::Unreachable))
    }

    async fn dial_one(&self, ip: IpAddr, port: u16) -> Result<TcpStream, HttpError> {
        let socket = if ip.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(|error| HttpError::from_io(&error))?;
        arrival::stamp(&socket);
        if !self.local_addresses.is_empty() {
            let local = self.local_address(ip.is_ipv4())?;
            socket.bind(SocketAddr::new(local, 0)).map_err(|error| match error.kind() {
                // Binding to port 0 of an own address fails with "in use" when no port is free.
                io::ErrorKind::AddrNotAvailable => HttpError::ForeignAddress(local),
                _ => HttpError::from_io(&error),
            })?;
        }
        // Without this, a request in two writes waits for the acknowledgement of the first.
        socket.set_nodelay(true).map_err(|error| HttpError::from_io(&error))?;
        let connecting = socket.connect(SocketAddr::new(ip, port)).await;
        let connected = connecting.map_err(|error| HttpError::from_io(&error))?;
        if is_connected_to_itself(&connected) {
            return Err(HttpError::Refused);
        }
        Ok(connected)
    }

    /// The next of the local addresses of this family.
    fn local_address(&self, ipv4: bool) -> Result<IpAddr, HttpError> {
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        let count = self.local_addresses.len();
        (0..count)
            .map(|step| self.local_addresses[turn.wrapping_add(step) % count])
            .find(|ip| ip.is_ipv4() == ipv4)
            .ok_or(HttpError::LocalAddress)
    }
}

/// Adds the time between two moments to a phase.
fn add(phase: &mut Option<u64>, from: Moment, to: Moment) {
    let nanos = to.as_nanos().saturating_sub(from.as_nanos());
    *phase = Some(phase.unwrap_or(0) + nanos);
}

/// On loopback a socket whose ephemeral port happens to be the target's connects to itself, if nobody listens there
/// (simultaneous open, RFC 9293 §3.5). That is no server.
fn is_connected_to_itself(socket: &TcpStream) -> bool {
    match (socket.peer_addr(), socket.local_addr()) {
        (Ok(peer), Ok(local)) if is_loopback(peer.ip()) => peer == local,
        _ => false,
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip == Ipv4Addr::UNSPECIFIED,
        IpAddr::V6(ip) => ip.is_loopback() || ip == Ipv6Addr::UNSPECIFIED,
    }
}
