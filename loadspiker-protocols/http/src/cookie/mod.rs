//! Cookies of a user (RFC 6265), kept by `cookie_store`. There is no store until the first cookie comes.

mod check;
mod rules;
mod steps;

use std::cell::RefCell;
use std::rc::Rc;

use cookie_store::CookieStore;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use url::Url;

pub use check::cookie;
pub use steps::{AddCookie, FlushCookies, GetCookie, add_cookie, flush_cookies, flush_session_cookies, get_cookie};

use crate::request::url::Target;

/// The cookies of a user, which its branches share, and a response while it is checked.
pub(crate) type Jar = Rc<RefCell<CookieStore>>;

/// Keeps the cookies that a response from `target` sets. Those that are not valid there are left out.
pub(crate) fn keep(jar: &mut Option<Jar>, target: &Target, response: &HeaderMap) {
    if !response.contains_key(SET_COOKIE) {
        return;
    }
    let Ok(url) = Url::parse(&target.url()) else { return };
    let mut store = jar.get_or_insert_default().borrow_mut();
    for value in response.get_all(SET_COOKIE) {
        if let Ok(cookie) = std::str::from_utf8(value.as_bytes()) {
            // An invalid cookie is ignored, as RFC 6265 §5.2 wants it.
            let _ = rules::insert(&mut store, cookie, &url);
        }
    }
}

/// The header field with the cookies for `target`, if there are any, after those that the user set by hand.
pub(crate) fn field(jar: &RefCell<CookieStore>, target: &Target, own: Option<&HeaderValue>) -> Option<HeaderValue> {
    let jar = jar.borrow();
    jar.iter_any().next()?;
    let url = Url::parse(&target.url()).ok()?;
    let mut cookies = jar.matches(&url);
    if cookies.is_empty() {
        return None;
    }
    // Longer paths first (RFC 6265 §5.4). The store has no order; by name, the same cookies give the same header.
    cookies.sort_by(|a, b| (b.path.len(), a.name()).cmp(&(a.path.len(), b.name())));
    let mut text = own.and_then(|own| own.to_str().ok()).map(str::to_owned).unwrap_or_default();
    for cookie in cookies {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(cookie.name());
        text.push('=');
        text.push_str(cookie.value());
    }
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origins;
    use crate::request::url::resolve;

    fn target(url: &str) -> Target {
        resolve(url, "", None, &Origins::default(), &mut String::new()).unwrap()
    }

    fn setting(cookies: &[&'static str]) -> HeaderMap {
        cookies.iter().map(|cookie| (SET_COOKIE, HeaderValue::from_static(cookie))).collect()
    }

    fn sent(jar: &Option<Jar>, url: &str) -> String {
        let field = jar.as_deref().and_then(|jar| field(jar, &target(url), None));
        field.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn nothing_is_allocated_before_the_first_cookie() {
        let mut jar = None;
        keep(&mut jar, &target("http://a.test/"), &HeaderMap::new());
        assert!(jar.is_none());
    }

    #[test]
    fn cookies_go_back_where_they_belong() {
        let mut jar = None;
        let set = ["a=1", "b=2; Path=/shop", "s=3; Secure", "d=4; Domain=test.example", "alien=5; Domain=b.test"];
        keep(&mut jar, &target("http://x.test.example/"), &setting(&set));
        assert_eq!(sent(&jar, "http://x.test.example/"), "a=1; d=4");
        assert_eq!(sent(&jar, "http://x.test.example/shop/cart"), "b=2; a=1; d=4");
        assert_eq!(sent(&jar, "http://test.example/"), "d=4");
        assert_eq!(sent(&jar, "http://b.test/"), "");
    }

    #[test]
    fn a_cookie_is_replaced_and_expires() {
        let mut jar = None;
        let here = target("http://a.test/");
        keep(&mut jar, &here, &setting(&["a=1"]));
        keep(&mut jar, &here, &setting(&["a=2"]));
        assert_eq!(sent(&jar, "http://a.test/"), "a=2");
        keep(&mut jar, &here, &setting(&["a=; Max-Age=0"]));
        assert_eq!(sent(&jar, "http://a.test/"), "");
    }

    #[test]
    fn a_shared_jar_holds_what_is_set_on_either_side() {
        let mut jar: Option<Jar> = Some(Rc::default());
        let mut shared = jar.clone();
        let here = target("http://a.test/");
        assert_eq!(sent(&jar, "http://a.test/"), "");
        keep(&mut shared, &here, &setting(&["a=1"]));
        keep(&mut jar, &here, &setting(&["b=2"]));
        assert_eq!(sent(&jar, "http://a.test/"), "a=1; b=2");
        assert_eq!(sent(&shared, "http://a.test/"), "a=1; b=2");
    }

    #[test]
    fn cookies_set_by_hand_stay_and_all_are_secret() {
        let mut jar = None;
        keep(&mut jar, &target("http://a.test/"), &setting(&["a=1"]));
        let own = HeaderValue::from_static("own=0");
        let field = field(jar.as_deref().unwrap(), &target("http://a.test/"), Some(&own)).unwrap();
        assert_eq!(field, "own=0; a=1");
        assert!(field.is_sensitive());
    }
}
