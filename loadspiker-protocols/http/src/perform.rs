//! [`Order::perform`]: sends one request over a connection of the pool, or a new one, within its time.
//!
//! # When a request is sent again
//!
//! A server may close a kept connection at any time, also while the next request is on its way. Such a request is sent
//! again, over another connection, if and only if the connection was found closed before the operating system took any
//! byte of it. Nobody can have seen that request, so this holds for every method, and it is no failure of the server's
//! that a sample should tell of.
//!
//! Once a byte has been handed to the operating system the server may have processed the request, and it is never sent
//! again: the sample says `connection closed by …` or `connection reset by …`, with host and port. RFC 9110
//! §9.2.2 would allow more for GET and other idempotent methods. But a load generator that quietly repeats requests
//! sends more load than it reports, and hides a server that drops connections.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use loadspiker_core::Moment;
use loadspiker_core::metrics::Phases;
use loadspiker_core::protocol::{ActionContext, Elapsed, ProtocolSlot};
use loadspiker_net::pool::Permit;
use loadspiker_net::{Attempt, Failure, Limit, Phase, UserCertificate};

use crate::body::Sink;
use crate::carry::{Carry, HeldConnection};
use crate::connection::{Answer, Connection, Request, Unanswered, exchange};
use crate::error::HttpError;
use crate::origin::Origin;
use crate::protocol::HttpProtocol;
use crate::shard::{HttpShard, HttpUser};

/// What a sample tells of a request, whatever became of it.
#[derive(Debug)]
pub(crate) struct Trace {
    /// When it was handed to a ready connection.
    pub(crate) sent: Option<Moment>,
    pub(crate) ended: Moment,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) phases: Phases,
}

impl Trace {
    /// Of a request that was never sent.
    pub(crate) fn unsent(ended: Moment) -> Self {
        Trace { sent: None, ended, bytes_sent: 0, bytes_received: 0, phases: Phases::default() }
    }
}

/// A request, what limits it, and what is to come of it.
pub(crate) struct Order<'a> {
    pub(crate) shard: &'a HttpShard,
    pub(crate) protocol: &'a HttpProtocol,
    pub(crate) slot: ProtocolSlot,
    pub(crate) origin: &'a Rc<Origin>,
    pub(crate) request: &'a Request,
    pub(crate) limit: Duration,
    /// The certificate of the user, where each has one of its own.
    pub(crate) certificate: Option<&'a UserCertificate>,
    /// When it began: now, or so recently that reading the clock again would not tell another time.
    pub(crate) from: Moment,
    /// Whose connection it must be sent over, and maybe that connection; the one it was sent over, if it has an owner.
    pub(crate) carry: &'a mut Carry,
    pub(crate) sink: &'a mut Sink,
    /// Filled in, whatever the outcome.
    pub(crate) trace: &'a mut Trace,
}

impl<'a> Order<'a> {
    /// Sends the request and takes in its response.
    ///
    /// # Cancel safety
    ///
    /// A dropped request closes its connection and lets the next user have its place in the pool.
    // Every busy user has such a future. What is rarely needed, and wide, is boxed, so that it takes no room where a
    // connection is kept.
    #[expect(clippy::manual_async_fn, reason = "an async function would hold what it is given twice")]
    pub(crate) fn perform(mut self, cx: &'a mut ActionContext) -> impl Future<Output = Result<Answer, HttpError>> {
        async move {
            let deadline = self.from + self.limit;
            let mut ready = self.from;
            let (mut permit, mut kept) = (None, None);
            if let Some((with, held)) = self.carry.take() {
                (permit, kept) = (with, Some(held));
            } else if let Some(pools) = &self.shard.shared {
                let pool = pools.of(self.origin);
                permit = pool.try_acquire();
                if permit.is_none() {
                    let granted = Box::pin(cx.timeout_at(deadline, async move { pool.acquire().await })).await;
                    ready = cx.now();
                    self.trace.phases.set_nanos(Phase::WAIT, Some(nanos(self.from, ready)));
                    self.trace.ended = ready;
                    permit = Some(granted.map_err(|Elapsed| self.timed_out(Phase::WAIT))?);
                }
            }
            loop {
                if kept.is_none() {
                    kept = self.kept(cx, permit.as_ref());
                }
                let connection = match &mut kept {
                    Some(connection) => connection,
                    none => {
                        let connected = Box::pin(self.connect(cx, ready)).await;
                        let (connection, at) = connected.inspect_err(|_| self.trace.ended = cx.now())?;
                        ready = at;
                        none.insert(connection)
                    }
                };
                let reused = connection.is_reused();
                self.trace.sent = Some(ready);
                let exchanging = exchange(connection, self.request, self.sink, &self.shard.buffers, &*cx);
                let outcome = cx.timeout_at(deadline, exchanging).await;
                let (sent, received) = connection.take_traffic();
                self.trace.bytes_sent += sent;
                self.trace.bytes_received += received;
                let error = match outcome {
                    Ok(Ok(answer)) => {
                        self.answered(ready, &answer);
                        self.give_back(cx, permit, kept);
                        return Ok(answer);
                    }
                    Ok(Err(Unanswered::Unsent(_))) if self.carry.is_only_here() => HttpError::Handshake,
                    Ok(Err(Unanswered::Unsent(failure))) if reused => {
                        tracing::debug!(
                            endpoint = %self.origin.endpoint,
                            user = cx.session().user_id(),
                            %failure,
                            "the connection was closed before the request was written; it is sent over another one"
                        );
                        kept = None;
                        continue;
                    }
                    Ok(Err(Unanswered::Unsent(failure))) => failure.at(&self.origin.endpoint).into(),
                    Ok(Err(Unanswered::Failed(error))) => error.at(&self.origin.endpoint),
                    Err(Elapsed) => self.timed_out(Phase::RESPONSE).into(),
                };
                self.trace.ended = cx.now();
                return Err(error);
            }
        }
    }

    /// An idle connection to where the request goes.
    fn kept(&self, cx: &mut ActionContext, permit: Option<&Permit<Connection>>) -> Option<Connection> {
        let owner = self.carry.owner().map(|owner| owner.as_str());
        match permit {
            Some(permit) => permit.take(owner),
            None => cx.user(self.slot, || HttpUser::new(self.protocol)).pool.take(self.origin, owner),
        }
    }

    /// A new connection, and when it was ready.
    async fn connect(&mut self, cx: &ActionContext, from: Moment) -> Result<(Connection, Moment), HttpError> {
        let connect = Limit::connect(from, self.protocol.net.connect_timeout);
        let limit = connect.earlier(Limit::request(self.from, self.limit));
        let certificate = self.certificate.filter(|_| self.origin.endpoint.is_secure());
        let certificate = certificate.map(|certificate| certificate.of(cx.session())).transpose()?;
        let mut attempt = Attempt::new(cx, from, limit, &mut self.trace.phases).with_certificate(certificate.as_ref());
        let stream = self.shard.dialer.dial(&self.origin.endpoint, &mut attempt).await?;
        Ok((Connection::new(stream), attempt.at()))
    }

    fn timed_out(&self, phase: Phase) -> Failure {
        Failure::timed_out(phase, &self.origin.endpoint, Limit::request(self.from, self.limit))
    }

    fn answered(&mut self, sent: Moment, answer: &Answer) {
        self.trace.phases.set_nanos(Phase::FIRST_BYTE, Some(nanos(sent, answer.first_byte)));
        // What came in one piece was not waited for.
        let receive = nanos(answer.first_byte, answer.ended);
        self.trace.phases.set_nanos(Phase::RECEIVE, (receive > 0).then_some(receive));
        self.trace.ended = answer.ended.max(sent);
    }

    fn give_back(
        &mut self,
        cx: &mut ActionContext,
        permit: Option<Permit<Connection>>,
        connection: Option<Connection>,
    ) {
        let Some(connection) = connection else { return };
        match self.carry.owner() {
            None => put(cx, self.slot, self.protocol, self.origin, (permit, connection)),
            Some(_) => self.carry.hold(permit, connection),
        }
    }
}

/// Puts a connection where the next request finds it.
pub(crate) fn put(
    cx: &mut ActionContext,
    slot: ProtocolSlot,
    protocol: &HttpProtocol,
    origin: &Rc<Origin>,
    (permit, connection): HeldConnection,
) {
    match permit {
        Some(permit) => permit.put(connection),
        None => {
            let limit = protocol.max_connections_per_host;
            cx.user(slot, || HttpUser::new(protocol)).pool.put(origin, connection, limit);
        }
    }
}

fn nanos(from: Moment, to: Moment) -> u64 {
    to.as_nanos().saturating_sub(from.as_nanos())
}
