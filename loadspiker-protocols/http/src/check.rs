//! [`HttpResponse`]: a response as checks see it, and the default check on the status.

use std::any::Any;
use std::cell::{OnceCell, RefCell};
use std::time::Duration;

use bytes::Bytes;
use cookie_store::CookieStore;
use http::{HeaderMap, StatusCode};
use loadspiker_core::check::{Response, Status};
use loadspiker_core::{Failure, FailureKind};

use crate::connection::Head;
use crate::cookie::Jar;
use crate::request::url::Target;
use crate::text::Texts;

/// A complete response. Custom extractors get it with [`Response::as_any`].
#[derive(Debug)]
pub struct HttpResponse {
    head: Head,
    pub(crate) body: Bytes,
    pub(crate) response_time: Duration,
    target: Target,
    url: OnceCell<String>,
    texts: Texts,
    /// What the user has in cookies after this response.
    cookies: Option<Jar>,
}

impl HttpResponse {
    pub(crate) fn new(head: Head, body: Bytes, response_time: Duration, target: Target, cookies: Option<Jar>) -> Self {
        HttpResponse { head, body, response_time, target, url: OnceCell::new(), texts: Texts::default(), cookies }
    }

    pub(crate) fn cookies(&self) -> Option<&RefCell<CookieStore>> {
        self.cookies.as_deref()
    }

    /// The head, when all else is done with.
    pub(crate) fn into_head(self) -> Head {
        self.head
    }

    /// The status.
    pub fn status_code(&self) -> StatusCode {
        self.head.status()
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        self.head.fields()
    }

    /// The decoded body. Empty if no check of the request needs it.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The URL the response came from, after redirects.
    pub fn url(&self) -> &str {
        self.url.get_or_init(|| self.target.url())
    }
}

impl Response for HttpResponse {
    fn status(&self) -> Option<Status<'_>> {
        Some(Status::Code(self.head.status().as_u16()))
    }

    fn header(&self, name: &str) -> Vec<&str> {
        self.texts.of(self.headers(), name).collect()
    }

    fn charset(&self) -> Option<&str> {
        self.head.charset()
    }

    fn location(&self) -> Option<&str> {
        Some(self.url())
    }

    fn body(&self) -> &[u8] {
        &self.body
    }

    fn has_body(&self) -> bool {
        self.head.status() != StatusCode::NOT_MODIFIED
    }

    fn response_time(&self) -> Option<Duration> {
        Some(self.response_time)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What holds where no check looks at the status: 2xx and 304 pass.
pub(crate) fn implied(status: StatusCode) -> Result<(), Failure> {
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        Ok(())
    } else {
        Err(Failure::new(FailureKind::Status, format!("status is {}, expected 2xx or 304", status.as_u16())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_and_not_modified_pass() {
        for code in [200, 204, 299, 304] {
            assert_eq!(implied(StatusCode::from_u16(code).unwrap()), Ok(()));
        }
        for code in [101, 300, 302, 400, 503] {
            let message = format!("status is {code}, expected 2xx or 304");
            assert_eq!(implied(StatusCode::from_u16(code).unwrap()), Err(Failure::new(FailureKind::Status, message)));
        }
    }
}
