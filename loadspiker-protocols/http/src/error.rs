//! [`HttpError`]: why a request failed, in short texts that stay the same for the same cause.
//!
//! The text of an error is the key under which a report counts it. So it names the cause and the remedy, and nothing that
//! differs from request to request. What fails on the network is a [`Failure`], worded as for all protocols.

use std::fmt;

use loadspiker_net::Failure;

/// Why a request failed before its checks could run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The network failed, TLS included, or the peer does not speak HTTP/1.1.
    #[error(transparent)]
    Net(#[from] Failure),
    /// The body does not decode as its `content-encoding` says.
    #[error("corrupt {0} body")]
    Corrupt(&'static str),
    /// The body, as sent or decoded, is larger than what is kept for checks.
    #[error("body is larger than {} MB, too large to be checked", .0 / 1_000_000)]
    TooLarge(usize),
    /// More redirects than allowed.
    #[error("more than {0} redirects; see max_redirects(n)")]
    Redirects(u32),
    /// A redirect without a usable `location`.
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
    /// The same error, which names the target if the network failed.
    pub(crate) fn at(self, target: impl fmt::Display) -> Self {
        match self {
            HttpError::Net(failure) => HttpError::Net(failure.at(target)),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_the_cause_and_the_remedy() {
        assert_eq!(HttpError::TooLarge(100_000_000).to_string(), "body is larger than 100 MB, too large to be checked");
    }
}
