//! [`perform`]: sends one request over a connection of the pool, or a new one, within its time.
//!
//! # When a request is sent again
//!
//! A server may close a kept connection at any time, also while the next request is on its way. Such a request is sent
//! again, over another connection, if and only if hyper gives it back: it does so when it found the connection closed
//! before it wrote anything. Nobody can have seen that request, so this holds for every method, and it is no
//! failure of the server's that a sample should tell of.
//!
//! Once a byte has been handed to the operating system the server may have processed the request, and it is never sent
//! again: the sample says `connection closed before the response was complete`, or `connection reset by peer`. RFC 9110
//! §9.2.2 would allow more for GET and other idempotent methods. But a load generator that quietly repeats requests
//! sends more load than it reports, and hides a server that drops connections.

use std::rc::Rc;
use std::time::Duration;

use loadspiker_core::Moment;
use loadspiker_core::metrics::Phases;
use loadspiker_core::protocol::{ActionContext, Elapsed, ProtocolSlot};

use crate::body::Sink;
use crate::connection::{Answer, Connection, Failure, Request, exchange};
use crate::error::HttpError;
use crate::origin::Origin;
use crate::pool::Permit;
use crate::protocol::HttpProtocol;
use crate::shard::{HttpShard, HttpUser};
use crate::tls::UserCertificate;

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

/// A request, and what limits it.
pub(crate) struct Order<'a> {
    pub(crate) protocol: &'a HttpProtocol,
    pub(crate) slot: ProtocolSlot,
    pub(crate) origin: &'a Rc<Origin>,
    /// Taken when it is sent.
    pub(crate) request: &'a mut Option<Request>,
    pub(crate) limit: Duration,
    /// The certificate of the user, where each has one of its own.
    pub(crate) certificate: Option<&'a UserCertificate>,
    /// When it began: now, or so recently that reading the clock again would not tell another time.
    pub(crate) from: Moment,
}

/// Sends a request and takes in its response.
///
/// # Cancel safety
///
/// A dropped request closes its connection and lets the next user have its place in the pool.
pub(crate) async fn perform(
    cx: &mut ActionContext,
    shard: &HttpShard,
    order: Order<'_>,
    sink: &mut Sink,
) -> (Result<Answer, HttpError>, Trace) {
    let Order { protocol, slot, origin, request, limit, certificate, from } = order;
    let deadline = from + limit;
    let mut trace = Trace::unsent(from);
    let mut ready = from;
    let permit = match &shard.shared {
        None => None,
        Some(pool) => match pool.try_acquire(origin) {
            Some(permit) => Some(permit),
            None => {
                let granted = cx.timeout_at(deadline, pool.acquire(origin)).await;
                ready = cx.now();
                trace.phases.wait = Some(nanos(from, ready));
                let Ok(permit) = granted else {
                    trace.ended = ready;
                    return (Err(HttpError::RequestTimeout(limit)), trace);
                };
                Some(permit)
            }
        },
    };
    loop {
        let kept = match &permit {
            Some(permit) => permit.take(),
            None => cx.user(slot, || HttpUser::new(protocol)).pool.take(origin),
        };
        let mut connection = match kept {
            Some(connection) => connection,
            None => {
                let limit = (protocol.connect_timeout, limit, deadline);
                // Rarely needed, and wide: boxed, it costs nothing where a connection is kept.
                match Box::pin(connect(cx, shard, origin, certificate, ready, limit, &mut trace.phases)).await {
                    Ok((connection, at)) => {
                        ready = at;
                        connection
                    }
                    Err(error) => {
                        trace.ended = cx.now();
                        return (Err(error), trace);
                    }
                }
            }
        };
        let reused = connection.is_reused();
        trace.sent = Some(ready);
        let outcome = cx.timeout_at(deadline, exchange(&mut connection, request, sink, &*cx)).await;
        let (sent, received) = connection.traffic().take();
        trace.bytes_sent += sent;
        trace.bytes_received += received;
        let error = match outcome {
            Ok(Ok(answer)) => {
                trace.phases.first_byte = Some(nanos(ready, answer.first_byte));
                // What came in one piece was not waited for.
                let receive = nanos(answer.first_byte, answer.ended);
                trace.phases.receive = (receive > 0).then_some(receive);
                trace.ended = answer.ended;
                give_back(cx, slot, permit, origin, connection, protocol);
                return (Ok(answer), trace);
            }
            Ok(Err(Failure::Unsent(_))) if reused => continue,
            Ok(Err(Failure::Unsent(error) | Failure::Failed(error))) => error,
            Err(Elapsed) => HttpError::RequestTimeout(limit),
        };
        trace.ended = cx.now();
        return (Err(error), trace);
    }
}

async fn connect(
    cx: &ActionContext,
    shard: &HttpShard,
    origin: &Origin,
    certificate: Option<&UserCertificate>,
    from: Moment,
    (connect_limit, request_limit, deadline): (Duration, Duration, Moment),
    phases: &mut Phases,
) -> Result<(Connection, Moment), HttpError> {
    let until = from + connect_limit;
    let certificate =
        certificate.filter(|_| origin.secure).map(|certificate| certificate.of(cx.session())).transpose()?;
    let connecting = shard.connector.connect(origin, from, phases, cx, certificate.as_ref());
    match cx.timeout_at(until.min(deadline), connecting).await {
        Ok(connected) => connected,
        Err(Elapsed) if until <= deadline => Err(HttpError::ConnectTimeout(connect_limit)),
        Err(Elapsed) => Err(HttpError::RequestTimeout(request_limit)),
    }
}

fn give_back(
    cx: &mut ActionContext,
    slot: ProtocolSlot,
    permit: Option<Permit>,
    origin: &Rc<Origin>,
    connection: Connection,
    protocol: &HttpProtocol,
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
