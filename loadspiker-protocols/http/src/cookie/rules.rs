//! [`insert`]: which cookies a user takes.

use cookie_store::{Cookie, CookieDomain, CookieStore, StoreAction};
use url::Url;

/// Takes a cookie as a response from `url` sets it (RFC 6265 §5.3), unless it promises by its name what it does not
/// keep: `__Secure-` and `__Host-`, whatever their case (RFC 6265bis §5.6).
///
/// # Errors
///
/// Why it is not taken.
pub(super) fn insert(store: &mut CookieStore, text: &str, url: &Url) -> Result<StoreAction, String> {
    let cookie = Cookie::parse(text.to_owned(), url).map_err(|error| error.to_string())?;
    if let Some(promise) = broken_promise(&cookie) {
        return Err(promise.to_owned());
    }
    store.insert(cookie, url).map_err(|error| error.to_string())
}

/// What the name of a cookie promises and the rest of it does not keep.
fn broken_promise(cookie: &Cookie<'_>) -> Option<&'static str> {
    let begins =
        |prefix: &str| cookie.name().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let secure = cookie.secure() == Some(true);
    if begins("__Secure-") && !secure {
        return Some("a name that begins with __Secure- asks for a secure cookie");
    }
    let of_host = matches!(cookie.domain, CookieDomain::HostOnly(_));
    let of_root = cookie.path.is_from_path_attr() && String::from(&cookie.path) == "/";
    if begins("__Host-") && !(secure && of_host && of_root) {
        return Some("a name that begins with __Host- asks for a secure cookie of the path / and of no domain");
    }
    None
}

#[cfg(test)]
mod tests {
    use http::header::SET_COOKIE;
    use http::{HeaderMap, HeaderValue};

    use crate::cookie::{Jar, field, keep};
    use crate::origin::Origins;
    use crate::request::url::{Target, resolve};

    fn target(url: &str) -> Target {
        resolve(url, "", None, &Origins::default(), &mut String::new()).unwrap()
    }

    /// What is sent to one URL after another has set a cookie.
    fn after(from: &str, cookie: &'static str, to: &str) -> String {
        let mut jar: Option<Jar> = None;
        keep(&mut jar, &target(from), &HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static(cookie))]));
        let sent = jar.and_then(|jar| field(&jar, &target(to), None));
        sent.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_cookie_goes_to_its_domain_alone() {
        let from = "http://shop.example.test/";
        for (cookie, to, goes) in [
            ("a=1", from, true),
            ("a=1", "http://shop.example.test:8080/", true),
            ("a=1", "http://www.shop.example.test/", false),
            ("a=1", "http://example.test/", false),
            ("a=1; Domain=example.test", "http://example.test/", true),
            ("a=1; Domain=.example.test", "http://x.example.test/", true),
            ("a=1; Domain=EXAMPLE.TEST", "http://x.y.example.test/", true),
            ("a=1; Domain=example.test", "http://notexample.test/", false),
            ("a=1; Domain=example.test", "http://example.test.evil/", false),
            ("a=1; Domain=", "http://www.shop.example.test/", false),
            // It is not for the server to set cookies of others.
            ("a=1; Domain=other.test", "http://other.test/", false),
            ("a=1; Domain=www.shop.example.test", "http://www.shop.example.test/", false),
        ] {
            assert_eq!(!after(from, cookie, to).is_empty(), goes, "{cookie} to {to}");
        }
        assert_eq!(after("http://127.0.0.1/", "a=1; Domain=0.0.1", "http://127.0.0.1/"), "");
        assert_eq!(after("http://[::1]/", "a=1", "http://[::1]:81/"), "a=1");
    }

    #[test]
    fn a_cookie_goes_to_its_path_and_below() {
        let goes = |from: &str, cookie, to: &str| {
            let url = |path: &str| format!("http://a.test{path}");
            !after(&url(from), cookie, &url(to)).is_empty()
        };
        for (from, cookie, to, expected) in [
            ("/", "a=1; Path=/shop", "/shop", true),
            ("/", "a=1; Path=/shop", "/shop/cart", true),
            ("/", "a=1; Path=/shop", "/shop?x", true),
            ("/", "a=1; Path=/shop", "/shopping", false),
            ("/", "a=1; Path=/shop", "/", false),
            ("/", "a=1; Path=/shop/", "/shop", false),
            ("/", "a=1; Path=/shop", "/SHOP", false),
            // Without a path, it is that of the URL up to its last slash.
            ("/shop/login", "a=1", "/shop/cart", true),
            ("/shop/login", "a=1", "/", false),
            ("/login", "a=1", "/x", true),
            ("/shop/login", "a=1; Path=relative", "/shop/x", true),
        ] {
            assert_eq!(goes(from, cookie, to), expected, "{cookie} of {from} to {to}");
        }
    }

    #[test]
    fn a_secure_cookie_goes_over_tls_or_to_this_machine() {
        let cookie = "a=1; Secure; HttpOnly";
        assert_eq!(after("https://a.test/", cookie, "https://a.test/"), "a=1");
        assert_eq!(after("https://a.test/", cookie, "http://a.test/"), "");
        assert_eq!(after("http://127.0.0.1/", cookie, "http://127.0.0.1/"), "a=1");
    }

    #[test]
    fn a_cookie_lives_as_long_as_it_says_and_max_age_goes_before_expires() {
        for (cookie, lives) in [
            ("a=1; Max-Age=600", true),
            ("a=1; Max-Age=0", false),
            ("a=1; Max-Age=-1", false),
            ("a=1; Max-Age=soon", true),
            ("a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", false),
            ("a=1; Expires=Wed, 21 Oct 2465 07:28:00 GMT", true),
            ("a=1; Expires=never", true),
            ("a=1; Max-Age=600; Expires=Wed, 21 Oct 2015 07:28:00 GMT", true),
        ] {
            assert_eq!(!after("http://a.test/", cookie, "http://a.test/").is_empty(), lives, "{cookie}");
        }
    }

    #[test]
    fn a_name_that_promises_more_than_the_cookie_keeps_is_not_taken() {
        for (cookie, taken) in [
            ("__Secure-a=1; Secure", true),
            ("__Secure-a=1", false),
            ("__SECURE-a=1", false),
            ("__Host-a=1; Secure; Path=/", true),
            ("__Host-a=1; Path=/", false),
            ("__Host-a=1; Secure", false),
            ("__host-a=1; Secure; Path=/shop", false),
            ("__Host-a=1; Secure; Path=/; Domain=a.test", false),
            ("_Host-a=1", true),
        ] {
            assert_eq!(!after("https://a.test/", cookie, "https://a.test/").is_empty(), taken, "{cookie}");
        }
    }

    #[test]
    fn values_go_back_as_they_came() {
        for (cookie, sent) in [
            ("a=b=c", "a=b=c"),
            ("a=", "a="),
            ("a=\"x y\"", "a=\"x y\""),
            (" a = 1 ; Path=/", "a=1"),
            ("a=%20", "a=%20"),
        ] {
            assert_eq!(after("http://a.test/", cookie, "http://a.test/"), sent, "{cookie}");
        }
        for nothing in ["", "=1", "; Path=/"] {
            assert_eq!(after("http://a.test/", nothing, "http://a.test/"), "", "{nothing}");
        }
    }
}
