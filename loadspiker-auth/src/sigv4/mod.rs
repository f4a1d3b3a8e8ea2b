//! [`aws_sigv4`]: requests signed with AWS Signature Version 4.
//!
//! Written here on top of ring's HMAC, and tested against the suite that AWS publishes: the crate aws-sigv4 would bring
//! some thirty others, and moves on to a new Rust faster than this one does.

mod canonical;
#[cfg(test)]
mod tests;

use std::time::{SystemTime, UNIX_EPOCH};

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::{Session, StepError};
use ring::{digest, hmac};
use time::OffsetDateTime;

use self::canonical::{Canonical, Paths};
use crate::encode::hex;
use crate::{Secret, rendered};

/// Signs requests with AWS Signature Version 4, for a service in a region, with an access key. Signed are host, content type,
/// all headers `x-amz-…`, the query and the body. Also works for compatible servers such as MinIO.
///
/// For services whose name begins with `s3`, the header `x-amz-content-sha256` is sent as well, and paths are encoded as S3
/// requires. Other paths are normalized in the signature (`/a/../b` is `/b`).
///
/// ```
/// use loadspiker_auth::aws_sigv4;
///
/// let signed = aws_sigv4("eu-central-1", "s3", "#{env(AWS_ACCESS_KEY_ID)}", "#{env(AWS_SECRET_ACCESS_KEY)}");
/// # let _ = signed;
/// ```
pub fn aws_sigv4(
    region: impl IntoText,
    service: impl IntoText,
    access_key_id: impl IntoText,
    secret_access_key: impl IntoText,
) -> AwsSigV4 {
    AwsSigV4 {
        region: region.into_text(),
        service: service.into_text(),
        access_key_id: access_key_id.into_text(),
        secret_access_key: Secret::new(secret_access_key),
        session_token: None,
        unsigned_payload: false,
    }
}

/// AWS Signature Version 4. Created by [`aws_sigv4`].
#[derive(Clone, Debug)]
pub struct AwsSigV4 {
    region: TextArg,
    service: TextArg,
    access_key_id: TextArg,
    secret_access_key: Secret,
    session_token: Option<Secret>,
    unsigned_payload: bool,
}

impl AwsSigV4 {
    /// The token of temporary credentials, sent and signed as `x-amz-security-token`.
    pub fn session_token(self, token: impl IntoText) -> Self {
        AwsSigV4 { session_token: Some(Secret::new(token)), ..self }
    }

    /// Leaves the body out of the signature, which saves hashing it. S3 accepts that over TLS.
    pub fn unsigned_payload(self) -> Self {
        AwsSigV4 { unsigned_payload: true, ..self }
    }

    /// Compiles the mechanism for a request. Reports mistakes to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> SigV4Signer {
        SigV4Signer {
            region: self.region.compile(cx),
            service: self.service.compile(cx),
            access_key_id: self.access_key_id.compile(cx),
            secret_access_key: self.secret_access_key.compile(cx),
            session_token: self.session_token.as_ref().map(|token| token.compile(cx)),
            unsigned_payload: self.unsigned_payload,
        }
    }
}

/// A compiled [`AwsSigV4`], which signs requests.
pub struct SigV4Signer {
    region: CompiledText,
    service: CompiledText,
    access_key_id: CompiledText,
    secret_access_key: CompiledText,
    session_token: Option<CompiledText>,
    unsigned_payload: bool,
}

/// A request to be signed, as it will be sent.
#[derive(Debug)]
pub struct SigningRequest<'a> {
    /// The method, such as `GET`.
    pub method: &'a str,
    /// Path and query, percent-encoded.
    pub path_and_query: &'a str,
    /// The body; empty if there is none.
    pub body: &'a [u8],
}

impl SigV4Signer {
    /// The headers to add for the signature, with lowercase names. They replace headers of the same name. `headers` are the other
    /// headers of the request, including `host`; those that are not signed are skipped.
    ///
    /// # Errors
    ///
    /// An expression fails, or a signed header is not ASCII.
    pub fn sign<'h>(
        &self,
        request: &SigningRequest<'_>,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
        session: &Session,
    ) -> Result<Vec<(&'static str, String)>, StepError> {
        let access = Access {
            region: rendered(&self.region, session)?,
            service: rendered(&self.service, session)?,
            access_key_id: rendered(&self.access_key_id, session)?,
            secret_access_key: rendered(&self.secret_access_key, session)?,
            session_token: self.session_token.as_ref().map(|token| rendered(token, session)).transpose()?,
            unsigned_payload: self.unsigned_payload,
        };
        access.sign(Stamp::now(), request, headers)
    }
}

/// Who signs, and for which service.
struct Access {
    region: String,
    service: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    unsigned_payload: bool,
}

impl Access {
    fn sign<'h>(
        self,
        stamp: Stamp,
        request: &SigningRequest<'_>,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    ) -> Result<Vec<(&'static str, String)>, StepError> {
        let is_s3 = self.service.starts_with("s3");
        let payload = match self.unsigned_payload {
            true => "UNSIGNED-PAYLOAD".to_owned(),
            false => hex(digest::digest(&digest::SHA256, request.body).as_ref()),
        };
        let mut added = vec![("x-amz-date", stamp.time.clone())];
        added.extend(self.session_token.map(|token| ("x-amz-security-token", token)));
        if is_s3 || self.unsigned_payload {
            added.push(("x-amz-content-sha256", payload.clone()));
        }
        let mut signed: Vec<(String, String)> = Vec::new();
        for (name, value) in headers {
            let name = name.to_ascii_lowercase();
            let has_part = matches!(&*name, "host" | "content-type") || name.starts_with("x-amz-");
            if has_part && !added.iter().any(|(own, _)| *own == name) {
                let value = text_of(value).ok_or_else(|| {
                    StepError::new(format!("header \"{name}\" is not in ASCII, and cannot be signed"))
                })?;
                signed.push((name, value.to_owned()));
            }
        }
        signed.extend(added.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let paths = if is_s3 { Paths::OfS3 } else { Paths::Normalized };
        let canonical = Canonical::new(request.method, request.path_and_query, paths, &signed, &payload);
        let scope = Scope { stamp, region: self.region, service: self.service };
        let credentials = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
            self.access_key_id,
            scope.text(),
            canonical.signed_headers,
            scope.sign(&canonical, &self.secret_access_key),
        );
        added.push(("authorization", credentials));
        Ok(added)
    }
}

/// The value of a header, if it consists of visible ASCII characters, spaces and tabs.
fn text_of(value: &[u8]) -> Option<&str> {
    let is_text = value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    std::str::from_utf8(value).ok().filter(|_| is_text)
}

/// A time, as signatures have it.
struct Stamp {
    /// `20150830`
    date: String,
    /// `20150830T123600Z`
    time: String,
}

impl Stamp {
    fn now() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self::at(i64::try_from(seconds).unwrap_or_default())
    }

    /// So many seconds after 1970.
    fn at(seconds: i64) -> Self {
        let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let date = format!("{:04}{:02}{:02}", time.year(), u8::from(time.month()), time.day());
        let time = format!("{date}T{:02}{:02}{:02}Z", time.hour(), time.minute(), time.second());
        Stamp { date, time }
    }
}

/// What a signature is good for.
struct Scope {
    stamp: Stamp,
    region: String,
    service: String,
}

impl Scope {
    fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.stamp.date, self.region, self.service)
    }

    fn sign(&self, canonical: &Canonical, secret: &str) -> String {
        let request = hex(digest::digest(&digest::SHA256, canonical.text.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{}\n{}\n{request}", self.stamp.time, self.text());
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [self.stamp.date.as_str(), &self.region, &self.service, "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        hex(&hmac(&key, text.as_bytes()))
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}
