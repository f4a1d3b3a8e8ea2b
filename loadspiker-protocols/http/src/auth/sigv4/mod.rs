//! [`aws_sigv4`]: requests signed as Amazon Web Services want it (Signature Version 4).
//!
//! Written here on top of ring's HMAC, and tested against the suite that AWS publishes: the crate aws-sigv4 would bring
//! some thirty others, and moves on to a new Rust faster than this one does.

mod canonical;
#[cfg(test)]
mod tests;

use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use loadspiker_core::StepError;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use ring::{digest, hmac};
use time::OffsetDateTime;

use self::canonical::{Canonical, Paths};
use super::hex::hex;
use super::secret::{Secret, rendered};
use super::{Auth, AuthContext, AuthRequest, Authenticator};

/// Signs requests with AWS Signature Version 4, for a service of a region and with an access key: host, content type,
/// all headers `x-amz-…`, the query and the body. Whatever else speaks this protocol, such as a MinIO server, is reached
/// in the same way.
///
/// For services whose name begins with `s3` the header `x-amz-content-sha256` is sent as well, and paths are encoded as
/// S3 wants it. Other paths are normalized in the signature (`/a/../b` is `/b`).
///
/// ```
/// use loadspiker_http::HttpProtocol;
/// use loadspiker_http::auth::aws_sigv4;
///
/// let signed = aws_sigv4("eu-central-1", "s3", "#{env(AWS_ACCESS_KEY_ID)}", "#{env(AWS_SECRET_ACCESS_KEY)}");
/// let bucket = HttpProtocol::new("https://bucket.s3.eu-central-1.amazonaws.com").auth(signed);
/// # let _ = bucket;
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

/// Signs requests with AWS Signature Version 4; made by [`aws_sigv4`].
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

    /// The body is not part of the signature, which saves hashing it. S3 accepts that over TLS.
    pub fn unsigned_payload(self) -> Self {
        AwsSigV4 { unsigned_payload: true, ..self }
    }
}

impl Auth for AwsSigV4 {
    fn name(&self) -> &'static str {
        "aws_sigv4"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        Box::new(Signer {
            region: self.region.compile(cx),
            service: self.service.compile(cx),
            access_key_id: self.access_key_id.compile(cx),
            secret_access_key: self.secret_access_key.compile(cx),
            session_token: self.session_token.as_ref().map(|token| token.compile(cx)),
            unsigned_payload: self.unsigned_payload,
        })
    }
}

struct Signer {
    region: CompiledText,
    service: CompiledText,
    access_key_id: CompiledText,
    secret_access_key: CompiledText,
    session_token: Option<CompiledText>,
    unsigned_payload: bool,
}

impl Authenticator for Signer {
    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let session = cx.session();
        let service = rendered(&self.service, session)?;
        let is_s3 = service.starts_with("s3");
        let stamp = Stamp::now();
        request.set_header("x-amz-date", &stamp.time)?;
        if let Some(token) = &self.session_token {
            request.set_header("x-amz-security-token", &rendered(token, session)?)?;
        }
        let payload = match self.unsigned_payload {
            true => "UNSIGNED-PAYLOAD".to_owned(),
            false => hex(digest::digest(&digest::SHA256, request.body()).as_ref()),
        };
        if is_s3 || self.unsigned_payload {
            request.set_header("x-amz-content-sha256", &payload)?;
        }
        let mut headers = Vec::new();
        for (name, value) in request.headers() {
            if *name == HOST || *name == CONTENT_TYPE || name.as_str().starts_with("x-amz-") {
                let value = value
                    .to_str()
                    .map_err(|_| StepError::new(format!("header \"{name}\" is not in ASCII, and cannot be signed")))?;
                headers.push((name.as_str().to_owned(), value.to_owned()));
            }
        }
        let canonical = Canonical::new(
            request.method().as_str(),
            request.path_and_query(),
            if is_s3 { Paths::OfS3 } else { Paths::Normalized },
            &headers,
            &payload,
        );
        let scope = Scope { stamp, region: rendered(&self.region, session)?, service };
        let signature = scope.sign(&canonical, &rendered(&self.secret_access_key, session)?);
        let credentials = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={signature}",
            rendered(&self.access_key_id, session)?,
            scope.text(),
            canonical.signed_headers
        );
        request.set_header(AUTHORIZATION.as_str(), &credentials)
    }
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
