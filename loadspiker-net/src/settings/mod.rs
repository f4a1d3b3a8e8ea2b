//! [`NetSettings`]: the settings that all protocols share, and [`net_settings!`](crate::net_settings), which adds their methods
//! to a protocol's configuration.

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

/// The settings that all protocols share. A protocol's configuration contains this struct, and gets its methods from
/// [`net_settings!`](crate::net_settings).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NetSettings {
    /// The timeout for lookup, connect and TLS handshake together. Default: 10 s.
    pub connect_timeout: Duration,
    /// The timeout for a request. Default: 60 s.
    pub request_timeout: Duration,
    /// Local addresses from which connections are opened, round-robin, as written by the user.
    pub local_addresses: Vec<String>,
    /// TLS settings.
    pub tls: TlsSettings,
    /// If each user has its own certificate: the files of certificate and key.
    pub user_certificate: Option<(TextArg, TextArg)>,
    /// Whether the users of a shard share a pool of connections.
    pub share_connections: bool,
    /// The maximum number of connections of the whole run, if bounded.
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
    /// Sets the client certificate: one for all users or, with expressions or closures, one per user.
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

    /// Validates the settings, and reports mistakes with `cx.mistake`. A protocol calls it in
    /// [`Protocol::check`](loadspiker_core::protocol::Protocol::check).
    pub fn check(&self, cx: &mut CompileContext<'_>) {
        for mistake in self.mistakes() {
            cx.mistake(mistake);
        }
    }

    /// The mistakes in the settings, each as a sentence.
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
    /// An address is not a valid IP address.
    pub fn parsed_local_addresses(&self) -> Result<Vec<IpAddr>, String> {
        let parse = |address: &String| {
            address.parse().map_err(|_| {
                format!("local_addresses: \"{address}\" is not a valid IP address; write one such as 127.0.0.2 or ::1")
            })
        };
        self.local_addresses.iter().map(parse).collect()
    }

    /// Creates a dialer for one shard. Each alias maps a host name to an address or another name; `alpn` are the protocols offered
    /// in TLS, if any.
    ///
    /// # Errors
    ///
    /// A local address is not an IP address.
    pub fn dialer(&self, aliases: &[(String, String)], alpn: &[&str]) -> Result<Dialer, String> {
        let tls = Tls::new(self.tls.clone(), alpn, self.share_connections);
        Ok(Dialer::new(Resolver::system(aliases), tls, self.parsed_local_addresses()?, self.socket))
    }

    /// This shard's share of the maximum number of connections, or `default` if there is no maximum; at least one.
    pub fn connections_of(&self, shard: ShardInfo, default: usize) -> usize {
        let Some(all) = self.max_connections else { return default };
        let count = shard.count.max(1);
        (all / count + usize::from(shard.index < all % count)).max(1)
    }
}
