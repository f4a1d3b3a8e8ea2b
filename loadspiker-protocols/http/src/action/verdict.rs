//! Whether a response is a good one: its body is decoded, the checks run over it.

use bytes::Bytes;
use loadspiker_core::check::Absorbing;
use loadspiker_core::protocol::ActionContext;
use loadspiker_core::{Failure, Moment};

use super::{HttpAction, cannot_write};
use crate::body::Sink;
use crate::check::{HttpResponse, implied};
use crate::connection::Head;
use crate::debug;
use crate::decode::decode;
use crate::error::HttpError;
use crate::imperative::HttpReply;
use crate::request::url::Target;
use crate::shard::{HttpShard, HttpUser};

/// From this size on, an encoded body is decoded in a thread of its own: it takes long, and nobody else on the shard has a
/// turn meanwhile.
pub(super) const ASIDE: usize = 8 * 1024;

/// How much of a body checks are fed with before others have their turn.
const PIECE: usize = 64 * 1024;

impl HttpAction {
    /// As [`verify`](Self::verify), for a large body that is encoded: others have their turn while it is decoded.
    pub(super) async fn verify_aside(
        &self,
        cx: &mut ActionContext,
        head: Head,
        sink: Sink,
        target: &Target,
        ended: Moment,
        download: Option<&str>,
    ) -> (Head, Result<(), Failure>) {
        let is_kept = matches!(sink, Sink::Keep(_));
        let (raw, absorbing) = sink.into_parts();
        if let Some(path) = download.filter(|_| is_kept)
            && let Err(error) = std::fs::write(path, &raw)
        {
            return (head, Err(cannot_write(path, &error).into()));
        }
        let (body, fields, memory) =
            (raw.clone(), head.fields().clone(), cx.shard::<HttpShard>(self.slot).memory.clone());
        let decoding = tokio::task::spawn_blocking(move || decode(body, &fields, &memory)).await;
        let decoded = decoding.unwrap_or_else(|error| Err(HttpError::Io(format!("cannot decode the body: {error}"))));
        match (absorbing, decoded) {
            (Some(mut absorbing), Ok(body)) => {
                for piece in body.chunks(PIECE) {
                    absorbing.feed(piece);
                    tokio::task::yield_now().await;
                }
                self.judge(cx, head, &raw, Ok(Bytes::new()), Some(absorbing), target, ended)
            }
            (absorbing, decoded) => self.judge(cx, head, &raw, decoded, absorbing, target, ended),
        }
    }

    /// Runs the checks over the last response. Returns the first failure.
    pub(super) fn verify(
        &self,
        cx: &mut ActionContext,
        head: Head,
        sink: Sink,
        target: &Target,
        ended: Moment,
        download: Option<&str>,
    ) -> (Head, Result<(), Failure>) {
        if let (Some(path), Sink::Keep(_)) = (download, &sink) {
            // A check looks at what is downloaded: it was kept, and is written now.
            let body = sink.into_bytes();
            return match std::fs::write(path, &body) {
                Ok(()) => self.check(cx, head, &body, None, target, ended),
                Err(error) => (head, Err(cannot_write(path, &error).into())),
            };
        }
        if self.checks.is_empty() && !cx.is_debugging() && !cx.wants_reply() {
            let verdict = implied(head.status());
            if verdict.is_err() && cx.keeps_exchanges() {
                let body = sink.into_bytes();
                let shard = cx.shard::<HttpShard>(self.slot);
                // One that was cut cannot be decoded.
                let body = if head.is_encoded() { decode(body, head.fields(), &shard.memory).ok() } else { Some(body) };
                shard.failed.replace(debug::response(head.status(), head.fields(), &body.unwrap_or_default()));
            }
            return (head, verdict);
        }
        let (body, absorbing) = sink.into_parts();
        self.check(cx, head, &body, absorbing, target, ended)
    }

    fn check(
        &self,
        cx: &mut ActionContext,
        head: Head,
        raw: &Bytes,
        absorbing: Option<Absorbing>,
        target: &Target,
        ended: Moment,
    ) -> (Head, Result<(), Failure>) {
        let decoded = match head.is_encoded() {
            true => decode(raw.clone(), head.fields(), &cx.shard::<HttpShard>(self.slot).memory),
            false => Ok(raw.clone()),
        };
        self.judge(cx, head, raw, decoded, absorbing, target, ended)
    }

    /// Runs the checks over a body that is decoded.
    #[expect(clippy::too_many_arguments, reason = "all that is known of a response")]
    fn judge(
        &self,
        cx: &mut ActionContext,
        head: Head,
        raw: &Bytes,
        decoded: Result<Bytes, HttpError>,
        absorbing: Option<Absorbing>,
        target: &Target,
        ended: Moment,
    ) -> (Head, Result<(), Failure>) {
        let status = head.status();
        if cx.is_debugging() {
            cx.debug(&debug::response(status, head.fields(), decoded.as_ref().unwrap_or(raw)));
        }
        let body = match decoded {
            _ if !self.checks.needs_body() && !cx.wants_reply() => Bytes::new(),
            Ok(body) => body,
            Err(error) => return (head, Err(error.into())),
        };
        let response_time = ended.since(cx.intended());
        let cookies =
            self.protocol.cookies.then(|| cx.user(self.slot, || HttpUser::new(&self.protocol)).cookies.clone());
        let (body, absorbing) = match absorbing {
            // What was kept was encoded, and is fed now; the rest was fed while it came.
            Some(mut absorbing) => {
                absorbing.feed(&body);
                (Bytes::new(), Some(absorbing))
            }
            None => (body, None),
        };
        let response = HttpResponse::new(head, body, response_time, target.clone(), cookies.flatten());
        let checked = match absorbing {
            Some(absorbing) => self.checks.run_absorbed(&response, absorbing, cx.session_mut()),
            None => self.checks.run(&response, cx.session_mut()),
        };
        if cx.wants_reply() {
            cx.reply(HttpReply::of(&response));
        }
        let implied = if self.checks.has_status_check() { Ok(()) } else { implied(status) };
        let verdict = implied.and(checked);
        if verdict.is_err() && cx.keeps_exchanges() {
            let shown = debug::response(status, response.headers(), response.bytes());
            cx.shard::<HttpShard>(self.slot).failed.replace(shown);
        }
        (response.into_head(), verdict)
    }
}
