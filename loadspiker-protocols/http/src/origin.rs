//! [`Origin`]: scheme, host and port, the key under which connections are kept.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use loadspiker_net::Endpoint;
use rustc_hash::FxHashMap;
use url::{Host, Url};

use crate::error::HttpError;

/// Scheme, host and port. There is one for each of them on a shard, so equal ones have the same [`id`](Self::id).
#[derive(Debug)]
pub(crate) struct Origin {
    /// Unique on the shard.
    pub(crate) id: u32,
    pub(crate) endpoint: Endpoint,
    /// The value of the `host` header: with the port, unless it is the scheme's own.
    pub(crate) header: HeaderValue,
}

impl Origin {
    /// `https://host:port`, the port only where it is not the scheme's own.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.endpoint.is_secure() { "https" } else { "http" };
        format!("{scheme}://{}", self.header.to_str().unwrap_or_default())
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Whether it is secure, host, port.
type Key = (bool, Box<str>, u16);

/// All origins that a shard has met and that are in use.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    known: RefCell<FxHashMap<Key, Rc<Origin>>>,
    next: Cell<u32>,
}

impl Origins {
    /// The origin of `url`, which must be `http` or `https`.
    pub(crate) fn of(&self, url: &Url) -> Result<Rc<Origin>, HttpError> {
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(HttpError::Build("URL is neither http:// nor https://".to_owned())),
        };
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(HttpError::Build("URL has no host".to_owned()));
        };
        let name: Box<str> = match host {
            Host::Domain(name) => name.into(),
            Host::Ipv4(ip) => ip.to_string().into(),
            Host::Ipv6(ip) => ip.to_string().into(),
        };
        let mut known = self.known.borrow_mut();
        let key = (secure, name, port);
        if let Some(origin) = known.get(&key) {
            return Ok(origin.clone());
        }
        let text = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let header = HeaderValue::try_from(text).map_err(|_| HttpError::Build("URL has an invalid host".to_owned()))?;
        let id = self.next.get();
        self.next.set(id.wrapping_add(1));
        let origin = Rc::new(Origin { id, endpoint: Endpoint::new(&key.1, port, secure), header });
        known.insert(key, origin.clone());
        Ok(origin)
    }

    /// Forgets origins that nobody uses any more.
    pub(crate) fn prune(&self) {
        self.known.borrow_mut().retain(|_, origin| Rc::strong_count(origin) > 1);
    }
}

/// Path and query of `url`, as they are sent.
pub(crate) fn path_of(url: &Url) -> Result<PathAndQuery, HttpError> {
    let text = &url[url::Position::BeforePath..url::Position::AfterQuery];
    PathAndQuery::try_from(text).map_err(|_| HttpError::Build("URL has an invalid path".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(origins: &Origins, url: &str) -> Rc<Origin> {
        origins.of(&Url::parse(url).unwrap()).unwrap()
    }

    #[test]
    fn equal_origins_are_one() {
        let origins = Origins::default();
        let a = of(&origins, "http://Shop.test/a");
        let b = of(&origins, "http://shop.test:80/b?c");
        assert_eq!(a.id, b.id);
        assert_ne!(a.id, of(&origins, "https://shop.test/").id);
        assert_ne!(a.id, of(&origins, "http://shop.test:81/").id);
    }

    #[test]
    fn the_host_header_has_the_port_only_where_it_is_needed() {
        let origins = Origins::default();
        assert_eq!(of(&origins, "https://a.test:443/").header, "a.test");
        assert_eq!(of(&origins, "https://a.test:80/").header, "a.test:80");
        let v6 = of(&origins, "http://[::1]:8080/");
        assert_eq!(v6.header, "[::1]:8080");
        assert_eq!(v6.endpoint.ip(), Some("::1".parse().unwrap()));
        assert_eq!(v6.url(), "http://[::1]:8080");
    }

    #[test]
    fn origins_nobody_uses_are_forgotten() {
        let origins = Origins::default();
        let kept = of(&origins, "http://kept.test/");
        for n in 0..1000 {
            of(&origins, &format!("http://h{n}.test/"));
        }
        origins.prune();
        assert_eq!(origins.known.borrow().len(), 1);
        assert_eq!(of(&origins, "http://kept.test/").id, kept.id);
    }
}
