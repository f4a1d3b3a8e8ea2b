//! [`Phase`]: a named part of the time that a request takes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A part of the time that a request takes, such as the connect of its socket. The constants are common to many protocols;
/// a protocol names others of its own in lower case, with hyphens between words: `Phase::new("auth")`.
///
/// ```
/// use loadspiker_core::Phase;
///
/// const AUTH: Phase = Phase::new("auth");
/// assert_eq!((AUTH.name(), Phase::new("dns")), ("auth", Phase::DNS));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phase(Name);

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Name {
    Wait,
    Dns,
    Connect,
    Tls,
    FirstByte,
    Receive,
    Other(&'static str),
}

/// How many names of phases are kept of what is read, such as reports of other programs. Further ones have one name.
const READ: usize = 1000;

impl Phase {
    /// The wait for a connection of a bounded pool.
    pub const WAIT: Phase = Phase(Name::Wait);
    /// The lookup of the host name.
    pub const DNS: Phase = Phase(Name::Dns);
    /// The connect of the socket.
    pub const CONNECT: Phase = Phase(Name::Connect);
    /// The TLS handshake.
    pub const TLS: Phase = Phase(Name::Tls);
    /// From sending to the first byte of the response.
    pub const FIRST_BYTE: Phase = Phase(Name::FirstByte);
    /// From the first byte of the response to the last.
    pub const RECEIVE: Phase = Phase(Name::Receive);
    /// What a protocol exchanges before its first request: greeting, login.
    pub const LOGIN: Phase = Phase::new("login");
    /// From sending until the response is complete: a phase that has a timeout.
    pub const RESPONSE: Phase = Phase::new("response");

    /// The wait for a message that is awaited.
    pub const MESSAGE: Phase = Phase::new("message");

    /// The phase of this name.
    pub const fn new(name: &'static str) -> Phase {
        Phase(match name.as_bytes() {
            b"wait" => Name::Wait,
            b"dns" => Name::Dns,
            b"connect" => Name::Connect,
            b"tls" => Name::Tls,
            b"first-byte" => Name::FirstByte,
            b"receive" => Name::Receive,
            _ => Name::Other(name),
        })
    }

    /// Its name, such as `first-byte`.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Name::Wait => "wait",
            Name::Dns => "dns",
            Name::Connect => "connect",
            Name::Tls => "tls",
            Name::FirstByte => "first-byte",
            Name::Receive => "receive",
            Name::Other(name) => name,
        }
    }

    /// The place among those that are common, if it is one of them.
    #[inline]
    pub(crate) const fn place(self) -> Option<usize> {
        match self.0 {
            Name::Wait => Some(0),
            Name::Dns => Some(1),
            Name::Connect => Some(2),
            Name::Tls => Some(3),
            Name::FirstByte => Some(4),
            Name::Receive => Some(5),
            Name::Other(_) => None,
        }
    }

    /// The phase of a name that was read. Names are kept until the process ends, so their number is bounded.
    pub(crate) fn read(name: &str) -> Phase {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let common = [Phase::WAIT, Phase::DNS, Phase::CONNECT, Phase::TLS, Phase::FIRST_BYTE, Phase::RECEIVE];
        let common = common.into_iter().chain([Phase::LOGIN, Phase::RESPONSE]);
        if let Some(phase) = common.into_iter().find(|phase| phase.name() == name) {
            return phase;
        }
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Phase::new(known);
        }
        if names.len() >= READ {
            return Phase::new("other");
        }
        let name: &'static str = Box::leak(name.into());
        names.insert(name);
        Phase::new(name)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phase({})", self.name())
    }
}
