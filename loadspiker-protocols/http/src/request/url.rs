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

    /// The same in the form that the URL Standard gives it: `/b` for `/a/../b`.
    pub(crate) fn normalised(self) -> Self {
        let path = Url::parse(&self.url()).ok().and_then(|url| path_of(&url).ok());
        Target { path: path.unwrap_or(self.path), origin: self.origin }
    }
}

/// Whether a URL names its server itself.
pub(crate) fn is_absolute(url: &str) -> bool {
    let begins = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    begins("http://") || begins("https://")
}

/// The scheme of a URL of another protocol, such as `ws` of `ws://a.test`; `None` for paths, and for URLs of HTTP.
pub(crate) fn other_scheme(url: &str) -> Option<&str> {
    /// Behind these there need not be two slashes; behind those of HTTP there must be.
    const KNOWN: [&str; 12] =
        ["http", "https", "ws", "wss", "ftp", "file", "data", "blob", "about", "mailto", "tel", "javascript"];
    let (scheme, rest) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_known = || KNOWN.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    (is_scheme && !is_absolute(url) && (rest.starts_with("//") || is_known())).then_some(scheme)
}

/// What is wrong with a URL of such a scheme, and what to write.
pub(crate) fn not_http(scheme: &str) -> String {
    format!(
        "begins with {}: instead of http:// or https://; write one of these, or / to put it after the base URL",
        scheme.to_ascii_lowercase()
    )
}

/// Where `url` leads: it names its server, or it is a path after the base URL's, a slash between them. Either way its path
/// is left as it is written: what a value brings with it stays in its place, be it `..`. `query` is what comes to its own
/// query, encoded. `buffer` is overwritten.
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
        return Ok(Target { origin: origins.of(&url)?, path: path_after_server(buffer)? });
    }
    if !url.starts_with('/')
        && let Some(scheme) = other_scheme(url)
    {
        return Err(HttpError::Build(format!("URL {}", not_http(scheme))));
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
    Ok(Target { origin: base.origin.clone(), path: path(buffer)? })
}

/// Path and query of an absolute URL, as they are written.
fn path_after_server(url: &str) -> Result<PathAndQuery, HttpError> {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let rest = rest.trim_start_matches('/');
    match rest.find(['/', '?']).map(|at| &rest[at..]) {
        None => path("/"),
        Some(query) if query.starts_with('?') => path(&format!("/{query}")),
        Some(written) => path(written),
    }
}

fn path(text: &str) -> Result<PathAndQuery, HttpError> {
    PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(text.as_bytes()))
        .map_err(|_| HttpError::Build("URL has an invalid path".to_owned()))
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

/// Whether a URL is in the form that the URL Standard gives it: without segments such as `..`, and without `'`, which is
/// encoded in a query.
pub(crate) fn is_normal(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    let dots =
        ["/.", "/%2e"].iter().any(|dots| lower.contains(dots)) || lower.starts_with('.') || lower.starts_with("%2e");
    !dots && !lower.contains('\'')
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

    /// Of a URL that is the same for all.
    fn normalised(base: &str, url: &str) -> String {
        let origins = Origins::default();
        let base = Url::parse(base).unwrap();
        let base = Base { origin: origins.of(&base).unwrap(), path: base.path().trim_end_matches('/').into() };
        let target = resolve(url, "", Some(&base), &origins, &mut String::new()).unwrap();
        if is_normal(url) { target.url() } else { target.normalised().url() }
    }

    #[test]
    fn paths_are_treated_as_whole_urls_are() {
        for path in [
            "/a/../b",
            "/a/./b/.",
            "/a/%2E%2e/b",
            "/a/b/..",
            "/../../a",
            "/.hidden/..a/a..b/...",
            "/q?x='y'&z=/../w",
            "/it's",
            "/a//b/../c",
            "//a",
            "/a\\..\\b",
            "/a/..?x",
            "/ü/../é b",
            "?x=1",
            "",
        ] {
            let absolute = format!("http://a.test{path}");
            assert_eq!(normalised("http://a.test", path), Url::parse(&encoded(&absolute)).unwrap().as_str(), "{path}");
            assert_eq!(normalised("http://a.test", &absolute), normalised("http://a.test", path), "{path}");
            assert_eq!(resolved("http://a.test", &absolute, ""), resolved("http://a.test", path, ""), "{path}");
        }
        assert_eq!(normalised("http://a.test/api", "/x/../y"), "http://a.test/api/y");
        assert_eq!(normalised("http://a.test/api", "../x"), "http://a.test/x");
        assert_eq!(resolved("http://a.test", "/a/../b", "").unwrap(), "http://a.test/a/../b");
        assert_eq!(resolved("http://b.test", "http:///a.test//b?c", "").unwrap(), "http://a.test//b?c");
    }

    #[test]
    fn urls_of_other_protocols_are_told_from_paths() {
        for (url, scheme) in [
            ("ws://a.test/", Some("ws")),
            ("WSS://a.test", Some("WSS")),
            ("grpc+tls://a.test", Some("grpc+tls")),
            ("mailto:me@a.test", Some("mailto")),
            ("http:/a.test", Some("http")),
            ("https:a.test", Some("https")),
            ("http://a.test", None),
            ("HTTPS://a.test", None),
            ("/go?to=ws://a.test", None),
            ("go?to=ws://a.test", None),
            ("items:search", None),
            ("a/b:c", None),
            ("1a://b", None),
            ("", None),
        ] {
            assert_eq!(other_scheme(url), scheme, "{url}");
        }
        let error = resolved("http://a.test", "ws://b.test/x", "").unwrap_err().to_string();
        assert_eq!(
            error,
            "URL begins with ws: instead of http:// or https://; write one of these, or / to put it after the base URL"
        );
    }

    #[test]
    fn a_query_is_added_to_the_one_there_is() {
        assert_eq!(resolved("http://a.test", "/x", "a=1").unwrap(), "http://a.test/x?a=1");
        assert_eq!(resolved("http://a.test", "/x?b=2", "a=1").unwrap(), "http://a.test/x?b=2&a=1");
        assert_eq!(resolved("http://a.test", "https://b.test", "a=1").unwrap(), "https://b.test/?a=1");
    }

    fn encoded(text: &str) -> String {
        let mut out = String::new();
        encode_url(text, &mut out);
        out
    }

    #[test]
    fn only_what_may_not_stand_in_a_url_is_encoded() {
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
