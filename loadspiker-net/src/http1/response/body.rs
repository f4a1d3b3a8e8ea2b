//! [`Body`]: where the body of a response ends (RFC 9112 §6.3).

use http::StatusCode;

use super::Asked;
use super::chunked::Chunked;
use super::head::{ContentLength, Parsed, Transfer, invalid};
use crate::failure::Failure;
use crate::http1::BodySink;

/// What is still to come of a body.
#[derive(Debug)]
pub(super) enum Body {
    /// So many bytes.
    Length(u64),
    Chunked(Chunked),
    /// All that comes until the server closes the connection.
    UntilClose,
}

impl Body {
    /// The body that such a head begins.
    pub(super) fn of(parsed: &Parsed, asked: Asked) -> Result<Body, Failure> {
        let status = parsed.status;
        if asked == Asked::Head
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            || parsed.leaves_http(asked)
        {
            return Ok(Body::Length(0));
        }
        match (parsed.transfer, parsed.content_length) {
            // With both, the length does not count, and the connection is not used again: see `Parsed::persistent`.
            // HTTP/1.0 has no transfer codings: who sends one is not to be trusted about anything (RFC 9112 §6.1).
            (Transfer::Chunked | Transfer::Other, _) if !parsed.is_1_1 => {
                Err(invalid("unexpected transfer-encoding parsed"))
            }
            (Transfer::Chunked, _) => Ok(Body::Chunked(Chunked::default())),
            (Transfer::Other, _) | (Transfer::Absent, ContentLength::Absent) => Ok(Body::UntilClose),
            (Transfer::Absent, ContentLength::Is(length)) => Ok(Body::Length(length)),
            (Transfer::Absent, ContentLength::Invalid) => Err(invalid("invalid content-length parsed")),
        }
    }

    /// Its length, if it is known beforehand.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Body::Length(length) => Some(*length),
            Body::Chunked(_) | Body::UntilClose => None,
        }
    }

    /// Whether its end can be seen without the end of the connection.
    pub(super) fn ends_by_itself(&self) -> bool {
        !matches!(self, Body::UntilClose)
    }

    pub(super) fn is_complete(&self) -> bool {
        match self {
            Body::Length(left) => *left == 0,
            Body::Chunked(chunked) => chunked.is_complete(),
            Body::UntilClose => false,
        }
    }

    /// Takes what belongs to it, and returns how much that was.
    pub(super) fn take<S: BodySink>(&mut self, input: &[u8], sink: &mut S) -> Result<usize, S::Error> {
        match self {
            Body::Length(left) => {
                let piece = part(input, *left);
                *left -= piece.len() as u64;
                hand_over(piece, sink)?;
                Ok(piece.len())
            }
            Body::Chunked(chunked) => chunked.take(input, sink),
            Body::UntilClose => {
                hand_over(input, sink)?;
                Ok(input.len())
            }
        }
    }
}

/// As much of `input` as `left` allows.
pub(super) fn part(input: &[u8], left: u64) -> &[u8] {
    &input[..usize::try_from(left).map_or(input.len(), |left| left.min(input.len()))]
}

pub(super) fn hand_over<S: BodySink>(piece: &[u8], sink: &mut S) -> Result<(), S::Error> {
    if piece.is_empty() { Ok(()) } else { sink.take(piece) }
}
