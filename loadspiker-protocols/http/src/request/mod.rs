//! [`http()`] and [`HttpRequest`]: a request as written by the user.

pub(crate) mod body;
pub(crate) mod file;
pub(crate) mod form;
pub(crate) mod header;
pub(crate) mod json;
pub(crate) mod multipart;
pub(crate) mod place;
pub(crate) mod prepared;
pub(crate) mod url;
pub(crate) mod whole;

use std::path::PathBuf;
use std::time::Duration;

use loadspiker_core::FixedDuration;
use loadspiker_core::check::{Check, IntoCheck};
use loadspiker_core::dsl::Chain;
use loadspiker_core::expression::{IntoText, IntoValue, TextArg, ValueArg};
use loadspiker_core::protocol::Tags;

use crate::auth::{AuthChoice, IntoAuth, digest_auth};
use body::{BodySource, BodySpec, IntoBody};
use form::FormSpec;
use header::HeaderSpec;
use json::IntoJson;
use multipart::PartSpec;

/// Begins an HTTP request, which is counted under this name. The name may contain expressions, but then every value is a
/// separate line in the report.
///
/// Texts of a request may contain expressions (`"/products/#{id}"`) or be closures over the session. A value in a URL is
/// encoded, so that it stays within its segment or parameter: if `id` is `a/b`, the URL is `/products/a%2Fb`. A value at the
/// beginning of a URL, a value in place of the host, and a value that is the whole query (`"/search?#{query}"`) are not
/// encoded, and neither is `#{path.raw()}`.
///
/// ```
/// use loadspiker_http::http;
/// use serde_json::json;
///
/// let list = http("list").get("/products").query("page", "#{page}").bearer("#{token}");
/// let login = http("login").post("/login").json(json!({ "user": "#{username}", "age": "#{age}" }));
/// ```
pub fn http(name: impl Into<String>) -> HttpRequestName {
    HttpRequestName::bound(name.into(), ())
}

/// The name of a request. Call a method such as `get` to create the request. See [`http()`] and
/// [`UserHttp::http`](crate::UserHttp::http).
#[derive(Clone, Debug)]
#[must_use = "a name alone is not a request: add .get(url), .post(url), …"]
pub struct HttpRequestName<C = ()> {
    /// All but method and URL.
    request: HttpRequest<C>,
}

macro_rules! methods {
    ($($name:ident $method:literal,)*) => {$(
        #[doc = concat!("A ", $method, " request to this URL: a path after the base URL, or a URL of its own.")]
        pub fn $name(self, url: impl IntoText) -> HttpRequest<C> {
            self.method($method, url)
        }
    )*};
}

impl<C> HttpRequestName<C> {
    pub(crate) fn bound(name: String, user: C) -> Self {
        let request = HttpRequest {
            user,
            name,
            on: String::new(),
            method: String::new(),
            url: "".into_text(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            form: Vec::new(),
            forms: Vec::new(),
            parts: Vec::new(),
            checks: Vec::new(),
            timeout: None,
            silent: false,
            tags: Tags::default(),
            follow_redirects: true,
            download: None,
            auth: AuthChoice::Protocol,
            bare: false,
        };
        HttpRequestName { request }
    }

    /// Applies a function with settings that several requests share, before the settings of this request; see
    /// [`HttpRequest::with`].
    pub fn with(self, change: impl FnOnce(HttpRequest) -> HttpRequest) -> Self {
        HttpRequestName { request: self.request.with(change) }
    }

    methods! {
        get "GET",
        post "POST",
        put "PUT",
        patch "PATCH",
        delete "DELETE",
        head "HEAD",
        options "OPTIONS",
    }

    /// A request with any other method, which is sent as written.
    pub fn method(self, method: impl Into<String>, url: impl IntoText) -> HttpRequest<C> {
        HttpRequest { method: method.into(), url: url.into_text(), ..self.request }
    }
}

/// An HTTP request: a builder, executed by a scenario with `exec`, or in the imperative style, where it is bound to the
/// user that makes it, with [`send`](HttpRequest::send). See [`http()`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until a scenario executes it, or it is sent"]
pub struct HttpRequest<C = ()> {
    /// The user that makes it, in the imperative style.
    pub(crate) user: C,
    pub(crate) name: String,
    /// The name of its protocol.
    pub(crate) on: String,
    pub(crate) method: String,
    pub(crate) url: TextArg,
    pub(crate) query: Vec<FormSpec>,
    pub(crate) headers: Vec<HeaderSpec>,
    pub(crate) body: Option<BodySpec>,
    pub(crate) form: Vec<FormSpec>,
    pub(crate) forms: Vec<ValueArg>,
    pub(crate) parts: Vec<PartSpec>,
    pub(crate) checks: Vec<Check>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) silent: bool,
    pub(crate) tags: Tags,
    pub(crate) follow_redirects: bool,
    pub(crate) download: Option<TextArg>,
    pub(crate) auth: AuthChoice,
    /// Without what the protocol gives to every request: its checks and its authentication.
    pub(crate) bare: bool,
}

impl<C> HttpRequest<C> {
    /// Uses the protocol of this name, of several: see [`HttpProtocol::named`](crate::HttpProtocol::named). Default: the one
    /// without a name.
    pub fn on(self, protocol: impl Into<String>) -> Self {
        HttpRequest { on: protocol.into(), ..self }
    }

    /// A parameter of the query, after those the URL has. Name and value are percent-encoded; a list gives a
    /// parameter for each of its elements.
    pub fn query(mut self, name: impl IntoText, value: impl IntoValue) -> Self {
        self.query.push(FormSpec::new(name, value));
        self
    }

    /// Applies a function with settings that several requests share: headers, checks, or anything else. The same function works
    /// for built scenarios and for the imperative style. Later calls override earlier ones, so `with` at the beginning sets
    /// defaults, and at the end it overrides everything.
    ///
    /// ```
    /// use loadspiker_core::check::{header, status};
    /// use loadspiker_http::{HttpRequest, http};
    ///
    /// fn as_api(request: HttpRequest) -> HttpRequest {
    ///     request.header("accept", "application/json").bearer("#{token}").check(header("x-request-id"))
    /// }
    /// fn in_language(language: &str) -> impl FnOnce(HttpRequest) -> HttpRequest + '_ {
    ///     move |request| request.header("accept-language", language)
    /// }
    ///
    /// let list = http("list").get("/products").with(as_api).with(in_language("de"));
    /// let page = http("page").with(as_api).get("/").header("accept", "text/html").check(status().is(200));
    /// # let _ = (list, page);
    /// ```
    pub fn with(self, change: impl FnOnce(HttpRequest) -> HttpRequest) -> Self {
        let (user, request) = self.unbind();
        change(request).bind(user)
    }

    fn with_header(mut self, header: HeaderSpec) -> Self {
        header.put_into(&mut self.headers);
        self
    }

    /// Sets a header. It replaces any header with the same name, including those of the protocol.
    pub fn header(self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.with_header(HeaderSpec::text(name, value))
    }

    /// Sets several headers.
    pub fn headers<N: Into<String>, V: IntoText>(mut self, headers: impl IntoIterator<Item = (N, V)>) -> Self {
        for (name, value) in headers {
            self = self.header(name, value);
        }
        self
    }

    fn with_body(mut self, written: BodySource) -> Self {
        self.body = Some(BodySpec(written));
        self
    }

    /// Sets the body: a text or bytes, without a `content-type`.
    ///
    /// For loops and conditions, use the templates `jinja(…)` and `jinja_file(…)` in the module `expression`. (Feature
    /// `templates`.)
    ///
    /// If a header says that the body is JSON, values between quotation marks in a text are escaped, except `#{x.raw()}`. For XML
    /// and HTML, escape values with `#{x.htmlEscape()}`.
    pub fn body(mut self, body: impl IntoBody) -> Self {
        self.body = Some(body.into_body());
        self
    }

    /// Sets a JSON body, with `content-type: application/json`.
    ///
    /// A text that is a single expression keeps the type of its value: if the attribute `id` is 5,
    /// `json!({"id": "#{id}", "text": "no #{id}"})` sends `{"id":5,"text":"no 5"}`. This applies to the texts of all serialized
    /// values.
    pub fn json<K>(self, json: impl IntoJson<K>) -> Self {
        let json = json.into_json();
        self.with_body(BodySource::Json(json))
    }

    /// Sends the contents of a file, unchanged. A fixed path is read before the run. A path with expressions, and any path in the
    /// imperative style, is read once per shard.
    pub fn body_file(self, path: impl IntoText) -> Self {
        let path = path.into_text();
        self.with_body(BodySource::File(path))
    }

    /// Sends the contents of a UTF-8 file that contains expressions. If its name ends in `.json`, or a header says that it is
    /// JSON, values between quotation marks are escaped as in [`body`](Self::body). The file is read before the run. In the
    /// imperative style it is read each time, which blocks the shard.
    pub fn body_template(self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.with_body(BodySource::Template(path))
    }

    /// Adds a form field, sent as `application/x-www-form-urlencoded` or, with uploads, as a part of `multipart/form-data`. A list
    /// adds one field per element.
    pub fn form_param(mut self, name: impl IntoText, value: impl IntoValue) -> Self {
        self.form.push(FormSpec::new(name, value));
        self
    }

    /// Adds all fields of a form: a map from names to values, such as the one saved by the check
    /// [`form`](https://docs.rs/loadspiker/latest/loadspiker/check/fn.form.html), or `json!({…})`. A list adds one field per
    /// element. A [`form_param`](Self::form_param) replaces the fields with the same name.
    ///
    /// ```
    /// use loadspiker_http::http;
    ///
    /// // A check has saved the form of an earlier response.
    /// let order = http("order").post("/order").form("#{form}").form_param("amount", 2);
    /// # let _ = order;
    /// ```
    pub fn form(mut self, form: impl IntoValue) -> Self {
        self.forms.push(form.into_value());
        self
    }

    /// Adds a text part to a `multipart/form-data` body.
    pub fn multipart_text(mut self, name: impl IntoText, value: impl IntoValue) -> Self {
        self.parts.push(PartSpec::Text(FormSpec::new(name, value)));
        self
    }

    /// Adds a file to a `multipart/form-data` body. A fixed path is read before the run. A path with expressions, and any path in
    /// the imperative style, is read once per shard.
    pub fn upload(mut self, name: impl IntoText, path: impl IntoText) -> Self {
        self.parts.push(PartSpec::File { name: name.into_text(), path: path.into_text() });
        self
    }

    /// Sends this user name and password (RFC 7617).
    pub fn basic_auth(self, user: impl IntoText, password: impl IntoText) -> Self {
        self.with_header(HeaderSpec::basic(user, password))
    }

    /// Uses this user name and password in response to a challenge (RFC 7616); see [`digest_auth`](crate::auth::digest_auth).
    pub fn digest_auth(self, user: impl IntoText, password: impl IntoText) -> Self {
        self.auth(digest_auth(user, password))
    }

    /// Sends this bearer token (RFC 6750).
    pub fn bearer(self, token: impl IntoText) -> Self {
        self.with_header(HeaderSpec::bearer(token))
    }

    /// Sends a key in a header. The key is masked in all output, and not sent to another origin by a redirect. Can be combined
    /// with other authentication. For a key in the query or in a cookie, use [`api_key`](crate::auth::api_key).
    pub fn api_key(self, header: impl Into<String>, key: impl IntoText) -> Self {
        self.with_header(HeaderSpec::secret(header, key))
    }

    /// Authenticates this request with this method instead of the protocol's; see [`crate::auth`].
    pub fn auth<K>(mut self, auth: impl IntoAuth<K>) -> Self {
        self.auth = AuthChoice::Own(auth.into_auth());
        self
    }

    /// Does not use the protocol's authentication for this request. Headers set by the protocol are still sent.
    pub fn no_auth(mut self) -> Self {
        self.auth = AuthChoice::None;
        self
    }

    /// The timeout of this request, instead of the protocol's `request_timeout`.
    pub fn timeout(mut self, limit: impl FixedDuration) -> Self {
        self.timeout = Some(limit.fixed());
        self
    }

    /// Leaves the request out of all statistics. If it fails, the user is still marked as failed.
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Counts the request, and what comes of it such as redirects, under this tag as well; see
    /// [`RunReport::tagged`](loadspiker_core::report::RunReport::tagged) and
    /// [`tagged`](loadspiker_core::assertion::tagged). Of a name that is given twice, the later value counts. The value may
    /// hold expressions; it must be one of few, since each is counted by itself.
    pub fn tag(mut self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.tags.add(name, value);
        self
    }

    /// A redirect is the response. Default: as the protocol says.
    pub fn no_follow_redirects(mut self) -> Self {
        self.follow_redirects = false;
        self
    }

    /// Adds a check of the response. Without a check on the status, 2xx and 304 pass.
    pub fn check(mut self, check: impl IntoCheck) -> Self {
        self.checks.push(check.into_check());
        self
    }

    /// Writes the body of the response to a file as it arrives, without decompression. Writing blocks the shard, so use it for a
    /// few files, or with a fast disk. An existing file is overwritten.
    pub fn download_to(mut self, path: impl IntoText) -> Self {
        self.download = Some(path.into_text());
        self
    }
}

impl HttpRequest {
    /// Marks a request as one that authenticates others: it gets neither the checks nor the authentication of the protocol.
    pub(crate) fn for_authentication(self) -> Self {
        HttpRequest { bare: true, ..self }
    }
}

impl<C> HttpRequest<C> {
    /// The user, and the request without it.
    pub(crate) fn unbind(self) -> (C, HttpRequest) {
        self.replace_user(())
    }

    /// The same request for this user.
    fn bind<D>(self, user: D) -> HttpRequest<D> {
        self.replace_user(user).1
    }

    /// The user before, and the request for this one.
    fn replace_user<D>(self, user: D) -> (C, HttpRequest<D>) {
        let request = HttpRequest {
            user,
            name: self.name,
            on: self.on,
            method: self.method,
            url: self.url,
            query: self.query,
            headers: self.headers,
            body: self.body,
            form: self.form,
            forms: self.forms,
            parts: self.parts,
            checks: self.checks,
            timeout: self.timeout,
            silent: self.silent,
            tags: self.tags,
            follow_redirects: self.follow_redirects,
            download: self.download,
            auth: self.auth,
            bare: self.bare,
        };
        (self.user, request)
    }
}

impl From<HttpRequest> for Chain {
    #[track_caller]
    fn from(request: HttpRequest) -> Chain {
        Chain::action(request)
    }
}
