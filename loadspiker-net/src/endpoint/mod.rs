//! [`Endpoint`]: the address of a connection, and [`Target`]: a parsed URL.

mod scheme;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use loadspiker_core::protocol::masked_url;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

pub use self::scheme::{SCHEMES, Scheme};

/// The address of a connection, and whether it starts with a TLS handshake. Displays as `host:port`, or as the path of a Unix
/// socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    address: Address,
    secure: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Address {
    Tcp { host: Box<str>, ip: Option<IpAddr>, port: u16 },
    Unix(Box<Path>),
}

impl Endpoint {
    /// A TCP port of `host`, which is a name or an address without brackets. `secure` says whether TLS starts at once.
    ///
    /// Names are converted to lower case, and valid internationalised names to ASCII.
    pub fn new(host: &str, port: u16, secure: bool) -> Self {
        let (host, ip) = match host.parse::<IpAddr>() {
            Ok(ip) => (ip.to_string(), Some(ip)),
            Err(_) => match Host::parse(host) {
                Ok(Host::Domain(name)) => (name, None),
                Ok(Host::Ipv4(ip)) => (ip.to_string(), Some(ip.into())),
                Ok(Host::Ipv6(ip)) => (ip.to_string(), Some(ip.into())),
                Err(_) => (host.to_ascii_lowercase(), None),
            },
        };
        Endpoint { address: Address::Tcp { host: host.into(), ip, port }, secure }
    }

    /// A Unix socket. TLS is not supported over it.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Endpoint { address: Address::Unix(path.into().into_boxed_path()), secure: false }
    }

    /// The endpoint of `text`, which is written `host`, `host:port`, `address` or `[address]:port`.
    ///
    /// # Errors
    ///
    /// What is wrong with `text`, as a phrase that follows its name; a missing port is an error unless there is a `default_port`.
    pub fn from_address(text: &str, default_port: Option<u16>) -> Result<Self, &'static str> {
        let of_port = |host: &str, port: Option<&str>| {
            let port = match port {
                Some(port) => port.parse().map_err(|_| "has no valid port; write host:port")?,
                None => default_port.ok_or("has no port; write host:port")?,
            };
            Ok(Endpoint::new(host, port, false))
        };
        if text.parse::<IpAddr>().is_ok() {
            return of_port(text, None);
        }
        let (host, port) = match (text.strip_prefix('['), text.split_once(':')) {
            (Some(rest), _) => {
                let (address, rest) = rest.split_once(']').ok_or("has no closing bracket; write [address]:port")?;
                if address.parse::<IpAddr>().is_err() || !(rest.is_empty() || rest.starts_with(':')) {
                    return Err("is not a valid address; write [address]:port");
                }
                (address, rest.strip_prefix(':'))
            }
            (None, Some((host, port))) => (host, Some(port)),
            (None, None) => (text, None),
        };
        let is_name = !host.is_empty() && !host.contains(['/', ' ', '@', ':', '?', '#']);
        if !is_name && host.parse::<IpAddr>().is_err() {
            return Err("is not a valid host; write host:port");
        }
        of_port(host, port)
    }

    /// The same address, with or without TLS from the start.
    #[must_use]
    pub fn with_tls(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Whether the connection begins with a TLS handshake.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host, in lower case, in ASCII, IPv6 without brackets; empty for a Unix socket.
    pub fn host(&self) -> &str {
        match &self.address {
            Address::Tcp { host, .. } => host,
            Address::Unix(_) => "",
        }
    }

    /// The host, if it is written as an address.
    pub fn ip(&self) -> Option<IpAddr> {
        match &self.address {
            Address::Tcp { ip, .. } => *ip,
            Address::Unix(_) => None,
        }
    }

    /// The port; 0 for a Unix socket.
    pub fn port(&self) -> u16 {
        match &self.address {
            Address::Tcp { port, .. } => *port,
            Address::Unix(_) => 0,
        }
    }

    /// The path of the Unix socket, if it is one.
    pub fn unix_path(&self) -> Option<&Path> {
        match &self.address {
            Address::Tcp { .. } => None,
            Address::Unix(path) => Some(path),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { host, ip: Some(IpAddr::V6(_)), port } => write!(f, "[{host}]:{port}"),
            Address::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A parsed URL, as passed to `XProtocol::new`.
///
/// ```
/// use loadspiker_net::Target;
///
/// let target = Target::parse("rediss://shop:s3cret@cache.test/2", &["redis"])?;
/// assert_eq!(target.endpoint.to_string(), "cache.test:6379");
/// assert!(target.endpoint.is_secure());
/// assert_eq!((target.user.as_deref(), target.path.as_str()), (Some("shop"), "/2"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// The scheme, regardless of TLS.
    pub scheme: &'static Scheme,
    /// Where to connect to.
    pub endpoint: Endpoint,
    /// The user name, percent-decoded.
    pub user: Option<String>,
    /// The password, percent-decoded. `Debug` does not show it.
    pub password: Option<String>,
    /// The path, percent-encoded, with its leading slash; empty if there is none, and for a Unix socket.
    pub path: String,
    /// The query, percent-encoded, without the question mark.
    pub query: Option<String>,
}

impl Target {
    /// Parses a URL with one of the schemes in `accepted`, which are named without TLS: `["redis"]` accepts `redis://…`,
    /// `rediss://…`, `redis+tls://…` and `redis+unix:///path`. The default port is that of the scheme.
    ///
    /// # Errors
    ///
    /// A sentence that names the URL, with secrets masked, what is wrong, and the remedy.
    pub fn parse(text: &str, accepted: &[&str]) -> Result<Target, String> {
        let schemes: Vec<&'static Scheme> = accepted.iter().filter_map(|name| Scheme::named(name)).collect();
        let wrong = |why: &str| format!("URL \"{}\" {why}; write {}", masked_url(text), examples(&schemes));
        let url = Url::parse(text).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
        let written = url.scheme();
        let is_unix = |scheme: &&&'static Scheme| written.strip_suffix("+unix") == Some(scheme.name);
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let rest = |scheme, endpoint, path: &str| Target {
            scheme,
            endpoint,
            user: (!url.username().is_empty()).then(|| decoded(url.username())),
            password: url.password().map(decoded),
            path: path.to_owned(),
            query: url.query().map(str::to_owned),
        };
        if let Some(scheme) = schemes.iter().find(is_unix) {
            if url.path().len() < 2 {
                return Err(wrong("does not name a Unix socket"));
            }
            return Ok(rest(*scheme, Endpoint::unix(decoded(url.path())), ""));
        }
        let found = schemes.iter().find_map(|scheme| Some((*scheme, scheme.secure(written)?)));
        let (scheme, secure) = found.ok_or_else(|| wrong(&format!("has the scheme {written}")))?;
        // Of schemes that the URL standard does not know, the host is not put into its usual form.
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => decoded(name),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(ip)) => ip.to_string(),
            _ => return Err(wrong("does not name a host")),
        };
        let usual = if secure { scheme.tls_port } else { scheme.port };
        let port = url.port().or(usual).ok_or_else(|| wrong("has no port"))?;
        Ok(rest(scheme, Endpoint::new(&host, port, secure), url.path()))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("scheme", &self.scheme.name)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// `redis://host:6379 or rediss://host:6379`, for each of the schemes.
fn examples(schemes: &[&'static Scheme]) -> String {
    let of = |name: &str, port: Option<u16>| match port {
        Some(port) => format!("{name}://host:{port}"),
        None => format!("{name}://host:port"),
    };
    let each = schemes.iter().flat_map(|scheme| {
        let plain = of(scheme.name, scheme.port);
        let secure = scheme.tls_name.map(|name| of(name, scheme.tls_port));
        std::iter::once(plain).chain(secure)
    });
    each.collect::<Vec<_>>().join(" or ")
}
