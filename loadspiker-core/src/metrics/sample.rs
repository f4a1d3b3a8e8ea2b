//! [`Sample`]: what is known of one finished request.

use crate::moment::Moment;

/// A request name known before the run, interned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub(crate) u32);

impl NameId {
    /// The name at this position of the known names.
    pub const fn new(position: u32) -> Self {
        NameId(position)
    }
}

/// A group within its path of groups, interned by a shard. [`GroupId::ROOT`] is outside of all groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub(crate) u32);

impl GroupId {
    /// Outside of all groups.
    pub const ROOT: GroupId = GroupId(0);
}

/// A scenario (population) of the simulation, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScenarioId(pub(crate) u32);

impl ScenarioId {
    /// The scenario at this position of the simulation.
    pub const fn new(position: u32) -> Self {
        ScenarioId(position)
    }
}

/// Under which name a sample is counted.
#[derive(Clone, Copy, Debug)]
pub enum SampleName<'a> {
    /// A name interned before the run; costs nothing to look up.
    Known(NameId),
    /// A name made during the run. Beyond the limit of names, new ones are counted as `(other)`.
    Dynamic(&'a str),
}

/// One finished request, as a protocol reports it.
///
/// Three instants are kept apart. `intended` is when the user meant to send; `started` is when the engine got to
/// it (the difference is the load generator's own lag); `sent` is when the request was handed to a ready
/// connection. *Response time* is `ended - intended`, *service time* `ended - sent`, *start lag* `started - intended`.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    /// The name it is counted under.
    pub name: SampleName<'a>,
    /// When the user meant to send.
    pub intended: Moment,
    /// When the engine got to it.
    pub started: Moment,
    /// When it was handed to a ready connection; `None` if it never was (it could not be built, no connection).
    pub sent: Option<Moment>,
    /// When the last byte came in, or the error.
    pub ended: Moment,
    /// Why it failed, in a short message without variable parts (they would make every error unique); `None` if it is ok.
    pub error: Option<&'a str>,
    /// The protocol's status code, where it has one.
    pub status: Option<u16>,
    /// Bytes written, headers included.
    pub bytes_sent: u64,
    /// Bytes read, headers included.
    pub bytes_received: u64,
    /// Where the time went, as far as the protocol can tell.
    pub phases: Phases,
}

/// The parts of a request's time, in nanoseconds. `None` where a part did not happen (no DNS lookup on a kept-alive connection).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Looking up the host name.
    pub dns: Option<u64>,
    /// Connecting the socket.
    pub connect: Option<u64>,
    /// The TLS handshake.
    pub tls: Option<u64>,
    /// Waiting for a free connection of a bounded pool.
    pub wait: Option<u64>,
    /// From sending to the first byte of the response.
    pub first_byte: Option<u64>,
    /// From the first byte of the response to the last; `None` if it came in one piece.
    pub receive: Option<u64>,
}
