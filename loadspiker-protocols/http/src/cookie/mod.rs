//! Cookies of a user (RFC 6265), kept by `cookie_store`. There is no store until the first cookie comes.

mod check;
mod date;
mod rules;
mod steps;

use std::borrow::Cow;
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
        // An invalid cookie is ignored, as RFC 6265 §5.2 wants it.
        let _ = rules::insert(&mut store, &read_bytes(value.as_bytes()), &url);
    }
}

/// Where the bytes of a cookie that is not UTF-8 are kept in a text: from U+F780 on, which nobody else uses.
const BYTES: u32 = 0xf700;

/// A cookie as a text, from which [`write_bytes`] makes the same bytes again.
fn read_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            Cow::Owned(bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { kept(*byte) }).collect())
        }
    }
}

fn kept(byte: u8) -> char {
    char::from_u32(BYTES + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that a character stands for.
fn byte_of(c: char) -> Option<u8> {
    u32::from(c).checked_sub(BYTES).and_then(|byte| u8::try_from(byte).ok()).filter(|byte| !byte.is_ascii())
}

/// Appends a part of a cookie as it came.
fn write_bytes(text: &str, out: &mut Vec<u8>) {
    if text.is_ascii() {
        return out.extend_from_slice(text.as_bytes());
    }
    for c in text.chars() {
        match byte_of(c) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// A part of a cookie as checks see it: what is not UTF-8 is ISO-8859-1.
fn shown(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| byte_of(c).map_or(c, char::from)).collect())
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
    let mut text = own.map(|own| own.as_bytes().to_vec()).unwrap_or_default();
    for cookie in cookies {
        if !text.is_empty() {
            text.extend_from_slice(b"; ");
        }
        write_bytes(cookie.name(), &mut text);
        text.push(b'=');
        write_bytes(cookie.value(), &mut text);
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

    #[test]
    fn cookies_beyond_ascii_go_back_as_they_came() {
        let here = target("http://a.test/");
        for own in ["name=Jürgen".as_bytes(), b"name=J\xfcrgen"] {
            for set in ["city=Köln".as_bytes(), b"city=K\xf6ln"] {
                let mut jar = None;
                keep(&mut jar, &here, &HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_bytes(set).unwrap())]));
                let own = HeaderValue::from_bytes(own).unwrap();
                let field = field(jar.as_deref().unwrap(), &here, Some(&own)).unwrap();
                assert_eq!(field.as_bytes(), [own.as_bytes(), b"; ", set].concat());
                let jar = jar.unwrap();
                let jar = jar.borrow();
                assert_eq!(shown(jar.iter_any().next().unwrap().value()), "Köln");
            }
        }
    }
}
