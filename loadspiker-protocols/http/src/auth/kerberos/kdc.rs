//! [`Kdc`]: the server that gives tickets, asked over TCP (RFC 4120 §7.2.2).

use std::time::Duration;

use loadspiker_core::compile::{CompileContext, RequestName};
use loadspiker_core::expression::CompiledText;
use loadspiker_core::protocol::{Elapsed, ProtocolSlot};
use loadspiker_core::{Session, StepError};
use loadspiker_net::{Attempt, Clock, Endpoint, Failure, FailureKind, Limit, Phase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::message::Made;
use crate::auth::AuthContext;
use crate::auth::secret::rendered;
use crate::error::HttpError;
use crate::perform::Trace;
use crate::protocol::HttpProtocol;
use crate::shard::HttpShard;

/// The port of Kerberos.
const PORT: u16 = 88;

/// No answer is longer; tickets are some kilobytes.
const LONGEST: u32 = 1 << 20;

/// Where tickets are asked for.
pub(super) struct Kdc {
    address: CompiledText,
    slot: ProtocolSlot,
    timeout: Duration,
    names: [RequestName; 2],
}

/// What is asked of it.
#[derive(Clone, Copy)]
pub(super) enum Exchange {
    /// A ticket-granting ticket, for a password.
    Authentication,
    /// A ticket for a service.
    Ticket,
}

impl Kdc {
    pub(super) fn compile(address: CompiledText, cx: &mut CompileContext<'_>) -> Self {
        if let Some(Err(why)) = address.as_literal().map(endpoint) {
            cx.mistake(format!("kerberos: {why}"));
        }
        let (slot, protocol) = cx.protocol(HttpProtocol::without_base);
        let names = ["kerberos AS", "kerberos TGS"].map(|name| cx.request_name(name));
        Kdc { address, slot, timeout: protocol.net.request_timeout, names }
    }

    /// Sends a message, and reads what comes back. That is a request of its own, and fails if it cannot be read.
    pub(super) async fn ask<T>(
        &self,
        cx: &mut AuthContext<'_>,
        what: Exchange,
        message: &[u8],
        read: impl FnOnce(&[u8]) -> Made<T>,
    ) -> Result<T, StepError> {
        let address = self.address(cx.session());
        let cx = cx.begin().await?;
        let from = cx.now();
        let limit = Limit::request(from, self.timeout);
        let mut trace = Trace::unsent(from);
        let shard = cx.shard::<HttpShard>(self.slot);
        let talk = async {
            let kdc = address.as_ref().map_err(|why| Failure::mistake(why.clone()))?;
            let limited = (kdc, limit);
            talk(&shard, limited, message, &mut trace, &*cx).await.map_err(Failure::from)
        };
        let answer = match cx.timeout_at(limit.until(), talk).await {
            Ok(answer) => answer.and_then(|answer| read(&answer).map_err(|why| Failure::new(FailureKind::Auth, why))),
            Err(Elapsed) => Err(match &address {
                Ok(kdc) => Failure::timed_out(Phase::RESPONSE, kdc, limit),
                Err(why) => Failure::mistake(why.clone()),
            }),
        };
        trace.ended = cx.now();
        let sample = cx.sample(&self.names[what as usize]).sent(trace.sent).ended(trace.ended).phases(trace.phases);
        sample.bytes(trace.bytes_sent, trace.bytes_received).outcome(answer.as_ref().map_err(Failure::clone)).record();
        answer.map_err(|failure| StepError::new(failure.text().to_owned()))
    }

    fn address(&self, session: &Session) -> Made<Endpoint> {
        endpoint(&rendered(&self.address, session).map_err(|error| error.to_string())?)
    }
}

/// Where the KDC with this address is.
fn endpoint(address: &str) -> Made<Endpoint> {
    Endpoint::from_address(address, Some(PORT))
        .map_err(|_| format!("\"{address}\" is not a valid KDC; write kdc(\"host\") or kdc(\"host:port\")"))
}

async fn talk<C: Clock>(
    shard: &HttpShard,
    (kdc, limit): (&Endpoint, Limit),
    message: &[u8],
    trace: &mut Trace,
    clock: &C,
) -> Result<Vec<u8>, HttpError> {
    let mut attempt = Attempt::new(clock, trace.ended, limit, &mut trace.phases);
    let mut socket = shard.dialer.dial(kdc, &mut attempt).await?;
    let ready = attempt.at();
    trace.sent = Some(ready);
    let io = |error: std::io::Error| HttpError::Net(Failure::from_io(&error).at(kdc));
    let len = u32::try_from(message.len()).unwrap_or(u32::MAX);
    socket.write_all(&[&len.to_be_bytes(), message].concat()).await.map_err(io)?;
    trace.bytes_sent = u64::from(len) + 4;
    let mut len = [0; 4];
    socket.read_exact(&mut len).await.map_err(io)?;
    let len = u32::from_be_bytes(len);
    if len > LONGEST {
        return Err(HttpError::Auth { scheme: "kerberos", reason: "what answers is no KDC".to_owned() });
    }
    let mut answer = vec![0; len as usize];
    socket.read_exact(&mut answer).await.map_err(io)?;
    trace.bytes_received = u64::from(len) + 4;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_maybe_a_port() {
        assert_eq!(endpoint("dc.corp.test").unwrap().to_string(), "dc.corp.test:88");
        assert_eq!(endpoint("127.0.0.1:750").unwrap().to_string(), "127.0.0.1:750");
        for wrong in ["", ":88", "dc:many", "http://dc", "a b", "ada@dc"] {
            assert!(endpoint(wrong).unwrap_err().contains("write kdc(\"host\")"), "{wrong}");
        }
    }
}
