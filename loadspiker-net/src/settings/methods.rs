//! [`net_settings!`](crate::net_settings): the methods of a configuration that set what all protocols have in common.

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
        /// How long looking up the host, connecting and the TLS handshake may take together. Default 10 s. The error names
        /// the phase that took too long.
        pub fn connect_timeout(mut self, limit: impl $crate::__private::FixedDuration) -> Self {
            self.$field.connect_timeout = limit.fixed();
            self
        }
    };
    (@ request_timeout $field:ident) => {
        /// How long a request may take, connecting and the wait for a connection included. Default 60 s.
        pub fn request_timeout(mut self, limit: impl $crate::__private::FixedDuration) -> Self {
            self.$field.request_timeout = limit.fixed();
            self
        }
    };
    (@ local_addresses $field:ident) => {
        /// Connections go out from these addresses of this machine, in turn. Each has about 28,000 ports of its own, and so
        /// many connections to one target. Default: the system chooses.
        pub fn local_addresses(mut self, addresses: impl IntoIterator<Item = impl ToString>) -> Self {
            self.$field.local_addresses.extend(addresses.into_iter().map(|address| address.to_string()));
            self
        }
    };
    (@ tls $field:ident) => {
        /// Trusts the certificates in this PEM file, besides those that the system trusts: as issuers of others, and where
        /// a server shows one of them as its own. May be called several times.
        pub fn root_certificate(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
            self.$field.tls.roots.push(path.into());
            self
        }

        /// Shows this certificate (a PEM file, with the chain if there is one) to servers that ask for one.
        ///
        /// With expressions in the paths, or closures, each user has a certificate of its own:
        /// `client_certificate("certificates/#{user}.pem", "keys/#{user}.pem")`. It is read when the user first connects,
        /// and a connection keeps the one it was opened with. Users who share connections cannot have that.
        pub fn client_certificate(
            mut self,
            certificate: impl $crate::__private::IntoText,
            key: impl $crate::__private::IntoText,
        ) -> Self {
            self.$field.set_client_certificate(certificate, key);
            self
        }

        /// Accepts every certificate, of whomever and for whatever name, also such as could not be verified: of version 1,
        /// expired, with short keys. Default: they are verified.
        ///
        /// What the TLS library does not speak is an error nevertheless, which says so: TLS 1.1 and before, key exchange
        /// without ECDHE, keys other than RSA, ECDSA and EdDSA.
        pub fn insecure(mut self) -> Self {
            self.$field.tls.insecure = true;
            self
        }

        /// Asks servers for this name in TLS (SNI), and expects their certificates to be for it. Default: the host of the
        /// URL.
        pub fn server_name(mut self, name: impl Into<String>) -> Self {
            self.$field.tls.server_name = Some(name.into());
            self
        }
    };
    (@ share_connections $field:ident) => {
        /// All users of a shard share one pool of connections, like a service that calls a service. Default: every user has
        /// connections of its own. The pool is bounded; at the bound requests wait in order, which is the phase `wait` of a
        /// sample.
        pub fn share_connections(mut self) -> Self {
            self.$field.share_connections = true;
            self
        }
    };
    (@ max_connections $field:ident) => {
        /// How many connections the whole run may have, with [`share_connections`](Self::share_connections). They are split
        /// among shards and machines like users; each shard has at least one.
        pub fn max_connections(mut self, connections: usize) -> Self {
            self.$field.max_connections = Some(connections);
            self
        }
    };
}
