//! [`digest_auth()`]: user name and password, sent in response to a challenge (RFC 7616).

use std::cell::RefCell;
use std::fmt::Write;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, WWW_AUTHENTICATE};
use http_auth::parse_challenges;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::{Session, StepError};

use self::challenge::{Challenge, Request, parameter};
use super::secret::{Secret, rendered};
use super::{Answered, Auth, AuthContext, AuthKey, AuthRequest, AuthResponse, Authenticator};
use crate::text::text_of;

mod challenge;

/// Digest authentication (RFC 7616); see also [`HttpRequest::digest_auth`](crate::HttpRequest::digest_auth) and
/// [`HttpProtocol::digest_auth`](crate::HttpProtocol::digest_auth).
///
/// The first request of a user to an origin is challenged: it is sent without credentials, rejected with 401 (counted as
/// `name Challenge`), and sent again. The nonce of the challenge is then used, with an increasing count, for all requests of
/// the user to that origin, until the server calls it stale or sends another one (`Authentication-Info`).
///
/// Supported are MD5, SHA-256 and SHA-512-256 with their `-sess` variants, the qualities of protection `auth` and `auth-int`,
/// hashed user names, and RFC 2069 challenges. If a server sends several challenges, the first supported one is used.
///
/// ```
/// use loadspiker_http::HttpProtocol;
/// use loadspiker_http::auth::digest_auth;
///
/// let intranet = HttpProtocol::new("http://intranet.test").auth(digest_auth("#{user}", "#{password}"));
/// # let _ = intranet;
/// ```
pub fn digest_auth(user: impl IntoText, password: impl IntoText) -> DigestAuth {
    DigestAuth { user: user.into_text(), password: Secret::new(password) }
}

/// Digest authentication. Created by [`digest_auth()`].
#[derive(Clone, Debug)]
pub struct DigestAuth {
    user: TextArg,
    password: Secret,
}

impl Auth for DigestAuth {
    fn name(&self) -> &'static str {
        "digest"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        Box::new(Digest { user: self.user.compile(cx), password: self.password.compile(cx) })
    }
}

struct Digest {
    user: CompiledText,
    password: CompiledText,
}

/// The challenges that a user has met, whichever request met them, as in a browser.
const MET: AuthKey = AuthKey::named("digest");

#[derive(Default)]
struct Met(RefCell<Vec<Known>>);

/// A challenge that is being answered.
struct Known {
    origin: String,
    user: String,
    challenge: Challenge,
}

impl Authenticator for Digest {
    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let met = cx.user_state::<Met>(&MET);
        let mut met = met.0.borrow_mut();
        if met.is_empty() {
            return Ok(());
        }
        let (origin, user) = (request.origin(), rendered(&self.user, cx.session())?);
        let Some(known) = met.iter_mut().find(|met| met.origin == origin && met.user == user) else {
            return Ok(());
        };
        let password = rendered(&self.password, cx.session())?;
        let credentials = known.challenge.answer(&Request {
            user: &user,
            password: &password,
            method: request.method().as_str(),
            uri: request.path_and_query(),
            body: request.body(),
            client_nonce: &client_nonce(cx.session()),
        });
        request.set_header(AUTHORIZATION.as_str(), &credentials)
    }

    fn answered(&self, response: &AuthResponse<'_>, cx: &mut AuthContext<'_>) -> Result<Answered, StepError> {
        let (origin, user) = (response.origin(), rendered(&self.user, cx.session())?);
        let met = cx.user_state::<Met>(&MET);
        let mut met = met.0.borrow_mut();
        let known = met.iter().position(|met| met.origin == origin && met.user == user);
        if response.status() != 401 {
            if let Some(known) = known
                && let Some(nonce) = next_nonce(response.headers())
            {
                met[known].challenge.renew(nonce);
            }
            return Ok(Answered::Accept);
        }
        let challenge = first_known(response.headers())?;
        // An answer to a challenge that is not stale is refused because of the user name or the password.
        let refused = response.attempt() > 0 && !challenge.stale;
        if let Some(known) = known {
            met.swap_remove(known);
        }
        if refused {
            return Ok(Answered::Accept);
        }
        met.push(Known { origin, user, challenge });
        Ok(Answered::SendAgain)
    }
}

/// The first challenge that can be answered.
fn first_known(headers: &HeaderMap) -> Result<Challenge, StepError> {
    let mut offered = Vec::new();
    for text in headers.get_all(WWW_AUTHENTICATE).iter().map(text_of) {
        for challenge in parse_challenges(&text).unwrap_or_default() {
            if !challenge.scheme.eq_ignore_ascii_case("digest") {
                offered.push(challenge.scheme.to_owned());
                continue;
            }
            match Challenge::read(&challenge) {
                Ok(challenge) => return Ok(challenge),
                Err(why) => offered.push(format!("Digest ({why})")),
            }
        }
    }
    offered.dedup();
    let offered = if offered.is_empty() { "no authentication scheme".to_owned() } else { offered.join(", ") };
    Err(StepError::new(format!("the server answered 401 and offers {offered}, but no supported digest")))
}

/// The nonce for the next request (RFC 7616 §3.5).
fn next_nonce(headers: &HeaderMap) -> Option<String> {
    let info = text_of(headers.get(HeaderName::from_static("authentication-info"))?);
    // Its parameters are written as those of a challenge.
    let info = format!("Digest {info}");
    parameter(parse_challenges(&info).ok()?.first()?, "nextnonce")
}

/// 64 bits in hexadecimal digits, from the user's own source, so that the same seed makes the same requests.
fn client_nonce(session: &Session) -> String {
    let mut nonce = String::new();
    let _ = write!(nonce, "{:016x}", session.random(|random| random.u64(..)));
    nonce
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (WWW_AUTHENTICATE, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_first_challenge_that_is_known_is_taken() {
        let sha = "Digest realm=\"a\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";
        let md5 = "Basic realm=\"a\", Digest realm=\"a\", nonce=\"m\", qop=\"auth\"";
        let nonce = |values: &[&'static str]| first_known(&headers(values)).unwrap().nonce().to_owned();
        assert_eq!(nonce(&[sha, md5]), "n");
        assert_eq!(nonce(&[md5, sha]), "m");
        let unknown = "Digest realm=\"a\", nonce=\"x\", qop=\"auth\", algorithm=FUTURE";
        assert_eq!(nonce(&[unknown, md5]), "m");
    }

    #[test]
    fn what_is_offered_instead_is_told() {
        let error = |values: &[&'static str]| first_known(&headers(values)).unwrap_err().to_string();
        assert_eq!(
            error(&["Basic realm=\"a\", Bearer"]),
            "the server answered 401 and offers Basic, Bearer, but no supported digest"
        );
        for (value, why) in [
            ("Digest realm=\"a\"", "Digest (without a nonce)"),
            ("Digest realm=\"a\", nonce=\"n\", algorithm=SHA9", "Digest (algorithm SHA9)"),
            ("Digest realm=\"a\", nonce=\"n\", qop=\"auth-conf\"", "Digest (qop auth-conf)"),
            ("Digest \"", "no authentication scheme"),
        ] {
            assert!(error(&[value]).contains(why), "{value}");
        }
        assert!(error(&[]).contains("offers no authentication scheme"));
    }

    #[test]
    fn the_next_nonce_is_found_among_other_parameters() {
        let found =
            |value| next_nonce(&[(HeaderName::from_static("authentication-info"), value)].into_iter().collect());
        let value = HeaderValue::from_static("rspauth=\"6629fae4\", nextnonce=\"a\\\"b\", qop=auth");
        assert_eq!(found(value).as_deref(), Some("a\"b"));
        assert_eq!(found(HeaderValue::from_static("qop=auth")), None);
        assert_eq!(found(HeaderValue::from_static("\"")), None);
    }
}
