//! What an answer holds: its records, and where the next page is.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, LINK};
use loadspiker_core::feeder::Format;
use url::Url;

use crate::text::text_of;

/// How the records of an answer are written: as its content type says, or as they look.
///
/// # Errors
///
/// It is a page to look at, or another document, such as that of a login.
pub(super) fn format_of(headers: &HeaderMap, body: &[u8]) -> Result<Format, String> {
    let kind = headers.get(CONTENT_TYPE).map(text_of).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    Ok(match (kind.as_str(), body.trim_ascii_start().first()) {
        ("application/x-ndjson" | "application/jsonl" | "application/json-lines" | "application/x-jsonlines", _) => {
            Format::JsonLines
        }
        ("text/tab-separated-values", _) => Format::Separated('\t'),
        ("text/csv", _) => Format::Separated(','),
        (_, Some(b'[')) => Format::Json,
        (_, Some(b'{')) => Format::JsonLines,
        (kind, _) if kind.ends_with("/json") || kind.ends_with("+json") => Format::Json,
        (kind, Some(b'<')) => {
            let kind = if kind.is_empty() { "what looks like HTML" } else { kind };
            return Err(format!(
                "the service returned {kind}, not JSON or CSV; check the URL and what it requires, such as a \
                 token"
            ));
        }
        _ => Format::Separated(','),
    })
}

/// The URL of the next page, as RFC 8288 has it: `Link: <…>; rel="next"`.
pub(super) fn next_page(headers: &HeaderMap, here: &Url) -> Option<Url> {
    headers.get_all(LINK).iter().find_map(|value| {
        let value = text_of(value);
        let next = links_in(&value).into_iter().find(|(_, parameters)| is_next(parameters));
        next.and_then(|(target, _)| here.join(target).ok())
    })
}

/// The links of a header: each its target, and its parameters.
fn links_in(value: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else { break };
        // Up to the comma before the next target, which is in no quotation marks.
        let mut quoted = false;
        let end = after.find(|character| {
            quoted ^= character == '"';
            character == ',' && !quoted
        });
        let (parameters, next) = after.split_at(end.unwrap_or(after.len()));
        links.push((target, parameters));
        rest = next;
    }
    links
}

fn is_next(parameters: &str) -> bool {
    parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel") && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn next(link: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(LINK, HeaderValue::from_str(link).unwrap())]);
        next_page(&headers, &Url::parse("http://h/users?page=1").unwrap()).map(String::from)
    }

    #[test]
    fn the_next_page_is_found_among_other_links() {
        assert_eq!(next("<?page=2>; rel=next").as_deref(), Some("http://h/users?page=2"));
        let all = "<http://h/a,b>; rel=\"prev\"; title=\"x, y\", </users?page=3>; rel=\"last next\"";
        assert_eq!(next(all).as_deref(), Some("http://h/users?page=3"));
        assert_eq!(next("</x>; rel=prev"), None);
        assert_eq!(next("no link"), None);
    }

    #[test]
    fn the_content_type_says_how_records_are_written_or_else_they_do() {
        let of = |kind: &'static str, body: &str| {
            format_of(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]), body.as_bytes())
        };
        assert_eq!(of("text/csv; charset=utf-8", "[a\n1"), Ok(Format::Separated(',')));
        assert_eq!(of("application/x-ndjson", ""), Ok(Format::JsonLines));
        assert_eq!(of("application/json", " [{}]"), Ok(Format::Json));
        assert_eq!(of("application/json", "{\"a\":1}"), Ok(Format::JsonLines));
        assert_eq!(of("application/json", "null"), Ok(Format::Json));
        assert_eq!(of("text/plain", "a,b\n1,2"), Ok(Format::Separated(',')));
        assert_eq!(of("text/plain", "\u{feff}[{}]"), Ok(Format::Json));
        assert_eq!(of("text/csv", "<a>\n1"), Ok(Format::Separated(',')));
        let page = of("text/html; charset=utf-8", "\n<html>").unwrap_err();
        assert!(page.starts_with("the service returned text/html, not JSON or CSV; check the URL"), "{page}");
    }
}
