//! [`Kdc`]: the server that gives tickets, asked over TCP (RFC 4120 §7.2.2).

use std::net::IpAddr;
use std::time::Duration;

use loadspiker_core::compile::{CompileContext, RequestName};
use loadspiker_core::expression::CompiledText;
use loadspiker_core::metrics::Sample;
use loadspiker_core::protocol::{Elapsed, ProtocolSlot};
use loadspiker_core::{Session, StepError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::message::Made;
use crate::auth::AuthContext;
use crate::auth::secret::rendered;
use crate::clock::Clock;
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
    limit: Duration,
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
        if let Some(Err(why)) = address.as_literal().map(parts) {
            cx.mistake(format!("kerberos: {why}"));
        }
        let (slot, protocol) = cx.protocol(HttpProtocol::without_base);
        let names = ["kerberos AS", "kerberos TGS"].map(|name| cx.request_name(name));
        Kdc { address, slot, limit: protocol.request_timeout, names }
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
        let mut trace = Trace::unsent(from);
        let shard = cx.shard::<HttpShard>(self.slot);
        let talk = async {
            let (host, port) = address?;
            talk(&shard, &host, port, message, &mut trace, &*cx).await.map_err(|error| error.to_string())
        };
        let answer = match cx.timeout_at(from + self.limit, talk).await {
            Ok(answer) => answer.and_then(|answer| read(&answer)),
            Err(Elapsed) => Err(HttpError::RequestTimeout(self.limit).to_string()),
        };
        trace.ended = cx.now();
        let (mut text, intended, started) = (String::new(), cx.intended(), cx.started());
        let sample = Sample {
            name: self.names[what as usize].resolve(cx.session(), &mut text),
            intended,
            started,
            sent: trace.sent,
            ended: trace.ended,
            error: answer.as_ref().err().map(String::as_str),
            status: None,
            bytes_sent: trace.bytes_sent,
            bytes_received: trace.bytes_received,
            phases: trace.phases,
        };
        cx.record(&sample);
        answer.map_err(StepError::new)
    }

    fn address(&self, session: &Session) -> Made<(String, u16)> {
        parts(&rendered(&self.address, session).map_err(|error| error.to_string())?)
    }
}

/// Host and port of `host`, `host:port` or `[address]:port`.
fn parts(address: &str) -> Made<(String, u16)> {
    let wrong = || format!("\"{address}\" is no KDC; write kdc(\"host\") or kdc(\"host:port\")");
    if let Ok(ip) = address.parse::<IpAddr>() {
        return Ok((ip.to_string(), PORT));
    }
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
        None => (address, PORT),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() || host.contains(['/', ' ', '@']) {
        return Err(wrong());
    }
    Ok((host.to_owned(), port))
}

async fn talk<C: Clock>(
    shard: &HttpShard,
    host: &str,
    port: u16,
    message: &[u8],
    trace: &mut Trace,
    clock: &C,
) -> Result<Vec<u8>, HttpError> {
    let (from, ip) = (trace.ended, host.parse().ok());
    let (mut socket, ready) = shard.connector.reach(host, ip, port, from, &mut trace.phases, clock).await?;
    trace.sent = Some(ready);
    let io = |error: std::io::Error| HttpError::from_io(&error);
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
        let is = |address: &str, host: &str, port: u16| assert_eq!(parts(address), Ok((host.to_owned(), port)));
        is("dc.corp.test", "dc.corp.test", 88);
        is("127.0.0.1:750", "127.0.0.1", 750);
        is("[::1]:750", "::1", 750);
        is("::1", "::1", 88);
        for wrong in ["", ":88", "dc:many", "http://dc", "a b", "ada@dc"] {
            assert!(parts(wrong).unwrap_err().contains("write kdc(\"host\")"), "{wrong}");
        }
    }
}
