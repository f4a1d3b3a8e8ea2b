//! [`authenticate`]: a step that obtains what later requests need.

use std::sync::Arc;

use loadspiker_core::compile::{CompileContext, RequestName};
use loadspiker_core::dsl::Chain;
use loadspiker_core::expression::Template;
use loadspiker_core::protocol::{Action, ActionBuilder, ActionContext, ActionFuture};
use loadspiker_core::{Slot, Value};

use super::{Auth, BoundAuth, IntoAuth};
use crate::step::fail;

/// A step that obtains what requests with this method need, unless it is already available: a token, a session. Without this
/// step, the first request that needs it obtains it.
///
/// Requests that it makes are counted under their own names. The step itself is counted only if it fails for another reason,
/// as `authenticate oauth2`.
///
/// ```
/// use loadspiker_core::dsl::{Steps, exec};
/// use loadspiker_http::auth::{authenticate, oauth2};
/// use loadspiker_http::http;
///
/// let login = oauth2("https://id.test/token", "shop").client_secret("#{secret}");
/// let chain = exec(authenticate(&login))
///     .exec(http("cart").get("/cart").auth(&login))
///     // The token as an attribute, for whatever needs it.
///     .exec(authenticate(&login).save_as("token"))
///     .exec(http("socket").get("/socket").query("token", "#{token}"));
/// # let _ = chain;
/// ```
pub fn authenticate<K>(auth: impl IntoAuth<K>) -> Authenticate {
    Authenticate { auth: auth.into_auth(), anew: false, attribute: None }
}

/// A step that obtains what authenticated requests need. Created by [`authenticate`].
#[derive(Clone, Debug)]
#[must_use = "a step does nothing until a scenario executes it"]
pub struct Authenticate {
    auth: Arc<dyn Auth>,
    anew: bool,
    attribute: Option<Arc<str>>,
}

impl Authenticate {
    /// Always obtains a new token or session, even if there is a valid one.
    pub fn anew(self) -> Self {
        Authenticate { anew: true, ..self }
    }

    /// Saves the token as a session attribute. Fails if the method has no token.
    pub fn save_as(self, attribute: impl AsRef<str>) -> Self {
        Authenticate { attribute: Some(attribute.as_ref().into()), ..self }
    }
}

impl From<Authenticate> for Chain {
    #[track_caller]
    fn from(step: Authenticate) -> Chain {
        Chain::action(step)
    }
}

impl ActionBuilder for Authenticate {
    fn describe(&self) -> String {
        format!("authenticate {}", self.auth.name())
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        Box::new(Obtaining {
            // Not interned: a step that does not fail is not a request.
            name: RequestName::Rendered(Template::literal(&self.describe())),
            auth: BoundAuth::compile(&*self.auth, cx),
            anew: self.anew,
            slot: self.attribute.as_deref().map(|attribute| cx.define(attribute)),
        })
    }
}

struct Obtaining {
    name: RequestName,
    auth: BoundAuth,
    anew: bool,
    slot: Option<Slot>,
}

impl Action for Obtaining {
    fn name(&self) -> &RequestName {
        &self.name
    }

    /// Each request that it makes asks for a slot itself; there may be none.
    fn is_request(&self) -> bool {
        false
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            match self.auth.obtain_by_step(cx, self.anew).await {
                Ok(false) => {}
                Ok(true) => {
                    let Some(slot) = self.slot else { return };
                    match self.auth.token(cx) {
                        Some(token) => cx.session_mut().set_at(slot, Value::from(token)),
                        None => fail(cx, &self.name, "there is no token to save; leave save_as(…) out"),
                    }
                }
                // A failed request is counted already.
                Err(error) if error.is_counted() => {}
                Err(error) => fail(cx, &self.name, &format!("{error:#}")),
            }
        })
    }
}
