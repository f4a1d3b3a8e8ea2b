//! [`offer`]: what a server that answers 401 offers.

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// What the server says behind the name of this scheme, if it offers it.
pub(super) fn offer<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let values =
        headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
    values.flat_map(|value| value.split(',')).find_map(|offer| {
        let (offered, challenge) = offer.trim().split_once(' ').unwrap_or((offer.trim(), ""));
        offered.eq_ignore_ascii_case(scheme).then_some(challenge.trim())
    })
}
