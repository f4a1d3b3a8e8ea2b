//! Encodings of texts: hexadecimal digits, and percent-encoding.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but RFC 3986's unreserved characters.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Two digits in lower case for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Appends a segment of a path, or a name or a value of a query.
pub(crate) fn encode_component(text: &str, out: &mut String) {
    out.extend(utf8_percent_encode(text, COMPONENT));
}
