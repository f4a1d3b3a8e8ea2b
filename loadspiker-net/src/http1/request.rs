//! [`Request`]: an outgoing request.

use std::io::Write;
use std::rc::Rc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method};

/// A request, complete except for the header field with the length of its body.
#[derive(Clone, Debug)]
pub struct Request {
    head: Rc<RequestHead>,
    body: Bytes,
}

/// Method, path and header fields of a request. Several requests can share it.
#[derive(Clone, Debug)]
pub struct RequestHead {
    method: Method,
    path: PathAndQuery,
    headers: HeaderMap,
    /// As it is sent, if it is written down beforehand; never empty then.
    written: Vec<u8>,
    /// Whether it says that the connection ends with it; what a head says that is not written down is looked up.
    written_closes: bool,
}

impl RequestHead {
    /// Creates a head that is serialized when it is sent.
    pub fn new(method: Method, path: PathAndQuery, headers: HeaderMap) -> Self {
        RequestHead { method, path, headers, written: Vec::new(), written_closes: false }
    }

    /// Serializes the head in advance, for requests with a body of this length.
    #[must_use]
    pub fn written(mut self, length: usize) -> Self {
        let mut written = Vec::new();
        self.write(length, &mut written);
        written.shrink_to_fit();
        self.written = written;
        self.written_closes = self.closes();
        self
    }

    fn closes(&self) -> bool {
        self.headers.get_all(CONNECTION).iter().any(|value| {
            value.as_bytes().split(|byte| *byte == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"close"))
        })
    }

    /// Appends the head as it is sent (RFC 9112 §3, §5). Its parts cannot hold a line break: their types see to that.
    fn write(&self, length: usize, out: &mut Vec<u8>) {
        for part in [self.method.as_str(), " ", self.path.as_str(), " HTTP/1.1\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        for (name, value) in &self.headers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        if length > 0 && !self.headers.contains_key(CONTENT_LENGTH) {
            // Writing to memory cannot fail.
            let _ = write!(out, "{CONTENT_LENGTH}: {length}\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl Request {
    /// Creates a request. If the head was [serialized in advance](RequestHead::written), it must have been for a body of this
    /// length.
    pub fn new(head: Rc<RequestHead>, body: Bytes) -> Self {
        Request { head, body }
    }

    /// The method.
    #[inline]
    pub fn method(&self) -> &Method {
        &self.head.method
    }

    /// Path and query, as sent.
    pub fn path(&self) -> &PathAndQuery {
        &self.head.path
    }

    /// Path and query, mutably. Copies the head if it is shared.
    pub fn path_mut(&mut self) -> &mut PathAndQuery {
        &mut self.own_head().path
    }

    /// The header fields.
    #[inline]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The header fields, mutably. Copies the head if it is shared.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.own_head().headers
    }

    fn own_head(&mut self) -> &mut RequestHead {
        let head = Rc::make_mut(&mut self.head);
        head.written.clear();
        head
    }

    /// The header fields, if the head was not shared, so that their memory can be reused.
    pub fn into_own_headers(self) -> Option<HeaderMap> {
        Rc::into_inner(self.head).map(|head| head.headers)
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the head was written down beforehand.
    pub(super) fn is_written(&self) -> bool {
        !self.head.written.is_empty()
    }

    /// The head as it is sent, if it was written down beforehand.
    pub(super) fn written(&self) -> &[u8] {
        &self.head.written
    }

    /// Appends the head as it is sent.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.head.write(self.body.len(), out);
    }

    /// Whether it says that the connection ends with it.
    pub(super) fn closes(&self) -> bool {
        if self.is_written() { self.head.written_closes } else { self.head.closes() }
    }
}
