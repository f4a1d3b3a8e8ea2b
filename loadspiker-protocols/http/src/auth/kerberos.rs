//! [`Kerberos`] over HTTP: tickets for servers that say Negotiate (RFC 4559).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::AUTHORIZATION;
use loadspiker_auth::{KdcLink, Kerberos, KerberosClient};
use loadspiker_core::compile::CompileContext;
use loadspiker_core::protocol::{ActionContext, ProtocolSlot};
use loadspiker_core::{Session, StepError};
use loadspiker_net::{Attempt, Endpoint, Failure, NetStream};

use super::offer::offer;
use super::{Answered, Auth, AuthContext, AuthFuture, AuthRequest, AuthResponse, Authenticator};
use crate::protocol::HttpProtocol;
use crate::shard::HttpShard;

impl Auth for Kerberos {
    fn name(&self) -> &'static str {
        "kerberos"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        let (slot, protocol) = cx.protocol(HttpProtocol::without_base);
        let timeout = protocol.net.request_timeout;
        Box::new(Negotiate { client: Kerberos::compile(self, cx), slot, timeout })
    }
}

/// [`Kerberos`], compiled.
struct Negotiate {
    client: KerberosClient,
    slot: ProtocolSlot,
    timeout: Duration,
}

impl Negotiate {
    /// The name of the service of this origin.
    fn service(&self, origin: &str, session: &Session) -> Result<String, StepError> {
        self.client.service(|| format!("HTTP/{}", host_of(origin)), session)
    }
}

fn host_of(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, _)) => host,
        None => host.split_once(':').map_or(host, |(host, _)| host),
    }
}

impl Authenticator for Negotiate {
    fn obtain<'a>(&'a self, cx: &'a mut AuthContext<'_>) -> Option<AuthFuture<'a>> {
        match self.client.is_due(cx.action_mut()) {
            Ok(false) => None,
            Ok(true) => Some(Box::pin(async move { self.client.obtain(&mut Link { of: self, cx }).await })),
            Err(error) => Some(Box::pin(async { Err(error) })),
        }
    }

    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let service = self.service(&request.origin(), cx.session())?;
        let Some(token) = self.client.token(&service, cx.action_mut())? else { return Ok(()) };
        request.set_header(AUTHORIZATION.as_str(), &format!("Negotiate {}", STANDARD.encode(token)))
    }

    fn answered(&self, response: &AuthResponse<'_>, cx: &mut AuthContext<'_>) -> Result<Answered, StepError> {
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(Answered::Accept);
        }
        let service = self.service(&response.origin(), cx.session())?;
        if response.attempt() > 0 {
            return Err(StepError::new(format!("the server rejected the ticket for {service}")));
        }
        if offer(response.headers(), "Negotiate").is_none() {
            return Err(StepError::new("the server answered 401 and does not offer Negotiate"));
        }
        self.client.want(&service, cx.action_mut())?;
        Ok(Answered::SendAgain)
    }

    fn forget(&self, cx: &mut AuthContext<'_>) {
        self.client.forget(cx.action_mut());
    }
}

/// The way to the KDC, over connections as the protocol opens them.
struct Link<'a, 'b> {
    of: &'a Negotiate,
    cx: &'a mut AuthContext<'b>,
}

impl KdcLink for Link<'_, '_> {
    fn context(&self) -> &ActionContext {
        self.cx.action()
    }

    fn context_mut(&mut self) -> &mut ActionContext {
        self.cx.action_mut()
    }

    async fn take_turn(&mut self) -> Result<(), StepError> {
        self.cx.begin().await.map(|_| ())
    }

    fn timeout(&self) -> Duration {
        self.of.timeout
    }

    async fn dial(&self, kdc: &Endpoint, attempt: &mut Attempt<'_, ActionContext>) -> Result<NetStream, Failure> {
        let shard = self.cx.action().shard::<HttpShard>(self.of.slot);
        shard.dialer.dial(kdc, attempt).await
    }
}
