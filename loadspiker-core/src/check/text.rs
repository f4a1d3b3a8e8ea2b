//! [`decode_text`]: the text that a body holds, whatever its character encoding.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How far into a document its own declaration is looked for, as browsers do (HTML Standard, §13.2.3.2).
const PRESCAN: usize = 1024;

/// Decodes `body` as text. If it is UTF-8, the bytes are borrowed.
///
/// The encoding is the first of: a byte order mark, which is not part of the text; `charset`, if the protocol declares one
/// and it is a known label of the [Encoding Standard](https://encoding.spec.whatwg.org/#names-and-labels); the encoding
/// that the document declares in an XML declaration, or in a `<meta>` within its first 1024 bytes; UTF-8.
///
/// ```
/// use loadspiker_core::check::decode_text;
///
/// assert_eq!(decode_text(b"caf\xe9", Some("iso-8859-1")).unwrap(), "café");
/// assert_eq!(decode_text(b"<meta charset=latin1>caf\xe9", None).unwrap(), "<meta charset=latin1>café");
/// assert_eq!(decode_text(b"\xef\xbb\xbf{}", None).unwrap(), "{}");
/// assert!(decode_text(b"caf\xe9", None).is_err());
/// ```
///
/// # Errors
///
/// The reason why the body is not valid in that encoding, such as `it is not UTF-8`.
pub fn decode_text<'a>(body: &'a [u8], charset: Option<&str>) -> Result<Cow<'a, str>, String> {
    // Two bytes without a text behind them are more likely no text at all.
    let marked = Encoding::for_bom(body).filter(|(encoding, mark)| *encoding == UTF_8 || body.len() > *mark);
    let (encoding, mark) = match marked {
        Some(marked) => marked,
        None => match charset {
            Some(label) => match Encoding::for_label(label.as_bytes()) {
                Some(encoding) => (encoding, 0),
                // Most texts are UTF-8, whatever they are called.
                None if std::str::from_utf8(body).is_ok() => (UTF_8, 0),
                None => return Err(format!("its charset \"{label}\" is not known, and it is not UTF-8")),
            },
            None => (declared(body).unwrap_or(UTF_8), 0),
        },
    };
    let text = &body[mark..];
    if encoding == UTF_8 {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| "it is not UTF-8".to_owned());
    }
    let decoded = encoding.decode_without_bom_handling_and_without_replacement(text);
    decoded.ok_or_else(|| format!("it is not {}, as it declares", encoding.name()))
}

/// The encoding that an XML or HTML document declares itself.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let start = &body[..body.len().min(PRESCAN)];
    match start {
        // `<?` (XML 1.0, appendix F).
        [b'<', 0, b'?', 0, ..] => return Some(UTF_16LE),
        [0, b'<', 0, b'?', ..] => return Some(UTF_16BE),
        _ => {}
    }
    if start.trim_ascii_start().first() != Some(&b'<') {
        return None;
    }
    let start = String::from_utf8_lossy(start).to_ascii_lowercase();
    let label = of_xml(&start).or_else(|| of_html(&start))?;
    // Who could read the declaration reads no UTF-16: then it means UTF-8.
    Encoding::for_label(label.as_bytes()).map(Encoding::output_encoding)
}

/// `<?xml version="1.0" encoding="iso-8859-1"?>`
fn of_xml(start: &str) -> Option<&str> {
    let (declaration, _) = start.strip_prefix("<?xml")?.split_once("?>")?;
    assigned(declaration, "encoding")
}

/// `<meta charset="iso-8859-1">`, or `<meta http-equiv="content-type" content="text/html; charset=iso-8859-1">`.
fn of_html(start: &str) -> Option<&str> {
    let mut rest = start;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->")?.1;
            continue;
        }
        let tag = rest.split('>').next().unwrap_or_default();
        let is_meta =
            tag.strip_prefix("<meta").is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\r', '\u{c}', '/']));
        if is_meta && let Some(label) = assigned(tag, "charset") {
            return Some(label);
        }
        rest = &rest[1..];
    }
    None
}

/// What stands behind `name =`, with quotation marks around it or without.
fn assigned<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let values = text.split(name).skip(1).filter_map(|rest| rest.trim_ascii_start().strip_prefix('='));
    let mut labels = values.map(|value| {
        let value = value.trim_ascii_start().trim_start_matches(['"', '\'']);
        value
            .split(|c: char| matches!(c, '"' | '\'' | ';' | '/' | '?') || c.is_ascii_whitespace())
            .next()
            .unwrap_or_default()
    });
    labels.find(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &[u8], charset: Option<&str>) -> String {
        decode_text(body, charset).unwrap().into_owned()
    }

    #[test]
    fn a_declared_charset_is_honoured_under_all_its_names() {
        for charset in ["ISO-8859-1", "latin1", "windows-1252", "iso8859-1"] {
            assert_eq!(text(b"caf\xe9", Some(charset)), "café", "{charset}");
        }
        assert_eq!(text(b"\xa4", Some("iso-8859-15")), "€");
        assert_eq!(text(b"\x93\xfa\x96{", Some("Shift_JIS")), "日本");
        assert_eq!(text("日本".as_bytes(), Some("UTF8")), "日本");
        assert_eq!(text(b"h\0i\0", Some("utf-16")), "hi");
        assert_eq!(text(b"\0h\0i", Some("utf-16be")), "hi");
    }

    #[test]
    fn a_byte_order_mark_goes_before_what_is_declared_and_is_no_part_of_the_text() {
        assert_eq!(text(b"\xef\xbb\xbf{}", None), "{}");
        assert_eq!(text(b"\xef\xbb\xbf\xc3\xa9", Some("iso-8859-1")), "é");
        assert_eq!(text(b"\xff\xfeh\0i\0", None), "hi");
        assert_eq!(text(b"\xfe\xff\0h\0i", Some("utf-16le")), "hi");
    }

    #[test]
    fn a_document_may_declare_its_encoding_itself() {
        for document in [
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\u{e9}</a>",
            "<?xml version='1.0' encoding = 'latin1' standalone='yes'?><a>\u{e9}</a>",
            "<!DOCTYPE html><html><head><META CharSet=ISO-8859-1/><title>\u{e9}",
            "\n<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-1'>\u{e9}",
            "<!-- <meta charset=utf-8> --><meta name='x'><meta charset = \"latin1\">\u{e9}",
        ] {
            let latin: Vec<u8> = document.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
            assert_eq!(text(&latin, None), document);
            // What the protocol says goes before it.
            assert_eq!(text(document.as_bytes(), Some("utf-8")), document);
        }
        assert_eq!(text(b"<\0?\0x\0", None), "<?x");
        assert_eq!(text(b"\0<\0?\0x", None), "<?x");
        // It was read as ASCII, so it is not UTF-16.
        assert_eq!(text("<meta charset=utf-16>é".as_bytes(), None), "<meta charset=utf-16>é");
    }

    #[test]
    fn a_declaration_counts_only_where_one_can_stand() {
        for document in ["{\"x\": \"<meta charset=latin1>é\"}", "<p data-charset=latin1>é", "<metal charset=latin1>é"]
        {
            assert_eq!(text(document.as_bytes(), None), document);
        }
        let late = format!("<p>{}<meta charset=latin1>é", " ".repeat(PRESCAN));
        assert_eq!(text(late.as_bytes(), None), late);
    }

    #[test]
    fn what_is_not_in_its_encoding_is_told() {
        assert_eq!(decode_text(b"caf\xe9", None).unwrap_err(), "it is not UTF-8");
        assert_eq!(decode_text(b"\xff\xfe", None).unwrap_err(), "it is not UTF-8");
        assert_eq!(decode_text(b"\x81", Some("shift_jis")).unwrap_err(), "it is not Shift_JIS, as it declares");
        assert_eq!(text("é".as_bytes(), Some("klingon")), "é");
        let error = decode_text(b"\xe9", Some("klingon")).unwrap_err();
        assert_eq!(error, "its charset \"klingon\" is not known, and it is not UTF-8");
    }

    #[test]
    fn what_is_utf_8_is_not_copied() {
        for (body, charset) in [("é", None), ("é", Some("UTF-8")), ("\u{feff}é", None), ("<meta charset=utf-8>", None)]
        {
            assert!(matches!(decode_text(body.as_bytes(), charset), Ok(Cow::Borrowed(_))), "{body}");
        }
    }
}
