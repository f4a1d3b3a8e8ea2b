//! [`Challenge`]: what a server asks for, and the answer to it (RFC 7616 §3.3 and §3.4).

use std::fmt::Write;

use http_auth::ChallengeRef;
use md5::{Digest, Md5};
use ring::digest::{SHA256, SHA512_256, digest};

/// A challenge that can be answered.
#[derive(Clone, Debug)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    protection: Protection,
    userhash: bool,
    /// Whether the answer before was refused for nothing but the age of its nonce.
    pub(super) stale: bool,
    /// The answers given with this nonce.
    count: u32,
}

/// A name of [`ALGORITHMS`].
type Algorithm = &'static str;

/// How they are written in answers. The first is meant where none is named.
const ALGORITHMS: [Algorithm; 6] = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"];

/// What an answer vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    /// Method and URI, without a count, as before RFC 2617.
    Old,
    /// `auth`: method and URI.
    Auth,
    /// `auth-int`: the body, too.
    AuthInt,
}

/// The request that is answered with, and who sends it.
pub(super) struct Request<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    pub(super) method: &'a str,
    /// Path and query, as they are sent.
    pub(super) uri: &'a str,
    pub(super) body: &'a [u8],
    pub(super) client_nonce: &'a str,
}

impl Challenge {
    /// Reads the parameters of a challenge; says why it cannot be answered.
    pub(super) fn read(challenge: &ChallengeRef<'_>) -> Result<Self, String> {
        let needed = |name: &str| parameter(challenge, name).ok_or_else(|| format!("without a {name}"));
        let is_true = |name: &str| parameter(challenge, name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let protection = match parameter(challenge, "qop") {
            None => Protection::Old,
            Some(offered) => {
                let offers = |qop: &str| offered.split(',').any(|offer| offer.trim().eq_ignore_ascii_case(qop));
                match (offers("auth-int"), offers("auth")) {
                    (true, _) => Protection::AuthInt,
                    (false, true) => Protection::Auth,
                    (false, false) => return Err(format!("qop {offered}")),
                }
            }
        };
        let algorithm = match parameter(challenge, "algorithm") {
            None => ALGORITHMS[0],
            Some(name) => ALGORITHMS
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(&name))
                .ok_or_else(|| format!("algorithm {name}"))?,
        };
        Ok(Challenge {
            realm: needed("realm")?,
            nonce: needed("nonce")?,
            opaque: parameter(challenge, "opaque"),
            algorithm,
            protection,
            userhash: is_true("userhash"),
            stale: is_true("stale"),
            count: 0,
        })
    }

    #[cfg(test)]
    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Goes on with a nonce that the server has sent for the next request.
    pub(super) fn renew(&mut self, nonce: String) {
        self.nonce = nonce;
        self.count = 0;
    }

    /// The credentials for a request, the value of `authorization`.
    pub(super) fn answer(&mut self, request: &Request<'_>) -> String {
        self.count = self.count.saturating_add(1);
        let (realm, nonce, algorithm) = (&self.realm, &self.nonce, self.algorithm);
        let Request { user, password, method, uri, body, client_nonce } = request;
        let hash = |text: &str| hash(algorithm, text.as_bytes());
        let mut secret = hash(&format!("{user}:{realm}:{password}"));
        if algorithm.ends_with("-sess") {
            secret = hash(&format!("{secret}:{nonce}:{client_nonce}"));
        }
        let vouched = match self.protection {
            Protection::AuthInt => hash(&format!("{method}:{uri}:{}", self::hash(algorithm, body))),
            Protection::Auth | Protection::Old => hash(&format!("{method}:{uri}")),
        };
        let count = format!("{:08x}", self.count);
        let response = match self.qop() {
            Some(qop) => hash(&format!("{secret}:{nonce}:{count}:{client_nonce}:{qop}:{vouched}")),
            None => hash(&format!("{secret}:{nonce}:{vouched}")),
        };
        let user = if self.userhash { hash(&format!("{user}:{realm}")) } else { (*user).to_owned() };
        let mut answer = format!("Digest username={}, realm={}", quoted(&user), quoted(realm));
        // Writing to a text cannot fail.
        let _ = write!(answer, ", nonce={}, uri={}", quoted(nonce), quoted(uri));
        if let Some(qop) = self.qop() {
            let _ = write!(answer, ", qop={qop}, nc={count}, cnonce={}", quoted(client_nonce));
        }
        let _ = write!(answer, ", response=\"{response}\"");
        if let Some(opaque) = &self.opaque {
            let _ = write!(answer, ", opaque={}", quoted(opaque));
        }
        if self.protection != Protection::Old || algorithm != ALGORITHMS[0] {
            let _ = write!(answer, ", algorithm={algorithm}");
        }
        answer.push_str(if self.userhash { ", userhash=true" } else { "" });
        answer
    }

    fn qop(&self) -> Option<&'static str> {
        match self.protection {
            Protection::Old => None,
            Protection::Auth => Some("auth"),
            Protection::AuthInt => Some("auth-int"),
        }
    }
}

/// A parameter of a challenge, as it is meant: without its quotes.
pub(super) fn parameter(challenge: &ChallengeRef<'_>, name: &str) -> Option<String> {
    let (_, value) = challenge.params.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    Some(value.to_unescaped())
}

/// As a quoted string (RFC 9110 §5.6.4).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Two digits in lower case for each byte.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hash in hexadecimal digits.
fn hash(algorithm: Algorithm, bytes: &[u8]) -> String {
    match algorithm.trim_end_matches("-sess") {
        "SHA-256" => hex(digest(&SHA256, bytes).as_ref()),
        "SHA-512-256" => hex(digest(&SHA512_256, bytes).as_ref()),
        _ => hex(&Md5::digest(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use http_auth::parse_challenges;

    use super::*;

    fn challenge(text: &str) -> Challenge {
        Challenge::read(&parse_challenges(text).unwrap()[0]).unwrap()
    }

    fn response(answer: &str) -> &str {
        answer.split("response=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    /// The request of the examples in RFC 7616 §3.9.1.
    const INDEX: Request<'static> = Request {
        user: "Mufasa",
        password: "Circle of Life",
        method: "GET",
        uri: "/dir/index.html",
        body: b"",
        client_nonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    };

    #[test]
    fn answers_are_those_of_the_standard() {
        for (algorithm, expected) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let mut challenge = challenge(&format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            ));
            assert_eq!(response(&challenge.answer(&INDEX)), expected, "{algorithm}");
        }
    }

    /// The example of RFC 2617 §3.5, and that of RFC 2069 §2.4 with the response that its errata give.
    #[test]
    fn answers_are_those_of_the_standards_before() {
        let request = Request { password: "Circle Of Life", client_nonce: "0a4f113b", ..INDEX };
        let offered = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let mut newer = challenge(&format!("{offered}, qop=\"auth\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""));
        assert_eq!(
            newer.answer(&request),
            "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
             uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\", \
             response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", algorithm=MD5"
        );
        let mut older = challenge(offered);
        let request = Request { password: "CircleOfLife", ..request };
        assert_eq!(response(&older.answer(&request)), "1949323746fe6a43ef61f9606e7febea");
        assert!(!older.answer(&request).contains("nc="));
    }

    #[test]
    fn answers_are_counted_for_each_nonce() {
        let mut challenge = challenge("Digest realm=\"a\", nonce=\"n\", qop=\"auth\"");
        assert!(challenge.answer(&INDEX).contains("nc=00000001"));
        assert!(challenge.answer(&INDEX).contains("nc=00000002"));
        challenge.renew("m".to_owned());
        assert!(challenge.answer(&INDEX).contains("nonce=\"m\", uri=\"/dir/index.html\", qop=auth, nc=00000001"));
    }

    #[test]
    fn quotes_in_names_are_escaped() {
        let mut challenge = challenge("Digest realm=\"the \\\"shop\\\"\", nonce=\"n\"");
        let answer = challenge.answer(&Request { user: "a\\b", ..INDEX });
        assert!(answer.starts_with("Digest username=\"a\\\\b\", realm=\"the \\\"shop\\\"\", "), "{answer}");
    }
}
