//! [`BoundAuth`]: a way to authenticate, compiled for a request, as the request uses it.

use std::cell::RefCell;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use loadspiker_auth::AuthStates;
use loadspiker_core::StepError;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::protocol::ActionContext;

use super::{Answered, Auth, AuthContext, AuthRequest, AuthResponse, Authenticator};
use crate::carry::Carry;
use crate::connection::Request;
use crate::error::HttpError;
use crate::protocol::HttpProtocol;
use crate::request::HttpRequest;
use crate::request::prepared::Hop;

/// How often in a row an answer may be a challenge.
const CHALLENGES: u8 = 4;

/// What a request says of its authentication.
#[derive(Clone, Debug, Default)]
pub(crate) enum AuthChoice {
    /// That of the protocol.
    #[default]
    Protocol,
    None,
    Own(Arc<dyn Auth>),
}

/// A way to authenticate, compiled.
pub(crate) struct BoundAuth {
    name: &'static str,
    states: AuthStates,
    authenticator: Box<dyn Authenticator>,
}

impl BoundAuth {
    /// How `request` is authenticated: as it says itself, or as the protocol says.
    pub(crate) fn of(request: &HttpRequest, protocol: &HttpProtocol, cx: &mut CompileContext<'_>) -> Option<Self> {
        let says_itself = request.bare || request.headers.iter().any(|header| header.is(&AUTHORIZATION));
        let auth = match &request.auth {
            AuthChoice::Own(auth) => Some(auth),
            AuthChoice::Protocol if !says_itself => protocol.auth.as_ref(),
            AuthChoice::Protocol | AuthChoice::None => None,
        };
        auth.map(|auth| Self::compile(&**auth, cx))
    }

    pub(super) fn compile(auth: &dyn Auth, cx: &mut CompileContext<'_>) -> Self {
        cx.makes_requests();
        BoundAuth { name: auth.name(), states: AuthStates::compile(cx), authenticator: auth.compile(cx) }
    }

    /// Obtains what is needed for the next request. `Ok(false)` if that must not be made: a throttle has no slot left.
    pub(crate) async fn obtain(&self, cx: &mut ActionContext) -> Result<bool, HttpError> {
        let mut cx = AuthContext::new(cx, self.states);
        let obtained = match self.authenticator.obtain(&mut cx) {
            Some(obtaining) => obtaining.await,
            None => return Ok(true),
        };
        match obtained {
            Ok(()) => Ok(cx.take_turn().await),
            Err(_) if cx.is_turned_away() => Ok(false),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Obtains it without a request that needs it.
    pub(super) async fn obtain_by_step(&self, cx: &mut ActionContext, anew: bool) -> Result<bool, StepError> {
        let mut cx = AuthContext::of_step(cx, self.states);
        if anew {
            self.authenticator.forget(&mut cx);
        }
        let obtained = match self.authenticator.obtain(&mut cx) {
            Some(obtaining) => obtaining.await,
            None => Ok(()),
        };
        match obtained {
            Err(_) if cx.is_turned_away() => Ok(false),
            obtained => obtained.map(|()| true),
        }
    }

    /// The token that was obtained.
    pub(super) fn token(&self, cx: &mut ActionContext) -> Option<String> {
        self.authenticator.token(&mut AuthContext::new(cx, self.states))
    }

    /// Authenticates a request. Gives the parameters of the query that must not be shown.
    pub(crate) fn apply(
        &self,
        cx: &mut ActionContext,
        hop: &Hop,
        request: &mut Request,
        carry: &mut Carry,
    ) -> Result<Vec<String>, HttpError> {
        let mut secrets = Vec::new();
        let mut cx = AuthContext::new(cx, self.states);
        let applied = self.authenticator.apply(&mut AuthRequest::new(request, hop, carry, &mut secrets), &mut cx);
        applied.map(|()| secrets).map_err(|error| self.failed(&error))
    }

    /// Looks at an answer: what is to be done with it.
    pub(crate) fn answered(
        &self,
        cx: &mut ActionContext,
        hop: &Hop,
        status: StatusCode,
        headers: &HeaderMap,
        carry: &mut Carry,
    ) -> Result<Answered, HttpError> {
        let mut cx = AuthContext::new(cx, self.states);
        let response = AuthResponse { status, headers, hop, note: carry.note(), left: RefCell::default() };
        let answered = self.authenticator.answered(&response, &mut cx);
        let left = response.left.into_inner();
        carry.set_note(left);
        match answered {
            Ok(_) if hop.challenges >= CHALLENGES => Ok(Answered::Accept),
            answered => answered.map_err(|error| self.failed(&error)),
        }
    }

    fn failed(&self, error: &StepError) -> HttpError {
        HttpError::Auth { scheme: self.name, reason: format!("{error:#}") }
    }
}
