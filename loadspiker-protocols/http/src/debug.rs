//! What `--debug` shows of requests and responses, with everything masked that should not be seen.

use std::fmt::Write;

use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, PROXY_AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use loadspiker_core::protocol::{MASK, is_secret_name, masked_pairs, masked_url, masked_url_with};

use crate::connection::Request;
use crate::request::url::Target;

/// How much of a body is shown.
const SHOWN: usize = 4096;

/// A request, as it is sent. `secrets` are parameters of its query that are secret whatever their names.
pub(crate) fn request(target: &Target, request: &Request, body: &[u8], secrets: &[String]) -> String {
    let url = target.origin.url() + request.path().as_str();
    let is_given = |name: &str| secrets.iter().any(|secret| secret == name);
    let mut text = format!("> {} {}\n", request.method(), masked_url_with(&url, is_given));
    add_headers('>', request.headers(), &mut text);
    add_body(body, request.headers(), &mut text);
    text
}

/// A response, its body decoded.
pub(crate) fn response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> String {
    let mut text = format!("< {status}\n");
    add_headers('<', headers, &mut text);
    add_body(body, headers, &mut text);
    text
}

fn add_headers(mark: char, headers: &HeaderMap, text: &mut String) {
    for (name, value) in headers {
        let shown = String::from_utf8_lossy(value.as_bytes());
        let _ = match is_secret_header(name, value) {
            true => writeln!(text, "{mark} {name}: {MASK}"),
            false if *name == LOCATION => writeln!(text, "{mark} {name}: {}", masked_url(&shown)),
            false => writeln!(text, "{mark} {name}: {shown}"),
        };
    }
}

fn is_secret_header(name: &HeaderName, value: &HeaderValue) -> bool {
    let known = matches!(*name, AUTHORIZATION | PROXY_AUTHORIZATION | COOKIE | SET_COOKIE);
    known || value.is_sensitive() || is_secret_name(name.as_str())
}

fn add_body(body: &[u8], headers: &HeaderMap, text: &mut String) {
    if body.is_empty() {
        return;
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let masked = if content_type.starts_with("application/x-www-form-urlencoded") {
        masked_pairs(&String::from_utf8_lossy(body), is_secret_name)
    } else if content_type.starts_with("multipart/") {
        masked_parts(&String::from_utf8_lossy(body))
    } else if let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(body) {
        // What is no JSON by its type may be by its content.
        match mask_json(&mut json) {
            true => json.to_string(),
            false => String::from_utf8_lossy(body).into_owned(),
        }
    } else {
        masked_text(&String::from_utf8_lossy(body))
    };
    let shown = masked.char_indices().map(|(at, _)| at).find(|at| *at >= SHOWN).unwrap_or(masked.len());
    text.push_str(&masked[..shown]);
    if shown < masked.len() {
        let _ = write!(text, "… ({} bytes in all)", body.len());
    }
    text.push('\n');
}

/// Masks what goes by the name of a secret in a text that is nothing better known: elements of XML, attributes `value`
/// and `content` of HTML beside a `name`, and lines of JSON.
fn masked_text(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    for line in body.split_inclusive('\n') {
        let json = serde_json::from_str::<serde_json::Value>(line).ok();
        match json.and_then(|mut json| mask_json(&mut json).then_some(json)) {
            Some(json) => {
                text.push_str(&json.to_string());
                text.push_str(if line.ends_with('\n') { "\n" } else { "" });
            }
            None => text.push_str(line),
        }
    }
    if text.contains('<') { masked_markup(&text) } else { text }
}

/// Masks elements and inputs with secret names.
fn masked_markup(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('>') else { break };
        let tag = &rest[at..=at + end];
        text.push_str(&masked_tag(tag));
        rest = &rest[at + end + 1..];
        let name = tag[1..].split(['>', ' ', '/', '\t', '\n', '\r']).next().unwrap_or_default();
        let local = name.rsplit(':').next().unwrap_or(name);
        let close = rest.find("</").unwrap_or(rest.len());
        // An element with nothing but text in it.
        if is_secret_name(local) && !tag.ends_with("/>") && close > 0 && !rest[..close].contains('<') {
            text.push_str(MASK);
            rest = &rest[close..];
        }
    }
    text + rest
}

/// Masks the value of an input whose name, or id, is that of a secret.
fn masked_tag(tag: &str) -> String {
    let attribute = |name: &str| {
        let (at, quote) =
            ['"', '\''].iter().find_map(|quote| Some((tag.find(&format!(" {name}={quote}"))?, *quote)))?;
        let begin = at + name.len() + 3;
        Some((begin, begin + tag[begin..].find(quote)?))
    };
    let named = [attribute("name"), attribute("id")].into_iter().flatten().any(|(a, b)| is_secret_name(&tag[a..b]));
    match [attribute("value"), attribute("content")].into_iter().flatten().next() {
        Some((begin, end)) if named && begin < end => format!("{}{MASK}{}", &tag[..begin], &tag[end..]),
        _ => tag.to_owned(),
    }
}

/// Masks secret fields wherever they are; whether there were any.
fn mask_json(json: &mut serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(fields) => {
            let mut found = false;
            for (name, value) in fields {
                if is_secret_name(name) {
                    *value = MASK.into();
                    found = true;
                } else {
                    found |= mask_json(value);
                }
            }
            found
        }
        serde_json::Value::Array(items) => items.iter_mut().fold(false, |found, item| mask_json(item) | found),
        _ => false,
    }
}

/// Masks the parts of a multipart body that go by a secret name.
fn masked_parts(body: &str) -> String {
    let mut text = String::new();
    let mut secret = false;
    let mut in_content = false;
    for line in body.split_inclusive("\r\n") {
        if line.starts_with("--") {
            (secret, in_content) = (false, false);
        } else if let Some((_, name)) = line.split_once("; name=\"") {
            secret = is_secret_name(name.split('"').next().unwrap_or_default());
        }
        if !(secret && in_content) {
            text.push_str(line);
        } else if !text.ends_with(&format!("{MASK}\r\n")) {
            let _ = write!(text, "{MASK}\r\n");
        }
        in_content |= line == "\r\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Method;

    use super::*;
    use crate::connection::RequestHead;
    use crate::origin::Origins;
    use crate::request::url::resolve;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    fn shown_body(content_type: &'static str, body: &str) -> String {
        response(StatusCode::OK, &headers(&[("content-type", content_type)]), body.as_bytes())
    }

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        let url = "http://a.test/x?q=1&access_token=leak1";
        let target = resolve(url, "", None, &Origins::default(), &mut String::new()).unwrap();
        let fields = headers(&[
            ("authorization", "Basic leak2"),
            ("cookie", "sid=leak3"),
            ("x-api-key", "leak4"),
            ("content-type", "application/json"),
            ("accept", "*/*"),
        ]);
        let head = RequestHead::new(Method::GET, target.path.clone(), fields);
        let mut sent = Request::new(head.into(), Bytes::new());
        let mut own = HeaderValue::from_static("leak5");
        own.set_sensitive(true);
        sent.headers_mut().insert("x-own", own);
        let body = br#"{"user":"ann","password":"leak6","deep":[{"refresh_token":"leak7"}]}"#;
        let text = request(&target, &sent, body, &[]);
        assert!(!text.contains("leak"), "{text}");
        for seen in ["> GET http://a.test/x?q=1&access_token=•••", "accept: */*", "\"user\":\"ann\""] {
            assert!(text.contains(seen), "{text}");
        }
        let received = response(StatusCode::OK, &headers(&[("set-cookie", "sid=leak8")]), b"{\"token\":\"leak9\"}");
        assert!(!received.contains("leak") && received.starts_with("< 200 OK\n"), "{received}");
    }

    #[test]
    fn forms_are_masked_and_others_left_as_they_are() {
        let form = "application/x-www-form-urlencoded";
        assert!(shown_body(form, "user=a+b&client_secret=leak").ends_with("user=a+b&client_secret=•••\n"));
        assert!(shown_body(form, "user=%41&x").ends_with("\nuser=%41&x\n"));
        let parts = "--b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\nleak\r\nleak\r\n--b\r\ncontent-disposition: form-data; name=\"user\"\r\n\r\nann\r\n--b--\r\n";
        let shown = shown_body("multipart/form-data; boundary=b", parts);
        assert!(!shown.contains("leak") && shown.contains("ann"), "{shown}");
        assert!(shown_body("text/plain", "just text").ends_with("\njust text\n"));
        assert!(shown_body("application/json", "{ \"a\" : 1 }").ends_with("\n{ \"a\" : 1 }\n"));
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        let shown = shown_body("text/plain", &"ü".repeat(5000));
        assert!(shown.ends_with("… (10000 bytes in all)\n"));
        assert_eq!(shown.matches('ü').count(), SHOWN / 2);
    }
}
