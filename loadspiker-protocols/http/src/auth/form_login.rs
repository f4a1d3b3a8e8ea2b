//! [`form_login`]: a login with an HTML form, including its CSRF token and other hidden fields.

use std::cell::Cell;
use std::rc::Rc;

use http::header::LOCATION;
use loadspiker_auth::{CompiledLoginFields, LoginFields};
use loadspiker_core::StepError;
use loadspiker_core::check::{Check, form};
use loadspiker_core::compile::CompileContext;
use loadspiker_core::dsl::Chain;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use url::Url;

use super::forms::Forms;
use super::secret::{as_it_is, rendered};
use super::{Answered, Auth, AuthContext, AuthFuture, AuthKey, AuthRequest, AuthResponse, Authenticator, authenticate};
use crate::redirect::location_of;
use crate::request::http;

/// Logs in with the form on a page. The page is fetched, its form is filled in and submitted with all its fields, including
/// hidden ones such as a CSRF token, and redirects are followed. The session of the server is kept in the user's cookies.
///
/// Passed to [`auth`](crate::HttpRequest::auth), it logs a user in before its first request that needs it, and again when a
/// response is 401 or a redirect to the login page (counted as `name Challenge`). As a step, it logs in immediately. Its
/// requests are counted as `login page` and `login`.
///
/// ```
/// use loadspiker_core::dsl::{Steps, exec};
/// use loadspiker_http::auth::form_login;
/// use loadspiker_http::{HttpProtocol, http};
///
/// let login = form_login("/login").field("user", "#{username}").field("password", "#{password}");
/// // For all requests that need it,
/// let shop = HttpProtocol::new("http://127.0.0.1:8080").auth(&login);
/// // or as a step.
/// let visit = exec(login).exec(http("account").get("/account"));
/// # let _ = (shop, visit);
/// ```
pub fn form_login(page: impl IntoText) -> FormLogin {
    FormLogin {
        key: AuthKey::new(),
        page: page.into_text(),
        entries: LoginFields::default(),
        selector: None,
        page_checks: Vec::new(),
        checks: Vec::new(),
        name: "login".to_owned(),
        silent: false,
    }
}

/// A login with an HTML form. Created by [`form_login`].
#[derive(Clone, Debug)]
pub struct FormLogin {
    key: AuthKey,
    page: TextArg,
    entries: LoginFields,
    selector: Option<String>,
    page_checks: Vec<Check>,
    checks: Vec<Check>,
    name: String,
    silent: bool,
}

impl FormLogin {
    /// Sets the value of a field. The value is never shown.
    pub fn field(mut self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.entries.add(name, value);
        self
    }

    /// Selects the form with a CSS selector: `form#login`. Default: the form that has the first field.
    pub fn form(self, selector: impl Into<String>) -> Self {
        FormLogin { selector: Some(selector.into()), ..self }
    }

    /// Adds a check of the page with the form, which may save a value for a field:
    /// `css_attr("meta[name=csrf]", "content").save_as("csrf")`.
    pub fn page_check(mut self, check: impl Into<Check>) -> Self {
        self.page_checks.push(check.into());
        self
    }

    /// Adds a check of the final response. If none of them is on the status, 2xx and 304 pass. A response that contains the login
    /// form again always fails.
    pub fn check(mut self, check: impl Into<Check>) -> Self {
        self.checks.push(check.into());
        self
    }

    /// The name under which its requests are counted: the submitted form under this name, the page with ` page` appended. Default:
    /// `login`.
    pub fn name(self, name: impl Into<String>) -> Self {
        FormLogin { name: name.into(), ..self }
    }

    /// Leaves its requests out of all statistics.
    pub fn silent(self) -> Self {
        FormLogin { silent: true, ..self }
    }
}

impl From<FormLogin> for Chain {
    #[track_caller]
    fn from(login: FormLogin) -> Chain {
        authenticate(login).anew().into()
    }
}

impl Auth for FormLogin {
    fn name(&self) -> &'static str {
        "form_login"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        if self.entries.is_empty() {
            cx.mistake("form_login: no fields are filled in; add them with .field(\"user\", \"#{user}\")");
        }
        // Attributes that the checks save.
        cx.unlisted(|cx| {
            let _ = loadspiker_core::check::CheckSet::compile(&self.page_checks, cx);
            let _ = loadspiker_core::check::CheckSet::compile(&self.checks, cx);
        });
        let fields = self.entries.compile(cx);
        Box::new(Login { page: self.page.compile(cx), fields, login: self.clone() })
    }
}

struct Login {
    login: FormLogin,
    page: CompiledText,
    fields: CompiledLoginFields,
}

impl Login {
    fn is_in(&self, cx: &mut AuthContext<'_>) -> Rc<Cell<bool>> {
        cx.user_state(&self.login.key)
    }

    async fn log_in(&self, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let login = &self.login;
        let forms = Forms::new(&self.fields, login.selector.as_deref());
        let page = rendered(&self.page, cx.session())?;
        let mut request = http(format!("{} page", login.name)).get(as_it_is(page));
        for check in &login.page_checks {
            request = request.check(check.clone());
        }
        if login.silent {
            request = request.silent();
        }
        let (reply, found) = forms.open(cx, request).await?;
        let Some(found) = found else {
            return Err(StepError::new(format!(
                "the login page has no form {}; select one with .form(selector)",
                forms.selector()
            )));
        };
        let mut request = forms.fill(&login.name, found, reply.url(), cx)?;
        for check in &login.checks {
            request = request.check(check.clone());
        }
        let came_back =
            form(forms.selector()).not_exists().name("rejected: the form came back").implied_by("form_login");
        request = request.check(came_back);
        if login.silent {
            request = request.silent();
        }
        cx.send(request).await?;
        self.is_in(cx).set(true);
        Ok(())
    }

    /// Whether a response sends the user to the login page.
    fn leads_to_login(&self, response: &AuthResponse<'_>, cx: &AuthContext<'_>) -> Result<bool, StepError> {
        let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection());
        let Some(location) = location else { return Ok(false) };
        let page = rendered(&self.page, cx.session())?;
        let here = Url::parse(&response.url())?;
        let path = |url: Option<Url>| url.map(|url| url.path().to_owned()).unwrap_or_default();
        Ok(path(location_of(&here, location)).ends_with(&path(here.join(&page).ok())))
    }
}

impl Authenticator for Login {
    fn obtain<'a>(&'a self, cx: &'a mut AuthContext<'_>) -> Option<AuthFuture<'a>> {
        (!self.is_in(cx).get()).then(|| Box::pin(self.log_in(cx)) as AuthFuture<'a>)
    }

    /// The cookies of the user go with each request as it is.
    fn apply(&self, _: &mut AuthRequest<'_>, _: &mut AuthContext<'_>) -> Result<(), StepError> {
        Ok(())
    }

    fn answered(&self, response: &AuthResponse<'_>, cx: &mut AuthContext<'_>) -> Result<Answered, StepError> {
        if response.attempt() > 0 || !(response.status() == 401 || self.leads_to_login(response, cx)?) {
            return Ok(Answered::Accept);
        }
        self.is_in(cx).set(false);
        Ok(Answered::SendAgain)
    }

    fn forget(&self, cx: &mut AuthContext<'_>) {
        self.is_in(cx).set(false);
    }
}
