//! [`Failure`]: why something on the network failed, with one wording for all protocols.
//!
//! Reports count failures by their text, so the text is the same for the same cause. It names the target (host and port, and
//! the address if that differs) and the remedy if there is one. It never contains anything that differs from request to
//! request, such as local ports, byte counts or measured durations.

mod io;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use crate::limit::Limit;

/// Why something on the network failed.
///
/// ```
/// use loadspiker_net::{Failure, FailureKind};
///
/// let failure = Failure::from_io(&std::io::ErrorKind::ConnectionReset.into());
/// assert_eq!(failure.kind(), FailureKind::Reset);
/// assert_eq!(failure.at("shop.test:443").to_string(), "connection reset by shop.test:443");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    kind: FailureKind,
    text: Cow<'static, str>,
}

/// The kind of a failure, for decisions in code. The text of the [`Failure`] is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The host name has no address, or the lookup failed.
    Lookup,
    /// Nothing listens on the port.
    Refused,
    /// There is no route to the host or its network.
    Unreachable,
    /// The peer reset the connection (RST).
    Reset,
    /// The peer closed the connection before it had sent what was expected.
    Closed,
    /// A time limit passed, in this phase.
    TimedOut(Phase),
    /// No file descriptor is left, in this process or in the whole system.
    Descriptors,
    /// No local port towards the target is left.
    Ports,
    /// A configured local address cannot be used for the target.
    LocalAddress,
    /// TLS failed, for this reason.
    Tls(TlsFault),
    /// The peer does not follow the protocol.
    Protocol,
    /// What the user configured cannot be used: a file cannot be read, a value is not valid.
    Configuration,
    /// Anything else that the operating system reported.
    Io,
}

/// A phase that has a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The wait for a connection of a bounded pool.
    Wait,
    /// The lookup of the host name.
    Lookup,
    /// The connect of the socket.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The exchange before the first request, such as greeting and login.
    Login,
    /// The request, until its response is complete.
    Response,
}

/// Why TLS failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsFault {
    /// The issuer of the certificate is not trusted.
    UnknownIssuer,
    /// The certificate is no longer valid, or not yet.
    Expired,
    /// The certificate is for another name.
    WrongName,
    /// The certificate is not accepted for another reason.
    Certificate,
    /// The peer rejected the handshake with an alert.
    Alert,
    /// The peer does not speak TLS on this port.
    NotTls,
    /// The peer closed the connection during the handshake.
    Closed,
    /// Anything else.
    Other,
}

impl Failure {
    /// A failure with a custom text. The text must be the same for the same cause.
    pub fn new(kind: FailureKind, text: impl Into<Cow<'static, str>>) -> Self {
        Failure { kind, text: text.into() }
    }

    /// The peer violates the protocol; `text` says how.
    pub fn protocol(text: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(FailureKind::Protocol, text)
    }

    /// A setting cannot be used; `text` names the setting, the value and the remedy.
    pub fn configuration(text: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(FailureKind::Configuration, text)
    }

    /// The peer closed the connection before `what`, such as `the response was complete`.
    pub fn closed_before(what: &str) -> Self {
        Failure::new(FailureKind::Closed, format!("connection closed by peer before {what}"))
    }

    /// The phase exceeded the limit. `target` is what was waited for, such as `shop.test:443`.
    pub fn timed_out(phase: Phase, target: &(impl fmt::Display + ?Sized), limit: Limit) -> Self {
        let text = match phase {
            Phase::Wait => format!(
                "wait for a free connection to {target} timed out ({limit}): allow more connections, or send fewer \
                 requests at a time"
            ),
            Phase::Lookup => format!("DNS lookup of {target} timed out ({limit})"),
            Phase::Connect => format!("connect to {target} timed out ({limit})"),
            Phase::Tls => format!("TLS handshake with {target} timed out ({limit})"),
            Phase::Login => format!("login at {target} timed out ({limit})"),
            Phase::Response => format!("response from {target} timed out ({limit})"),
        };
        Failure::new(FailureKind::TimedOut(phase), text)
    }

    /// The kind of the failure.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The text for a report.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Names the target: ` peer` in the text becomes `target`. No effect if the text already names its target.
    #[must_use]
    pub fn at(self, target: impl fmt::Display) -> Self {
        match self.text.split_once(" peer") {
            Some((before, after)) => Failure { kind: self.kind, text: format!("{before} {target}{after}").into() },
            None => self,
        }
    }

    /// A failure to connect to one or several addresses of `target`, which is written `host:port`.
    pub(crate) fn at_addresses(self, target: &str, addresses: &[IpAddr]) -> Self {
        let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
        let mut texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        texts.sort_unstable();
        if texts.is_empty() || texts.iter().any(|text| text == host.trim_matches(['[', ']'])) {
            return self.at(target);
        }
        self.at(format_args!("{target} ({})", texts.join(", ")))
    }
}
