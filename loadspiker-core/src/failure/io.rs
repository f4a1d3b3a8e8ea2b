//! From the errors of the operating system to a [`Failure`].

use std::io;

use super::{Failure, FailureKind};

impl Failure {
    /// The failure behind an I/O error on a connection; that of an I/O error that carries one. The peer is not named: see
    /// [`at`](Failure::at).
    pub fn from_io(error: &io::Error) -> Self {
        if let Some(failure) = error.get_ref().and_then(|inner| inner.downcast_ref::<Failure>()) {
            return failure.clone();
        }
        #[cfg(unix)]
        match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::MFILE) => {
                return Failure::new(
                    FailureKind::OutOfDescriptors,
                    format!(
                        "out of file descriptors (limit {}): raise it with ulimit -n, or share connections",
                        descriptor_limit()
                    ),
                );
            }
            Some(rustix::io::Errno::NFILE) => {
                return Failure::new(
                    FailureKind::OutOfDescriptors,
                    "out of file descriptors in the whole system: raise fs.file-max, or share connections",
                );
            }
            _ => {}
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Failure::new(FailureKind::Refused, "connection refused by peer"),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Failure::new(FailureKind::Reset, "connection reset by peer")
            }
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Failure::new(FailureKind::Unreachable, "no route to peer")
            }
            io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => Failure::new(
                FailureKind::OutOfPorts,
                "no free local port: use local_addresses([…]) or share_connections(), or widen \
                 net.ipv4.ip_local_port_range",
            ),
            io::ErrorKind::UnexpectedEof => Failure::closed_before("the response was complete"),
            io::ErrorKind::TimedOut => {
                Failure::new(FailureKind::Unreachable, "no answer from peer: the system gave the connection up")
            }
            kind => Failure::new(FailureKind::Io, format!("{kind} at peer")),
        }
    }
}

/// How many file descriptors this process may have.
#[cfg(unix)]
fn descriptor_limit() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX)
}
