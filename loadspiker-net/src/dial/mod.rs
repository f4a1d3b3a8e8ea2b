//! [`Dialer`]: from an endpoint to a stream: lookup, socket, TLS.

mod race;
mod socket;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

pub use self::socket::SocketOptions;
use self::socket::Sockets;
use crate::attempt::Attempt;
use crate::clock::Clock;
use crate::dns::Resolver;
use crate::endpoint::Endpoint;
use crate::events;
use crate::failure::{Failure, FailureKind, Phase, from_handshake};
use crate::stream::{Counted, NetStream};
use crate::tls::Tls;

/// Opens connections for one shard.
///
/// Hosts with several addresses are dialled with happy eyeballs (RFC 8305): if an address does not answer within 250 ms, the
/// next one is tried in parallel, alternating between address families. The first to connect wins. The result is remembered,
/// so only the first user of a shard waits for an address that does not work.
pub struct Dialer {
    resolver: Resolver,
    tls: Tls,
    sockets: Sockets,
}

impl Dialer {
    /// Creates a dialer with this TLS configuration. Sockets are bound to `local_addresses` round-robin; if there are none, the
    /// system chooses.
    pub fn new(resolver: Resolver, tls: Tls, local_addresses: Vec<IpAddr>, options: SocketOptions) -> Self {
        Dialer { resolver, tls, sockets: Sockets::new(local_addresses, options) }
    }

    /// Drops cached names that have not been used for a while. Called about once a second.
    pub fn tick(&self) {
        self.resolver.prune();
    }

    /// Opens a connection, with TLS if the endpoint requires it. `attempt` then knows when it was ready.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that names the endpoint, and the phase if its limit has passed.
    ///
    /// # Cancel safety
    ///
    /// The connection is closed. A lookup continues, for the next caller.
    pub async fn dial<C: Clock>(&self, to: &Endpoint, attempt: &mut Attempt<'_, C>) -> Result<NetStream, Failure> {
        let dialled = self.open(to, attempt).await;
        events::dialled(to, attempt.user(), &dialled);
        dialled
    }

    async fn open<C: Clock>(&self, to: &Endpoint, attempt: &mut Attempt<'_, C>) -> Result<NetStream, Failure> {
        if let Some(path) = to.unix_path() {
            if to.is_secure() {
                return Err(Failure::mistake(format!("TLS is not spoken over the Unix socket {to}")));
            }
            let connected = attempt.step(Phase::CONNECT, to, UnixStream::connect(path)).await?;
            let failed = |error: std::io::Error| match error.kind() {
                std::io::ErrorKind::NotFound => {
                    Failure::new(FailureKind::Refused, format!("there is no Unix socket {to}"))
                }
                _ => Failure::from_io(&error).at(to),
            };
            return connected.map(NetStream::unix).map_err(failed);
        }
        let socket = match to.ip() {
            Some(ip) => {
                let dialled = attempt.step(Phase::CONNECT, to, self.sockets.connect(ip, to.port())).await?;
                dialled.map_err(|failure| failure.at(to))?
            }
            None => self.dial_name(to, attempt).await?,
        };
        let stream = NetStream::plain(socket);
        if to.is_secure() { self.secure(stream, to, attempt).await } else { Ok(stream) }
    }

    async fn dial_name<C: Clock>(&self, to: &Endpoint, attempt: &mut Attempt<'_, C>) -> Result<TcpStream, Failure> {
        let host = match self.resolver.known(to.host()) {
            Some(known) => known?,
            None => attempt.step(Phase::DNS, to, self.resolver.resolve(to.host())).await??,
        };
        let addresses = host.addresses();
        let dialled = attempt.step(Phase::CONNECT, to, self.sockets.race(&addresses, to)).await?;
        dialled.map(|won| {
            host.worked(won.ip, &won.others);
            won.socket
        })
    }

    /// Starts TLS on an open connection, for example after `STARTTLS`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] of the handshake or of the TLS settings, or if the stream is not a plain TCP stream.
    ///
    /// # Cancel safety
    ///
    /// The connection is closed.
    pub async fn secure<C: Clock>(
        &self,
        stream: NetStream,
        to: &Endpoint,
        attempt: &mut Attempt<'_, C>,
    ) -> Result<NetStream, Failure> {
        let Some(counted) = stream.into_plain() else {
            return Err(Failure::mistake(format!("TLS cannot begin on the connection to {to}: it is no plain TCP")));
        };
        let config = self.tls.config(attempt.certificate())?;
        let name = self.server_name(to)?;
        let handshake = TlsConnector::from(config).connect(name, counted);
        let shaken: std::io::Result<tokio_rustls::client::TlsStream<Counted<TcpStream>>> =
            attempt.step(Phase::TLS, to, handshake).await?;
        let host = self.tls.server_name().unwrap_or(to.host());
        shaken
            .map(NetStream::secure)
            .inspect(|stream| events::secured(to, stream))
            .map_err(|error| from_handshake(&error, host, &to.to_string()))
    }

    /// The name that is sent to the server, and that its certificate must be for.
    fn server_name(&self, to: &Endpoint) -> Result<ServerName<'static>, Failure> {
        match (self.tls.server_name(), to.ip()) {
            (None, Some(ip)) => Ok(ServerName::from(ip)),
            (name, _) => {
                let name = name.unwrap_or(to.host());
                ServerName::try_from(name.to_owned())
                    .map_err(|_| Failure::mistake(format!("TLS: host name \"{name}\" cannot be in a certificate")))
            }
        }
    }
}
