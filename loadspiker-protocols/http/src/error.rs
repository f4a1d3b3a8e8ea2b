//! [`HttpError`]: why a request failed, in short texts that stay the same for the same cause.
//!
//! The text of an error is the key under which a report counts it. So it names the cause and the remedy, and no
//! port, no byte count, no peer: those differ from request to request.

use std::fmt;
use std::io;
use std::time::Duration;

/// Why a request failed before its checks could run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Nothing listens on the port.
    #[error("connection refused")]
    Refused,
    /// The peer threw the connection away (RST).
    #[error("connection reset by peer")]
    Reset,
    /// No route to the host or its network.
    #[error("host unreachable")]
    Unreachable,
    /// The connection, TLS included, was not there in time.
    #[error("connect timed out after {}", Span(*.0))]
    ConnectTimeout(Duration),
    /// The response was not complete in time.
    #[error("request timed out after {}", Span(*.0))]
    RequestTimeout(Duration),
    /// The peer closed the connection within the response, or instead of it.
    #[error("connection closed before the response was complete")]
    Incomplete,
    /// The name does not resolve.
    #[error("cannot look up host \"{host}\": {reason}")]
    Lookup {
        /// The host name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// The process has as many files and sockets open as it may (EMFILE).
    #[error("out of file descriptors (limit {limit}): raise it with ulimit -n, or share connections")]
    Descriptors {
        /// The limit of this process.
        limit: u64,
    },
    /// The whole system has as many files open as it may (ENFILE).
    #[error("out of file descriptors in the whole system: raise fs.file-max, or share connections")]
    SystemDescriptors,
    /// All ephemeral ports towards the target are taken (EADDRNOTAVAIL).
    #[error(
        "no free local port: use local_addresses([…]) or share_connections(), or widen net.ipv4.ip_local_port_range"
    )]
    Ports,
    /// None of the configured local addresses can be used for the target.
    #[error("no local address of the target's kind (IPv4, IPv6): add one to local_addresses([…])")]
    LocalAddress,
    /// A configured local address is not one of this machine.
    #[error("local address {0} is not an address of this machine: correct local_addresses([…])")]
    ForeignAddress(std::net::IpAddr),
    /// The certificate's issuer is not trusted.
    #[error(
        "certificate not trusted: unknown issuer; name the issuer with root_certificate(path), or accept all with insecure()"
    )]
    UnknownIssuer,
    /// The certificate is no longer valid, or not yet.
    #[error("certificate not trusted: expired or not yet valid; accept all with insecure()")]
    Expired,
    /// The certificate is for another name.
    #[error("certificate not trusted: it is not for host \"{0}\"; accept all with insecure()")]
    WrongName(String),
    /// The certificate is not accepted for another reason.
    #[error("certificate not trusted: {0}")]
    Certificate(String),
    /// The peer closed the connection within the TLS handshake.
    #[error("connection closed during the TLS handshake")]
    TlsClosed,
    /// The handshake failed, or the TLS session broke.
    #[error("TLS: {0}")]
    Tls(String),
    /// What the peer sent is no HTTP/1.1 response.
    #[error("invalid HTTP response: {0}")]
    Invalid(String),
    /// The body does not decode as its `content-encoding` says.
    #[error("corrupt {0} body")]
    Corrupt(&'static str),
    /// The body, as sent or decoded, is larger than what is kept for checks.
    #[error("body is larger than {}, too large to be checked; see max_checked_body(bytes)", Size(*.0))]
    TooLarge(usize),
    /// All bodies of the shard that are being received for checks, or checked, are larger than what is kept of them
    /// together.
    #[error(
        "checked bodies take more than {} of this shard: raise max_checked_memory(bytes), check less, or let fewer users \
         run at a time",
        Size(*.0)
    )]
    CheckedMemory(usize),
    /// More redirects than allowed.
    #[error("more than {0} redirects; see max_redirects(n)")]
    Redirects(u32),
    /// A redirect whose `location` is not a URL.
    #[error("redirect without a valid location header")]
    Location,
    /// The peer closed the connection while it was being authenticated.
    #[error("connection closed in the middle of its authentication: the server has to keep it open")]
    Handshake,
    /// The request could not be authenticated: a token could not be had, say.
    #[error("{scheme}: {reason}")]
    Auth {
        /// The name of the way to authenticate, such as `oauth2`.
        scheme: &'static str,
        /// Why.
        reason: String,
    },
    /// The request could not be built: an expression failed, the URL is not valid, a file cannot be read.
    #[error("{0}")]
    Build(String),
    /// Anything else the operating system reported.
    #[error("{0}")]
    Io(String),
}

impl HttpError {
    /// The error behind an I/O error on a socket.
    pub(crate) fn from_io(error: &io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::from_tls(tls, None);
        }
        #[cfg(unix)]
        match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::MFILE) => return HttpError::Descriptors { limit: descriptor_limit() },
            Some(rustix::io::Errno::NFILE) => return HttpError::SystemDescriptors,
            _ => {}
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => HttpError::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                HttpError::Reset
            }
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => HttpError::Unreachable,
            io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => HttpError::Ports,
            io::ErrorKind::UnexpectedEof => HttpError::Incomplete,
            kind => HttpError::Io(kind.to_string()),
        }
    }

    /// The error behind a failed TLS handshake with `host`.
    pub(crate) fn from_handshake(error: &io::Error, host: &str) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls) => Self::from_tls(tls, Some(host)),
            None if error.kind() == io::ErrorKind::UnexpectedEof => HttpError::TlsClosed,
            None => match Self::from_io(error) {
                HttpError::Reset => HttpError::TlsClosed,
                other => other,
            },
        }
    }

    fn from_tls(error: &rustls::Error, host: Option<&str>) -> Self {
        use rustls::CertificateError as Reason;
        match error {
            rustls::Error::InvalidCertificate(reason) => match reason {
                Reason::UnknownIssuer => HttpError::UnknownIssuer,
                Reason::Expired
                | Reason::ExpiredContext { .. }
                | Reason::NotValidYet
                | Reason::NotValidYetContext { .. } => HttpError::Expired,
                Reason::NotValidForNameContext { presented, .. } if presented.is_empty() => HttpError::Certificate(
                    "it names no host: it has no subjectAltName, and its common name does not count; make one that has, \
                     or accept all with insecure()"
                        .to_owned(),
                ),
                Reason::NotValidForName | Reason::NotValidForNameContext { .. } => {
                    HttpError::WrongName(host.unwrap_or_default().to_owned())
                }
                // A certificate that signs itself and is not among the roots: to the user, an unknown issuer.
                Reason::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => HttpError::UnknownIssuer,
                Reason::Other(other) if other.to_string().contains("UnsupportedCertVersion") => HttpError::Certificate(
                    "it is of version 1; make one of version 3, or accept all with insecure()".to_owned(),
                ),
                other => HttpError::Certificate(other.to_string()),
            },
            rustls::Error::InvalidMessage(_) => HttpError::Tls("the server does not speak TLS on this port".to_owned()),
            rustls::Error::AlertReceived(
                alert @ (rustls::AlertDescription::HandshakeFailure
                | rustls::AlertDescription::InsufficientSecurity
                | rustls::AlertDescription::ProtocolVersion),
            ) => HttpError::Tls(format!(
                "the server refused with {alert:?}: it may want what is not supported here; that is TLS 1.2 or 1.3, with \
                 ECDHE, AES-GCM or ChaCha20-Poly1305, and a certificate with a key of RSA, ECDSA or EdDSA"
            )),
            rustls::Error::AlertReceived(alert) => HttpError::Tls(format!("the server refused with {alert:?}")),
            other => HttpError::Tls(other.to_string()),
        }
    }
}

/// How many file descriptors this process may have.
#[cfg(unix)]
fn descriptor_limit() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// A number of bytes as one says it: `100 MB`, `1.5 kB`, `10 bytes`.
pub(crate) struct Size(pub(crate) usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, bytes) in [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)] {
            if self.0 >= bytes {
                let tenths = self.0 / (bytes / 10);
                let (whole, tenth) = (tenths / 10, tenths % 10);
                return if tenth == 0 { write!(f, "{whole} {unit}") } else { write!(f, "{whole}.{tenth} {unit}") };
            }
        }
        write!(f, "{} bytes", self.0)
    }
}

/// A duration as one says it: `10 s`, `1.5 s`, `250 ms`.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= Duration::from_secs(1) {
            write!(f, "{} s", self.0.as_secs_f64())
        } else {
            write!(f, "{} ms", self.0.as_secs_f64() * 1e3)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_the_cause_and_the_remedy() {
        assert_eq!(HttpError::ConnectTimeout(Duration::from_secs(10)).to_string(), "connect timed out after 10 s");
        assert_eq!(HttpError::RequestTimeout(Duration::from_millis(250)).to_string(), "request timed out after 250 ms");
        assert_eq!(
            HttpError::TooLarge(100_000_000).to_string(),
            "body is larger than 100 MB, too large to be checked; see max_checked_body(bytes)"
        );
        assert!(
            HttpError::CheckedMemory(1_500).to_string().contains("more than 1.5 kB of this shard: raise max_checked")
        );
    }

    #[cfg(unix)]
    #[test]
    fn exhausted_descriptors_name_the_limit_of_the_process() {
        let error = HttpError::from_io(&io::Error::from_raw_os_error(24));
        let HttpError::Descriptors { limit } = &error else { panic!("{error:?}") };
        assert!(*limit > 0);
        assert_eq!(
            error.to_string(),
            format!("out of file descriptors (limit {limit}): raise it with ulimit -n, or share connections")
        );
    }

    #[test]
    fn errors_of_the_system_are_told_apart() {
        let of = |kind: io::ErrorKind| HttpError::from_io(&kind.into());
        assert_eq!(of(io::ErrorKind::ConnectionRefused), HttpError::Refused);
        assert_eq!(of(io::ErrorKind::BrokenPipe), HttpError::Reset);
        assert_eq!(of(io::ErrorKind::AddrNotAvailable), HttpError::Ports);
        assert_eq!(of(io::ErrorKind::UnexpectedEof), HttpError::Incomplete);
    }
}
