//! [`PhaseSums`]: where the time of the requests of a second went.

use serde::{Deserialize, Serialize};

use super::phases::PhaseTimes;

/// Microseconds that the requests of a second spent in each phase, all together. By the number of requests it is the mean
/// time; see [`PhaseTimes`] for what the phases are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PhaseSums {
    /// Waiting for a free connection of a bounded pool.
    #[serde(skip_serializing_if = "is_zero")]
    pub wait: u64,
    /// Looking up the host name.
    #[serde(skip_serializing_if = "is_zero")]
    pub dns: u64,
    /// Connecting the socket.
    #[serde(skip_serializing_if = "is_zero")]
    pub connect: u64,
    /// The TLS handshake.
    #[serde(skip_serializing_if = "is_zero")]
    pub tls: u64,
    /// From sending to the first byte of the response.
    #[serde(skip_serializing_if = "is_zero")]
    pub first_byte: u64,
    /// From the first byte of the response to the last.
    #[serde(skip_serializing_if = "is_zero")]
    pub receive: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl PhaseSums {
    /// Each phase with its name, in the order in which a request goes through them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let PhaseSums { wait, dns, connect, tls, first_byte, receive } = *self;
        let names = ["wait for a connection", "DNS", "connect", "TLS", "first byte", "receive"];
        names.into_iter().zip([wait, dns, connect, tls, first_byte, receive])
    }

    pub(crate) fn none(&self) -> bool {
        *self == PhaseSums::default()
    }

    pub(crate) fn add(&mut self, times: &PhaseTimes) {
        let micros = |nanos: u128| u64::try_from((nanos + 500) / 1000).unwrap_or(u64::MAX);
        self.wait += micros(times.wait().sum());
        self.dns += micros(times.dns().sum());
        self.connect += micros(times.connect().sum());
        self.tls += micros(times.tls().sum());
        self.first_byte += micros(times.first_byte().sum());
        self.receive += micros(times.receive().sum());
    }

    pub(crate) fn merge(&mut self, later: &PhaseSums) {
        self.wait += later.wait;
        self.dns += later.dns;
        self.connect += later.connect;
        self.tls += later.tls;
        self.first_byte += later.first_byte;
        self.receive += later.receive;
    }
}
