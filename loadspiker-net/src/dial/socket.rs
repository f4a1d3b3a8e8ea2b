//! [`Sockets`]: TCP sockets with the user's options, bound to local addresses round-robin.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};

use crate::arrival;
use crate::failure::{Failure, FailureKind};

/// Options of TCP sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketOptions {
    /// Whether small writes go out at once (`TCP_NODELAY`). Default: yes; without it, a request in two writes waits for the
    /// acknowledgement of the first.
    pub no_delay: bool,
    /// The idle time after which the system sends keep-alive probes (`SO_KEEPALIVE`). Default: never.
    pub keep_alive: Option<Duration>,
    /// Size of the system's send buffer in bytes (`SO_SNDBUF`). Default: the system's.
    pub send_buffer: Option<u32>,
    /// Size of the system's receive buffer in bytes (`SO_RCVBUF`). Default: the system's.
    pub receive_buffer: Option<u32>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        SocketOptions { no_delay: true, keep_alive: None, send_buffer: None, receive_buffer: None }
    }
}

/// Makes sockets and connects them.
pub(super) struct Sockets {
    local_addresses: Vec<IpAddr>,
    turn: Cell<usize>,
    options: SocketOptions,
}

impl Sockets {
    pub(super) fn new(local_addresses: Vec<IpAddr>, options: SocketOptions) -> Self {
        Sockets { local_addresses, turn: Cell::new(0), options }
    }

    /// Connects to one address. Where the peer is at fault, the text says `peer`.
    pub(super) async fn connect(&self, ip: IpAddr, port: u16) -> Result<TcpStream, Failure> {
        let socket = if ip.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let failed = |error: io::Error| Failure::from_io(&error);
        let socket = socket.map_err(failed)?;
        arrival::stamp(&socket);
        if !self.local_addresses.is_empty() {
            let local = self.local_address(ip.is_ipv4())?;
            socket.bind(SocketAddr::new(local, 0)).map_err(|error| match error.kind() {
                // Binding to port 0 of an own address fails with "in use" when no port is free.
                io::ErrorKind::AddrNotAvailable => Failure::new(
                    FailureKind::LocalAddress,
                    format!("local address {local} is not an address of this machine: correct local_addresses([…])"),
                ),
                _ => failed(error),
            })?;
        }
        self.set_options(&socket).map_err(failed)?;
        let connected = socket.connect(SocketAddr::new(ip, port)).await.map_err(failed)?;
        if is_connected_to_itself(&connected) {
            return Err(failed(io::ErrorKind::ConnectionRefused.into()));
        }
        Ok(connected)
    }

    fn set_options(&self, socket: &TcpSocket) -> io::Result<()> {
        if self.options.no_delay {
            socket.set_nodelay(true)?;
        }
        if let Some(idle) = self.options.keep_alive {
            let keep_alive = socket2::TcpKeepalive::new().with_time(idle);
            socket2::SockRef::from(socket).set_tcp_keepalive(&keep_alive)?;
        }
        if let Some(size) = self.options.send_buffer {
            socket.set_send_buffer_size(size)?;
        }
        if let Some(size) = self.options.receive_buffer {
            socket.set_recv_buffer_size(size)?;
        }
        Ok(())
    }

    /// The next of the local addresses of this family.
    fn local_address(&self, ipv4: bool) -> Result<IpAddr, Failure> {
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        let count = self.local_addresses.len();
        (0..count)
            .map(|step| self.local_addresses[turn.wrapping_add(step) % count])
            .find(|ip| ip.is_ipv4() == ipv4)
            .ok_or_else(|| {
                Failure::new(
                    FailureKind::LocalAddress,
                    "no local address of the target's kind (IPv4, IPv6): add one to local_addresses([…])",
                )
            })
    }
}

/// On loopback a socket whose ephemeral port happens to be the target's connects to itself, if nobody listens there
/// (simultaneous open, RFC 9293 §3.5). That is not a server.
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
