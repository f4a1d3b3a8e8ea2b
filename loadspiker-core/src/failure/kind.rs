//! [`FailureKind`]: what kind of failure it is, for statistics, assertions and decisions.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::phase::Phase;

/// What kind of failure it is. The text of a [`Failure`](super::Failure) is for people; by its kind, requests are counted
/// and protocols decide.
///
/// It is written as a word: `refused`, `connect-timeout`, `tls-unknown-issuer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FailureKind {
    /// The host name has no address, or the resolver does not answer properly.
    Dns,
    /// Nothing listens on the port.
    Refused,
    /// There is no route to the host or its network.
    Unreachable,
    /// The peer reset the connection (RST).
    Reset,
    /// The peer closed the connection before it had sent what was expected.
    ClosedByPeer,
    /// A time limit passed in this phase.
    Timeout(Phase),
    /// No file descriptor is left, in this process or in the whole system.
    OutOfDescriptors,
    /// No local port towards the target is left.
    OutOfPorts,
    /// A configured local address cannot be used for the target.
    LocalAddress,
    /// TLS failed, for this reason.
    Tls(TlsFault),
    /// The peer does not follow the protocol.
    Protocol,
    /// The peer answered with a status that means failure, and no check says otherwise.
    Status,
    /// A check did not hold.
    Check,
    /// The peer, or the code of the user's, refused to authenticate.
    Auth,
    /// The request was given up: the code of the user's dropped it.
    Canceled,
    /// Code of the user's panicked.
    Panic,
    /// What the user wrote cannot be used: an expression fails, a file cannot be read, a value is not valid.
    Mistake,
    /// Anything else that the operating system reported.
    Io,
    /// Anything else.
    Other,
}

/// Why TLS failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// The peer refused with an alert.
    Alert,
    /// The peer does not speak TLS on this port.
    NotTls,
    /// The peer closed the connection within the handshake.
    Closed,
    /// Anything else.
    Other,
}

/// All kinds but timeouts, with their words.
const WORDS: [(FailureKind, &str); 25] = [
    (FailureKind::Dns, "dns"),
    (FailureKind::Refused, "refused"),
    (FailureKind::Unreachable, "unreachable"),
    (FailureKind::Reset, "reset"),
    (FailureKind::ClosedByPeer, "closed-by-peer"),
    (FailureKind::OutOfDescriptors, "out-of-descriptors"),
    (FailureKind::OutOfPorts, "out-of-ports"),
    (FailureKind::LocalAddress, "local-address"),
    (FailureKind::Tls(TlsFault::UnknownIssuer), "tls-unknown-issuer"),
    (FailureKind::Tls(TlsFault::Expired), "tls-expired"),
    (FailureKind::Tls(TlsFault::WrongName), "tls-wrong-name"),
    (FailureKind::Tls(TlsFault::Certificate), "tls-certificate"),
    (FailureKind::Tls(TlsFault::Alert), "tls-alert"),
    (FailureKind::Tls(TlsFault::NotTls), "tls-not-spoken"),
    (FailureKind::Tls(TlsFault::Closed), "tls-closed"),
    (FailureKind::Tls(TlsFault::Other), "tls-other"),
    (FailureKind::Protocol, "protocol"),
    (FailureKind::Status, "status"),
    (FailureKind::Check, "check"),
    (FailureKind::Auth, "auth"),
    (FailureKind::Canceled, "canceled"),
    (FailureKind::Panic, "panic"),
    (FailureKind::Mistake, "mistake"),
    (FailureKind::Io, "io"),
    (FailureKind::Other, "other"),
];

/// What the words of timeouts end with, behind the name of the phase.
const TIMEOUT: &str = "-timeout";

impl FailureKind {
    /// The kind that is written so.
    pub(crate) fn from_word(word: &str) -> Option<FailureKind> {
        match word.strip_suffix(TIMEOUT) {
            Some(phase) if !phase.is_empty() => Some(FailureKind::Timeout(Phase::read(phase))),
            _ => WORDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind),
        }
    }

    /// Whether it is a timeout, in whichever phase.
    pub fn is_timeout(self) -> bool {
        matches!(self, FailureKind::Timeout(_))
    }
}

impl fmt::Display for FailureKind {
    /// `refused`, `connect-timeout`, `tls-unknown-issuer`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureKind::Timeout(phase) => f.pad(&format!("{phase}{TIMEOUT}")),
            kind => f.pad(WORDS.iter().find(|(known, _)| known == kind).map_or("other", |(_, word)| word)),
        }
    }
}

impl Serialize for FailureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FailureKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        FailureKind::from_word(&word).ok_or_else(|| D::Error::custom(format!("`{word}` is not a kind of failure")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_written_as_a_word_of_its_own_and_read_again() {
        let timeouts = [Phase::WAIT, Phase::TLS, Phase::FIRST_BYTE, Phase::LOGIN, Phase::new("auth")];
        let kinds: Vec<_> = WORDS.iter().map(|(kind, _)| *kind).chain(timeouts.map(FailureKind::Timeout)).collect();
        let mut words: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        for (kind, word) in kinds.iter().zip(&words) {
            assert_eq!(FailureKind::from_word(word), Some(*kind));
            let json = serde_json::to_string(kind).unwrap();
            assert_eq!(serde_json::from_str::<FailureKind>(&json).unwrap(), *kind);
        }
        assert_eq!(FailureKind::Timeout(Phase::TLS).to_string(), "tls-timeout");
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), kinds.len());
        assert_eq!(FailureKind::from_word("no such kind"), None);
        assert_eq!(FailureKind::from_word("-timeout"), None);
    }

    #[test]
    fn phases_that_are_read_are_those_that_were_written() {
        assert_eq!(Phase::read("read from a report"), Phase::new("read from a report"));
        assert_eq!(Phase::read("dns"), Phase::DNS);
    }
}
