//! [`api_key`]: a key in a header, a query parameter or a cookie.

use std::fmt;

use http::HeaderName;
use loadspiker_core::StepError;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText};

use super::secret::{Secret, rendered};
use super::{Auth, AuthContext, AuthRequest, Authenticator};

/// Sends a key with each request, in a header with this name, unless [`in_query`](ApiKey::in_query) or
/// [`in_cookie`](ApiKey::in_cookie) is called. The key is masked in all output, and not sent to another origin by a redirect.
///
/// ```
/// use loadspiker_http::HttpProtocol;
/// use loadspiker_http::auth::api_key;
///
/// let maps = HttpProtocol::new("https://maps.test").auth(api_key("appid", "#{key}").in_query());
/// # let _ = maps;
/// ```
pub fn api_key(name: impl Into<String>, key: impl IntoText) -> ApiKey {
    ApiKey { name: name.into(), key: Secret::new(key), place: Place::Header }
}

/// A key sent with each request. Created by [`api_key`].
#[derive(Clone, Debug)]
pub struct ApiKey {
    name: String,
    key: Secret,
    place: Place,
}

impl ApiKey {
    /// Sends the key in the query, percent-encoded. Redirects and
    /// [`current_location`](https://docs.rs/loadspiker/latest/loadspiker/check/fn.current_location.html) do not see it.
    pub fn in_query(self) -> Self {
        ApiKey { place: Place::Query, ..self }
    }

    /// Sends the key in a cookie, which is not stored with the user's cookies.
    pub fn in_cookie(self) -> Self {
        ApiKey { place: Place::Cookie, ..self }
    }
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Header,
    Query,
    Cookie,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Header => "a header",
            Place::Query => "a parameter of the query",
            Place::Cookie => "a cookie",
        })
    }
}

impl Auth for ApiKey {
    fn name(&self) -> &'static str {
        "api_key"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        let fits = match self.place {
            Place::Header => HeaderName::try_from(&self.name).is_ok(),
            Place::Query => !self.name.is_empty(),
            Place::Cookie => !self.name.is_empty() && !self.name.contains([';', '=', ' ', ',']),
        };
        if !fits {
            cx.mistake(format!("api_key: \"{}\" cannot be the name of {}", self.name, self.place));
        }
        Box::new(Key { name: self.name.clone(), key: self.key.compile(cx), place: self.place })
    }
}

struct Key {
    name: String,
    key: CompiledText,
    place: Place,
}

impl Authenticator for Key {
    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let key = rendered(&self.key, cx.session())?;
        match self.place {
            Place::Header => request.set_header(&self.name, &key),
            Place::Query => request.add_query(&self.name, &key),
            Place::Cookie => request.add_cookie(&self.name, &key),
        }
    }
}
