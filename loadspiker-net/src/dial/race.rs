//! Happy eyeballs: several addresses of a host are tried side by side, each a little after the one before (RFC 8305 §5).

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::socket::Sockets;
use crate::endpoint::Endpoint;
use crate::events;
use crate::failure::{Failure, FailureKind, at_addresses};

/// How long an address has before the next one is tried as well (RFC 8305 §8: recommended).
pub(super) const DELAY: Duration = Duration::from_millis(250);

/// The connection that came first.
pub(super) struct Won {
    pub(super) socket: TcpStream,
    pub(super) ip: IpAddr,
    /// The addresses that were tried and failed, or were slower.
    pub(super) others: Vec<IpAddr>,
}

type Connecting<'a> = Pin<Box<dyn Future<Output = Result<TcpStream, Failure>> + 'a>>;

/// The attempts that are under way.
struct Race<'a> {
    running: Vec<(IpAddr, Connecting<'a>)>,
    failed: Vec<(IpAddr, Failure)>,
    /// When the next address is tried, if there is one.
    delay: Option<Pin<Box<Sleep>>>,
}

enum Event {
    Connected(IpAddr, TcpStream),
    /// An attempt has failed, or the time for the next one has come.
    Next,
}

impl Sockets {
    /// Connects to one of the addresses of `to`.
    pub(super) async fn race(&self, addresses: &[IpAddr], to: &Endpoint) -> Result<Won, Failure> {
        if let [ip] = *addresses {
            // As nearly always; nothing is raced.
            let connected = self.connect(ip, to.port()).await;
            let failed = |failure: Failure| at_addresses(failure, &to.to_string(), &[ip]);
            return connected.map(|socket| Won { socket, ip, others: Vec::new() }).map_err(failed);
        }
        let mut left = addresses.iter().copied();
        let mut race = Race { running: Vec::new(), failed: Vec::new(), delay: None };
        loop {
            if let Some(ip) = left.next() {
                race.running.push((ip, Box::pin(self.connect(ip, to.port()))));
            } else if race.running.is_empty() {
                return Err(race.failure(to));
            }
            race.delay = (left.len() > 0).then(|| Box::pin(tokio::time::sleep(DELAY)));
            if let Event::Connected(ip, socket) = poll_fn(|cx| race.poll(cx)).await {
                let slower = race.running.iter().map(|(ip, _)| *ip);
                let others = race.failed.iter().map(|(ip, _)| *ip).chain(slower).collect();
                return Ok(Won { socket, ip, others });
            }
        }
    }
}

impl Race<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let mut index = 0;
        let mut failed = false;
        while let Some((ip, connecting)) = self.running.get_mut(index) {
            let ip = *ip;
            match connecting.as_mut().poll(cx) {
                Poll::Pending => index += 1,
                Poll::Ready(connected) => {
                    drop(self.running.remove(index));
                    match connected {
                        Ok(socket) => return Poll::Ready(Event::Connected(ip, socket)),
                        Err(failure) => {
                            failed = true;
                            events::address_failed(ip, &failure);
                            self.failed.push((ip, failure));
                        }
                    }
                }
            }
        }
        let is_time = self.delay.as_mut().is_some_and(|delay| delay.as_mut().poll(cx).is_ready());
        if failed || is_time { Poll::Ready(Event::Next) } else { Poll::Pending }
    }

    /// Why no address works: what the first one says, with the addresses that say the same.
    fn failure(self, to: &Endpoint) -> Failure {
        let Some((_, first)) = self.failed.first() else {
            return Failure::new(FailureKind::Unreachable, format!("host of {to} has no address"));
        };
        let first = first.clone();
        let same = self.failed.iter().filter(|(_, failure)| failure.kind() == first.kind()).map(|(ip, _)| *ip);
        let addresses: Vec<IpAddr> = same.collect();
        at_addresses(first, &to.to_string(), &addresses)
    }
}
