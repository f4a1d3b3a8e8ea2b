//! [`Exchange`]: one request and its response over a connection.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use loadspiker_core::Moment;
use tokio::io::AsyncWrite;

use super::request::Request;
use super::response::{Asked, Complete, Decoder, Head, incomplete};
use super::{BodySink, Buffers, Connection};
use crate::clock::Clock;
use crate::failure::{Failure, FailureKind};

/// How many bytes an exchange moves before other tasks of the shard have their turn: a body without an end must not have
/// the shard for itself. Tokio's own budget counts reads, whatever they bring, and would allow for 8 MB.
const TURN: usize = 256 * 1024;

/// A complete response; its body went to the sink.
#[derive(Debug)]
pub struct Answer {
    /// Status and header fields.
    pub head: Head,
    /// When the first byte was seen. Equal to `ended` if the whole response came at once.
    pub first_byte: Moment,
    /// When the last byte was seen, or if the shard was held up, when it had come in.
    pub ended: Moment,
}

/// The exchange failed.
#[derive(Debug)]
pub enum Unanswered<E> {
    /// The connection was closed before anything was sent. No server has seen the request, so it may be sent on another
    /// connection, whatever its method.
    Unsent(Failure),
    /// The server may have processed the request: do not send it again.
    Failed(E),
}

/// Sends a request and reads the response. The body goes to `sink`.
///
/// The clock is read once if the response comes in one piece, twice if not. The response is listened to while the request
/// is still being written: a server may refuse a large one early, and close the connection (RFC 9112 §9.3).
///
/// # Cancel safety
///
/// Once polled, a dropped exchange leaves the connection in the middle of a message. It cannot be used again.
pub fn exchange<'a, S: BodySink, C: Clock>(
    connection: &'a mut Connection,
    request: &'a Request,
    sink: &'a mut S,
    buffers: &'a Buffers,
    clock: &'a C,
) -> Exchange<'a, S, C> {
    let decoder = Decoder::new(Asked::by(request.method()));
    let writing = Writing { own: Vec::new(), done: 0, sent_before: 0, state: State::Unbegun };
    Exchange { connection, request, sink, buffers, clock, writing, decoder, first_byte: None, age: Duration::ZERO }
}

/// See [`exchange`].
pub struct Exchange<'a, S, C> {
    connection: &'a mut Connection,
    request: &'a Request,
    sink: &'a mut S,
    buffers: &'a Buffers,
    clock: &'a C,
    writing: Writing,
    decoder: Decoder,
    first_byte: Option<Moment>,
    /// Where the shard was held up: for how long the end of the response had been there.
    age: Duration,
}

/// How far the request has been written.
struct Writing {
    /// The head, where it is not written down in the request.
    own: Vec<u8>,
    /// How many bytes of head and body are with the connection.
    done: usize,
    /// What the connection had sent before.
    sent_before: u64,
    state: State,
}

enum State {
    Unbegun,
    /// Bytes are left, or a layer of the connection still holds some.
    Under,
    Done,
    /// No more can be written. What the server has said before it closed may still be read.
    Failed(Box<Failure>),
}

impl<S: BodySink, C: Clock> Future for Exchange<'_, S, C> {
    type Output = Result<Answer, Unanswered<S::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let Complete { head, reusable } = ready!(this.advance(cx))?;
        let now = this.clock.now();
        let ended = Moment::from_nanos(now.since(Moment::START + this.age).as_nanos().try_into().unwrap_or(u64::MAX));
        this.connection.open = reusable && matches!(this.writing.state, State::Done) && !this.request.closes();
        Poll::Ready(Ok(Answer { head, first_byte: this.first_byte.unwrap_or(ended).min(ended), ended }))
    }
}

impl<S: BodySink, C: Clock> Exchange<'_, S, C> {
    /// Moves bytes in both directions until the response is complete, or nothing moves any more.
    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<Result<Complete, Unanswered<S::Error>>> {
        if matches!(self.writing.state, State::Unbegun)
            && let Err(unsent) = self.begin(cx)
        {
            return Poll::Ready(Err(unsent));
        }
        if matches!(self.writing.state, State::Under) {
            match self.write(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => {
                    self.writing.state = State::Done;
                    self.buffers.give_back(std::mem::take(&mut self.writing.own));
                }
                Poll::Ready(Err(error)) => {
                    let reason = Failure::from_io(&error);
                    if self.connection.stream.sent() == self.writing.sent_before {
                        return Poll::Ready(Err(Unanswered::Unsent(reason)));
                    }
                    self.writing.state = State::Failed(Box::new(reason));
                }
            }
        }
        let mut place = self.buffers.reading();
        let mut heard = 0;
        let was_held_up = self.clock.was_held_up();
        loop {
            let age = if was_held_up { self.connection.stream.age(&mut place) } else { Ok(None) };
            let read = match age {
                Err(error) => Poll::Ready(Err(error)),
                Ok(_) if heard >= TURN => give_way(cx),
                Ok(age) => {
                    self.age = age.unwrap_or_default();
                    self.connection.stream.poll_read_into(cx, &mut place)
                }
            };
            let taken = match read {
                Poll::Pending => {
                    if heard > 0 && self.first_byte.is_none() {
                        self.first_byte = Some(self.clock.now());
                    }
                    return Poll::Pending;
                }
                Poll::Ready(Ok(0)) => match self.decoder.end() {
                    Ok(complete) => Ok(Some(complete)),
                    Err(failure) => Err(self.reason(failure).into()),
                },
                Poll::Ready(Ok(read)) => {
                    heard += read;
                    self.decoder.take(&place[..read], self.sink, self.buffers)
                }
                Poll::Ready(Err(error)) => Err(self.reason(Failure::from_io(&error)).into()),
            };
            match taken {
                Ok(None) => {}
                Ok(Some(complete)) => return Poll::Ready(Ok(complete)),
                Err(error) => return Poll::Ready(Err(Unanswered::Failed(error))),
            }
        }
    }

    /// Makes sure that the connection is alive, as far as can be known, and prepares the head.
    fn begin(&mut self, cx: &mut Context<'_>) -> Result<(), Unanswered<S::Error>> {
        let usable = self.connection.open && !(self.connection.reused && self.is_stale(cx));
        self.connection.reused = true;
        // Until the response is complete.
        self.connection.open = false;
        if !usable {
            return Err(Unanswered::Unsent(incomplete()));
        }
        if !self.request.is_written() {
            self.writing.own = self.buffers.take();
            self.request.write(&mut self.writing.own);
        }
        self.writing.sent_before = self.connection.stream.sent();
        self.writing.state = State::Under;
        Ok(())
    }

    fn is_stale(&mut self, cx: &mut Context<'_>) -> bool {
        let stream = &mut self.connection.stream;
        // What a socket has to say, the reactor knows; in TLS it may be a message of TLS alone, which is read here.
        stream.is_stale() || stream.is_secure() && stream.poll_read_into(cx, &mut self.buffers.reading()).is_ready()
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Writing { own, done, .. } = &mut self.writing;
        let head = if self.request.is_written() { self.request.written() } else { own };
        let body = self.request.body();
        let until = done.saturating_add(TURN);
        while *done < head.len() + body.len() {
            if *done >= until {
                return give_way(cx);
            }
            let (head, body) = match head.get(*done..) {
                Some(head) => (head, body),
                None => (&[][..], &body[*done - head.len()..]),
            };
            match ready!(self.connection.stream.poll_write_both(cx, head, body))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => *done += written,
            }
        }
        Pin::new(&mut self.connection.stream).poll_flush(cx)
    }

    /// Why there is no response: that the request could not be written says more than that nothing came back.
    fn reason(&mut self, failure: Failure) -> Failure {
        match std::mem::replace(&mut self.writing.state, State::Done) {
            State::Failed(before) if failure.kind() == FailureKind::ClosedByPeer => *before,
            _ => failure,
        }
    }
}

/// Lets other tasks have their turn, and the reactor look for what has come in meanwhile.
fn give_way<T>(cx: &mut Context<'_>) -> Poll<T> {
    // Polled once, it has the task woken behind the others; there is nothing more to it.
    let _ = pin!(tokio::task::yield_now()).poll(cx);
    Poll::Pending
}
