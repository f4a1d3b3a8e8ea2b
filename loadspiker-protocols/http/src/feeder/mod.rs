//! [`http_feeder`]: records from a service, page by page.

mod fetch;
mod page;
mod source;

use loadspiker_core::feeder::{Feeder, IntoFeeder};
use loadspiker_core::protocol::masked_url;

use self::source::Pages;

/// Records from an HTTP endpoint, fetched during the run. Created by [`http_feeder`]; `feed` accepts it directly.
#[derive(Clone)]
#[must_use = "it does nothing until it is passed to `feed`"]
pub struct HttpFeeder(Settings);

/// What the user has set.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    /// A parameter that counts the pages, and the number of the first.
    pub(crate) paged_by: Option<(String, u64)>,
    pub(crate) circular: bool,
    pub(crate) roots: Vec<std::path::PathBuf>,
}

/// Fetches records from an HTTP endpoint: a JSON array of objects, one JSON object per line, or CSV. The format is taken from
/// the content type of the response or, failing that, from its first character.
///
/// Pages are fetched with GET during the run, on a separate thread, up to 1000 records ahead of the users. If a response
/// names the next page, with a header `Link: <…>; rel="next"` (RFC 8288), that page is fetched next. Alternatively, pages are
/// numbered, with [`paged_by`](HttpFeeder::paged_by). After the last record, the run ends with an error, or starts over with
/// the first page, with [`circular`](HttpFeeder::circular). A response that is not successful, or cannot be parsed, such as
/// an HTML page, ends the run. Messages show the URL as [`masked_url`](loadspiker_core::protocol::masked_url) does.
///
/// A user that finds no record waits; see [`async_records`](loadspiker_core::feeder::async_records), which also explains how
/// to name the fields. The report does not include these requests, and the settings of
/// [`HttpProtocol`](crate::HttpProtocol) do not apply to them. A simulated clock stops while a user waits for a page.
///
/// [`into_feeder`](IntoFeeder::into_feeder) converts it into a [`Feeder`], with all methods of feeders.
///
/// ```no_run
/// use loadspiker_core::dsl::*;
/// use loadspiker_core::feeder::IntoFeeder;
/// use loadspiker_http::{http, http_feeder};
///
/// let users = http_feeder("https://test-data.example.com/users?team=shop").bearer("s3cret").circular();
/// let login = feed(users.into_feeder().fields(["name", "password"]))
///     .exec(http("login").post("/login").form_param("user", "#{name}").form_param("password", "#{password}"));
/// ```
pub fn http_feeder(url: impl Into<String>) -> HttpFeeder {
    HttpFeeder(Settings { url: url.into(), ..Settings::default() })
}

impl HttpFeeder {
    /// Adds a header to each request. Its value is never shown.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> HttpFeeder {
        self.0.headers.push((name.into(), value.into()));
        self
    }

    /// Sends a bearer token with each request: `authorization: Bearer …`.
    pub fn bearer(self, token: impl AsRef<str>) -> HttpFeeder {
        self.header("authorization", format!("Bearer {}", token.as_ref()))
    }

    /// Fetches numbered pages, with the number in a query parameter, starting at `first`, until a page has no records:
    /// `paged_by("page", 1)`.
    pub fn paged_by(mut self, parameter: impl Into<String>, first: u64) -> HttpFeeder {
        self.0.paged_by = Some((parameter.into(), first));
        self
    }

    /// Starts over with the first page after the last. Pages are fetched again.
    pub fn circular(mut self) -> HttpFeeder {
        self.0.circular = true;
        self
    }

    /// Trusts the certificates in this PEM file, in addition to those of the system.
    pub fn root_certificate(mut self, path: impl Into<std::path::PathBuf>) -> HttpFeeder {
        self.0.roots.push(path.into());
        self
    }
}

impl IntoFeeder for HttpFeeder {
    fn into_feeder(self) -> Feeder {
        let name = format!("http_feeder({:?})", masked_url(&self.0.url));
        let paged = self.0.paged_by.as_ref().map(|(name, first)| format!(".paged_by({name:?}, {first})"));
        let circular = if self.0.circular { ".circular()" } else { "" };
        let written = format!("{name}{}{circular}", paged.unwrap_or_default());
        Feeder::from_async_source(name, written, Pages::new(self.0))
    }
}

impl std::fmt::Debug for HttpFeeder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http_feeder({:?})", masked_url(&self.0.url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        let feeder =
            http_feeder("http://me:s3cret@h/u?team=shop&key=s3cret").bearer("t0ken").paged_by("page", 1).circular();
        assert!(!format!("{feeder:?}").contains("s3cret"));
        let written = feeder.into_feeder().to_string();
        assert_eq!(written, "http_feeder(\"http://•••@h/u?team=shop&key=•••\").paged_by(\"page\", 1).circular()");
    }
}
