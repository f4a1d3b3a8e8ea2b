//! [`Exchange`]: an action made of operations, some of which wait for messages.

use std::any::Any;
use std::time::Duration;

use super::awaiting::{Answer, Await, CompiledAwait};
use super::compile_context::{CompileContext, RequestName};
use super::context::ActionContext;
use super::handle::LocalFuture;
use super::resting::Woken;
use super::{Action, ActionFuture};
use crate::check::{BoundPredicate, Response};
use crate::failure::Failure;
use crate::metrics::{Phases, Sample, SampleName};
use crate::moment::Moment;
use crate::stream::{Bell, Expectation, Received};

/// How a protocol with streams carries out the operations of its requests; [`Exchange`] does the rest.
pub trait Streaming: Send + Sync + Sized + 'static {
    /// One of the operations of a request, compiled: connect, send, subscribe, close. What is awaited has one too, which
    /// says where the message comes from: the name of a stream, a topic.
    type Operation: Send + Sync + 'static;

    /// A message, as checks see it.
    type Message: Response + 'static;

    /// Carries out an operation, and notes in `progress` when it sent what.
    ///
    /// # Errors
    ///
    /// Why it failed. The operations behind it are left out, and the request is counted as failed.
    fn perform<'a>(
        &'a self,
        operation: &'a Self::Operation,
        cx: &'a mut ActionContext,
        progress: &'a mut Progress,
    ) -> LocalFuture<'a, Result<(), Failure>>;

    /// Expects a message of the stream that `operation` is about, with
    /// [`Inbox::expect`](crate::stream::Inbox::expect) or one of its kin.
    ///
    /// # Errors
    ///
    /// Why there is none: the user is not connected, for instance.
    fn expect(
        &self,
        operation: &Self::Operation,
        cx: &mut ActionContext,
        filter: BoundPredicate,
        since: Moment,
    ) -> Result<Expectation<Self::Message>, Failure>;
}

/// A part of a request with streams.
#[derive(Clone, Debug)]
pub enum Part<O> {
    /// An operation that is carried out.
    Do(O),
    /// A message that is waited for, with where it comes from.
    Await(O, Await),
}

impl<O> Part<O> {
    /// The same part with another operation, such as the compiled one.
    pub fn map<P>(self, change: impl FnOnce(O) -> P) -> Part<P> {
        match self {
            Part::Do(operation) => Part::Do(change(operation)),
            Part::Await(operation, awaited) => Part::Await(change(operation), awaited),
        }
    }
}

/// How far a request with several operations is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    sent: Option<Moment>,
    ended: Option<Moment>,
    bytes_sent: u64,
    bytes_received: u64,
    phases: Phases,
}

impl Progress {
    /// A part of the request is about to be sent to a ready connection. Messages that come from now on are answers to it.
    /// To be called before it is written; the first call counts as the moment of sending.
    pub fn sending(&mut self, at: Moment) {
        self.sent.get_or_insert(at);
    }

    /// So many bytes were sent.
    pub fn sent_bytes(&mut self, bytes: u64) {
        self.bytes_sent += bytes;
    }

    /// So many bytes were received, besides those of the messages that are awaited.
    pub fn received_bytes(&mut self, bytes: u64) {
        self.bytes_received += bytes;
    }

    /// The phases of the request, of a connect for instance.
    pub fn phases_mut(&mut self) -> &mut Phases {
        &mut self.phases
    }

    pub(super) fn received<M: Response>(&mut self, received: &Received<M>) {
        self.bytes_received += received.message.body().len() as u64;
        self.ended = Some(self.sent.map_or(received.at, |sent| sent.max(received.at)));
    }

    pub(super) fn sample<'a>(
        &self,
        name: SampleName<'a>,
        intended: Moment,
        started: Moment,
        ended: Moment,
    ) -> Sample<'a> {
        let sample = Sample::new(name, intended).started(started).sent(self.sent).ended(ended);
        sample.bytes(self.bytes_sent, self.bytes_received).phases(self.phases.clone())
    }
}

/// An [`Action`] made of operations in order, which are one request and one sample. Its user rests without a task while
/// it waits for a message. A protocol's builder compiles to it.
///
/// The response time runs to the last message awaited, or to the end of the last operation behind it. A message behind an
/// operation that sends is awaited from then on; one behind nothing may be among those that came before.
pub struct Exchange<S: Streaming> {
    name: RequestName,
    streaming: S,
    parts: Box<[Compiled<S::Operation>]>,
}

enum Compiled<O> {
    Do(O),
    Await(O, CompiledAwait),
}

/// What is kept while the user rests.
struct Suspended<M: Response + 'static> {
    place: usize,
    progress: Progress,
    limit: Duration,
    expectation: Expectation<M>,
}

impl<S: Streaming> Exchange<S> {
    /// Prepares a request of these parts; `name` was made with [`CompileContext::request_name`].
    ///
    /// A message that is awaited in the background must be the last part: it is the answer to the whole request.
    pub fn compile(
        name: RequestName,
        streaming: S,
        parts: impl IntoIterator<Item = Part<S::Operation>>,
        cx: &mut CompileContext<'_>,
    ) -> Self {
        let parts: Box<[_]> = parts
            .into_iter()
            .map(|part| match part {
                Part::Do(operation) => Compiled::Do(operation),
                Part::Await(operation, awaited) => Compiled::Await(operation, awaited.compile(cx)),
            })
            .collect();
        let before = parts.split_last().map_or(&[][..], |(_, before)| before);
        if before.iter().any(|part| matches!(part, Compiled::Await(_, awaited) if awaited.in_background)) {
            cx.mistake(
                "only the last operation of a request can be awaited in the background; write what comes behind it as a \
                 request of its own",
            );
        }
        if parts.is_empty() {
            cx.mistake("the request does nothing; give it an operation");
        }
        Exchange { name, streaming, parts }
    }

    /// Goes on at the part at `place`, until the end or until the user is to rest.
    async fn go_on(&self, cx: &mut ActionContext, mut place: usize, mut progress: Progress) {
        while let Some(part) = self.parts.get(place) {
            let outcome = match part {
                Compiled::Do(operation) => {
                    progress.ended = None;
                    self.streaming.perform(operation, cx, &mut progress).await
                }
                Compiled::Await(operation, awaited) => match self.begin(operation, awaited, cx, &progress) {
                    Ok((expectation, limit)) if awaited.in_background => {
                        let answer = Answer::begin(&self.name, awaited, progress, limit, expectation, cx);
                        cx.awaits().add(answer);
                        return cx.finish(cx.now());
                    }
                    Ok((expectation, limit)) if !expectation.is_over() => {
                        let (bell, deadline) = (Bell::new(), cx.now() + limit);
                        expectation.announce(&bell);
                        return cx.rest_until(&bell, deadline, Suspended { place, progress, limit, expectation });
                    }
                    Ok((expectation, limit)) => self.accept(awaited, &expectation, limit, cx, &mut progress),
                    Err(failure) => Err(failure),
                },
            };
            if let Err(failure) = outcome {
                return self.finish(cx, &progress, Err(failure));
            }
            place += 1;
        }
        self.finish(cx, &progress, Ok(()));
    }

    fn begin(
        &self,
        operation: &S::Operation,
        awaited: &CompiledAwait,
        cx: &mut ActionContext,
        progress: &Progress,
    ) -> Result<(Expectation<S::Message>, Duration), Failure> {
        let limit = awaited.limit(cx.session())?;
        let filter = awaited.filter(cx.session());
        let since = progress.sent.unwrap_or(Moment::START);
        Ok((self.streaming.expect(operation, cx, filter, since)?, limit))
    }

    /// The wait is over.
    fn accept(
        &self,
        awaited: &CompiledAwait,
        expectation: &Expectation<S::Message>,
        limit: Duration,
        cx: &mut ActionContext,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let received = expectation.take().unwrap_or_else(|| Err(awaited.timed_out(limit)))?;
        progress.received(&received);
        // One that was kept came before the request began.
        progress.ended = progress.ended.map(|ended| ended.max(cx.started()));
        awaited.check(&received.message, cx.session_mut())?;
        cx.reply(received.message);
        Ok(())
    }

    fn finish(&self, cx: &mut ActionContext, progress: &Progress, outcome: Result<(), Failure>) {
        let ended = progress.ended.unwrap_or_else(|| cx.now());
        let sample = cx.sample(&self.name).sent(progress.sent).ended(ended).phases(progress.phases.clone());
        sample.bytes(progress.bytes_sent, progress.bytes_received).outcome(outcome).record();
    }
}

impl<S: Streaming> Action for Exchange<S> {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn is_request(&self) -> bool {
        // One that only waits sends nothing.
        self.parts.iter().any(|part| matches!(part, Compiled::Do(_)))
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(self.go_on(cx, 0, Progress::default()))
    }

    fn resume<'a>(&'a self, state: Box<dyn Any>, woken: Woken, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            let _ = woken;
            let Ok(suspended) = state.downcast::<Suspended<S::Message>>() else { return };
            let Suspended { place, mut progress, limit, expectation } = *suspended;
            let Some(Compiled::Await(_, awaited)) = self.parts.get(place) else { return };
            // Where it timed out the expectation has nothing, unless a message came at that very moment.
            let outcome = self.accept(awaited, &expectation, limit, cx, &mut progress);
            drop(expectation);
            match outcome {
                Ok(()) => self.go_on(cx, place + 1, progress).await,
                Err(failure) => self.finish(cx, &progress, Err(failure)),
            }
        })
    }
}
