//! [`Response`]: what checks can look at, whatever the protocol.

use std::any::Any;
use std::time::Duration;

use crate::metrics::Status;
use crate::value::Value;

/// A response, as checks see it. Each protocol implements it for its own response type;
/// every part that a protocol does not have keeps its default and is "not found" to checks.
pub trait Response {
    /// The status: a number or a text.
    fn status(&self) -> Option<Status<'_>> {
        None
    }

    /// The values of a header, in order; the name is compared without regard to case.
    fn header(&self, name: &str) -> Vec<&str> {
        let _ = name;
        Vec::new()
    }

    /// Where the response finally came from: the URL after redirects.
    fn location(&self) -> Option<&str> {
        None
    }

    /// The payload, decoded (after gzip and the like).
    fn body(&self) -> &[u8] {
        &[]
    }

    /// The character encoding that the protocol declares for the body, such as `iso-8859-1`; see
    /// [`decode_text`](super::decode_text) for what holds where it declares none.
    fn charset(&self) -> Option<&str> {
        None
    }

    /// The payload as a structured value, if it is one: rows, a reply of a key-value store, a document. The checks on JSON
    /// ([`json_path`](crate::check::json_path), [`jmes_path`](crate::check::jmes_path)) then look into it instead of the
    /// body, and find values of its own types, bytes included. It is asked for at most twice, and only if there is such
    /// a check; where making it costs something, keep it in a [`OnceCell`](std::cell::OnceCell).
    ///
    /// `None` unless said otherwise: the body is read as JSON.
    fn value(&self) -> Option<&Value> {
        None
    }

    /// Whether there is a body to check. `false` where the protocol says that the client's own copy still holds
    /// (HTTP's status 304): checks on the body are then skipped.
    fn has_body(&self) -> bool {
        true
    }

    /// Time from intention to the last byte.
    fn response_time(&self) -> Option<Duration> {
        None
    }

    /// The concrete response, for extractors of the protocol's own.
    fn as_any(&self) -> &dyn Any;
}
