//! Masking of secrets in URLs and named values. All crates use it before they show such a text.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::shown::abbreviate;
use crate::value::Value;

/// The replacement for a secret.
pub const MASK: &str = "•••";

/// Whether the value of a header, a field, a parameter, an attribute or a check with this name must be masked. All code that
/// shows a value next to a name calls this function. A name is secret if
///
/// * it contains `password`, `passwd`, `passphrase`, `passcode`, `token`, `secret`, `apikey`, `accesskey`, `privatekey`,
///   `credential`, `signature`, `verifier`, `assertion`, `devicecode`, `usercode`, `authorization`, `sessionid` or
///   `sessid`, ignoring case, `-`, `_` and spaces; or
/// * one of its words is `auth`, `bearer`, `cookie`, `csrf`, `cvc`, `cvv`, `jwt`, `otp`, `pass`, `pin`, `pwd`, `session`,
///   `sid`, `sig`, `totp` or `xsrf`, as in `x-session`, `userPin` and `set-cookie`, but not in `shipping`.
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

/// Whether the value of this parameter of a URL should not be shown. What is called `key` in other places may be
/// anything; in a URL it lets somebody in.
fn is_secret_parameter(name: &str) -> bool {
    is_secret_name(name) || ["key", "pwd", "pass", "auth", "jwt", "sig"].contains(&&*plain(name))
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '_', ' '], "")
}

/// A URL for messages, plans and reports. [`MASK`] replaces
///
/// * the password before the host, and also the user name where it may be a key: in `http` and `https`, and if there is no
///   password;
/// * the values of parameters, in query and fragment, whose name [is secret](is_secret_name) or is `key`, `pwd`, `pass`,
///   `auth`, `jwt` or `sig`; and of `code`, next to a `state` or a `grant_type` (RFC 6749).
///
/// Everything else is unchanged, including expressions `#{…}`. The text need not be a valid URL; if it is not, rather too much
/// is masked.
///
/// ```
/// use loadspiker_core::protocol::masked_url;
///
/// assert_eq!(masked_url("postgres://shop:s3cret@db/shop"), "postgres://shop:•••@db/shop");
/// assert_eq!(masked_url("https://s3cret@api.test/v1?page=2&api_key=s3cret"), "https://•••@api.test/v1?page=2&api_key=•••");
/// ```
pub fn masked_url(url: &str) -> String {
    masked_url_with(url, |_| false)
}

/// Like [`masked_url`], and also masks parameters for which `also_secret` returns true.
pub fn masked_url_with(url: &str, also_secret: impl Fn(&str) -> bool) -> String {
    let (mut shown, rest) = masked_user(url);
    let (before, fragment) = split(rest, fragment_mark(rest));
    let (place, query) = split(before, before.find('?'));
    shown.push_str(place);
    for (mark, pairs) in [('?', query), ('#', fragment)] {
        if let Some(pairs) = pairs {
            shown.push(mark);
            shown.push_str(&masked_pairs(pairs, |name| is_secret_parameter(name) || also_secret(name)));
        }
    }
    shown
}

/// Masks the values of form data (`application/x-www-form-urlencoded`) whose names are secret according to `is_secret`, and
/// of `code` next to a `state` or a `grant_type`.
pub fn masked_pairs(pairs: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let all = || pairs.split('&').map(|pair| (pair, decoded(pair.split_once('=').map_or(pair, |(name, _)| name))));
    // The code of an authorization is told from other codes by what stands beside it.
    let is_grant = all().any(|(_, name)| name == "grant_type" || name == "state");
    let masked = all().map(|(pair, name)| match pair.split_once('=') {
        Some((written, value))
            if (is_secret(&name) || is_grant && name == "code") && !value.is_empty() && !is_expression(value) =>
        {
            Cow::from(format!("{written}={MASK}"))
        }
        _ => Cow::from(pair),
    });
    masked.collect::<Vec<_>>().join("&")
}

/// The beginning of a URL with its user masked, and what follows, from the `@` on; all follows if there is no user.
fn masked_user(url: &str) -> (String, &str) {
    let Some((scheme, rest)) = url.split_once("://") else {
        // No URL, or one that is written wrong: of what is before an @ only the scheme is surely no secret.
        let place = &url[..url.find(['?', '#']).unwrap_or(url.len())];
        let Some(at) = place.rfind('@') else { return (String::new(), url) };
        let scheme = url[..at].split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let scheme = if is_scheme { format!("{scheme}:") } else { String::new() };
        return (scheme + MASK, &url[at..]);
    };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let end = [rest.find(['/', '?']), fragment_mark(rest)].into_iter().flatten().min().unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if let Some(at) = authority.rfind('@') {
        let user = authority[..at].split_once(':').filter(|_| !is_web).map(|(user, _)| format!("{user}:"));
        return (format!("{scheme}://{}{MASK}", user.unwrap_or_default()), &rest[at..]);
    }
    // A password may hold a slash or a question mark that should have been encoded.
    let path = &path[..path.find('?').unwrap_or(path.len())];
    match rest.rfind('@') {
        Some(at) if has_odd_port(authority) || !is_web && path.contains('@') => {
            (format!("{scheme}://{MASK}"), &rest[at..])
        }
        _ => (String::new(), url),
    }
}

/// Whether what follows the colon is not a port, and so may be the beginning of a password.
fn has_odd_port(authority: &str) -> bool {
    let after_address = match authority.strip_prefix('[') {
        Some(address) => address.rsplit_once(']').map_or(address, |(_, rest)| rest),
        None => authority,
    };
    after_address.split_once(':').is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Where the fragment begins; the `#` of an expression begins none.
fn fragment_mark(url: &str) -> Option<usize> {
    let mut marks = url.match_indices('#').map(|(at, _)| at);
    marks.find(|at| !url[at + 1..].starts_with('{'))
}

/// What is before the mark, and behind it.
fn split(text: &str, mark: Option<usize>) -> (&str, Option<&str>) {
    match mark {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn is_expression(value: &str) -> bool {
    value.starts_with("#{") && value.find('}') == Some(value.len() - 1)
}

fn decoded(name: &str) -> Cow<'_, str> {
    percent_decode_str(name).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn users_and_passwords_are_masked_wherever_they_stand() {
        for (url, shown) in [
            ("postgres://shop:s3cret@db:5432/shop", "postgres://shop:•••@db:5432/shop"),
            ("postgres://shop:a@b@db/shop", "postgres://shop:•••@db/shop"),
            ("mysql://shop:a/b@db/shop", "mysql://•••@db/shop"),
            ("mysql://shop:1/b@db/shop", "mysql://•••@db/shop"),
            ("mysql://shop:a?b@db/shop?x=1", "mysql://•••@db/shop?x=1"),
            ("mysql://shop:a#b@db/shop", "mysql://•••@db/shop"),
            ("amqp://s3cret@h/x", "amqp://•••@h/x"),
            ("https://user:s3cret@h/users", "https://•••@h/users"),
            ("https://s3cret@h/users", "https://•••@h/users"),
            ("https://user:s3/cret@h/users", "https://•••@h/users"),
            ("https://h:8080/@scope/p@1.2", "https://h:8080/@scope/p@1.2"),
            ("https://[::1]:80/@scope", "https://[::1]:80/@scope"),
            ("postgres//u:s3cret@h/x", "•••@h/x"),
            ("postgres:u:s3cret@h/x", "postgres:•••@h/x"),
            ("u:s3cret@h", "u:•••@h"),
        ] {
            assert_eq!(masked_url(url), shown, "{url}");
        }
    }

    #[test]
    fn parameters_are_masked_by_their_names() {
        for (url, shown) in [
            ("http://h/x?q=1&access_token=s3cret", "http://h/x?q=1&access_token=•••"),
            ("/x?q=%41+b&access%5Ftoken=s3cret&y", "/x?q=%41+b&access%5Ftoken=•••&y"),
            ("/x?key=s3cret&monkey=1", "/x?key=•••&monkey=1"),
            ("/x?X-Amz-Signature=s3cret", "/x?X-Amz-Signature=•••"),
            ("/cb?code=s3cret&state=1", "/cb?code=•••&state=1"),
            ("/x?code=usual", "/x?code=usual"),
            ("/cb#access_token=s3cret&x=1", "/cb#access_token=•••&x=1"),
            ("/x?token=", "/x?token="),
            ("postgres://db/shop?user=a&sslPassword=s3cret", "postgres://db/shop?user=a&sslPassword=•••"),
        ] {
            assert_eq!(masked_url(url), shown, "{url}");
        }
        assert_eq!(masked_url_with("/x?a=1&b=s3cret", |name| name == "b"), "/x?a=1&b=•••");
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is_written() {
        for url in [
            "",
            "/",
            "http://a.test:8080/x?y=1#part",
            "/x/#{id}?token=#{token}&page=#{page}",
            "#{url}/x?q=ü b",
            "sqlite:shop.db?mode=ro",
        ] {
            assert_eq!(masked_url(url), url);
        }
        assert_eq!(masked_url("/x?token=a#{token}"), "/x?token=•••", "only one expression alone is no secret");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"([a-z]|ü|://|https|:|@|/|\?|#|#\{|\}|&|=|token|%5F|%|\[|\]){0,14}"#) {
            masked_url(&text);
        }

        #[test]
        fn a_password_is_not_shown_whatever_is_in_it(
            before in r#"([a-z]|ü|/|\?|#|\{|\}|&|=|%|\[|\]){0,6}"#,
            after in r#"([a-z]|ü|@|/|\?|#|\{|\}|&|=|%|\[|\]){0,6}"#,
        ) {
            for scheme in ["postgres", "https"] {
                let url = format!("{scheme}://user:x{before}S3CRET{after}@host/x");
                let shown = masked_url(&url);
                prop_assert!(!shown.contains("S3CRET"), "{} is shown as {}", url, shown);
            }
        }
    }
}
