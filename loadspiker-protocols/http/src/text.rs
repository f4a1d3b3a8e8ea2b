//! Header fields as texts, whatever bytes they hold, and the charset that they declare.

use std::borrow::Cow;
use std::sync::OnceLock;

use http::{HeaderMap, HeaderValue};
pub(crate) use loadspiker_net::http1::charset;

/// The text of a header field: UTF-8 if it is that, and otherwise ISO-8859-1, which fields could once hold (RFC 9110 §5.5).
pub(crate) fn text_of(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().map(|byte| char::from(*byte)).collect()),
    }
}

/// The texts of those fields that are not UTF-8, made when the first of them is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts(OnceLock<Box<[Box<str>]>>);

impl Texts {
    /// The values of a header, in order; the name is compared without regard to case. `headers` must always be the same.
    pub(crate) fn of<'a>(&'a self, headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
        let values = headers.get_all(name).iter();
        values.map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or_else(|_| self.other(headers, value)))
    }

    /// The text of this value among the headers.
    fn other(&self, headers: &HeaderMap, value: &HeaderValue) -> &str {
        let all = self.0.get_or_init(|| {
            let others = headers.values().filter(|value| std::str::from_utf8(value.as_bytes()).is_err());
            others.map(|value| text_of(value).into()).collect()
        });
        let text = text_of(value);
        all.iter().find(|known| ***known == *text).map_or("", |known| known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_beyond_ascii_are_texts() {
        let mut headers = HeaderMap::new();
        for value in ["plain", "gr\u{fc}n"] {
            headers.append("x-color", HeaderValue::from_str(value).unwrap());
        }
        for value in [&b"caf\xe9"[..], b"\xe0 la carte"] {
            headers.append("x-color", HeaderValue::from_bytes(value).unwrap());
        }
        headers.append("x-other", HeaderValue::from_bytes(b"\xff").unwrap());
        let texts = Texts::default();
        let all = |name| texts.of(&headers, name).collect::<Vec<_>>();
        assert_eq!(all("X-Color"), ["plain", "grün", "café", "à la carte"]);
        assert_eq!(all("x-other"), ["ÿ"]);
        assert_eq!(all("x-none"), [""; 0]);
    }
}
