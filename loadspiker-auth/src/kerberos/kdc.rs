//! [`KdcLink`]: what a protocol does for [`Kerberos`](super::Kerberos): it carries messages to the KDC.

use std::future::Future;
use std::net::IpAddr;

use loadspiker_core::StepError;
use loadspiker_core::protocol::ActionContext;

/// The port of Kerberos.
const PORT: u16 = 88;

/// A way to the KDC, the server that issues tickets, on behalf of a user. How messages get there, and how they are counted,
/// is up to the protocol.
pub trait KdcLink {
    /// The context of the action that needs a ticket.
    fn context(&self) -> &ActionContext;

    /// The context of the action that needs a ticket, to be changed.
    fn context_mut(&mut self) -> &mut ActionContext;

    /// Sends a message to the KDC and returns what `read` makes of the answer. Over TCP, four bytes with the length, the
    /// most significant first, go before each (RFC 4120 §7.2.2).
    ///
    /// # Errors
    ///
    /// The KDC cannot be reached, or `read` does not accept the answer: its text is the reason.
    fn ask<T>(
        &mut self,
        request: KdcRequest,
        read: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> impl Future<Output = Result<T, StepError>>;
}

/// A message to the KDC.
#[non_exhaustive]
pub struct KdcRequest {
    /// What it asks for.
    pub exchange: KdcExchange,
    /// Where the KDC is, or why the address that the user gave is not valid: the request fails with it.
    pub kdc: Result<KdcAddress, String>,
    /// The message, without its length.
    pub message: Vec<u8>,
}

/// What is asked of the KDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KdcExchange {
    /// A ticket-granting ticket, for a password (AS, RFC 4120 §3.1).
    Authentication,
    /// A ticket for a service (TGS, RFC 4120 §3.3).
    Ticket,
}

/// Where a KDC is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KdcAddress {
    /// A host name or an IP address, without brackets.
    pub host: String,
    /// The port; 88 unless the user says otherwise.
    pub port: u16,
}

impl KdcAddress {
    /// Reads `host`, `host:port` or `[address]:port`.
    pub(super) fn parse(address: &str) -> Result<Self, String> {
        let wrong = || format!("\"{address}\" is not a valid KDC; write kdc(\"host\") or kdc(\"host:port\")");
        if let Ok(ip) = address.parse::<IpAddr>() {
            return Ok(KdcAddress { host: ip.to_string(), port: PORT });
        }
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
            None => (address, PORT),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() || host.contains(['/', ' ', '@']) {
            return Err(wrong());
        }
        Ok(KdcAddress { host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_maybe_a_port() {
        let is = |address: &str, host: &str, port: u16| {
            assert_eq!(KdcAddress::parse(address), Ok(KdcAddress { host: host.to_owned(), port }));
        };
        is("dc.corp.test", "dc.corp.test", 88);
        is("127.0.0.1:750", "127.0.0.1", 750);
        is("[::1]:750", "::1", 750);
        is("::1", "::1", 88);
        for wrong in ["", ":88", "dc:many", "http://dc", "a b", "ada@dc"] {
            assert!(KdcAddress::parse(wrong).unwrap_err().contains("write kdc(\"host\")"), "{wrong}");
        }
    }
}
