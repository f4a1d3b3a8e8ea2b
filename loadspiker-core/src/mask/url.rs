//! Secrets in URLs and in pairs of forms.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::{MASK, is_secret_name, plain};

/// Whether the value of this parameter of a URL should not be shown. What is called `key` in other places may be
/// anything; in a URL it lets somebody in.
fn is_secret_parameter(name: &str) -> bool {
    is_secret_name(name) || ["key", "pwd", "pass", "auth", "jwt", "sig"].contains(&&*plain(name))
}

/// A URL as it may be shown, in messages, plans and reports: [`MASK`] is in the place of
///
/// * the password before the host, and of the user name, too, where that may be a key itself: in `http` and `https`, and
///   where there is no password;
/// * the values of parameters, in query and fragment, whose name [is that of a secret](is_secret_name) or is `key`,
///   `pwd`, `pass`, `auth`, `jwt` or `sig`; and of `code`, beside a `state` or a `grant_type` (RFC 6749).
///
/// All else stays as it is written, expressions `#{…}` as well. The text need not be a URL that can be read: of one that
/// cannot, rather too much is masked.
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

/// [`masked_url`], where parameters for which `also_secret` says so are masked as well.
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

/// Pairs of a form (`application/x-www-form-urlencoded`), the values of those masked for whose names `is_secret` says so,
/// and of `code` beside a `state` or a `grant_type`.
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

/// Whether what stands behind the colon is no port, and so may be the beginning of a password.
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
