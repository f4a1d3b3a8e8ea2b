//! What is not shown: secrets in URLs, and in whatever goes by a name. All crates that show such a text ask here.

mod url;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::shown::abbreviate;
use crate::value::Value;

pub use url::{masked_pairs, masked_url, masked_url_with};

/// What stands in the place of a secret.
pub const MASK: &str = "•••";

/// Whether what goes by this name (a header, a field, a parameter, an attribute, a check) should not be shown. All code
/// that shows a value next to a name asks this function. Secret are names
///
/// * with `password`, `passwd`, `passphrase`, `passcode`, `token`, `secret`, `apikey`, `accesskey`, `privatekey`,
///   `credential`, `signature`, `verifier`, `assertion`, `devicecode`, `usercode`, `authorization`, `sessionid` or
///   `sessid` in them, whatever their case, and with or without `-`, `_` and spaces;
/// * of which one word is `auth`, `bearer`, `cookie`, `csrf`, `cvc`, `cvv`, `jwt`, `otp`, `pass`, `pin`, `pwd`, `session`,
///   `sid`, `sig`, `totp` or `xsrf`: `x-session`, `userPin` and `set-cookie`, but not `shipping`.
pub fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 18] = [
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "token",
        "secret",
        "apikey",
        "accesskey",
        "privatekey",
        "credential",
        "signature",
        "verifier",
        "assertion",
        "devicecode",
        "usercode",
        "authorization",
        "sessionid",
        "sessid",
    ];
    const WORDS: [&str; 16] = [
        "auth", "bearer", "cookie", "csrf", "cvc", "cvv", "jwt", "otp", "pass", "pin", "pwd", "session", "sid", "sig",
        "totp", "xsrf",
    ];
    let plain = plain(name);
    PARTS.iter().any(|part| plain.contains(part)) || words(name).any(|word| WORDS.contains(&&*word))
}

/// The words of a name, in lower case: those of `x-userPin` are `x`, `user` and `pin`.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || was_lower && c.is_uppercase() {
            words.push(String::new());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.into_iter().filter(|word| !word.is_empty())
}

/// A value as a message shows it next to its name: masked if the name is that of a secret, as are the entries of a map
/// with such names; abbreviated to 60 characters.
pub(crate) fn shown_value(name: &str, value: &Value) -> String {
    if is_secret_name(name) { MASK.to_owned() } else { shown(value) }
}

/// A value that goes by no name.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) if text.contains("://") => abbreviate(&masked_url(text)),
        Value::List(_) | Value::Map(_) => abbreviate(&without_secrets(value).to_string()),
        other => abbreviate(&other.to_string()),
    }
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let entry = |(name, value): (&Arc<str>, &Value)| {
                let value = if is_secret_name(name) { Value::from(MASK) } else { without_secrets(value) };
                (name.clone(), value)
            };
            Value::Map(Arc::new(map.iter().map(entry).collect()))
        }
        // No more than what is shown anyhow.
        Value::List(items) => Value::List(items.iter().take(60).map(without_secrets).collect()),
        other => other.clone(),
    }
}

/// Shorter secrets are not looked for: they are in too many texts that have nothing to do with them.
const SHORTEST: usize = 4;
/// Shorter ones are found only as words of their own.
const DISTINCT: usize = 8;

/// The text with [`MASK`] in place of these secrets, which may be encoded as in a URL or in JSON.
pub(crate) fn without<'a>(text: &'a str, mut secrets: Vec<Cow<'_, str>>) -> Cow<'a, str> {
    secrets.retain(|secret| secret.chars().nth(SHORTEST - 1).is_some());
    for index in 0..secrets.len() {
        if secrets[index].bytes().any(|byte| !byte.is_ascii_alphanumeric()) {
            let quoted = serde_json::Value::from(&*secrets[index]).to_string();
            let encoded = utf8_percent_encode(&secrets[index], NON_ALPHANUMERIC).to_string();
            let gentle = utf8_percent_encode(&secrets[index], UNRESERVED_KEPT).to_string();
            secrets.extend([quoted.trim_matches('"').to_owned(), encoded, gentle].map(Cow::from));
        }
    }
    // One may be the beginning of another.
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    let mut text = Cow::Borrowed(text);
    for secret in &secrets {
        if let Some(masked) = without_one(&text, secret) {
            text = Cow::Owned(masked);
        }
    }
    // A value that was abbreviated may end within a secret.
    for secret in &secrets {
        while let Some((from, to)) = cut_off(&text, secret) {
            text = Cow::Owned(format!("{}{MASK}{}", &text[..from], &text[to..]));
        }
    }
    text
}

/// Where the beginning of a secret stands before an ellipsis.
fn cut_off(text: &str, secret: &str) -> Option<(usize, usize)> {
    text.match_indices('…').find_map(|(end, _)| {
        let beginnings = secret.char_indices().skip(SHORTEST).map(|(length, _)| &secret[..length]);
        let longest = beginnings.filter(|beginning| text[..end].ends_with(beginning)).last()?;
        Some((end - longest.len(), end))
    })
}

/// Unreserved characters (RFC 3986 §2.3) stay as they are.
const UNRESERVED_KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn without_one(text: &str, secret: &str) -> Option<String> {
    let is_distinct = secret.chars().nth(DISTINCT - 1).is_some();
    let mut masked = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices(secret) {
        let end = at + secret.len();
        let before = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let behind = text[end..].chars().next().is_some_and(char::is_alphanumeric);
        if is_distinct || !(before || behind) {
            masked.push_str(&text[from..at]);
            masked.push_str(MASK);
            from = end;
        }
    }
    (from > 0).then(|| masked + &text[from..])
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '_', ' '], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_by_their_parts_and_words() {
        for name in [
            "set-cookie",
            "x-auth-token",
            "x-session",
            "passphrase",
            "pin",
            "userPin",
            "user_pin",
            "PIN",
            "PHPSESSID",
            "Authorization",
            "csrf",
            "X-XSRF-TOKEN",
            "otp",
            "client secret",
            "sid",
            "sessionId",
            "json_path $.access_token",
            "apiKey",
            "private_key",
            "cvv",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["shipping", "pinned", "author", "x-request-id", "user", "passed", "possession", "side", "obsession", ""]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn values_are_shown_unless_they_or_entries_of_theirs_go_by_the_name_of_a_secret() {
        let form = Value::from(serde_json::json!({ "csrf_token": "leak", "user": "ann", "more": [{ "pin": 1234 }] }));
        assert_eq!(shown_value("token", &Value::from("leak")), MASK);
        assert_eq!(shown_value("n", &Value::from("seen")), "seen");
        let text = shown_value("form", &form);
        assert!(!text.contains("leak") && !text.contains("1234") && text.contains("ann"), "{text}");
        assert_eq!(shown(&Value::from("http://me:pw@a.test/?token=x")), "http://•••@a.test/?token=•••");
    }

    #[test]
    fn known_secrets_are_masked_in_any_text_and_encoding() {
        let masked = |text, secrets: &[&'static str]| without(text, secrets.iter().copied().map(Cow::from).collect());
        assert_eq!(masked("bad secret s3cr3t+/x (again s3cr3t+/x)", &["s3cr3t+/x"]), "bad secret ••• (again •••)");
        assert_eq!(masked("?x=s3cr3t%2B%2Fx", &["s3cr3t+/x"]), "?x=•••");
        assert_eq!(masked(r#"{"x":"a\"bcd"}"#, &["a\"bcd"]), r#"{"x":"•••"}"#);
        assert_eq!(masked("longer than long", &["longer than", "longer"]), "••• long");
        assert_eq!(masked("test the latest, 1234 of 12345", &["test", "1234"]), "••• the latest, ••• of 12345");
        assert_eq!(
            masked("it was \"my s3cr3t…\"", &["s3cr3t-text"]),
            "it was \"my •••…\"",
            "cut off by an abbreviation"
        );
        assert_eq!(masked("404", &["404", "", "a"]), "404", "too short to be told from other texts");
        assert!(matches!(masked("nothing", &["secret"]), Cow::Borrowed(_)));
    }
}
