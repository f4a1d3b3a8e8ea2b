//! [`Forms`]: pages with forms that a user fills in and sends, as a person at a browser does.

use loadspiker_auth::{CompiledLoginFields, LoginVisit};
use loadspiker_core::check::{css_attr, form, status};
use loadspiker_core::{Session, StepError, Value};
use url::Url;

use super::AuthContext;
use super::secret::{as_it_is, rendered};
use crate::imperative::HttpReply;
use crate::request::{HttpRequest, http};

/// What a person fills in, and in which form.
pub(super) struct Forms<'a> {
    fields: &'a CompiledLoginFields,
    selector: String,
}

/// A form as it was found on a page.
pub(super) struct Found {
    fields: Value,
    action: Option<String>,
    method: Option<String>,
}

/// What the checks of its requests come with.
const BY: &str = "a login by forms";

/// The attributes that hold what was found until it is taken from them.
const LOGIN: [&str; 3] = ["authentication form", "authentication action", "authentication method"];
const OTHER: [&str; 3] = ["other form", "other action", "other method"];

impl<'a> Forms<'a> {
    /// The form is the one that is selected, or else the one that has the first of the fields.
    pub(super) fn new(fields: &'a CompiledLoginFields, selector: Option<&str>) -> Self {
        let of_first = || {
            let (name, _) = fields.iter().next()?;
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            Some(format!("form:has([name=\"{quoted}\"])"))
        };
        let selector = selector.map(str::to_owned).or_else(of_first).unwrap_or_else(|| "form".to_owned());
        Forms { fields, selector }
    }

    pub(super) fn selector(&self) -> &str {
        &self.selector
    }

    /// Makes a request. Gives the answer and the form, if it is in it.
    pub(super) async fn open(
        &self,
        cx: &mut AuthContext<'_>,
        request: HttpRequest,
    ) -> Result<(HttpReply, Option<Found>), StepError> {
        let reply = cx.send(seek(request, &self.selector, LOGIN)).await;
        // Also where the request failed, so that nothing is found the next time that was not there.
        let found = take(cx, LOGIN);
        reply.map(|reply| (reply, found))
    }

    /// The request that sends the form that was found on the page at `url`, filled in.
    pub(super) fn fill(
        &self,
        name: &str,
        found: Found,
        url: &str,
        cx: &AuthContext<'_>,
    ) -> Result<HttpRequest, StepError> {
        let mut request = send(name, found, url)?;
        for (name, value) in self.fields.iter() {
            let value = rendered(value, cx.session())?;
            request = request.form_param(as_it_is(name), move |_: &Session| value.clone());
        }
        Ok(request)
    }

    /// Goes from page to page as the visit says. Ends where a redirect leads to its goal, or, without one, at the first
    /// page without a form.
    pub(super) async fn walk(&self, cx: &mut AuthContext<'_>, visit: LoginVisit<'_>) -> Result<Option<Url>, StepError> {
        let (name, goal, extra) = (&*visit.name, visit.goal.as_ref(), &*visit.extra);
        let mut request = http(name).get(as_it_is(visit.url));
        let mut has_logged_in = false;
        // More pages than any login has.
        for _ in 0..20 {
            let no_dead_end = status().one_of([200, 301, 302, 303, 307, 308]).implied_by(BY);
            let mut request_now = request.no_follow_redirects().check(no_dead_end);
            if visit.silent {
                request_now = request_now.silent();
            }
            let opened = self.open(cx, seek(request_now, "form", OTHER)).await;
            let other = take(cx, OTHER);
            let (reply, login) = opened?;
            request = if let Some(next) = redirected(&reply)? {
                if goal.is_some_and(|goal| leads_to(&next, goal)) {
                    return Ok(Some(next));
                }
                http(name).get(as_it_is(next.as_str()))
            } else if let Some(found) = login.filter(|_| !self.fields.is_empty()) {
                if has_logged_in {
                    return Err(StepError::new("the login was rejected: its form came back"));
                }
                has_logged_in = true;
                with_extra(self.fill(name, found, reply.url(), cx)?, extra)
            } else if let Some(found) = other {
                with_extra(send(name, found, reply.url())?, extra)
            } else if goal.is_some() {
                return Err(StepError::new("the login ended at a page without a form, not at the redirect URI"));
            } else {
                return Ok(None);
            };
        }
        Err(StepError::new("the login did not finish within 20 pages"))
    }
}

fn seek(request: HttpRequest, selector: &str, names: [&str; 3]) -> HttpRequest {
    request
        .check(form(selector).optional().save_as(names[0]).implied_by(BY))
        .check(css_attr(selector, "action").optional().save_as(names[1]).implied_by(BY))
        .check(css_attr(selector, "method").optional().save_as(names[2]).implied_by(BY))
}

fn take(cx: &mut AuthContext<'_>, names: [&str; 3]) -> Option<Found> {
    let [fields, action, method] = names.map(|name| cx.session_mut().remove(name));
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    Some(Found { fields: fields?, action: text(action), method: text(method) })
}

/// The request that sends a form as it is.
fn send(name: &str, found: Found, page: &str) -> Result<HttpRequest, StepError> {
    let url = match found.action.as_deref().map(str::trim).filter(|action| !action.is_empty()) {
        None => page.to_owned(),
        Some(action) => {
            let joined = Url::parse(page).and_then(|page| page.join(action));
            joined
                .map_err(|error| StepError::new(format!("the action of the form is not a valid URL: {error}")))?
                .into()
        }
    };
    let (name, fields) = (http(name), found.fields);
    if found.method.is_some_and(|method| method.trim().eq_ignore_ascii_case("post")) {
        return Ok(name.post(as_it_is(url)).form(move |_: &Session| fields.clone()));
    }
    let mut request = name.get(as_it_is(url));
    if let Value::Map(fields) = fields {
        for (name, value) in fields.iter() {
            let value = value.clone();
            request = request.query(as_it_is(name.clone()), move |_: &Session| value.clone());
        }
    }
    Ok(request)
}

fn with_extra(mut request: HttpRequest, extra: &[(String, String)]) -> HttpRequest {
    for (name, value) in extra {
        let value = value.clone();
        request = request.form_param(as_it_is(name.as_str()), move |_: &Session| value.clone());
    }
    request
}

/// Where a redirect leads.
fn redirected(reply: &HttpReply) -> Result<Option<Url>, StepError> {
    if reply.status() == 200 {
        return Ok(None);
    }
    let here = Url::parse(reply.url())?;
    let location = reply.header("location").ok_or("a redirect without a location")?;
    let next = here.join(location).map_err(|_| StepError::new("a redirect to an invalid URL"))?;
    Ok(Some(next))
}

/// Whether a URL is that of the goal, whatever its query.
fn leads_to(url: &Url, goal: &Url) -> bool {
    url[..url::Position::AfterPath] == goal[..url::Position::AfterPath]
}
