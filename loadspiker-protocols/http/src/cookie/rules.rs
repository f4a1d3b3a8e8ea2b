//! [`insert`]: which cookies a user takes, and how many it keeps.

use cookie_store::{Cookie, CookieDomain, CookieError, CookieStore, RawCookie, StoreAction};
use time::OffsetDateTime;
use url::Url;

use super::date;

/// How long name and value of a cookie may be together, in bytes (RFC 6265 §6.1, RFC 6265bis §5.6).
const LONGEST: usize = 4096;
/// How many cookies a user keeps of one domain, and of all (RFC 6265 §6.1).
const OF_DOMAIN: usize = 50;
const OF_ALL: usize = 3000;

/// Takes a cookie as a response from `url` sets it (RFC 6265 §5.3), unless it promises by its name what it does not
/// keep: `__Secure-` and `__Host-`, whatever their case (RFC 6265bis §5.6).
///
/// # Errors
///
/// Why it is not taken.
pub(super) fn insert(store: &mut CookieStore, text: &str, url: &Url) -> Result<StoreAction, String> {
    let (text, expires) = split_expires(text);
    let told = |error: CookieError| error.to_string();
    let mut raw = RawCookie::parse(text).map_err(|error| told(error.into()))?;
    if let Some(expires) = expires {
        raw.set_expires(expires);
    }
    let cookie = Cookie::try_from_raw_cookie(&raw, url).map_err(told)?;
    if let Some(promise) = broken_promise(&cookie) {
        return Err(promise.to_owned());
    }
    if cookie.name().len() + cookie.value().len() > LONGEST {
        return Err(format!("its name and value are longer than {LONGEST} bytes"));
    }
    let is_full = store.iter_any().nth(OF_DOMAIN - 1).is_some();
    let key = (is_full || cookie.is_expired()).then(|| Key::of(&cookie));
    let action = store.insert(cookie, url).map_err(told)?;
    match (&action, key) {
        // The store would keep it, though nobody gets it any more.
        (StoreAction::ExpiredExisting, Some(key)) => key.remove_from(store),
        (StoreAction::Inserted, Some(key)) => {
            make_room(store, OF_DOMAIN, |cookie| cookie.domain.as_cow().is_some_and(|domain| *domain == *key.domain));
            make_room(store, OF_ALL, |_| true);
        }
        _ => {}
    }
    Ok(action)
}

/// The cookie without its `Expires`, and when that is: the last one that is a date.
fn split_expires(text: &str) -> (String, Option<OffsetDateTime>) {
    let mut parts = text.split(';');
    let mut rest = parts.next().unwrap_or_default().to_owned();
    let mut expires = None;
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case("expires") {
            expires = date::parse(value).or(expires);
        } else if !(name.eq_ignore_ascii_case("max-age") && value.trim().is_empty()) {
            rest.push(';');
            rest.push_str(part);
        }
    }
    (rest, expires)
}

/// What tells a cookie from others of a user.
struct Key {
    domain: String,
    path: String,
    name: String,
}

impl Key {
    fn of(cookie: &Cookie<'_>) -> Self {
        let (domain, path) = (String::from(&cookie.domain), String::from(&cookie.path));
        Key { domain, path, name: cookie.name().to_owned() }
    }

    fn remove_from(&self, store: &mut CookieStore) {
        store.remove(&self.domain, &self.path, &self.name);
    }
}

/// Removes cookies where there are more of a kind than `limit`: those that have expired, then those that came first.
fn make_room(store: &mut CookieStore, limit: usize, is_of_kind: impl Fn(&Cookie<'_>) -> bool) {
    let of_kind: Vec<_> = store.iter_any().filter(|cookie| is_of_kind(cookie)).collect();
    if of_kind.len() <= limit {
        return;
    }
    let (expired, alive): (Vec<_>, Vec<_>) = of_kind.into_iter().partition(|cookie| cookie.is_expired());
    let excess = alive.len().saturating_sub(limit);
    let removed: Vec<Key> = expired.into_iter().chain(alive.into_iter().take(excess)).map(Key::of).collect();
    removed.iter().for_each(|key| key.remove_from(store));
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
    use super::{OF_ALL, OF_DOMAIN};
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
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 UTC", false),
            ("a=1; expires=Thu, 1 Jan 1970 00:00:00 GMT", false),
            ("a=1; Expires=Thu, 01-Jan-70 00:00:01 GMT", false),
            ("a=1; Expires=Thu Jan  1 00:00:00 1970", false),
            ("a=1; Expires=0", true),
            ("a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Expires=Wed, 21 Oct 2465 07:28:00 GMT", true),
            ("a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Expires=never", false),
            ("a=1; Max-Age=; Expires=Wed, 21 Oct 2015 07:28:00 GMT", false),
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

    fn jar_of(from: &str, cookies: impl IntoIterator<Item = String>) -> Jar {
        let cookies = cookies.into_iter().map(|cookie| (SET_COOKIE, HeaderValue::try_from(cookie).unwrap()));
        let mut jar = None;
        keep(&mut jar, &target(from), &cookies.collect());
        jar.unwrap()
    }

    #[test]
    fn a_user_keeps_so_many_cookies_of_a_domain_and_the_first_ones_go() {
        let jar = jar_of("http://a.test/", (0..200).map(|n| format!("c{n}=1")));
        assert_eq!(jar.borrow().iter_any().count(), OF_DOMAIN);
        let sent = field(&jar, &target("http://a.test/"), None).unwrap();
        let sent = sent.to_str().unwrap();
        assert!(sent.contains("c199=1") && sent.contains("c150=1") && !sent.contains("c149=1"), "{sent}");
        // A new value of one that is there takes no room.
        let again = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static("c150=2"))]);
        keep(&mut Some(jar.clone()), &target("http://a.test/"), &again);
        assert_eq!(jar.borrow().iter_any().count(), OF_DOMAIN);
        let mut store = jar.borrow_mut();
        let other = super::insert(&mut store, "d=1", &"http://b.test/".parse().unwrap());
        assert!(other.is_ok() && store.iter_any().count() == OF_DOMAIN + 1, "another domain has its own");
    }

    #[test]
    fn a_user_keeps_so_many_cookies_in_all() {
        let mut store = cookie_store::CookieStore::default();
        for n in 0..OF_ALL + 10 {
            super::insert(&mut store, "a=1", &format!("http://h{n}.test/").parse().unwrap()).unwrap();
        }
        assert_eq!(store.iter_any().count(), OF_ALL);
        assert!(!store.contains("h9.test", "/", "a") && store.contains("h10.test", "/", "a"));
    }

    #[test]
    fn a_cookie_has_a_greatest_length() {
        let long = |length: usize| format!("{}={}", "n".repeat(96), "v".repeat(length - 96));
        let sent = |cookie: String| field(&jar_of("http://a.test/", [cookie]), &target("http://a.test/"), None);
        assert_eq!(sent(long(4096)).map(|sent| sent.len()), Some(4097));
        assert_eq!(sent(long(4097)), None);
    }

    #[test]
    fn a_cookie_that_was_deleted_takes_no_room() {
        let cookies =
            (0..100).flat_map(|n| [format!("c{n}=1"), format!("c{n}=; Expires=Thu, 01 Jan 1970 00:00:00 UTC")]);
        assert_eq!(jar_of("http://a.test/", cookies).borrow().iter_any().count(), 0);
    }
}
