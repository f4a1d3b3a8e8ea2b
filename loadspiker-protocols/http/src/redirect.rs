//! Which responses are redirects, and what request follows them (RFC 9110 §15.4).

use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use percent_encoding::{CONTROLS, percent_encode};
use url::Url;

use crate::error::HttpError;
use crate::origin::{Origins, path_of};
use crate::request::prepared::Hop;
use crate::request::url::Target;
use crate::text::text_of;

/// Whether a response with this status sends the user elsewhere.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a `location` leads from `here`. Bytes of it that are not UTF-8 are kept, percent-encoded: the server knows what
/// they mean.
pub(crate) fn location_of(here: &Url, location: &HeaderValue) -> Option<Url> {
    match std::str::from_utf8(location.as_bytes()) {
        Ok(location) => here.join(location).ok(),
        Err(_) => {
            let encoded = percent_encode(location.as_bytes(), CONTROLS).to_string();
            // In a host name, they can only be ISO-8859-1.
            here.join(&encoded).ok().or_else(|| here.join(&text_of(location)).ok())
        }
    }
}

/// The request that follows a redirect, by the rules that browsers keep to (Fetch Standard, §4.4). `None` if the response
/// is final: it has no `location`, an empty one, or one that is not of HTTP, such as that of an app.
///
/// 303 turns every method but GET and HEAD into GET without a body, 301 and 302 do so with POST. All other requests are
/// made again as they were.
///
/// # Errors
///
/// The `location` is not a URL.
pub(crate) fn follow(
    hop: &Hop,
    status: StatusCode,
    headers: &HeaderMap,
    origins: &Origins,
) -> Result<Option<Hop>, HttpError> {
    let location = headers.get(LOCATION).filter(|location| !location.as_bytes().trim_ascii().is_empty());
    let Some(location) = location else { return Ok(None) };
    let here = Url::parse(&hop.target.url()).map_err(|_| HttpError::Location)?;
    let url = location_of(&here, location).ok_or(HttpError::Location)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Ok(None);
    }
    let origin = origins.of(&url).map_err(|_| HttpError::Location)?;
    let foreign = hop.foreign || origin.id != hop.target.origin.id;
    let target = Target { origin, path: path_of(&url).map_err(|_| HttpError::Location)? };
    let becomes_get = match status.as_u16() {
        303 => !matches!(hop.method, Method::GET | Method::HEAD),
        301 | 302 => hop.method == Method::POST,
        _ => false,
    };
    let same = Hop { target, foreign, challenges: 0, head: None, ..hop.clone() };
    Ok(Some(match becomes_get {
        true => Hop { method: Method::GET, body: bytes::Bytes::new(), bodiless: true, ..same },
        false => same,
    }))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

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

    fn following(method: Method, status: u16, location: impl AsRef<[u8]>) -> Result<Option<Hop>, HttpError> {
        let origins = Origins::default();
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(location.as_ref()).unwrap())]);
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
            assert_eq!(following(Method::GET, 302, location).unwrap().unwrap().target.url(), url);
        }
        for location in ["http://", "//", "http://a b/"] {
            assert_eq!(following(Method::GET, 302, location).err(), Some(HttpError::Location), "{location}");
        }
    }

    #[test]
    fn a_location_that_is_not_utf_8_is_followed_with_its_own_bytes() {
        for (location, url) in [
            (&b"/caf\xe9?x=\xfc"[..], "http://a.test/caf%E9?x=%FC"),
            (b"caf\xe9", "http://a.test/shop/caf%E9"),
            (b"http://b\xfccher.test/", "http://xn--bcher-kva.test/"),
        ] {
            assert_eq!(following(Method::GET, 302, location).unwrap().unwrap().target.url(), url);
        }
    }

    #[test]
    fn without_a_location_of_http_a_response_is_final() {
        for location in ["ftp://a.test/", "mailto:me@a.test", "shop.app://callback?code=1", "about:blank", "", " "] {
            assert!(following(Method::GET, 302, location).unwrap().is_none(), "{location}");
        }
        let origins = Origins::default();
        assert!(follow(&hop(&origins, Method::GET), StatusCode::FOUND, &HeaderMap::new(), &origins).unwrap().is_none());
    }

    #[test]
    fn method_and_body_follow_the_status() {
        for (status, method, then, body) in [
            (301, Method::POST, Method::GET, ""),
            (302, Method::POST, Method::GET, ""),
            (301, Method::PUT, Method::PUT, "body"),
            (302, Method::PATCH, Method::PATCH, "body"),
            (302, Method::DELETE, Method::DELETE, "body"),
            (302, Method::GET, Method::GET, "body"),
            (302, Method::OPTIONS, Method::OPTIONS, "body"),
            (303, Method::POST, Method::GET, ""),
            (303, Method::PUT, Method::GET, ""),
            (303, Method::DELETE, Method::GET, ""),
            (303, Method::OPTIONS, Method::GET, ""),
            (303, Method::HEAD, Method::HEAD, "body"),
            (307, Method::POST, Method::POST, "body"),
            (308, Method::PUT, Method::PUT, "body"),
        ] {
            let next = following(method, status, "/x").unwrap().unwrap();
            assert_eq!((next.method, &next.body[..]), (then, body.as_bytes()), "{status}");
        }
    }

    #[test]
    fn another_origin_is_foreign_and_stays_so() {
        assert!(!following(Method::GET, 302, "/x").unwrap().unwrap().foreign);
        assert!(following(Method::GET, 302, "https://a.test/x").unwrap().unwrap().foreign);
        assert!(following(Method::GET, 302, "http://a.test:81/x").unwrap().unwrap().foreign);
        let origins = Origins::default();
        let foreign = Hop { foreign: true, ..hop(&origins, Method::GET) };
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static("/back"))]);
        assert!(follow(&foreign, StatusCode::FOUND, &headers, &origins).unwrap().unwrap().foreign);
    }

    #[test]
    fn only_these_are_redirects() {
        let redirects = (300..310).filter(|code| is_redirect(StatusCode::from_u16(*code).unwrap()));
        assert_eq!(redirects.collect::<Vec<_>>(), [301, 302, 303, 307, 308]);
    }
}
