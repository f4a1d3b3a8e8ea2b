//! [`jwt`]: signed JSON Web Tokens (RFC 7519). The crate `jsonwebtoken` encodes and signs them.

mod key;
mod provider;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, Header};
use loadspiker_core::FixedDuration;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, CompiledValue, IntoText, IntoValue, TextArg, ValueArg};
use loadspiker_core::protocol::ActionContext;
use loadspiker_core::{Moment, Session, StepError};
use serde_json::{Map, Value};

use self::key::SigningKey;
use crate::token::Lapse;
use crate::{AuthKey, AuthStates, Secret, rendered};

/// How long before its end a token is made anew: at most half its lifetime.
const RENEW_BEFORE: Duration = Duration::from_secs(30);

/// The signature algorithm (RFC 7518 §3, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256; the key is a secret.
    Hs256,
    /// HMAC with SHA-384; the key is a secret.
    Hs384,
    /// HMAC with SHA-512; the key is a secret.
    Hs512,
    /// RSA (PKCS #1 v1.5) with SHA-256.
    Rs256,
    /// RSA (PKCS #1 v1.5) with SHA-384.
    Rs384,
    /// RSA (PKCS #1 v1.5) with SHA-512.
    Rs512,
    /// RSA (PSS) with SHA-256.
    Ps256,
    /// RSA (PSS) with SHA-384.
    Ps384,
    /// RSA (PSS) with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl JwtAlgorithm {
    /// The name of the algorithm in the header of a token.
    pub fn name(self) -> &'static str {
        match self {
            JwtAlgorithm::Hs256 => "HS256",
            JwtAlgorithm::Hs384 => "HS384",
            JwtAlgorithm::Hs512 => "HS512",
            JwtAlgorithm::Rs256 => "RS256",
            JwtAlgorithm::Rs384 => "RS384",
            JwtAlgorithm::Rs512 => "RS512",
            JwtAlgorithm::Ps256 => "PS256",
            JwtAlgorithm::Ps384 => "PS384",
            JwtAlgorithm::Ps512 => "PS512",
            JwtAlgorithm::Es256 => "ES256",
            JwtAlgorithm::Es384 => "ES384",
            JwtAlgorithm::EdDsa => "EdDSA",
        }
    }

    /// As jsonwebtoken has it.
    fn of_library(self) -> Algorithm {
        match self {
            JwtAlgorithm::Hs256 => Algorithm::HS256,
            JwtAlgorithm::Hs384 => Algorithm::HS384,
            JwtAlgorithm::Hs512 => Algorithm::HS512,
            JwtAlgorithm::Rs256 => Algorithm::RS256,
            JwtAlgorithm::Rs384 => Algorithm::RS384,
            JwtAlgorithm::Rs512 => Algorithm::RS512,
            JwtAlgorithm::Ps256 => Algorithm::PS256,
            JwtAlgorithm::Ps384 => Algorithm::PS384,
            JwtAlgorithm::Ps512 => Algorithm::PS512,
            JwtAlgorithm::Es256 => Algorithm::ES256,
            JwtAlgorithm::Es384 => Algorithm::ES384,
            JwtAlgorithm::EdDsa => Algorithm::EdDSA,
        }
    }
}

impl fmt::Display for JwtAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A JSON Web Token (RFC 7519), signed by the user and sent as a bearer token. `key` is the secret for HMAC algorithms, and
/// otherwise a private key in PEM format (PKCS #8; for RSA also PKCS #1). It may contain expressions.
///
/// A token is reused until a claim changes or it is about to expire.
///
/// The crate `jsonwebtoken` signs tokens. It uses the crypto provider that the program has chosen, by a feature or with
/// `CryptoProvider::install_default`. If there is none, ring is installed for the process when the first key is read. To use
/// another provider, install it before.
///
/// ```
/// use loadspiker_auth::{JwtAlgorithm, jwt};
/// use loadspiker_core::DurationExt;
///
/// let token = jwt(JwtAlgorithm::Hs256, "#{secret}")
///     .claim("sub", "#{user}")
///     .claim("roles", ["buyer", "reader"])
///     .expires_in(5.minutes());
/// # let _ = token;
/// ```
pub fn jwt(algorithm: JwtAlgorithm, key: impl IntoText) -> Jwt {
    Jwt::with(algorithm, KeySource::Text(Secret::new(key)))
}

/// Like [`jwt`], with the key in a file, which is read before the run. For a secret, line breaks at the end of the file are
/// ignored.
pub fn jwt_with_key_file(algorithm: JwtAlgorithm, path: impl Into<PathBuf>) -> Jwt {
    Jwt::with(algorithm, KeySource::File(path.into()))
}

/// A JSON Web Token. Created by [`jwt`].
#[derive(Clone, Debug)]
pub struct Jwt {
    state: AuthKey,
    algorithm: JwtAlgorithm,
    key: KeySource,
    header: Vec<(String, TextArg)>,
    claims: Vec<(String, ValueArg)>,
    lifetime: Option<Duration>,
}

#[derive(Clone, Debug)]
enum KeySource {
    Text(Secret),
    File(PathBuf),
}

impl Jwt {
    fn with(algorithm: JwtAlgorithm, key: KeySource) -> Self {
        Jwt { state: AuthKey::new(), algorithm, key, header: Vec::new(), claims: Vec::new(), lifetime: None }
    }

    /// Adds a claim. A text that is a single expression keeps the type of its value.
    pub fn claim(mut self, name: impl Into<String>, value: impl IntoValue) -> Self {
        self.claims.push((name.into(), value.into_value()));
        self
    }

    /// Adds a header parameter besides `alg` and `typ`, such as `kid`.
    pub fn header(mut self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.header.push((name.into(), value.into_text()));
        self
    }

    /// Adds the claims `iat`, the time of signing, and `exp`, this much later, in whole seconds. By default, a token has neither,
    /// and is signed once.
    pub fn expires_in(self, lifetime: impl FixedDuration) -> Self {
        Jwt { lifetime: Some(lifetime.fixed()), ..self }
    }
}

impl Jwt {
    /// Compiles the token for a request: parses expressions, and the key unless it contains any. Reports mistakes to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> JwtSigner {
        if self.header.iter().any(|(name, _)| name == "alg") {
            cx.mistake("jwt: header(\"alg\", …) conflicts with the algorithm passed to jwt(…); remove it");
        }
        if self.lifetime.is_some_and(|lifetime| lifetime.as_secs() == 0) {
            cx.mistake(
                "jwt: expires_in is less than a second, so every token has already expired; use a longer duration",
            );
        }
        let parse = |text: &[u8], cx: &mut CompileContext<'_>| match SigningKey::parse(self.algorithm, text) {
            Ok(key) => Key::Fixed(key),
            Err(mistake) => {
                cx.mistake(format!("jwt: {mistake}"));
                Key::None
            }
        };
        let key = match &self.key {
            KeySource::Text(text) => {
                let text = text.compile(cx);
                match text.as_literal() {
                    Some(literal) => parse(literal.as_bytes(), cx),
                    None => Key::Rendered(text),
                }
            }
            KeySource::File(path) => match std::fs::read(path) {
                Ok(text) => parse(text.trim_ascii_end(), cx),
                Err(error) => {
                    cx.mistake(format!("jwt: cannot read key file {}: {error}", path.display()));
                    Key::None
                }
            },
        };
        let signer = Signer {
            algorithm: self.algorithm,
            key,
            header: self.header.iter().map(|(name, value)| (name.clone(), value.compile(cx))).collect(),
            claims: self.claims.iter().map(|(name, value)| (name.clone(), value.compile(cx))).collect(),
            lifetime: self.lifetime,
        };
        JwtSigner { states: AuthStates::compile(cx), state: self.state.clone(), signer }
    }
}

enum Key {
    Fixed(SigningKey),
    Rendered(CompiledText),
    /// It was a mistake.
    None,
}

/// A compiled [`Jwt`], which signs tokens.
pub struct JwtSigner {
    states: AuthStates,
    state: AuthKey,
    signer: Signer,
}

/// What is signed, and how.
struct Signer {
    algorithm: JwtAlgorithm,
    key: Key,
    header: Vec<(String, CompiledText)>,
    claims: Vec<(String, CompiledValue)>,
    lifetime: Option<Duration>,
}

impl JwtSigner {
    /// The token of this user. The previous token is returned if it has the same claims and has not expired.
    ///
    /// # Errors
    ///
    /// An expression fails, or the user's key or a header parameter is not valid.
    pub fn token(&self, cx: &mut ActionContext) -> Result<String, StepError> {
        let signed: Rc<Signed> = self.states.of_user(cx, &self.state);
        self.signer.sign(&signed, cx.session(), cx.now())
    }

    /// Discards the token of this user, so that the next one is signed again.
    pub fn forget(&self, cx: &mut ActionContext) {
        *self.states.of_user::<Signed>(cx, &self.state).0.borrow_mut() = None;
    }
}

impl Signer {
    fn sign(&self, signed: &Signed, session: &Session, now: Moment) -> Result<String, StepError> {
        let key = match &self.key {
            Key::Rendered(text) => rendered(text, session)?,
            _ => String::new(),
        };
        let mut header = Map::new();
        header.insert("alg".to_owned(), self.algorithm.name().into());
        header.insert("typ".to_owned(), "JWT".into());
        for (name, value) in &self.header {
            header.insert(name.clone(), rendered(value, session)?.into());
        }
        let mut claims = Map::new();
        for (name, value) in &self.claims {
            claims.insert(name.clone(), value.get(session)?.to_json());
        }
        let of = format!("{}{}{key}", Value::Object(header.clone()), Value::Object(claims.clone()));
        if let Some(made) = &*signed.0.borrow()
            && made.of == of
            && made.lapse.is_none_or(|lapse| lapse.is_fresh(now))
        {
            return Ok(made.token.clone());
        }
        let lapse = self.lifetime.map(|lifetime| {
            let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            claims.entry("iat").or_insert_with(|| seconds.into());
            claims.entry("exp").or_insert_with(|| (seconds + lifetime.as_secs()).into());
            Lapse::after(now, lifetime, RENEW_BEFORE)
        });
        let key = match &self.key {
            Key::Fixed(key) => Cow::Borrowed(key),
            _ => Cow::Owned(SigningKey::parse(self.algorithm, key.as_bytes())?),
        };
        let token = compact(header, &claims, &key)?;
        *signed.0.borrow_mut() = Some(Made { of, token: token.clone(), lapse });
        Ok(token)
    }
}

/// The token of a user.
#[derive(Default)]
struct Signed(RefCell<Option<Made>>);

struct Made {
    /// Header and claims but for the times, and the key if it is the user's own.
    of: String,
    token: String,
    lapse: Option<Lapse>,
}

/// A token in its compact form (RFC 7515 §7.1).
fn compact(header: Map<String, Value>, claims: &Map<String, Value>, key: &SigningKey) -> Result<String, StepError> {
    let header: Header = serde_json::from_value(Value::Object(header))
        .map_err(|error| StepError::new(format!("a parameter of the header is not valid: {error}")))?;
    let token = jsonwebtoken::encode(&header, claims, key.encoding_key());
    token.map_err(|error| StepError::new(format!("the token cannot be signed: {error}")))
}
