//! What is shown in the report of a request that failed.

use loadspiker_core::Moment;
use loadspiker_core::protocol::ActionContext;

use super::HttpAction;
use crate::connection::Request;
use crate::debug;
use crate::part::Part;
use crate::request::prepared::Hop;

/// A request that was sent, or tried to be.
pub(super) struct Failed<'a> {
    pub(super) hop: &'a Hop,
    pub(super) request: &'a Request,
    /// Parameters of the query that are secret.
    pub(super) secrets: &'a [String],
    /// When its end was known.
    pub(super) at: Moment,
}

impl HttpAction {
    /// Gives the report a request that failed, if there is room for it. Only then `response` is asked for what was
    /// received.
    #[cold]
    pub(super) fn keep(
        &self,
        cx: &ActionContext,
        part: Part,
        error: &str,
        failed: &Failed<'_>,
        response: impl FnOnce() -> String,
    ) {
        if self.silent || !cx.keeps_exchanges() {
            return;
        }
        let (mut text, mut hop) = (String::new(), String::new());
        let name = self.name_of(part, cx.session(), &mut text, &mut hop);
        let Failed { hop, request, secrets, at } = failed;
        cx.keep_exchange(name, error, *at, || (debug::request(&hop.target, request, &hop.body, secrets), response()));
    }
}
