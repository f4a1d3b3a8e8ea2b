//! [`exchange`]: one request and its response over a connection.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http::HeaderMap;
use http::StatusCode;
use http::header::CONTENT_ENCODING;
use hyper::body::{Body, Incoming};
use loadspiker_core::Moment;

use super::{Awake, Connection, Request, State};
use crate::body::Sink;
use crate::clock::Clock;
use crate::error::HttpError;

/// A complete response; its body went to the sink.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// When the first byte was seen. Equal to `ended` if the whole response came at once.
    pub(crate) first_byte: Moment,
    /// When the last byte was seen.
    pub(crate) ended: Moment,
}

/// No complete response.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The connection was dead before anything was sent on it; the request is back where it was. Nobody has seen it, so
    /// it may go out on another connection, whatever its method.
    Unsent(HttpError),
    /// The request may have been processed: it must not be sent again.
    Failed(HttpError),
}

/// Sends the request, which it takes out of `request`, and takes in the response, its body going to `sink`.
///
/// The clock is read once if the response comes in one piece, twice if not.
///
/// # Cancel safety
///
/// Once polled, a dropped exchange leaves the connection in the middle of a message: drop the connection, too.
pub(crate) async fn exchange<C: Clock>(
    connection: &mut Connection,
    request: &mut Option<Request>,
    sink: &mut Sink,
    clock: &C,
) -> Result<Answer, Failure> {
    connection.traffic.listen();
    let traffic = connection.traffic.clone();
    connection.reused = true;
    let Some(awake) = connection.wake().await else {
        return Err(Failure::Unsent(HttpError::Incomplete));
    };
    let Some(unsent) = request.take() else { return Err(Failure::Failed(HttpError::Incomplete)) };
    let mut first_byte = None;
    let done = {
        let response = pin!(awake.sender.try_send_request(unsent));
        let mut stage = Stage::Head(response);
        poll_fn(|cx| {
            let polled = advance(&mut connection.state, &mut stage, request, sink, cx);
            if polled.is_pending() && (first_byte.is_some() || !traffic.heard()) {
                return Poll::Pending;
            }
            let now = clock.now();
            let first_byte = *first_byte.get_or_insert(now);
            polled.map(|outcome| outcome.map(|head| Answer { first_byte, ended: now, ..head }))
        })
        .await
    };
    if done.is_err() || !connection.is_reusable() {
        connection.state = State::Closed;
    }
    done
}

/// How far the response has come.
enum Stage<R> {
    Head(R),
    Body(Answer, Incoming),
    Over,
}

/// Moves bytes in both directions until the response is complete, or nothing moves any more.
fn advance<R>(
    state: &mut State,
    stage: &mut Stage<Pin<&mut R>>,
    unsent: &mut Option<Request>,
    sink: &mut Sink,
    cx: &mut Context<'_>,
) -> Poll<Result<Answer, Failure>>
where
    R: Future<Output = Result<http::Response<Incoming>, hyper::client::conn::TrySendError<Request>>>,
{
    loop {
        let mut moved = false;
        if let State::Awake(awake) = state {
            let Awake { connection, .. } = awake.as_mut();
            if Pin::new(connection).poll(cx).is_ready() {
                // Closed, in good order or not. A request still in its queue comes back when it is dropped; a
                // response not yet taken is still there.
                *state = State::Closed;
            }
        }
        if let Stage::Head(response) = stage {
            match response.as_mut().poll(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(response)) => {
                    let (head, body) = response.into_parts();
                    sink.begin(body.size_hint().exact(), head.headers.contains_key(CONTENT_ENCODING));
                    let never = Moment::NEVER;
                    let answer = Answer { status: head.status, headers: head.headers, first_byte: never, ended: never };
                    *stage = Stage::Body(answer, body);
                }
                Poll::Ready(Err(mut error)) => {
                    *stage = Stage::Over;
                    let reason = HttpError::from_hyper(error.error());
                    *unsent = error.take_message();
                    return Poll::Ready(Err(match unsent {
                        Some(_) => Failure::Unsent(reason),
                        None => Failure::Failed(reason),
                    }));
                }
            }
        }
        if let Stage::Body(_, body) = stage {
            loop {
                match Pin::new(&mut *body).poll_frame(cx) {
                    Poll::Pending => break,
                    Poll::Ready(Some(Ok(frame))) => {
                        moved = true;
                        if let Ok(data) = frame.into_data()
                            && let Err(error) = sink.take(data)
                        {
                            *stage = Stage::Over;
                            return Poll::Ready(Err(Failure::Failed(error)));
                        }
                    }
                    Poll::Ready(Some(Err(error))) => {
                        *stage = Stage::Over;
                        return Poll::Ready(Err(Failure::Failed(HttpError::from_hyper(&error))));
                    }
                    Poll::Ready(None) => {
                        return match std::mem::replace(stage, Stage::Over) {
                            Stage::Body(answer, _) => Poll::Ready(Ok(answer)),
                            _ => Poll::Pending,
                        };
                    }
                }
            }
        }
        if !moved {
            return Poll::Pending;
        }
    }
}
