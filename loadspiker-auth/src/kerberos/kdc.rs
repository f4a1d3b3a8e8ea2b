//! [`Kdc`]: the server that issues tickets, over TCP (RFC 4120 §7.2.2); [`KdcLink`]: the interface that a protocol provides.

use std::future::Future;
use std::time::Duration;

use loadspiker_core::compile::{CompileContext, RequestName};
use loadspiker_core::expression::CompiledText;
use loadspiker_core::metrics::Phases;
use loadspiker_core::protocol::{ActionContext, Elapsed};
use loadspiker_core::{Moment, StepError};
use loadspiker_net::{Attempt, Endpoint, Failure, FailureKind, Limit, NetStream, Phase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::message::Made;
use crate::rendered;

/// The port of Kerberos.
const PORT: u16 = 88;

/// No answer is longer; tickets are some kilobytes.
const LONGEST: u32 = 1 << 20;

/// The interface that a protocol provides for Kerberos: connections to the KDC, on behalf of a user.
pub trait KdcLink {
    /// The context of the action that needs a ticket.
    fn context(&self) -> &ActionContext;

    /// The context of the action that needs a ticket, mutably.
    fn context_mut(&mut self) -> &mut ActionContext;

    /// Waits until another request is allowed, for example for a throttle slot.
    ///
    /// # Errors
    ///
    /// There is no slot left.
    fn take_turn(&mut self) -> impl Future<Output = Result<(), StepError>>;

    /// The time limit of an exchange with the KDC, from connecting to the end of the response.
    fn timeout(&self) -> Duration;

    /// Opens a connection to the KDC.
    ///
    /// # Errors
    ///
    /// The KDC cannot be reached.
    fn dial(
        &self,
        kdc: &Endpoint,
        attempt: &mut Attempt<'_, ActionContext>,
    ) -> impl Future<Output = Result<NetStream, Failure>>;
}

/// Where tickets are asked for.
pub(super) struct Kdc {
    address: CompiledText,
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

/// What an exchange leaves in its sample.
#[derive(Default)]
struct Trace {
    sent: Option<Moment>,
    bytes_sent: u64,
    bytes_received: u64,
}

impl Kdc {
    pub(super) fn compile(address: CompiledText, cx: &mut CompileContext<'_>) -> Self {
        if let Some(Err(why)) = address.as_literal().map(endpoint) {
            cx.mistake(format!("kerberos: {why}"));
        }
        let names = ["kerberos AS", "kerberos TGS"].map(|name| cx.request_name(name));
        Kdc { address, names }
    }

    /// Sends a message, and reads what comes back. That is a request of its own, and fails if it cannot be read.
    pub(super) async fn ask<L: KdcLink, T>(
        &self,
        link: &mut L,
        what: Exchange,
        message: &[u8],
        read: impl FnOnce(&[u8]) -> Made<T>,
    ) -> Result<T, StepError> {
        let address = rendered(&self.address, link.context().session()).map_err(|error| error.to_string());
        let address = address.and_then(|address| endpoint(&address));
        link.take_turn().await?;
        let from = link.context().now();
        let limit = Limit::request(from, link.timeout());
        let (mut trace, mut phases) = (Trace::default(), Phases::default());
        let talk = async {
            let kdc = address.as_ref().map_err(|why| Failure::mistake(why.clone()))?;
            let mut attempt = Attempt::new(link.context(), from, limit, &mut phases);
            let stream = link.dial(kdc, &mut attempt).await?;
            trace.sent = Some(attempt.at());
            trace.talk(stream, kdc, message).await
        };
        let answer = match link.context().timeout_at(limit.until(), talk).await {
            Ok(answer) => answer.and_then(|answer| read(&answer).map_err(|why| Failure::new(FailureKind::Auth, why))),
            Err(Elapsed) => Err(match &address {
                Ok(kdc) => Failure::timed_out(Phase::RESPONSE, kdc, limit),
                Err(why) => Failure::mistake(why.clone()),
            }),
        };
        let cx = link.context_mut();
        let ended = cx.now();
        let sample = cx.sample(&self.names[what as usize]).sent(trace.sent).ended(ended).phases(phases);
        sample.bytes(trace.bytes_sent, trace.bytes_received).outcome(answer.as_ref().map_err(Failure::clone)).record();
        answer.map_err(|failure| StepError::new(failure.text().to_owned()))
    }
}

impl Trace {
    /// Sends a message with its length before it, and reads one.
    async fn talk(&mut self, mut stream: NetStream, kdc: &Endpoint, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let io = |error: std::io::Error| Failure::from_io(&error).at(kdc);
        let len = u32::try_from(message.len()).unwrap_or(u32::MAX);
        stream.write_all(&[&len.to_be_bytes(), message].concat()).await.map_err(io)?;
        self.bytes_sent = u64::from(len) + 4;
        let mut len = [0; 4];
        stream.read_exact(&mut len).await.map_err(io)?;
        let len = u32::from_be_bytes(len);
        if len > LONGEST {
            return Err(Failure::new(FailureKind::Auth, "kerberos: what answers is not a KDC"));
        }
        let mut answer = vec![0; len as usize];
        stream.read_exact(&mut answer).await.map_err(io)?;
        self.bytes_received = u64::from(len) + 4;
        Ok(answer)
    }
}

/// Where the KDC with this address is.
fn endpoint(address: &str) -> Made<Endpoint> {
    Endpoint::from_address(address, Some(PORT))
        .map_err(|_| format!("\"{address}\" is not a valid KDC; write kdc(\"host\") or kdc(\"host:port\")"))
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
