//! What an authorization server answers.

use std::fmt;
use std::time::Duration;

use loadspiker_core::StepError;
use loadspiker_core::protocol::varying;
use serde::Deserialize;
use serde_json::Value;

/// Why a server gives no token (RFC 6749 §5.2).
pub(super) struct Refusal {
    /// One of the standard's words, or what the status is.
    pub(super) error: String,
    description: String,
}

impl Refusal {
    /// The message to be counted. The description may be another each time.
    pub(super) fn message(&self) -> String {
        if self.description.is_empty() {
            return self.error.clone();
        }
        format!("{} ({})", self.error, varying(&self.description))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)?;
        if self.description.is_empty() { Ok(()) } else { write!(f, " ({})", self.description) }
    }
}

#[derive(Deserialize)]
struct ErrorReply {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Why there is no token in an answer; `None` if there may be one.
pub(super) fn refusal(status: u16, body: &[u8]) -> Option<Refusal> {
    if let Ok(reply) = serde_json::from_slice::<ErrorReply>(body) {
        // Further lines have identifiers and times in them, which make every error another one.
        let line = reply.error_description.lines().next().unwrap_or_default();
        return Some(Refusal { error: reply.error, description: line.chars().take(120).collect() });
    }
    let is_success = (200..300).contains(&status);
    (!is_success).then(|| Refusal { error: format!("status is {status}"), description: String::new() })
}

#[derive(Deserialize)]
struct RawToken {
    access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    /// A number of seconds; some servers send it as a text.
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    refresh_token: Option<String>,
}

/// A token, as it is answered (RFC 6749 §5.1).
pub(super) struct GrantedToken {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    /// Without one, the token is good until it is refused.
    pub(super) lifetime: Option<Duration>,
}

impl GrantedToken {
    pub(super) fn read(body: &[u8]) -> Result<Self, StepError> {
        let raw: RawToken = serde_json::from_slice(body)
            .map_err(|_| StepError::new("the response of the token endpoint is not JSON with an access_token"))?;
        if let Some(kind) = raw.token_type.filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(StepError::new(format!("the token is of type {kind}; only bearer tokens can be sent")));
        }
        Ok(GrantedToken { access: raw.access_token, refresh: raw.refresh_token, lifetime: seconds(&raw.expires_in) })
    }
}

#[derive(Deserialize)]
struct RawDevice {
    device_code: String,
    user_code: String,
    /// Google's name for it has an L in place of an I.
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    interval: Value,
}

/// A device code, as it is answered (RFC 8628 §3.2).
pub(super) struct DeviceReply {
    pub(super) device_code: String,
    #[cfg_attr(not(feature = "login"), expect(dead_code, reason = "only users who log in at a page need it"))]
    pub(super) user_code: String,
    /// With the user's code in it, if the server offers that.
    #[cfg_attr(not(feature = "login"), expect(dead_code, reason = "only users who log in at a page need it"))]
    pub(super) verification_uri: String,
    pub(super) lifetime: Duration,
    pub(super) interval: Duration,
}

impl DeviceReply {
    pub(super) fn read(body: &[u8]) -> Result<Self, StepError> {
        let raw: RawDevice = serde_json::from_slice(body)
            .map_err(|_| StepError::new("the response of the device endpoint is not JSON with a device_code"))?;
        Ok(DeviceReply {
            device_code: raw.device_code,
            user_code: raw.user_code,
            verification_uri: raw.verification_uri_complete.unwrap_or(raw.verification_uri),
            lifetime: seconds(&raw.expires_in).unwrap_or(Duration::from_secs(600)),
            interval: seconds(&raw.interval).unwrap_or(Duration::from_secs(5)),
        })
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_short_and_the_same_for_the_same_cause() {
        let text = |status, body: &str| refusal(status, body.as_bytes()).map(|refusal| refusal.to_string());
        assert_eq!(text(400, r#"{"error":"invalid_grant"}"#).as_deref(), Some("invalid_grant"));
        let long = r#"{"error":"invalid_client","error_description":"bad secret\r\nTrace ID: 1234"}"#;
        assert_eq!(text(401, long).as_deref(), Some("invalid_client (bad secret)"));
        assert_eq!(text(200, r#"{"error":"access_denied"}"#).as_deref(), Some("access_denied"));
        assert_eq!(text(503, "<h1>down</h1>").as_deref(), Some("status is 503"));
        assert_eq!(text(200, r#"{"access_token":"a"}"#), None);
    }

    #[test]
    fn tokens_are_read_as_servers_write_them() {
        let read = |body: &str| GrantedToken::read(body.as_bytes());
        for (body, lifetime) in [
            (r#"{"access_token":"a","token_type":"Bearer","expires_in":3600}"#, Some(3600)),
            (r#"{"access_token":"a","token_type":"bearer","expires_in":"60"}"#, Some(60)),
            (r#"{"access_token":"a"}"#, None),
            (r#"{"access_token":"a","expires_in":-1}"#, None),
            (r#"{"access_token":"a","expires_in":null}"#, None),
        ] {
            assert_eq!(read(body).unwrap().lifetime, lifetime.map(Duration::from_secs), "{body}");
        }
        for (body, why) in [
            ("{}", "not JSON with an access_token"),
            ("<html>", "not JSON"),
            (r#"{"access_token":"a","token_type":"mac"}"#, "of type mac"),
        ] {
            assert!(read(body).err().unwrap().to_string().contains(why), "{body}");
        }
    }

    #[test]
    fn device_codes_have_defaults() {
        let body =
            r#"{"device_code":"d","user_code":"u","verification_uri":"https://id.test/device","expires_in":1800}"#;
        let reply = DeviceReply::read(body.as_bytes()).unwrap();
        assert_eq!((reply.interval.as_secs(), reply.lifetime.as_secs()), (5, 1800));
        assert!(DeviceReply::read(b"{}").is_err());
    }
}
