//! [`HttpError`]: why a request failed, in short texts that stay the same for the same cause.
//!
//! Reports count errors by their text. So the text names the cause and the remedy, and nothing that differs from request to
//! request. Network errors are [`Failure`]s, worded the same for all protocols.

use std::fmt;

use loadspiker_net::{Failure, FailureKind};

/// Why a request failed before its checks could run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The network failed, TLS included, or the peer does not speak HTTP/1.1.
    #[error(transparent)]
    Net(#[from] Failure),
    /// The body cannot be decoded as its `content-encoding` says.
    #[error("corrupt {0} body")]
    Corrupt(&'static str),
    /// The body, as sent or decoded, exceeds the limit for checks.
    #[error("body is larger than {}, too large to be checked; see max_checked_body(bytes)", Size(*.0))]
    TooLarge(usize),
    /// The bodies that the shard keeps for checks exceed their common limit.
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
    /// The request could not be authenticated, for example because a token could not be obtained.
    #[error("{scheme}: {reason}")]
    Auth {
        /// The name of the way to authenticate, such as `oauth2`.
        scheme: &'static str,
        /// Why.
        reason: String,
    },
    /// The request could not be built: an expression failed, the URL is not valid, or a file cannot be read.
    #[error("{0}")]
    Build(String),
    /// Any other error of the operating system.
    #[error("{0}")]
    Io(String),
}

impl HttpError {
    /// The same error, which names the target if the network failed.
    pub(crate) fn at(self, target: impl fmt::Display) -> Self {
        match self {
            HttpError::Net(failure) => HttpError::Net(failure.at(target)),
            other => other,
        }
    }
}

/// What a sample tells of it.
impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let kind = match &error {
            HttpError::Net(_) => FailureKind::Io,
            HttpError::Corrupt(_) | HttpError::Redirects(_) | HttpError::Location => FailureKind::Protocol,
            HttpError::TooLarge(_) | HttpError::CheckedMemory(_) | HttpError::Build(_) => FailureKind::Mistake,
            HttpError::Handshake => FailureKind::ClosedByPeer,
            HttpError::Auth { .. } => FailureKind::Auth,
            HttpError::Io(_) => FailureKind::Io,
        };
        match error {
            HttpError::Net(failure) => failure,
            error => Failure::new(kind, error.to_string()),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_the_cause_and_the_remedy() {
        assert_eq!(
            HttpError::TooLarge(100_000_000).to_string(),
            "body is larger than 100 MB, too large to be checked; see max_checked_body(bytes)"
        );
        assert!(
            HttpError::CheckedMemory(1_500).to_string().contains("more than 1.5 kB of this shard: raise max_checked")
        );
    }
}
