//! [`net_settings!`](crate::net_settings): the methods for settings that all protocols share.

/// Gives a protocol's configuration the methods that set what all protocols have in common, with their documentation. The
/// configuration has a field of type [`NetSettings`](crate::NetSettings); the methods that apply are named.
///
/// ```
/// use std::time::Duration;
///
/// use loadspiker_net::{NetSettings, net_settings};
///
/// #[derive(Clone, Debug, Default)]
/// pub struct LineProtocol {
///     net: NetSettings,
/// }
///
/// net_settings!(LineProtocol.net: connect_timeout, request_timeout, local_addresses, tls, share_connections);
///
/// let protocol = LineProtocol::default().connect_timeout(Duration::from_secs(2)).insecure();
/// assert!(protocol.net.tls.insecure);
/// ```
///
/// `tls` stands for `root_certificate`, `client_certificate`, `insecure` and `server_name`; `share_connections` is alone, and
/// `max_connections` comes beside it where the bound is one for the whole run.
#[macro_export]
macro_rules! net_settings {
    ($type:ident.$field:ident: $($setting:ident),+ $(,)?) => {
        #[allow(unreachable_pub)]
        impl $type {
            $($crate::net_settings!(@ $setting $field);)+
        }
    };
    (@ connect_timeout $field:ident) => {
        /// The timeout for DNS lookup, connecting and the TLS handshake together. Default: 10 s. The error names the phase that
        /// was running.
        pub fn connect_timeout(mut self, limit: impl $crate::__private::FixedDuration) -> Self {
            self.$field.connect_timeout = limit.fixed();
            self
        }
    };
    (@ request_timeout $field:ident) => {
        /// The timeout for a request, including connecting and waiting for a connection. Default: 60 s.
        pub fn request_timeout(mut self, limit: impl $crate::__private::FixedDuration) -> Self {
            self.$field.request_timeout = limit.fixed();
            self
        }
    };
    (@ local_addresses $field:ident) => {
        /// Opens connections from these local addresses, round-robin. Each address has about 28,000 ports, and so allows this many
        /// connections to one target. Default: the system chooses.
        pub fn local_addresses(mut self, addresses: impl IntoIterator<Item = impl ToString>) -> Self {
            self.$field.local_addresses.extend(addresses.into_iter().map(|address| address.to_string()));
            self
        }
    };
    (@ tls $field:ident) => {
        /// Trusts the certificates in this PEM file, in addition to those trusted by the system: as issuers, and as certificates
        /// of a server itself. May be called several times.
        pub fn root_certificate(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
            self.$field.tls.roots.push(path.into());
            self
        }

        /// The client certificate (a PEM file, with its chain if there is one) for servers that request one.
        ///
        /// With expressions in the paths, or closures, each user has its own certificate:
        /// `client_certificate("certificates/#{user}.pem", "keys/#{user}.pem")`. It is read when the user first connects, and a
        /// connection keeps the certificate it was opened with. Not possible with shared connections.
        pub fn client_certificate(
            mut self,
            certificate: impl $crate::__private::IntoText,
            key: impl $crate::__private::IntoText,
        ) -> Self {
            self.$field.set_client_certificate(certificate, key);
            self
        }

        /// Accepts every certificate, whatever its issuer and name, including expired, version 1 and short-key certificates.
        /// Default: certificates are verified.
        ///
        /// Connections still fail, with an error that says so, for what the TLS library does not support: TLS 1.1 and older, key
        /// exchange without ECDHE, and keys other than RSA, ECDSA and EdDSA.
        pub fn insecure(mut self) -> Self {
            self.$field.tls.insecure = true;
            self
        }

        /// The server name for TLS (SNI), for which the server's certificate must be valid. Default: the host of the URL.
        pub fn server_name(mut self, name: impl Into<String>) -> Self {
            self.$field.tls.server_name = Some(name.into());
            self
        }
    };
    (@ share_connections $field:ident) => {
        /// Shares one pool of connections among all users of a shard, like a service that calls another service. The pool is bounded;
        /// at the bound, requests wait in FIFO order, which is the phase `wait` of a sample. Default: each user has its own
        /// connections.
        pub fn share_connections(mut self) -> Self {
            self.$field.share_connections = true;
            self
        }
    };
    (@ max_connections $field:ident) => {
        /// The maximum number of connections of the whole run, with [`share_connections`](Self::share_connections). They are
        /// split among shards and machines like users; each shard has at least one.
        pub fn max_connections(mut self, connections: usize) -> Self {
            self.$field.max_connections = Some(connections);
            self
        }
    };
}
