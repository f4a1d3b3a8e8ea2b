//! URLs of requests: encoding what may not stand in them, and putting them together with the base URL.

use std::fmt::Write;
use std::rc::Rc;

use bytes::Bytes;
use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::error::HttpError;
use crate::origin::{Origin, Origins, path_of};
use crate::shard::Base;

/// All but RFC 3986's unreserved characters: what is encoded in names and values of a query.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a request goes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) origin: Rc<Origin>,
    pub(crate) path: PathAndQuery,
}

impl Target {
    /// The whole URL.
    pub(crate) fn url(&self) -> String {
        self.origin.url() + self.path.as_str()
    }
}

/// Whether a URL names its server itself.
pub(crate) fn is_absolute(url: &str) -> bool {
    let begins = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    begins("http://") || begins("https://")
}

/// Where `url` leads: it names its server, or it is a path after the base URL's, a slash between them. `query` is what
/// comes to its own query, encoded. `buffer` is overwritten.
pub(crate) fn resolve(
    url: &str,
    query: &str,
    base: Option<&Base>,
    origins: &Origins,
    buffer: &mut String,
) -> Result<Target, HttpError> {
    buffer.clear();
    let without_fragment = url.split('#').next().unwrap_or_default();
    if is_absolute(url) {
        encode_url(without_fragment, buffer);
        add_query(query, buffer);
        let url = Url::parse(buffer).map_err(|error| HttpError::Build(format!("URL cannot be read: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            let why = "URL has a user name in it; use basic_auth(user, password)";
            return Err(HttpError::Build(why.to_owned()));
        }
        return Ok(Target { origin: origins.of(&url)?, path: path_of(&url)? });
    }
    let Some(base) = base else {
        let why =
            "URL does not begin with http:// or https://, and there is no base URL; give one with HttpProtocol::new";
        return Err(HttpError::Build(why.to_owned()));
    };
    buffer.push_str(&base.path);
    if !without_fragment.starts_with('/')
        && (buffer.is_empty() || !matches!(without_fragment.as_bytes(), [] | [b'?', ..]))
    {
        buffer.push('/');
    }
    encode_url(without_fragment, buffer);
    add_query(query, buffer);
    let path = PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(buffer.as_bytes()))
        .map_err(|_| HttpError::Build("URL has an invalid path".to_owned()))?;
    Ok(Target { origin: base.origin.clone(), path })
}

fn add_query(query: &str, out: &mut String) {
    if !query.is_empty() {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(query);
    }
}

/// Which bytes stand in a URL as they are, whatever is around them; `%` is not among them.
const STAYS: [bool; 256] = {
    let mut stays = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        stays[byte as usize] = !matches!(byte, b'%' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
        byte += 1;
    }
    stays
};

/// Appends a URL, encoding only what may not stand in one (RFC 3986 §2): spaces, quotes, angle brackets, `%` that
/// encodes nothing, all beyond ASCII. What is encoded already, and what has a meaning in a URL, stays.
pub(crate) fn encode_url(url: &str, out: &mut String) {
    let bytes = url.as_bytes();
    let mut done = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if STAYS[usize::from(*byte)] {
            continue;
        }
        let encodes = *byte == b'%'
            && matches!(bytes.get(index + 1..index + 3), Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
        if !encodes {
            out.push_str(url.get(done..index).unwrap_or_default());
            let _ = write!(out, "%{byte:02X}");
            done = index + 1;
        }
    }
    out.push_str(url.get(done..).unwrap_or_default());
}

/// Whether this byte of a name or a value is encoded.
pub(crate) fn needs_encoding(byte: u8) -> bool {
    !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

/// Appends a name or a value of a query.
pub(crate) fn encode_component(text: &str, out: &mut String) {
    out.extend(utf8_percent_encode(text, COMPONENT));
}

/// Appends a name or a value of a form (`application/x-www-form-urlencoded`, WHATWG URL §5.2).
pub(crate) fn encode_form(text: &str, out: &mut String) {
    out.extend(url::form_urlencoded::byte_serialize(text.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(base: &str, url: &str, query: &str) -> Result<String, HttpError> {
        let origins = Origins::default();
        let base = Url::parse(base).unwrap();
        let base = Base { origin: origins.of(&base).unwrap(), path: base.path().trim_end_matches('/').into() };
        resolve(url, query, Some(&base), &origins, &mut String::new()).map(|target| target.url())
    }

    #[test]
    fn paths_come_after_the_base() {
        for (base, url, whole) in [
            ("http://a.test", "/x", "http://a.test/x"),
            ("http://a.test/", "/x", "http://a.test/x"),
            ("http://a.test", "x", "http://a.test/x"),
            ("http://a.test/api", "/x", "http://a.test/api/x"),
            ("http://a.test/api/", "x?y=1", "http://a.test/api/x?y=1"),
            ("http://a.test/api", "", "http://a.test/api"),
            ("http://a.test/api", "?y=1", "http://a.test/api?y=1"),
            ("http://a.test", "", "http://a.test/"),
            ("http://a.test", "?y", "http://a.test/?y"),
            ("http://a.test", "/x#part", "http://a.test/x"),
            ("http://a.test", "https://b.test:81/x?y", "https://b.test:81/x?y"),
            ("http://a.test", "HTTP://b.test", "http://b.test/"),
        ] {
            assert_eq!(resolved(base, url, "").unwrap(), whole, "{base} {url}");
        }
    }

    #[test]
    fn a_query_is_added_to_the_one_there_is() {
        assert_eq!(resolved("http://a.test", "/x", "a=1").unwrap(), "http://a.test/x?a=1");
        assert_eq!(resolved("http://a.test", "/x?b=2", "a=1").unwrap(), "http://a.test/x?b=2&a=1");
        assert_eq!(resolved("http://a.test", "https://b.test", "a=1").unwrap(), "https://b.test/?a=1");
    }

    #[test]
    fn only_what_may_not_stand_in_a_url_is_encoded() {
        let encoded = |text: &str| {
            let mut out = String::new();
            encode_url(text, &mut out);
            out
        };
        assert_eq!(encoded("/a b/ü?q=\"x\"&r=[1]"), "/a%20b/%C3%BC?q=%22x%22&r=[1]");
        assert_eq!(encoded("/a%20b/100%/%zz"), "/a%20b/100%25/%25zz");
        assert_eq!(encoded("/plain/path?x=1+2"), "/plain/path?x=1+2");
        assert_eq!(encoded("\n😀%"), "%0A%F0%9F%98%80%25");
    }

    #[test]
    fn components_are_encoded_whole() {
        let mut out = String::new();
        encode_component("a b&c=d/é%20", &mut out);
        assert_eq!(out, "a%20b%26c%3Dd%2F%C3%A9%2520");
        out.clear();
        encode_form("a b&c=d", &mut out);
        assert_eq!(out, "a+b%26c%3Dd");
    }

    #[test]
    fn a_url_that_cannot_be_is_told() {
        assert!(resolved("http://a.test", "http://", "").is_err());
        assert!(resolved("http://a.test", "http://me:pw@b.test/", "").unwrap_err().to_string().contains("basic_auth"));
        let origins = Origins::default();
        let error = resolve("/x", "", None, &origins, &mut String::new()).unwrap_err();
        assert!(error.to_string().contains("HttpProtocol::new"));
    }
}
