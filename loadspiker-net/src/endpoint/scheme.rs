//! [`Scheme`]: the URL schemes of the protocols, with their ports and their TLS variants.

/// A URL scheme, with its ports and its TLS variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scheme {
    /// The scheme without TLS, such as `redis`.
    pub name: &'static str,
    /// Its usual port, if it has one.
    pub port: Option<u16>,
    /// The protocol's usual scheme with TLS, such as `rediss`. `name+tls` is always another way to write it.
    pub tls_name: Option<&'static str>,
    /// The usual port with TLS, if there is one.
    pub tls_port: Option<u16>,
}

const fn scheme(
    name: &'static str,
    port: Option<u16>,
    tls_name: Option<&'static str>,
    tls_port: Option<u16>,
) -> Scheme {
    Scheme { name, port, tls_name, tls_port }
}

/// All schemes that [`Target::parse`](super::Target::parse) knows. Ports are those of the service name registry of IANA,
/// or else the default of the protocol's reference implementation.
pub const SCHEMES: &[Scheme] = &[
    scheme("amqp", Some(5672), Some("amqps"), Some(5671)),
    scheme("dns", Some(53), None, Some(853)),
    scheme("ftp", Some(21), Some("ftps"), Some(990)),
    scheme("grpc", None, Some("grpcs"), Some(443)),
    scheme("http", Some(80), Some("https"), Some(443)),
    scheme("imap", Some(143), Some("imaps"), Some(993)),
    scheme("kafka", Some(9092), None, Some(9093)),
    scheme("ldap", Some(389), Some("ldaps"), Some(636)),
    scheme("memcached", Some(11211), None, Some(11211)),
    scheme("mongodb", Some(27017), None, Some(27017)),
    scheme("mqtt", Some(1883), Some("mqtts"), Some(8883)),
    scheme("mysql", Some(3306), None, Some(3306)),
    scheme("pop3", Some(110), Some("pop3s"), Some(995)),
    scheme("postgres", Some(5432), None, Some(5432)),
    scheme("redis", Some(6379), Some("rediss"), Some(6379)),
    scheme("sftp", Some(22), None, None),
    scheme("smtp", Some(25), Some("smtps"), Some(465)),
    scheme("stomp", Some(61613), Some("stomps"), Some(61614)),
    scheme("tcp", None, None, None),
    scheme("udp", None, None, None),
    scheme("ws", Some(80), Some("wss"), Some(443)),
];

impl Scheme {
    /// The scheme with this name, without TLS.
    pub fn named(name: &str) -> Option<&'static Scheme> {
        SCHEMES.iter().find(|scheme| scheme.name == name)
    }

    /// How the scheme is written with TLS.
    pub fn with_tls(&self) -> String {
        self.tls_name.map_or_else(|| format!("{}+tls", self.name), str::to_owned)
    }

    /// Whether `text` is this scheme without TLS (`Some(false)`), or with it (`Some(true)`).
    pub(super) fn secure(&self, text: &str) -> Option<bool> {
        if text == self.name {
            Some(false)
        } else if self.tls_name == Some(text) || text.strip_suffix("+tls") == Some(self.name) {
            Some(true)
        } else {
            None
        }
    }
}
