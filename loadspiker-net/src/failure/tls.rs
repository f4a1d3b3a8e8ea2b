//! From the errors of rustls to a [`Failure`].

use std::io;

use loadspiker_core::{Failure, FailureKind, TlsFault};

/// The same error; one of rustls as a failure, which [`Failure::from_io`] finds.
pub(crate) fn told(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(tls) => from_tls(tls, "").into(),
        None => error,
    }
}

/// The failure behind an I/O error during the TLS handshake with `host`.
pub(crate) fn from_handshake(error: &io::Error, host: &str, target: &str) -> Failure {
    let closed = || {
        let text = format!("connection closed by {target} during the TLS handshake");
        Failure::new(FailureKind::Tls(TlsFault::Closed), text)
    };
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(tls) => from_tls(tls, host),
        None if error.kind() == io::ErrorKind::UnexpectedEof => closed(),
        None => match Failure::from_io(error) {
            reset if reset.kind() == FailureKind::Reset => closed(),
            other => other.at(target),
        },
    }
}

/// The failure behind an error of rustls, for a connection to `host`.
fn from_tls(error: &rustls::Error, host: &str) -> Failure {
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
        rustls::Error::AlertReceived(alert) => told(TlsFault::Alert, format!("TLS: the server refused with {alert:?}")),
        other => told(TlsFault::Other, format!("TLS: {other}")),
    }
}
