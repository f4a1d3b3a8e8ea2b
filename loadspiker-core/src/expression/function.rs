//! [`Function`]: the functions on a value, `#{name.upper()}`.

use std::borrow::Cow;
use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::html;
use crate::value::Value;

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Size,
    Random,
    Exists,
    IsUndefined,
    JsonStringify,
    HtmlEscape,
    HtmlUnescape,
    UrlEncode,
    Base64,
    Upper,
    Lower,
    Raw,
}

const ALL: [(&str, Function); 12] = [
    ("size", Function::Size),
    ("random", Function::Random),
    ("exists", Function::Exists),
    ("isUndefined", Function::IsUndefined),
    ("jsonStringify", Function::JsonStringify),
    ("htmlEscape", Function::HtmlEscape),
    ("htmlUnescape", Function::HtmlUnescape),
    ("urlEncode", Function::UrlEncode),
    ("base64", Function::Base64),
    ("upper", Function::Upper),
    ("lower", Function::Lower),
    ("raw", Function::Raw),
];

impl Function {
    pub(super) fn named(name: &str) -> Option<Function> {
        ALL.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }

    pub(super) fn name(self) -> &'static str {
        ALL.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    pub(super) fn names() -> [&'static str; ALL.len()] {
        ALL.map(|(name, _)| name)
    }

    /// Whether [`write`](Self::write) is its meaning.
    pub(super) fn writes_text(self) -> bool {
        use Function as F;
        matches!(
            self,
            F::JsonStringify | F::HtmlEscape | F::HtmlUnescape | F::UrlEncode | F::Base64 | F::Upper | F::Lower
        )
    }

    /// Appends the value in the form that this function gives it. Functions that give no text write it as it is.
    pub(super) fn write(self, value: &Value, out: &mut String) {
        match self {
            Function::JsonStringify => {
                // Writing into a String cannot fail.
                let _ = write!(out, "{}", value.to_json());
            }
            Function::HtmlEscape => html::escape(&text(value), out),
            Function::HtmlUnescape => html::unescape(&text(value), out),
            Function::UrlEncode => out.extend(utf8_percent_encode(&text(value), RESERVED)),
            Function::Base64 => match value {
                Value::Bytes(bytes) => BASE64_STANDARD.encode_string(bytes, out),
                other => BASE64_STANDARD.encode_string(text(other).as_bytes(), out),
            },
            Function::Upper => out.extend(text(value).chars().flat_map(char::to_uppercase)),
            // As a whole: the last sigma of a Greek word has a form of its own.
            Function::Lower => out.push_str(&text(value).to_lowercase()),
            Function::Size | Function::Random | Function::Exists | Function::IsUndefined | Function::Raw => {
                super::write_value(value, out);
            }
        }
    }
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}
