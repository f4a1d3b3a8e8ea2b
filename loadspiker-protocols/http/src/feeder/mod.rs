//! [`http_feeder`]: records that a service gives, page by page.

mod fetch;
mod page;
mod source;

use loadspiker_core::feeder::{Feeder, IntoFeeder};
use loadspiker_core::protocol::masked_url;

use self::source::Pages;

/// Records of an HTTP endpoint, fetched while the run goes on. Made by [`http_feeder`]; `feed` takes it as it is.
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

/// Records of an HTTP endpoint: a JSON array of objects, a JSON object a line, or CSV; which it is says the content type of
/// the answer, or else its first character.
///
/// Pages are fetched with GET while the run goes on, by a thread of their own, up to 1000 records ahead of the users. Where an
/// answer says where the next page is, with a header `Link: <…>; rel="next"` (RFC 8288), that is fetched next; or the pages
/// are counted, with [`paged_by`](HttpFeeder::paged_by). After the last record the run ends with an error that says so, or it
/// begins with the first page again, with [`circular`](HttpFeeder::circular). An answer that is no success, or cannot be
/// read, such as a page of HTML, ends the run. In messages the URL is shown as
/// [`masked_url`](loadspiker_core::protocol::masked_url) has it.
///
/// A user that comes when no record is there yet waits; see
/// [`async_records`](loadspiker_core::feeder::async_records), which also says how to name the fields. These requests are in
/// no figure of the report, and none of the settings of [`HttpProtocol`](crate::HttpProtocol) holds for them. With simulated
/// time, that stands still while a page is waited for.
///
/// [`into_feeder`](IntoFeeder::into_feeder) makes a [`Feeder`] of it, with all that a feeder can do.
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
    /// Sends a header with each request. Its value is shown nowhere.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> HttpFeeder {
        self.0.headers.push((name.into(), value.into()));
        self
    }

    /// Sends a token with each request: `authorization: Bearer …`.
    pub fn bearer(self, token: impl AsRef<str>) -> HttpFeeder {
        self.header("authorization", format!("Bearer {}", token.as_ref()))
    }

    /// Fetches pages by their number, in a parameter of the query, from `first` on, until one has no records:
    /// `paged_by("page", 1)`.
    pub fn paged_by(mut self, parameter: impl Into<String>, first: u64) -> HttpFeeder {
        self.0.paged_by = Some((parameter.into(), first));
        self
    }

    /// Begins with the first page again after the last. The pages are fetched anew.
    pub fn circular(mut self) -> HttpFeeder {
        self.0.circular = true;
        self
    }

    /// Trusts the certificates in this file (PEM) beyond those of the system.
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
