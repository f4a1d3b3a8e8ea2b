//! HTTP in the imperative style: [`UserHttp`] begins a request of a user, [`HttpRequest::send`] sends it, and [`HttpReply`] is
//! the response.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use loadspiker_core::StepError;
use loadspiker_core::check::decode_text;
use loadspiker_core::imperative::{Request, User};
use serde::de::DeserializeOwned;

use crate::check::HttpResponse;
use crate::request::{HttpRequest, HttpRequestName};
use crate::text::{Texts, charset};

/// HTTP requests of a user in the [imperative style](loadspiker_core::imperative).
///
/// ```
/// use loadspiker_core::check::json_path;
/// use loadspiker_core::imperative::{Outcome, User};
/// use loadspiker_http::UserHttp;
/// use serde_json::json;
///
/// async fn buy(user: &mut User) -> Outcome {
///     let login = json!({ "user": "#{username}", "password": "secret" });
///     user.http("login").post("/login").json(&login).check(json_path("$.token").save_as("token")).send().await?;
///     let cart = user.http("cart").get("/cart").bearer("#{token}").send().await?;
///     if cart.status() == 200 && !cart.body().is_empty() {
///         user.http("pay").post("/checkout").bearer("#{token}").send().await?;
///     }
///     Ok(())
/// }
/// ```
pub trait UserHttp {
    /// Begins a request. Continue with a method such as `.get(url)`, any methods of requests in built scenarios, and
    /// [`send`](HttpRequest::send). The request is counted under `name`.
    fn http(&mut self, name: impl Into<String>) -> HttpRequestName<&mut User>;
}

impl UserHttp for User {
    fn http(&mut self, name: impl Into<String>) -> HttpRequestName<&mut User> {
        HttpRequestName::bound(name.into(), self)
    }
}

/// `user.send(request)` makes a request that was described elsewhere, by a function that built scenarios use as well:
///
/// ```
/// use loadspiker_core::imperative::{Outcome, User};
/// use loadspiker_http::{HttpRequest, http};
///
/// fn detail(id: u64) -> HttpRequest {
///     http("detail").get(format!("/products/{id}"))
/// }
///
/// async fn look_around(user: &mut User) -> Outcome {
///     for id in 1..=3 {
///         user.send(detail(id)).await?;
///     }
///     Ok(())
/// }
/// ```
impl Request for HttpRequest {
    type Reply = HttpReply;
}

impl HttpRequest<&mut User> {
    /// Sends the request, follows redirects, runs the checks, and returns the response. It is counted like a request of a built
    /// scenario. The body is always kept.
    ///
    /// # Errors
    ///
    /// The request counts as failed: it could not be sent, got no response, or failed a check. Without a check on the status, a
    /// status other than 2xx and 304 is a failure. To accept another status, say so:
    /// `.check(status().one_of([200, 404]))`.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the request counts as failed, and its connection is closed.
    pub async fn send(self) -> Result<HttpReply, StepError> {
        let (user, request) = self.unbind();
        user.exchange(request).await
    }
}

/// A response in the imperative style. It owns its data.
#[derive(Clone, Debug)]
pub struct HttpReply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    response_time: Duration,
    url: String,
    texts: Texts,
}

impl HttpReply {
    pub(crate) fn of(response: &HttpResponse) -> Self {
        HttpReply {
            status: response.status_code(),
            headers: response.headers().clone(),
            body: response.body.clone(),
            response_time: response.response_time,
            url: response.url().to_owned(),
            texts: Texts::default(),
        }
    }

    /// The status, such as 200.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The first header with this name (case-insensitive), decoded as UTF-8, or otherwise as ISO-8859-1.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.texts.of(&self.headers, name).next()
    }

    /// The body, after decompression.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text, in the encoding that the response declares, or UTF-8; see
    /// [`decode_text`](loadspiker_core::check::decode_text). If it is not valid in that encoding, it is decoded as UTF-8 with
    /// replacement characters.
    pub fn text(&self) -> Cow<'_, str> {
        decode_text(&self.body, charset(&self.headers)).unwrap_or_else(|_| String::from_utf8_lossy(&self.body))
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    ///
    /// The body is not valid JSON, or not a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        let failed =
            |why: &dyn Display| StepError::new(format!("the body cannot be read as {}: {why}", type_name::<T>()));
        let text = decode_text(&self.body, charset(&self.headers)).map_err(|why| failed(&why))?;
        serde_json::from_str(&text).map_err(|error| failed(&error))
    }

    /// The time from the moment at which the user intended to send the request (after redirects: at which the last one was
    /// followed) to its last byte.
    pub fn response_time(&self) -> Duration {
        self.response_time
    }

    /// The URL the response came from, after redirects.
    pub fn url(&self) -> &str {
        &self.url
    }
}
