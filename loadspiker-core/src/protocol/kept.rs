//! What an action gives of a request that failed: what was sent and received, for the report.

use crate::metrics::{KeptExchange, SampleName};
use crate::moment::Moment;
use crate::protocol::ActionContext;
use crate::shown::plain;

impl ActionContext {
    /// Whether the report has room for another failed request with what was sent and received. While it has, an action
    /// may keep what it would otherwise drop, such as the body of a response with an error. Asking costs next to nothing.
    pub fn keeps_exchanges(&self) -> bool {
        self.shard.recorder.borrow().keeper().has_room()
    }

    /// Gives the report what was sent and received in a request that has failed with this error at this moment, if there
    /// is [room](crate::metrics::KeptExchange) for another one of its kind; only then `show` is asked for the request
    /// and the response, each of which may be empty. They are what [`debug`](Self::debug) is given: secrets that are told
    /// by their place must be masked by the caller.
    ///
    /// To be called before the sample is recorded, and not for requests that are not reported.
    pub fn keep_exchange(
        &self,
        name: SampleName<'_>,
        error: &str,
        at: Moment,
        show: impl FnOnce() -> (String, String),
    ) {
        if self.shard.is_over() || !self.keeps_exchanges() {
            return;
        }
        let session = &self.user.session;
        let error = session.masked(error);
        let path = self.shard.recorder.borrow().path_of(self.user.group, &name);
        if !self.shard.recorder.borrow().keeper().has_room_for(&path, &error) {
            return;
        }
        let (request, response) = show();
        let masked = |text: String| plain(&session.masked(&text)).into_owned();
        let exchange = KeptExchange::new(at.since_start(), path, &error, masked(request), masked(response));
        self.shard.recorder.borrow_mut().keeper_mut().keep(exchange);
    }
}
