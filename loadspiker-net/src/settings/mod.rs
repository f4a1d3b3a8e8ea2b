//! [`NetSettings`]: the settings that all protocols have in common, and [`net_settings!`](crate::net_settings), which gives
//! them to a protocol's configuration.

mod methods;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{IntoText, TextArg};
use loadspiker_core::protocol::ShardInfo;

use crate::dial::{Dialer, SocketOptions};
use crate::dns::Resolver;
use crate::tls::{CertificateFiles, Tls, TlsSettings};

/// The settings that all protocols have in common. A protocol's configuration holds one, and gets the methods that set it
/// from [`net_settings!`](crate::net_settings).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NetSettings {
    /// How long lookup, connect and TLS handshake may take together. Default 10 s.
    pub connect_timeout: Duration,
    /// How long a request may take. Default 60 s.
    pub request_timeout: Duration,
    /// Addresses of this machine that connections go out from in turn, as they were written.
    pub local_addresses: Vec<String>,
    /// What the user set about TLS.
    pub tls: TlsSettings,
    /// Where each user has a certificate of its own: its file, and that of the key.
    pub user_certificate: Option<(TextArg, TextArg)>,
    /// Whether the users of a shard share one pool of connections.
    pub share_connections: bool,
    /// How many connections the whole run may have, if it is bounded.
    pub max_connections: Option<usize>,
    /// Options of TCP sockets.
    pub socket: SocketOptions,
}

impl Default for NetSettings {
    fn default() -> Self {
        NetSettings {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            local_addresses: Vec::new(),
            tls: TlsSettings::default(),
            user_certificate: None,
            share_connections: false,
            max_connections: None,
            socket: SocketOptions::default(),
        }
    }
}

impl NetSettings {
    /// Sets the client certificate: one of all users, or, with expressions or closures, one of each user.
    pub fn set_client_certificate(&mut self, certificate: impl IntoText, key: impl IntoText) {
        let (certificate, key) = (certificate.into_text(), key.into_text());
        // The source of a closure is `…`; a file of that name is found as well.
        let is_fixed = |path: &TextArg| !path.source().contains("#{") && path.source() != "…";
        (self.tls.client, self.user_certificate) = match is_fixed(&certificate) && is_fixed(&key) {
            true => {
                let (certificate, key) = (certificate.source().into(), key.source().into());
                (Some(CertificateFiles { certificate, key }), None)
            }
            false => (None, Some((certificate, key))),
        };
    }

    /// Finds what is wrong with the settings; each mistake is told with `cx.mistake`. A protocol calls it in
    /// [`Protocol::check`](loadspiker_core::protocol::Protocol::check).
    pub fn check(&self, cx: &mut CompileContext<'_>) {
        for mistake in self.mistakes() {
            cx.mistake(mistake);
        }
    }

    /// What is wrong with the settings, each mistake as a sentence.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes: Vec<String> = self.parsed_local_addresses().err().into_iter().collect();
        mistakes.extend(self.tls.mistakes());
        if self.share_connections && self.user_certificate.is_some() {
            mistakes.push(
                "client_certificate with expressions: users who share connections cannot have certificates of their own; \
                 take share_connections() away, or give all of them one certificate"
                    .to_owned(),
            );
        }
        if self.max_connections == Some(0) {
            mistakes.push("max_connections(0) leaves no connection to send a request over; give at least 1".to_owned());
        }
        for (limit, name) in [(self.connect_timeout, "connect_timeout"), (self.request_timeout, "request_timeout")] {
            if limit.is_zero() {
                mistakes
                    .push(format!("{name} is zero, so that every request fails; give it a duration such as 10.secs()"));
            }
        }
        mistakes
    }

    /// The local addresses, parsed.
    ///
    /// # Errors
    ///
    /// One of them is not an IP address.
    pub fn parsed_local_addresses(&self) -> Result<Vec<IpAddr>, String> {
        let parse = |address: &String| {
            address.parse().map_err(|_| {
                format!("local_addresses: \"{address}\" is not a valid IP address; write one such as 127.0.0.2 or ::1")
            })
        };
        self.local_addresses.iter().map(parse).collect()
    }

    /// A dialer for one shard. Each alias sends a host name to an address or another name; `alpn` are the protocols to
    /// offer in TLS, if any.
    ///
    /// # Errors
    ///
    /// A local address is not an IP address.
    pub fn dialer(&self, aliases: &[(String, String)], alpn: &[&str]) -> Result<Dialer, String> {
        let tls = Tls::new(self.tls.clone(), alpn, self.share_connections);
        Ok(Dialer::new(Resolver::system(aliases), tls, self.parsed_local_addresses()?, self.socket))
    }

    /// How many of the run's connections this shard may have, or `default` if there is no bound; at least one.
    pub fn connections_of(&self, shard: ShardInfo, default: usize) -> usize {
        let Some(all) = self.max_connections else { return default };
        let count = shard.count.max(1);
        (all / count + usize::from(shard.index < all % count)).max(1)
    }
}
