//! [`Failure`]: why a request failed, with one wording for all protocols.
//!
//! The text is the key under which a report counts a failure, so it is the same for the same cause. It names the target
//! (host and port, and the address where that is another text), and the remedy if there is one. It never names what
//! differs from request to request: local ports, byte counts, durations measured. Values in it are marked as
//! [`varying`](crate::protocol::varying).

mod io;
mod kind;

use std::borrow::Cow;
use std::fmt;

pub use self::kind::{FailureKind, TlsFault};
use crate::phase::Phase;

/// Why a request failed.
///
/// ```
/// use loadspiker_core::{Failure, FailureKind};
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

impl Failure {
    /// A failure with a text of the protocol's own. The text must be the same for the same cause.
    pub fn new(kind: FailureKind, text: impl Into<Cow<'static, str>>) -> Self {
        Failure { kind, text: text.into() }
    }

    /// A check did not hold; `text` is its message.
    pub fn check(text: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(FailureKind::Check, text)
    }

    /// The peer does not follow the protocol; `text` says how.
    pub fn protocol(text: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(FailureKind::Protocol, text)
    }

    /// What the user wrote or configured cannot be used; `text` names the setting, the value and the remedy.
    pub fn mistake(text: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(FailureKind::Mistake, text)
    }

    /// The peer closed the connection before it had sent `what`, such as `the response was complete`.
    pub fn closed_before(what: &str) -> Self {
        Failure::new(FailureKind::ClosedByPeer, format!("connection closed by peer before {what}"))
    }

    /// The phase did not end within the limit. `target` is what the phase was about, such as `shop.test:443`; `limit` is
    /// shown with its name, such as `connect timeout 10 s`.
    pub fn timed_out(phase: Phase, target: &(impl fmt::Display + ?Sized), limit: impl fmt::Display) -> Self {
        let text = match phase {
            Phase::WAIT => format!(
                "wait for a free connection to {target} timed out ({limit}): allow more connections, or send fewer \
                 requests at a time"
            ),
            Phase::DNS => format!("DNS lookup of {target} timed out ({limit})"),
            Phase::CONNECT => format!("connect to {target} timed out ({limit})"),
            Phase::TLS => format!("TLS handshake with {target} timed out ({limit})"),
            Phase::LOGIN => format!("login at {target} timed out ({limit})"),
            Phase::RESPONSE | Phase::FIRST_BYTE | Phase::RECEIVE => {
                format!("response from {target} timed out ({limit})")
            }
            phase => format!("{phase} with {target} timed out ({limit})"),
        };
        Failure::new(FailureKind::Timeout(phase), text)
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The text for a report.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same failure with another text, such as one without secrets.
    #[must_use]
    pub fn with_text(self, text: impl Into<Cow<'static, str>>) -> Self {
        Failure { kind: self.kind, text: text.into() }
    }

    /// The same failure, with the target named: where the text says ` peer`, it says `target` from now on. A failure that
    /// names its target already stays as it is.
    #[must_use]
    pub fn at(self, target: impl fmt::Display) -> Self {
        match self.text.split_once(" peer") {
            Some((before, after)) => Failure { kind: self.kind, text: format!("{before} {target}{after}").into() },
            None => self,
        }
    }
}

/// Its text is the word of the kind.
impl From<FailureKind> for Failure {
    fn from(kind: FailureKind) -> Self {
        Failure::new(kind, kind.to_string())
    }
}

/// Of the kind [`FailureKind::Other`].
impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure::new(FailureKind::Other, text)
    }
}

/// Of the kind [`FailureKind::Other`].
impl From<&'static str> for Failure {
    fn from(text: &'static str) -> Self {
        Failure::new(FailureKind::Other, text)
    }
}

/// So that a failure goes through streams, whose errors are I/O errors; [`Failure::from_io`] finds it again.
impl From<Failure> for std::io::Error {
    fn from(failure: Failure) -> Self {
        std::io::Error::other(failure)
    }
}
