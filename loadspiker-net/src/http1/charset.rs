//! The charset that a `content-type` declares.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The charset that `content-type` declares, without quotation marks.
pub fn charset(headers: &HeaderMap) -> Option<&str> {
    charset_in(headers.get(CONTENT_TYPE)?.as_bytes())
}

/// The charset that the value of a `content-type` declares.
pub(crate) fn charset_in(content_type: &[u8]) -> Option<&str> {
    let parameters = std::str::from_utf8(content_type).ok()?.split(';').skip(1);
    let mut charsets = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']).trim())
    });
    charsets.find(|charset| !charset.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charset_is_found_among_the_parameters() {
        for (content_type, expected) in [
            ("text/html; charset=ISO-8859-1", Some("ISO-8859-1")),
            ("text/html;CharSet=\"utf-8\"", Some("utf-8")),
            ("multipart/mixed; boundary=x; charset = latin1 ; y=z", Some("latin1")),
            ("text/html; charset=", None),
            ("text/html", None),
            ("charset=latin1", None),
        ] {
            assert_eq!(charset_in(content_type.as_bytes()), expected, "{content_type}");
        }
    }
}
