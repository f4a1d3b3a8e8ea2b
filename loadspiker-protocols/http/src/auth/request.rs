//! [`AuthRequest`] and [`AuthResponse`]: a request to be authenticated, and the response to it.

use std::cell::RefCell;

use http::header::COOKIE;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use loadspiker_core::StepError;

use crate::carry::Carry;
use crate::connection::Request;
use crate::request::prepared::Hop;
use crate::request::url::encode_component;

/// A request that is about to be sent. What is added to it is masked in `--debug` output.
pub struct AuthRequest<'a> {
    request: &'a mut Request,
    hop: &'a Hop,
    carry: &'a mut Carry,
    /// Parameters of the query that must not be shown.
    secrets: &'a mut Vec<String>,
}

impl<'a> AuthRequest<'a> {
    pub(super) fn new(
        request: &'a mut Request,
        hop: &'a Hop,
        carry: &'a mut Carry,
        secrets: &'a mut Vec<String>,
    ) -> Self {
        AuthRequest { request, hop, carry, secrets }
    }

    /// The method.
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// Scheme, host and, unless it is the default, port: `https://shop.test`.
    pub fn origin(&self) -> String {
        self.hop.target.origin.url()
    }

    /// Path and query, percent-encoded, as sent.
    pub fn path_and_query(&self) -> &str {
        self.request.path().as_str()
    }

    /// All headers, except those derived from the body.
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The body; empty if there is none.
    pub fn body(&self) -> &[u8] {
        &self.hop.body
    }

    /// The note left for this attempt with [`AuthResponse::leave_note`]; `None` at the first attempt.
    pub fn note(&self) -> Option<&str> {
        self.carry.note()
    }

    /// Binds the connection to this account: it then only carries requests that are bound to the same account, of any user. The
    /// request is sent over such a connection, or over one that is not bound yet. `account` must contain everything that
    /// distinguishes accounts, including the password; it is never shown.
    pub fn bind_connection(&mut self, account: &str) {
        self.carry.set_owner(account);
    }

    /// Sets a header, and replaces any header with the same name.
    ///
    /// # Errors
    ///
    /// The name is not a valid header name, or the value contains a line break or a control character.
    pub fn set_header(&mut self, name: &str, value: &str) -> Result<(), StepError> {
        let (name, value) = secret_header(name, value.as_bytes())?;
        self.request.headers_mut().insert(name, value);
        Ok(())
    }

    /// Adds a query parameter, percent-encoded.
    ///
    /// # Errors
    ///
    /// The URL becomes too long.
    pub fn add_query(&mut self, name: &str, value: &str) -> Result<(), StepError> {
        let mut path = self.path_and_query().to_owned();
        path.push(if path.contains('?') { '&' } else { '?' });
        encode_component(name, &mut path);
        path.push('=');
        encode_component(value, &mut path);
        let path = PathAndQuery::try_from(path).map_err(|_| StepError::new("the URL becomes too long"))?;
        *self.request.path_mut() = path;
        self.secrets.push(name.to_owned());
        Ok(())
    }

    /// Adds a cookie to the request. It is not stored with the user's cookies.
    ///
    /// # Errors
    ///
    /// The name or the value is not valid in a cookie.
    pub fn add_cookie(&mut self, name: &str, value: &str) -> Result<(), StepError> {
        if name.is_empty() || name.contains([';', '=', ' ', ',']) || value.contains([';', ' ', ',', '"']) {
            return Err(StepError::new(
                "a cookie cannot hold spaces, commas, quotes or ;, nor its name =; encode them",
            ));
        }
        let mut cookies = self.headers().get(COOKIE).map(|own| [own.as_bytes(), b"; "].concat()).unwrap_or_default();
        cookies.extend_from_slice(format!("{name}={value}").as_bytes());
        let (header, value) = secret_header(COOKIE.as_str(), &cookies)?;
        self.request.headers_mut().insert(header, value);
        Ok(())
    }
}

fn secret_header(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), StepError> {
    let wrong = |why: &str| StepError::new(format!("header \"{name}\": {why}"));
    let name = HeaderName::try_from(name).map_err(|_| wrong("this is not a valid header name"))?;
    let mut value =
        HeaderValue::from_bytes(value).map_err(|_| wrong("its value has a line break or a control character"))?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// The response to an authenticated request.
pub struct AuthResponse<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) hop: &'a Hop,
    pub(super) note: Option<&'a str>,
    pub(super) left: RefCell<Option<String>>,
}

impl AuthResponse<'_> {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.headers
    }

    /// Scheme, host and port of the server; see [`AuthRequest::origin`].
    pub fn origin(&self) -> String {
        self.hop.target.origin.url()
    }

    /// The URL of the request, without what was added to its query.
    pub fn url(&self) -> String {
        self.hop.target.url()
    }

    /// How often the request had been sent before, because of challenges.
    pub fn attempt(&self) -> u32 {
        u32::from(self.hop.challenges)
    }

    /// The note for this attempt; see [`AuthRequest::note`].
    pub fn note(&self) -> Option<&str> {
        self.note
    }

    /// Leaves a note for the next attempt of this request, if there is one, such as the state of a handshake.
    pub fn leave_note(&self, note: impl Into<String>) {
        self.left.replace(Some(note.into()));
    }
}
