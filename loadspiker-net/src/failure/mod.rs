//! Failures of the network: [`Failure`] is the core's; here is what it says of TLS and of several addresses.
//! [`Failure`]: why something on the network failed, with one wording for all protocols.
//!
//! Reports count failures by their text, so the text is the same for the same cause. It names the target (host and port, and
//! the address if that differs) and the remedy if there is one. It never contains anything that differs from request to
//! request, such as local ports, byte counts or measured durations.

#[cfg(test)]
mod tests;
mod tls;

use std::net::IpAddr;

pub use loadspiker_core::{Failure, FailureKind, Phase, TlsFault};

pub(crate) use self::tls::{from_handshake, told};

/// A failure to connect to one or several addresses of `target`, which is written `host:port`.
pub(crate) fn at_addresses(failure: Failure, target: &str, addresses: &[IpAddr]) -> Failure {
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    let mut texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.sort_unstable();
    if texts.is_empty() || texts.iter().any(|text| text == host.trim_matches(['[', ']'])) {
        return failure.at(target);
    }
    failure.at(format_args!("{target} ({})", texts.join(", ")))
}
