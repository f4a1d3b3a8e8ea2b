//! How a request is authenticated on its way: before it is sent, and where the answer is a challenge.

use loadspiker_core::Failure;
use loadspiker_core::protocol::ActionContext;

use super::HttpAction;
use super::kept::Failed;
use crate::auth::{Answered, BoundAuth};
use crate::body::Sink;
use crate::carry::Carry;
use crate::connection::{Answer, Request};
use crate::debug;
use crate::error::HttpError;
use crate::part::Part;
use crate::perform::{Trace, put};
use crate::request::prepared::Hop;

impl HttpAction {
    /// How this hop is authenticated; another origin must not see it.
    fn auth_of(&self, hop: &Hop) -> Option<&BoundAuth> {
        self.auth.as_ref().filter(|_| !hop.foreign)
    }

    /// Obtains what the next request needs. Says whether it can be sent; if not, that is reported.
    pub(super) async fn obtain(&self, cx: &mut ActionContext, hop: &Hop, followed: u32) -> bool {
        let Some(auth) = self.auth_of(hop) else { return true };
        match auth.obtain(cx).await {
            Ok(may_be_sent) => may_be_sent,
            Err(error) => {
                self.report(cx, Part::after(followed), &Trace::unsent(cx.now()), None, Some(error.into()));
                false
            }
        }
    }

    /// Completes a request that is about to be sent, and shows it to those who debug. Returns which parameters of its
    /// query are secret.
    pub(super) fn authenticate(
        &self,
        cx: &mut ActionContext,
        hop: &Hop,
        request: &mut Request,
        carry: &mut Carry,
    ) -> Result<Vec<String>, HttpError> {
        let secrets = match self.auth_of(hop) {
            Some(auth) => auth.apply(cx, hop, request, carry)?,
            None => Vec::new(),
        };
        if cx.is_debugging() {
            cx.debug(&debug::request(&hop.target, request, &hop.body, &secrets));
        }
        Ok(secrets)
    }

    /// If the answer is a challenge: reports it, and gives what follows, if anything can. A connection that has an
    /// owner is given back, unless something follows.
    #[expect(clippy::too_many_arguments, reason = "all of it is the state of one loop, its only caller")]
    pub(super) fn challenged(
        &self,
        cx: &mut ActionContext,
        failed: &Failed<'_>,
        followed: u32,
        trace: &Trace,
        answer: &Answer,
        sink: &mut Sink,
        carry: &mut Carry,
    ) -> Option<Option<Hop>> {
        let hop = failed.hop;
        let answered = self.auth_of(hop)?.answered(cx, hop, answer.head.status(), answer.head.fields(), carry);
        let failure = match answered {
            Ok(Answered::Accept) => {
                if let Some(held) = std::mem::take(carry).take() {
                    put(cx, self.slot, &self.protocol, &hop.target.origin, held);
                }
                return None;
            }
            Ok(again) => {
                carry.set_only_here(again == Answered::SendAgainHere);
                None
            }
            Err(error) => Some(Failure::from(error)),
        };
        if cx.is_debugging() {
            let body = std::mem::replace(sink, Sink::Discard).into_bytes();
            cx.debug(&debug::response(answer.head.status(), answer.head.fields(), &body));
        }
        let part = Part { challenge: failure.is_none(), ..Part::after(followed) };
        if let Some(failure) = &failure {
            let response = || debug::response(answer.head.status(), answer.head.fields(), &[]);
            self.keep(cx, part, failure.text(), failed, response);
        }
        let goes_on = failure.is_none();
        self.report(cx, part, trace, Some(answer.head.status()), failure);
        Some(goes_on.then(|| Hop { challenges: hop.challenges + 1, ..hop.clone() }))
    }
}
