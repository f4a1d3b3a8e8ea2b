//! [`add_cookie`], [`get_cookie`], [`flush_cookies`]: steps that read and change a user's cookies. They send nothing, and are
//! counted only if they fail.

use std::sync::Arc;
use std::time::Duration;

use cookie_store::CookieStore;
use loadspiker_core::FixedDuration;
use loadspiker_core::compile::{CompileContext, RequestName};
use loadspiker_core::dsl::Chain;
use loadspiker_core::expression::{CompiledText, EvalError, IntoText, Template, TextArg};
use loadspiker_core::protocol::{Action, ActionBuilder, ActionContext, ActionFuture, ProtocolSlot};
use loadspiker_core::{Session, Slot, Value};
use url::Url;

use super::check::of_host;
use super::rules::insert;
use super::{Jar, shown};
use crate::protocol::HttpProtocol;
use crate::shard::{HttpShard, HttpUser};
use crate::step::fail;

/// Gives the user a cookie, as if a response had set it: for the host of the base URL and all its paths, until the user ends.
/// A cookie with the same name, domain and path is replaced.
///
/// If no server could set the cookie (a name or value that contains `;`, an invalid domain), the step fails, and is counted
/// under its name: `add_cookie consent`.
///
/// ```
/// use loadspiker_core::DurationExt;
/// use loadspiker_core::dsl::{Steps, scenario};
/// use loadspiker_http::{add_cookie, http};
///
/// let visit = scenario("Visit")
///     .exec(add_cookie("consent", "all"))
///     .exec(add_cookie("trace", "#{userId()}").domain("example.com").path("/shop").max_age(1.hours()))
///     .exec(http("home").get("/"));
/// # let _ = visit;
/// ```
pub fn add_cookie(name: impl IntoText, value: impl IntoText) -> AddCookie {
    AddCookie {
        name: name.into_text(),
        value: value.into_text(),
        domain: None,
        path: "/".into_text(),
        max_age: None,
        secure: false,
    }
}

/// A step that gives the user a cookie. Created by [`add_cookie`].
#[derive(Clone, Debug)]
#[must_use = "a step does nothing until a scenario executes it"]
pub struct AddCookie {
    name: TextArg,
    value: TextArg,
    domain: Option<TextArg>,
    path: TextArg,
    max_age: Option<Duration>,
    secure: bool,
}

impl AddCookie {
    /// The domain of the cookie, including subdomains: `example.com` also covers `www.example.com`. Default: the host of the base
    /// URL only.
    pub fn domain(mut self, domain: impl IntoText) -> Self {
        self.domain = Some(domain.into_text());
        self
    }

    /// The path of the cookie, including all paths below it. Default: `/`.
    pub fn path(mut self, path: impl IntoText) -> Self {
        self.path = path.into_text();
        self
    }

    /// How long the cookie is kept, in whole seconds. Default: until the user ends, or until [`flush_session_cookies`].
    pub fn max_age(mut self, age: impl FixedDuration) -> Self {
        self.max_age = Some(age.fixed());
        self
    }

    /// Sends the cookie only over TLS, and to loopback addresses, like browsers. Default: over any connection.
    pub fn secure(mut self) -> Self {
        self.secure = true;
        self
    }
}

/// Saves the value of a cookie as a session attribute with the same name, or with another name set by
/// [`save_as`](GetCookie::save_as). If the user does not have the cookie, the step fails, and is counted under its name:
/// `get_cookie session`.
///
/// ```
/// use loadspiker_core::dsl::{Steps, exec};
/// use loadspiker_http::{get_cookie, http};
///
/// let order = exec(http("login").post("/login"))
///     .exec(get_cookie("csrf").save_as("token"))
///     .exec(http("order").post("/order").header("x-csrf-token", "#{token}"));
/// # let _ = order;
/// ```
pub fn get_cookie(name: impl IntoText) -> GetCookie {
    GetCookie { name: name.into_text(), domain: None, save_as: None }
}

/// A step that reads a cookie of the user. Created by [`get_cookie`].
#[derive(Clone, Debug)]
#[must_use = "a step does nothing until a scenario executes it"]
pub struct GetCookie {
    name: TextArg,
    domain: Option<TextArg>,
    save_as: Option<Arc<str>>,
}

impl GetCookie {
    /// The host of the cookie. Default: the host of the base URL.
    pub fn domain(mut self, domain: impl IntoText) -> Self {
        self.domain = Some(domain.into_text());
        self
    }

    /// The attribute in which the value is saved. Default: the name of the cookie.
    pub fn save_as(mut self, attribute: impl AsRef<str>) -> Self {
        self.save_as = Some(attribute.as_ref().into());
        self
    }
}

/// Removes all cookies of the user.
///
/// ```
/// use loadspiker_core::dsl::{Steps, exec};
/// use loadspiker_http::{flush_cookies, http};
///
/// let twice = exec(http("first visit").get("/")).exec(flush_cookies()).exec(http("first visit").get("/"));
/// # let _ = twice;
/// ```
pub fn flush_cookies() -> FlushCookies {
    FlushCookies { all: true }
}

/// Removes the user's cookies without an expiry, as closing a browser does. Others are kept.
pub fn flush_session_cookies() -> FlushCookies {
    FlushCookies { all: false }
}

/// A step that removes cookies of the user. Created by [`flush_cookies`] and [`flush_session_cookies`].
#[derive(Clone, Debug)]
#[must_use = "a step does nothing until a scenario executes it"]
pub struct FlushCookies {
    all: bool,
}

macro_rules! steps {
    ($($step:ty)*) => {$(
        impl From<$step> for Chain {
            #[track_caller]
            fn from(step: $step) -> Chain {
                Chain::action(step)
            }
        }
    )*};
}
steps!(AddCookie GetCookie FlushCookies);

impl ActionBuilder for AddCookie {
    fn describe(&self) -> String {
        format!("add_cookie {}", self.name.source())
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let place = Place::compile(self.domain.as_ref(), cx);
        let (name, value, path) = (self.name.compile(cx), self.value.compile(cx), self.path.compile(cx));
        if let Some(name) = name.as_literal()
            && (name.is_empty() || name.contains(|c: char| c.is_control() || " ;,=\"".contains(c)))
        {
            cx.mistake(format!("\"{name}\" is not a valid cookie name; use letters, digits, - and _"));
        }
        if let Some(path) = path.as_literal()
            && !path.starts_with('/')
        {
            cx.mistake(format!("the path \"{path}\" of a cookie does not begin with /; write /{path}"));
        }
        let does = Does::Add { name, value, path, max_age: self.max_age, secure: self.secure };
        step(&self.describe(), place, does)
    }
}

impl ActionBuilder for GetCookie {
    fn describe(&self) -> String {
        format!("get_cookie {}", self.name.source())
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let place = Place::compile(self.domain.as_ref(), cx);
        let name = self.name.compile(cx);
        let attribute = self.save_as.as_deref().or(name.as_literal()).unwrap_or_else(|| self.name.source());
        let slot = cx.define(attribute);
        step(&self.describe(), place, Does::Get { name, slot })
    }
}

impl ActionBuilder for FlushCookies {
    fn describe(&self) -> String {
        let name = if self.all { "flush_cookies" } else { "flush_session_cookies" };
        name.to_owned()
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let (slot, protocol) = cx.protocol(HttpProtocol::without_base);
        let place = Place { slot, protocol, domain: None };
        step(&self.describe(), place, if self.all { Does::Flush } else { Does::FlushOfSession })
    }
}

/// Whose cookies a step is about.
struct Place {
    slot: ProtocolSlot,
    protocol: Arc<HttpProtocol>,
    domain: Option<CompiledText>,
}

impl Place {
    fn compile(domain: Option<&TextArg>, cx: &mut CompileContext<'_>) -> Self {
        let (slot, protocol) = cx.protocol(HttpProtocol::without_base);
        if !protocol.cookies {
            cx.mistake("the protocol does not keep cookies; remove .no_cookies(), or remove this step");
        }
        if domain.is_none() && protocol.base_urls.is_empty() {
            cx.mistake("there is no base URL to derive the cookie's host from; set it with .domain(…)");
        }
        Place { slot, protocol, domain: domain.map(|domain| domain.compile(cx)) }
    }

    /// The user's cookies.
    fn jar<'a>(&self, cx: &'a mut ActionContext) -> &'a mut Option<Jar> {
        &mut cx.user(self.slot, || HttpUser::new(&self.protocol)).cookies
    }

    /// A URL of the host, and its domain if the step names it.
    fn url(&self, cx: &ActionContext) -> Result<(Url, Option<String>), String> {
        let (url, domain) = match &self.domain {
            Some(domain) => {
                let mut text = String::new();
                domain.render(cx.session(), &mut text).map_err(|error| error.to_string())?;
                (format!("https://{}/", text.trim_start_matches('.')), Some(text))
            }
            None => {
                let shard = cx.shard::<HttpShard>(self.slot);
                let base = shard.bases.get(shard.base_of(cx.session().user_id()));
                (base.map_or_else(String::new, |base| base.origin.url()), None)
            }
        };
        match Url::parse(&url) {
            Ok(url) => Ok((url, domain)),
            Err(error) => Err(format!("the domain of the cookie is not a valid host: {error}")),
        }
    }
}

enum Does {
    Add { name: CompiledText, value: CompiledText, path: CompiledText, max_age: Option<Duration>, secure: bool },
    Get { name: CompiledText, slot: Slot },
    Flush,
    FlushOfSession,
}

struct CookieStep {
    name: RequestName,
    place: Place,
    does: Does,
}

/// Its name is told if it fails. It is not interned: a step that does not fail is not a request.
fn step(name: &str, place: Place, does: Does) -> Box<dyn Action> {
    Box::new(CookieStep { name: RequestName::Rendered(Template::literal(name)), place, does })
}

impl Action for CookieStep {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn is_request(&self) -> bool {
        false
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            if let Err(error) = self.perform(cx) {
                fail(cx, &self.name, &error);
            }
        })
    }
}

impl CookieStep {
    fn perform(&self, cx: &mut ActionContext) -> Result<(), String> {
        match &self.does {
            Does::Add { name, value, path, max_age, secure } => {
                let (url, domain) = self.place.url(cx)?;
                let mut cookie = rendered(&[name, value], cx.session(), "=").map_err(|error| error.to_string())?;
                let path = rendered(&[path], cx.session(), "").map_err(|error| error.to_string())?;
                if cookie.contains([';', '\r', '\n']) || path.contains([';', '\r', '\n']) {
                    return Err("a cookie cannot hold ; or line breaks; encode them".to_owned());
                }
                cookie.push_str("; Path=");
                cookie.push_str(&path);
                if let Some(domain) = domain {
                    cookie.push_str("; Domain=");
                    cookie.push_str(&domain);
                }
                if let Some(age) = max_age {
                    cookie.push_str(&format!("; Max-Age={}", age.as_secs()));
                }
                if *secure {
                    cookie.push_str("; Secure");
                }
                let jar = self.place.jar(cx).get_or_insert_default();
                let taken = insert(&mut jar.borrow_mut(), &cookie, &url);
                taken.map(drop).map_err(|why| format!("the cookie cannot be set: {why}"))
            }
            Does::Get { name, slot } => {
                let (url, _) = self.place.url(cx)?;
                let name = rendered(&[name], cx.session(), "").map_err(|error| error.to_string())?;
                let found = self.place.jar(cx).as_ref().and_then(|jar| {
                    of_host(&jar.borrow(), &url, &name).first().map(|cookie| Value::from(&*shown(cookie.value())))
                });
                let Some(value) = found else { return Err("the user has no such cookie".to_owned()) };
                cx.session_mut().set_at(*slot, value);
                Ok(())
            }
            Does::Flush => {
                if let Some(jar) = self.place.jar(cx) {
                    jar.borrow_mut().clear();
                }
                Ok(())
            }
            Does::FlushOfSession => {
                if let Some(jar) = self.place.jar(cx) {
                    flush_of_session(&mut jar.borrow_mut());
                }
                Ok(())
            }
        }
    }
}

fn flush_of_session(jar: &mut CookieStore) {
    let passing = jar.iter_any().filter(|cookie| !cookie.is_persistent());
    let passing: Vec<(String, String, String)> = passing
        .map(|cookie| (String::from(&cookie.domain), String::from(&cookie.path), cookie.name().to_owned()))
        .collect();
    for (domain, path, name) in passing {
        jar.remove(&domain, &path, &name);
    }
}

fn rendered(texts: &[&CompiledText], session: &Session, between: &str) -> Result<String, EvalError> {
    let mut all = String::new();
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            all.push_str(between);
        }
        text.render(session, &mut all)?;
    }
    Ok(all)
}
