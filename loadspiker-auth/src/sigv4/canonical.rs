//! [`Canonical`]: a request in the form in which it is signed.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::encode::encode_component;

/// A request in the form in which it is signed.
pub(super) struct Canonical {
    pub(super) text: String,
    /// The names of the headers in it, with `;` between them.
    pub(super) signed_headers: String,
}

/// What becomes of paths.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Paths {
    /// Without `.`, `..` and empty segments, and encoded once more.
    Normalized,
    /// As it is, encoded once more.
    #[cfg_attr(not(test), expect(dead_code, reason = "the published tests have it"))]
    AsTheyAre,
    /// As it is, encoded once in all.
    OfS3,
}

impl Canonical {
    pub(super) fn new(
        method: &str,
        path_and_query: &str,
        paths: Paths,
        headers: &[(String, String)],
        payload: &str,
    ) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let headers = canonical_headers(headers);
        let signed_headers = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let (path, query) = (canonical_path(path, paths), canonical_query(query));
        Canonical { text: format!("{method}\n{path}\n{query}\n{headers}\n{signed_headers}\n{payload}"), signed_headers }
    }
}

fn canonical_path(path: &str, paths: Paths) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let ends_open = matches!(path.rsplit('/').next(), Some("" | "." | ".."));
    for segment in path.strip_prefix('/').unwrap_or(path).split('/') {
        match segment {
            "" | "." if paths == Paths::Normalized => {}
            ".." if paths == Paths::Normalized => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let mut out = String::new();
    for segment in &segments {
        let segment = match paths {
            Paths::OfS3 => percent_decode_str(segment).decode_utf8_lossy(),
            _ => Cow::Borrowed(*segment),
        };
        out.push('/');
        encode_component(&segment, &mut out);
    }
    if out.is_empty() || paths == Paths::Normalized && ends_open {
        out.push('/');
    }
    out
}

/// Parameters in the order of their names and values, encoded.
fn canonical_query(query: &str) -> String {
    let encoded = |text: &str| {
        let mut out = String::new();
        encode_component(&percent_decode_str(text).decode_utf8_lossy(), &mut out);
        out
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Headers in the order of their names, white space reduced; several of one name are one, with commas.
fn canonical_headers(headers: &[(String, String)]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let name = name.to_ascii_lowercase();
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => all.push((name, value)),
        }
    }
    all.sort();
    all
}
