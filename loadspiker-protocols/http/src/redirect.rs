//! Which responses are redirects, and what request follows them (RFC 9110 §15.4).

use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::error::HttpError;
use crate::origin::{Origins, path_of};
use crate::request::prepared::Hop;
use crate::request::url::Target;

/// Whether a response with this status sends the user elsewhere.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The request that follows a redirect.
///
/// 307 and 308 keep method and body. The others turn every method but GET, HEAD and OPTIONS into GET without a body,
/// as browsers do.
pub(crate) fn follow(hop: &Hop, status: StatusCode, headers: &HeaderMap, origins: &Origins) -> Result<Hop, HttpError> {
    let location = headers.get(LOCATION).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    let here = Url::parse(&hop.target.url()).map_err(|_| HttpError::Location)?;
    let url = location.and_then(|location| here.join(location).ok()).ok_or(HttpError::Location)?;
    let origin = origins.of(&url).map_err(|_| HttpError::Location)?;
    let foreign = hop.foreign || origin.id != hop.target.origin.id;
    let target = Target { origin, path: path_of(&url).map_err(|_| HttpError::Location)? };
    if matches!(status.as_u16(), 307 | 308) {
        return Ok(Hop { target, foreign, challenges: 0, head: None, ..hop.clone() });
    }
    let method = match hop.method {
        Method::HEAD | Method::OPTIONS => hop.method.clone(),
        _ => Method::GET,
    };
    Ok(Hop { target, method, body: bytes::Bytes::new(), bodiless: true, foreign, challenges: 0, head: None })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderValue;

    use super::*;
    use crate::request::url::resolve;

    fn hop(origins: &Origins, method: Method) -> Hop {
        let target = resolve("http://a.test/shop/cart?x=1", "", None, origins, &mut String::new()).unwrap();
        Hop {
            target,
            method,
            body: Bytes::from_static(b"body"),
            bodiless: false,
            foreign: false,
            challenges: 0,
            head: None,
        }
    }

    fn following(method: Method, status: u16, location: &str) -> Result<Hop, HttpError> {
        let origins = Origins::default();
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(location.as_bytes()).unwrap())]);
        follow(&hop(&origins, method), StatusCode::from_u16(status).unwrap(), &headers, &origins)
    }

    #[test]
    fn locations_are_relative_to_the_url_before() {
        for (location, url) in [
            ("/login", "http://a.test/login"),
            ("done", "http://a.test/shop/done"),
            ("?y=2", "http://a.test/shop/cart?y=2"),
            ("//b.test/x", "http://b.test/x"),
            ("https://b.test:81/ü#part", "https://b.test:81/%C3%BC"),
        ] {
            assert_eq!(following(Method::GET, 302, location).unwrap().target.url(), url);
        }
        for location in ["http://", "ftp://a.test/", "mailto:me@a.test"] {
            assert_eq!(following(Method::GET, 302, location).err(), Some(HttpError::Location), "{location}");
        }
    }

    #[test]
    fn method_and_body_follow_the_status() {
        for (status, method, then, body) in [
            (301, Method::POST, Method::GET, ""),
            (302, Method::PUT, Method::GET, ""),
            (303, Method::DELETE, Method::GET, ""),
            (303, Method::HEAD, Method::HEAD, ""),
            (302, Method::OPTIONS, Method::OPTIONS, ""),
            (307, Method::POST, Method::POST, "body"),
            (308, Method::PUT, Method::PUT, "body"),
        ] {
            let next = following(method, status, "/x").unwrap();
            assert_eq!((next.method, &next.body[..]), (then, body.as_bytes()), "{status}");
        }
    }

    #[test]
    fn another_origin_is_foreign_and_stays_so() {
        assert!(!following(Method::GET, 302, "/x").unwrap().foreign);
        assert!(following(Method::GET, 302, "https://a.test/x").unwrap().foreign);
        assert!(following(Method::GET, 302, "http://a.test:81/x").unwrap().foreign);
        let origins = Origins::default();
        let foreign = Hop { foreign: true, ..hop(&origins, Method::GET) };
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static("/back"))]);
        assert!(follow(&foreign, StatusCode::FOUND, &headers, &origins).unwrap().foreign);
    }

    #[test]
    fn only_these_are_redirects() {
        let redirects = (300..310).filter(|code| is_redirect(StatusCode::from_u16(*code).unwrap()));
        assert_eq!(redirects.collect::<Vec<_>>(), [301, 302, 303, 307, 308]);
    }
}
