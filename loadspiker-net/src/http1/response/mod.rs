//! [`Decoder`]: makes a response out of the bytes that come in, however they are cut. It knows no socket.
//!
//! `head` reads the head and says how the body is framed, `repair` leaves out lines of it that are not fields, `body` and `chunked` take the body apart.

mod body;
mod chunked;
mod head;
mod repair;
#[cfg(test)]
mod tests;

use http::{Method, StatusCode};

use self::body::Body;
pub use self::head::Head;
use self::head::Parsed;
pub use self::repair::LeftOut;
use super::{BodySink, Buffers};
use crate::failure::Failure;

/// A response that comes in.
pub(crate) struct Decoder {
    /// What the method asked for, or rather did not.
    asked: Asked,
    stage: Stage,
    /// The connection may be used for another request (RFC 9112 §9.3).
    persistent: bool,
    /// How many interim responses have come.
    interim: u32,
}

/// How many interim responses (1xx) a response may have before it. A server that sends more does not come to the point.
const INTERIM: u32 = 100;

enum Stage {
    /// The part of a head that has come so far; empty as long as there is none.
    Head(Vec<u8>),
    Body(Head, Body),
    Over,
}

/// Which responses the method lets come without a body (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All may have one.
    Content,
    /// None has one: HEAD.
    Head,
    /// A success makes the connection a tunnel: CONNECT.
    Tunnel,
}

impl Asked {
    pub(crate) fn by(method: &Method) -> Self {
        match *method {
            Method::HEAD => Asked::Head,
            Method::CONNECT => Asked::Tunnel,
            _ => Asked::Content,
        }
    }
}

/// A response that is complete, but for its body, which went to the sink.
#[derive(Debug)]
pub(crate) struct Complete {
    pub(crate) head: Head,
    /// Whether the connection may be used again: the server keeps it, and sent nothing beyond the response.
    pub(crate) reusable: bool,
}

impl Decoder {
    pub(crate) fn new(asked: Asked) -> Self {
        Decoder { asked, stage: Stage::Head(Vec::new()), persistent: false, interim: 0 }
    }

    /// Takes the bytes that came in. Returns the response once it is complete; what the server sends after it belongs to
    /// no request.
    ///
    /// # Errors
    ///
    /// The bytes are no response, or the sink does not take its body. Nothing more may be taken then.
    pub(crate) fn take<S: BodySink>(
        &mut self,
        input: &[u8],
        sink: &mut S,
        buffers: &Buffers,
    ) -> Result<Option<Complete>, S::Error> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            // As nearly always: the whole head at once.
            Stage::Head(partial) if partial.is_empty() => match find(input, 0, &mut self.interim)? {
                (begin, Some(parsed)) => self.begin(&input[begin..], &parsed, sink, buffers),
                (begin, None) => Ok(self.wait(partial, &input[begin..], buffers)?),
            },
            Stage::Head(mut partial) => {
                let seen = partial.len();
                partial.extend_from_slice(input);
                match find(&partial, seen, &mut self.interim)? {
                    (begin, Some(parsed)) => {
                        let taken = self.begin(&partial[begin..], &parsed, sink, buffers);
                        buffers.give_back(partial);
                        taken
                    }
                    (begin, None) => {
                        partial.drain(..begin);
                        Ok(self.wait(partial, &[], buffers)?)
                    }
                }
            }
            Stage::Body(head, body) => self.take_body(head, body, input, sink),
            Stage::Over => Ok(None),
        }
    }

    /// Waits for the rest of a head.
    fn wait(&mut self, mut partial: Vec<u8>, more: &[u8], buffers: &Buffers) -> Result<Option<Complete>, Failure> {
        if partial.capacity() == 0 {
            partial = buffers.take();
        }
        partial.extend_from_slice(more);
        if partial.len() > head::LIMIT {
            return Err(head::too_large());
        }
        self.stage = Stage::Head(partial);
        Ok(None)
    }

    /// Takes a head that is whole, and what follows it.
    fn begin<S: BodySink>(
        &mut self,
        input: &[u8],
        parsed: &Parsed,
        sink: &mut S,
        buffers: &Buffers,
    ) -> Result<Option<Complete>, S::Error> {
        let (bytes, rest) = input.split_at(parsed.length);
        let body = Body::of(parsed, self.asked)?;
        let leaves_http = parsed.leaves_http(self.asked);
        self.persistent = parsed.persistent && body.ends_by_itself() && !leaves_http;
        sink.status(parsed.status.as_u16());
        sink.begin(body.length(), parsed.encoded);
        // What follows in another protocol is kept with the head: see `Head::trailing`.
        let kept = if leaves_http { input } else { bytes };
        self.take_body(Head::new(kept, parsed, buffers), body, rest, sink)
    }

    fn take_body<S: BodySink>(
        &mut self,
        head: Head,
        mut body: Body,
        input: &[u8],
        sink: &mut S,
    ) -> Result<Option<Complete>, S::Error> {
        let used = body.take(input, sink)?;
        if body.is_complete() {
            return Ok(Some(Complete { head, reusable: self.persistent && used == input.len() }));
        }
        self.stage = Stage::Body(head, body);
        Ok(None)
    }

    /// The server has closed the connection, in good order: the response, if that is how it ends.
    ///
    /// # Errors
    ///
    /// A failure of the kind `Closed`, unless what there is of a head shows that it is none.
    pub(crate) fn end(&mut self) -> Result<Complete, Failure> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Body(head, Body::UntilClose) => Ok(Complete { head, reusable: false }),
            // What is no head is called so, also if it was too short to be looked at.
            Stage::Head(partial) => match head::parse(&partial) {
                Err(error) => Err(error),
                Ok(_) => Err(incomplete()),
            },
            _ => Err(incomplete()),
        }
    }
}

/// Where the head of the final response begins in `input`, and what it says, if it is whole. The first `seen` bytes hold
/// no whole head. Interim responses are skipped, and counted in `interim`.
fn find(input: &[u8], mut seen: usize, interim: &mut u32) -> Result<(usize, Option<Parsed>), Failure> {
    let mut begin = 0;
    while let rest = &input[begin..]
        && head::may_be_whole(rest, seen)
        && let Some(parsed) = head::parse(rest)?
    {
        // 101 is a final one: it ends HTTP on this connection (RFC 9110 §15.2.2).
        if !parsed.status.is_informational() || parsed.status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok((begin, Some(parsed)));
        }
        *interim += 1;
        if *interim > INTERIM {
            return Err(head::invalid(&format!("more than {INTERIM} interim responses (1xx) before the response")));
        }
        (begin, seen) = (begin + parsed.length, 0);
    }
    Ok((begin, None))
}

/// The peer closed the connection within the response, or instead of it.
pub(super) fn incomplete() -> Failure {
    Failure::closed_before("the response was complete")
}
