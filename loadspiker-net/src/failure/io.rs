//! From the errors of the operating system and of rustls to a [`Failure`].

use std::io;

use super::{Failure, FailureKind, TlsFault};

impl Failure {
    /// The failure behind an I/O error on a connection. The peer is not named: see [`at`](Failure::at).
    pub fn from_io(error: &io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::from_tls(tls, "");
        }
        #[cfg(unix)]
        match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::MFILE) => {
                return Failure::new(
                    FailureKind::Descriptors,
                    format!(
                        "out of file descriptors (limit {}): raise it with ulimit -n, or share connections",
                        descriptor_limit()
                    ),
                );
            }
            Some(rustix::io::Errno::NFILE) => {
                return Failure::new(
                    FailureKind::Descriptors,
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
                FailureKind::Ports,
                "no free local port: use local_addresses([…]) or share_connections(), or widen \
                 net.ipv4.ip_local_port_range",
            ),
            io::ErrorKind::UnexpectedEof => Failure::closed_before("the response was complete"),
            io::ErrorKind::TimedOut => {
                Failure::new(FailureKind::Unreachable, "no answer from peer: the system gave up the connection")
            }
            kind => Failure::new(FailureKind::Io, format!("{kind} at peer")),
        }
    }

    /// The failure behind an I/O error during the TLS handshake with `host`.
    pub(crate) fn from_handshake(error: &io::Error, host: &str, target: &str) -> Self {
        let closed = || {
            let text = format!("connection closed by {target} during the TLS handshake");
            Failure::new(FailureKind::Tls(TlsFault::Closed), text)
        };
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls) => Self::from_tls(tls, host),
            None if error.kind() == io::ErrorKind::UnexpectedEof => closed(),
            None => match Self::from_io(error) {
                reset if reset.kind() == FailureKind::Reset => closed(),
                other => other.at(target),
            },
        }
    }

    /// The failure behind an error of rustls, for a connection to `host`.
    fn from_tls(error: &rustls::Error, host: &str) -> Self {
        use rustls::CertificateError as Reason;
        let told = |fault, text: String| Failure::new(FailureKind::Tls(fault), text);
        let unknown_issuer = || {
            told(
                TlsFault::UnknownIssuer,
                "certificate not trusted: unknown issuer; name the issuer with root_certificate(path), or accept all \
                 with insecure()"
                    .to_owned(),
            )
        };
        match error {
            rustls::Error::InvalidCertificate(reason) => match reason {
                Reason::UnknownIssuer => unknown_issuer(),
                Reason::Expired
                | Reason::ExpiredContext { .. }
                | Reason::NotValidYet
                | Reason::NotValidYetContext { .. } => told(
                    TlsFault::Expired,
                    "certificate not trusted: expired or not yet valid; accept all with insecure()".to_owned(),
                ),
                Reason::NotValidForNameContext { presented, .. } if presented.is_empty() => told(
                    TlsFault::Certificate,
                    "certificate not trusted: it names no host: it has no subjectAltName, and its common name does not \
                     count; make one that has, or accept all with insecure()"
                        .to_owned(),
                ),
                Reason::NotValidForName | Reason::NotValidForNameContext { .. } => told(
                    TlsFault::WrongName,
                    format!("certificate not trusted: it is not for host \"{host}\"; accept all with insecure()"),
                ),
                // A certificate that signs itself and is not among the roots: to the user, an unknown issuer.
                Reason::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => unknown_issuer(),
                Reason::Other(other) if other.to_string().contains("UnsupportedCertVersion") => told(
                    TlsFault::Certificate,
                    "certificate not trusted: it is of version 1; make one of version 3, or accept all with insecure()"
                        .to_owned(),
                ),
                other => told(TlsFault::Certificate, format!("certificate not trusted: {other}")),
            },
            rustls::Error::InvalidMessage(_) => {
                told(TlsFault::NotTls, "TLS: the server does not speak TLS on this port".to_owned())
            }
            rustls::Error::AlertReceived(
                alert @ (rustls::AlertDescription::HandshakeFailure
                | rustls::AlertDescription::InsufficientSecurity
                | rustls::AlertDescription::ProtocolVersion),
            ) => told(
                TlsFault::Alert,
                format!(
                    "TLS: the server refused with {alert:?}: it may want what is not supported here; that is TLS 1.2 or \
                     1.3, with ECDHE, AES-GCM or ChaCha20-Poly1305, and a certificate with a key of RSA, ECDSA or EdDSA"
                ),
            ),
            rustls::Error::AlertReceived(alert) => {
                told(TlsFault::Alert, format!("TLS: the server refused with {alert:?}"))
            }
            other => told(TlsFault::Other, format!("TLS: {other}")),
        }
    }
}

/// How many file descriptors this process may have.
#[cfg(unix)]
fn descriptor_limit() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX)
}
