//! [`Response`]: what checks can see of a response, for all protocols.

use std::any::Any;
use std::time::Duration;

use crate::metrics::Status;
use crate::value::Value;

/// A response, as checks see it. Each protocol implements this trait for its own response type. Parts that a protocol does
/// not have keep their default, and checks on them find nothing.
pub trait Response {
    /// The status: a number or a text.
    fn status(&self) -> Option<Status<'_>> {
        None
    }

    /// The values of a header, in order. Names are case-insensitive.
    fn header(&self, name: &str) -> Vec<&str> {
        let _ = name;
        Vec::new()
    }

    /// The URL that the response came from, after redirects.
    fn location(&self) -> Option<&str> {
        None
    }

    /// The payload after decompression.
    fn body(&self) -> &[u8] {
        &[]
    }

    /// The character encoding that the protocol declares for the body, such as `iso-8859-1`. [`decode_text`](super::decode_text)
    /// says what applies if there is none.
    fn charset(&self) -> Option<&str> {
        None
    }

    /// The payload as a structured value, such as rows, a reply of a key-value store or a document. Checks on JSON
    /// ([`json_path`](crate::check::json_path), [`jmes_path`](crate::check::jmes_path)) then search this value instead of the
    /// body, and find values with its types, bytes included. It is called at most twice, and only if there is such a check. If
    /// the value is expensive to build, keep it in a [`OnceCell`](std::cell::OnceCell).
    ///
    /// Default: `None`, and the body is parsed as JSON.
    fn value(&self) -> Option<&Value> {
        None
    }

    /// Whether there is a body to check. Return `false` if the protocol says that the client's copy is still valid (HTTP status
    /// 304); checks on the body are then skipped.
    fn has_body(&self) -> bool {
        true
    }

    /// The time from the moment at which the user intended to send to the last byte.
    fn response_time(&self) -> Option<Duration> {
        None
    }

    /// The concrete response type, for extractors of the protocol.
    fn as_any(&self) -> &dyn Any;
}
