//! [`OAuth2`] over HTTP: forms that are exchanged for tokens, which are sent as bearer tokens (RFC 6750).

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http_auth::parse_challenges;
#[cfg(feature = "html")]
use loadspiker_auth::LoginVisit;
use loadspiker_auth::{OAuth2, TokenEndpoint, TokenForm, TokenReply, TokenSource};
use loadspiker_core::check::{Response, Status, custom_check, status};
use loadspiker_core::compile::CompileContext;
use loadspiker_core::protocol::ActionContext;
use loadspiker_core::{Session, StepError};

#[cfg(feature = "html")]
use super::forms::Forms;
use super::secret::as_it_is;
use super::{Answered, Auth, AuthContext, AuthFuture, AuthRequest, AuthResponse, Authenticator};
use crate::request::http;
use crate::text::text_of;

impl Auth for OAuth2 {
    fn name(&self) -> &'static str {
        "oauth2"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        Box::new(Tokens(OAuth2::compile(self, cx)))
    }
}

/// [`OAuth2`], compiled.
struct Tokens(TokenSource);

impl Authenticator for Tokens {
    fn obtain<'a>(&'a self, cx: &'a mut AuthContext<'_>) -> Option<AuthFuture<'a>> {
        self.0.is_due(cx.action_mut()).then(|| Box::pin(self.0.obtain(cx)) as AuthFuture<'a>)
    }

    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let token = self.0.send(cx.action_mut())?;
        request.set_header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    fn answered(&self, response: &AuthResponse<'_>, cx: &mut AuthContext<'_>) -> Result<Answered, StepError> {
        if response.status() != 401 {
            self.0.accepted(cx.action_mut());
            return Ok(Answered::Accept);
        }
        let again = response.attempt() == 0 && self.0.refused(cx.action_mut(), is_at_fault(response));
        Ok(if again { Answered::SendAgain } else { Answered::Accept })
    }

    fn token(&self, cx: &mut AuthContext<'_>) -> Option<String> {
        self.0.token(cx.action_mut())
    }

    fn forget(&self, cx: &mut AuthContext<'_>) {
        self.0.forget(cx.action_mut());
    }
}

/// Whether the server says that it is the token that it does not accept (RFC 6750 §3.1).
fn is_at_fault(response: &AuthResponse<'_>) -> bool {
    let says = |name: &str, value: &str| name.eq_ignore_ascii_case("error") && value == "invalid_token";
    response.headers().get_all(WWW_AUTHENTICATE).iter().map(text_of).any(|text| {
        parse_challenges(&text).unwrap_or_default().iter().any(|challenge| {
            challenge.scheme.eq_ignore_ascii_case("bearer")
                && challenge.params.iter().any(|(name, value)| says(name, value.as_escaped()))
        })
    })
}

impl TokenEndpoint for AuthContext<'_> {
    fn context(&self) -> &ActionContext {
        self.action()
    }

    fn context_mut(&mut self) -> &mut ActionContext {
        self.action_mut()
    }

    async fn exchange(&mut self, form: TokenForm) -> Result<TokenReply, StepError> {
        let mut request = http(form.name.clone()).post(as_it_is(&*form.url)).header("accept", "application/json");
        for (name, value) in form.fields.clone() {
            request = request.form_param(as_it_is(name), move |_: &Session| value.clone());
        }
        if let Some((user, password)) = &form.basic {
            request = request.basic_auth(as_it_is(&**user), as_it_is(&**password));
        }
        if form.silent {
            request = request.silent();
        }
        let granted = move |response: &dyn Response, _: &Session| {
            form.judge(response.status().and_then(Status::code).unwrap_or_default(), response.body())
        };
        let any_status = status().gte(100).implied_by("oauth2");
        let granted = custom_check("refused", granted).implied_by("oauth2");
        let reply = self.send(request.check(any_status).check(granted)).await?;
        Ok(TokenReply { status: reply.status(), body: reply.body().to_vec() })
    }

    #[cfg(feature = "html")]
    async fn log_in(&mut self, visit: LoginVisit<'_>) -> Result<Option<url::Url>, StepError> {
        Forms::new(visit.fields, None).walk(self, visit).await
    }
}
