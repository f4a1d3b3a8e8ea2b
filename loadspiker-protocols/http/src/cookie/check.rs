//! [`cookie`]: the value of a cookie that the user has.

use std::cmp::Reverse;

use cookie_store::{Cookie, CookieStore};
use loadspiker_core::check::{Check, Extract, ExtractError, Extractor, Found, Scope, Subject};
use loadspiker_core::expression::Symbols;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::{Session, Value};
use url::Url;

use super::shown;
use crate::check::HttpResponse;

/// The value of a cookie that the user has after this response, a text. It may have been set by this response, by an earlier
/// one, or by [`add_cookie`](crate::add_cookie).
///
/// All cookies of the response's host are searched, including those for other paths. If several have the same name, the one
/// with the longest path comes first. With [`no_cookies`](crate::HttpProtocol::no_cookies), nothing is found.
///
/// ```
/// use loadspiker_http::{cookie, http};
///
/// let login = http("login").post("/login").check(cookie("session").save_as("session"));
/// let log_out = http("log out").post("/logout").check(cookie("session").not_exists());
/// # let _ = (login, log_out);
/// ```
pub fn cookie(name: impl IntoText) -> Check {
    Check::from_extractor(Named(name.into_text()))
}

#[derive(Debug)]
struct Named(TextArg);

impl Extractor for Named {
    fn label(&self) -> String {
        format!("cookie {}", self.0.source())
    }
    fn scope(&self) -> Scope {
        Scope::Header
    }
    fn shows_value(&self) -> bool {
        // Cookies are secrets as often as not.
        false
    }
    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        let name = self.0.compile(cx);
        if name.as_literal().is_some_and(str::is_empty) {
            cx.mistake("the name of a cookie is empty; give one");
        }
        Box::new(CompiledNamed(name))
    }
}

struct CompiledNamed(CompiledText);

impl Extract for CompiledNamed {
    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let mut name = String::new();
        self.0.render(session, &mut name)?;
        let Some(response) = from.response().as_any().downcast_ref::<HttpResponse>() else {
            return Err(ExtractError::Response("only HTTP responses have cookies".to_owned()));
        };
        let Some(jar) = response.cookies() else { return Ok(()) };
        let Ok(url) = Url::parse(response.url()) else { return Ok(()) };
        found.offer_all(of_host(&jar.borrow(), &url, &name), |cookie| Value::from(&*shown(cookie.value())));
        Ok(())
    }
}

/// The cookies of this name that the host may see, the longest path first.
pub(super) fn of_host<'a>(jar: &'a CookieStore, url: &Url, name: &str) -> Vec<&'a Cookie<'static>> {
    let here = jar.iter_unexpired().filter(|cookie| cookie.name() == name && cookie.domain.matches(url));
    let mut cookies: Vec<_> = here.collect();
    // The store has no order.
    cookies.sort_by_cached_key(|cookie| Reverse((cookie.path.len(), String::from(&cookie.domain))));
    cookies
}
