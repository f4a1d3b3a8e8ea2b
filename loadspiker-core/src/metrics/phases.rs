//! [`PhaseTimes`]: where the time of requests went.

use serde::{Deserialize, Serialize};

use super::sample::Phases;
use super::times::TimeStatistics;

/// The distribution of each part of the requests' time. A part counts only the requests in which it happened, so a
/// kept-alive connection adds nothing to `connect`. Histograms have two significant digits (an error of at most 1 %).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PhaseTimes {
    dns: TimeStatistics,
    connect: TimeStatistics,
    tls: TimeStatistics,
    wait: TimeStatistics,
    first_byte: TimeStatistics,
    receive: TimeStatistics,
}

impl Default for PhaseTimes {
    fn default() -> Self {
        const NONE: TimeStatistics = TimeStatistics::with_digits(2);
        PhaseTimes { dns: NONE, connect: NONE, tls: NONE, wait: NONE, first_byte: NONE, receive: NONE }
    }
}

impl PhaseTimes {
    /// Looking up the host name.
    pub fn dns(&self) -> &TimeStatistics {
        &self.dns
    }

    /// Connecting the socket.
    pub fn connect(&self) -> &TimeStatistics {
        &self.connect
    }

    /// The TLS handshake.
    pub fn tls(&self) -> &TimeStatistics {
        &self.tls
    }

    /// Waiting for a free connection of a bounded pool.
    pub fn wait(&self) -> &TimeStatistics {
        &self.wait
    }

    /// From sending to the first byte of the response.
    pub fn first_byte(&self) -> &TimeStatistics {
        &self.first_byte
    }

    /// From the first byte of the response to the last.
    pub fn receive(&self) -> &TimeStatistics {
        &self.receive
    }

    /// Each phase that happened at all, with its name, in the order in which a request goes through them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &TimeStatistics)> {
        let all = [
            ("wait for a connection", &self.wait),
            ("DNS", &self.dns),
            ("connect", &self.connect),
            ("TLS", &self.tls),
            ("first byte", &self.first_byte),
            ("receive", &self.receive),
        ];
        all.into_iter().filter(|(_, times)| !times.is_empty())
    }

    #[inline]
    pub(crate) fn record(&mut self, phases: &Phases) {
        let Phases { dns, connect, tls, wait, first_byte, receive } = *phases;
        if let Some(nanos) = first_byte {
            self.first_byte.record(nanos);
        }
        if let Some(nanos) = receive {
            self.receive.record(nanos);
        }
        if let Some(nanos) = wait {
            self.wait.record(nanos);
        }
        if let Some(nanos) = dns {
            self.dns.record(nanos);
        }
        if let Some(nanos) = connect {
            self.connect.record(nanos);
        }
        if let Some(nanos) = tls {
            self.tls.record(nanos);
        }
    }

    pub(crate) fn merge(&mut self, other: PhaseTimes) {
        let PhaseTimes { dns, connect, tls, wait, first_byte, receive } = other;
        self.dns.merge(dns);
        self.connect.merge(connect);
        self.tls.merge(tls);
        self.wait.merge(wait);
        self.first_byte.merge(first_byte);
        self.receive.merge(receive);
    }
}
