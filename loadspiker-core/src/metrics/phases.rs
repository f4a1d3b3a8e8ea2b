//! [`Phases`]: where the time of a request went. [`PhaseTimes`]: where that of many went.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::limits::OTHER;
use super::times::TimeStatistics;
use crate::numbers::nanos;
use crate::phase::Phase;

/// A phase that did not happen.
const NONE: u64 = u64::MAX;

/// How many phases with names of their own are told apart in the statistics of a request.
const NAMED: usize = 20;

/// The parts of a request's time. A part that did not happen is not in it (no DNS lookup on a kept-alive connection). The
/// common ones ([`Phase::DNS`] and its kin) cost no allocation.
///
/// ```
/// use std::time::Duration;
///
/// use loadspiker_core::Phase;
/// use loadspiker_core::metrics::Phases;
///
/// let mut phases = Phases::default();
/// phases.add(Phase::CONNECT, Duration::from_millis(2));
/// phases.add(Phase::new("auth"), Duration::from_millis(3));
/// assert_eq!(phases.get(Phase::new("auth")), Some(Duration::from_millis(3)));
/// assert_eq!(phases.get(Phase::TLS), None);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Phases {
    /// By [`Phase::place`], in nanoseconds.
    common: [u64; 6],
    named: Option<Box<Named>>,
}

/// Phases with names of their own, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Named(Vec<(Phase, u64)>);

impl Default for Phases {
    #[inline]
    fn default() -> Self {
        Phases { common: [NONE; 6], named: None }
    }
}

impl Phases {
    /// Adds what a phase took to what it has taken so far.
    #[inline]
    pub fn add(&mut self, phase: Phase, took: Duration) {
        self.add_nanos(phase, nanos(took));
    }

    /// As [`add`](Self::add), in nanoseconds.
    #[inline]
    pub fn add_nanos(&mut self, phase: Phase, took: u64) {
        match phase.place() {
            Some(place) => {
                let so_far = &mut self.common[place];
                *so_far = if *so_far == NONE { took } else { so_far.saturating_add(took).min(NONE - 1) };
            }
            None => self.add_named(phase, took),
        }
    }

    #[cold]
    fn add_named(&mut self, phase: Phase, took: u64) {
        let named = &mut self.named.get_or_insert_default().0;
        match named.iter_mut().find(|(known, _)| *known == phase) {
            Some((_, so_far)) => *so_far = so_far.saturating_add(took),
            None => named.push((phase, took)),
        }
    }

    /// What a phase took in nanoseconds, in place of what was added before; `None` if it did not happen after all.
    #[inline]
    pub fn set_nanos(&mut self, phase: Phase, took: Option<u64>) {
        match phase.place() {
            Some(place) => self.common[place] = took.unwrap_or(NONE),
            None => {
                if let Some(named) = &mut self.named {
                    named.0.retain(|(known, _)| *known != phase);
                }
                if let Some(took) = took {
                    self.add_named(phase, took);
                }
            }
        }
    }

    /// What a phase took; `None` if it did not happen.
    pub fn get(&self, phase: Phase) -> Option<Duration> {
        let nanos = match phase.place() {
            Some(place) => Some(self.common[place]).filter(|nanos| *nanos != NONE),
            None => {
                let named = self.named.iter().flat_map(|named| &named.0);
                named.into_iter().find(|(known, _)| *known == phase).map(|(_, nanos)| *nanos)
            }
        };
        nanos.map(Duration::from_nanos)
    }
}

impl fmt::Debug for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let common = [Phase::WAIT, Phase::DNS, Phase::CONNECT, Phase::TLS, Phase::FIRST_BYTE, Phase::RECEIVE];
        let named = self.named.iter().flat_map(|named| named.0.iter().map(|(phase, _)| *phase));
        let all = common.into_iter().chain(named);
        f.debug_map().entries(all.filter_map(|phase| Some((phase, self.get(phase)?)))).finish()
    }
}

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
    /// Phases with names of a protocol's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    named: BTreeMap<Arc<str>, NamedTimes>,
}

/// The times of a phase that has a name of a protocol's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct NamedTimes {
    /// When the first request in which it happened was meant to be sent, in nanoseconds since the run began, and its place
    /// among the phases of that.
    first: (u64, usize),
    times: TimeStatistics,
}

impl Default for PhaseTimes {
    fn default() -> Self {
        const NO_TIME: TimeStatistics = TimeStatistics::with_digits(2);
        PhaseTimes {
            dns: NO_TIME,
            connect: NO_TIME,
            tls: NO_TIME,
            wait: NO_TIME,
            first_byte: NO_TIME,
            receive: NO_TIME,
            named: BTreeMap::new(),
        }
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

    /// A phase with a name of a protocol's own, or one of the common ones; `None` if it did not happen.
    pub fn phase(&self, phase: Phase) -> Option<&TimeStatistics> {
        let times = match phase.place() {
            Some(0) => &self.wait,
            Some(1) => &self.dns,
            Some(2) => &self.connect,
            Some(3) => &self.tls,
            Some(4) => &self.first_byte,
            Some(_) => &self.receive,
            None => &self.named.get(phase.name())?.times,
        };
        Some(times).filter(|times| !times.is_empty())
    }

    /// Each phase that happened at all, with its name, in the order in which a request goes through them: the common ones,
    /// then those with names of a protocol's own, in the order in which they were seen first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TimeStatistics)> {
        let all = [
            ("wait for a connection", &self.wait),
            ("DNS", &self.dns),
            ("connect", &self.connect),
            ("TLS", &self.tls),
            ("first byte", &self.first_byte),
            ("receive", &self.receive),
        ];
        let mut named: Vec<_> = self.named.iter().collect();
        named.sort_by(|(a, one), (b, other)| one.first.cmp(&other.first).then_with(|| a.cmp(b)));
        let named = named.into_iter().map(|(name, named)| (&**name, &named.times));
        all.into_iter().chain(named).filter(|(_, times)| !times.is_empty())
    }

    /// Counts the phases of a request that was meant to be sent at `intended`.
    #[inline]
    pub(crate) fn record(&mut self, phases: &Phases, intended: u64) {
        let [wait, dns, connect, tls, first_byte, receive] = phases.common;
        if first_byte != NONE {
            self.first_byte.record(first_byte);
        }
        if receive != NONE {
            self.receive.record(receive);
        }
        if wait != NONE {
            self.wait.record(wait);
        }
        if dns != NONE {
            self.dns.record(dns);
        }
        if connect != NONE {
            self.connect.record(connect);
        }
        if tls != NONE {
            self.tls.record(tls);
        }
        if let Some(named) = &phases.named {
            self.record_named(named, intended);
        }
    }

    #[cold]
    fn record_named(&mut self, phases: &Named, intended: u64) {
        for (place, (phase, nanos)) in phases.0.iter().enumerate() {
            let name = phase.name();
            let name = if self.named.contains_key(name) || self.named.len() < NAMED { name } else { OTHER };
            if !self.named.contains_key(name) {
                self.named
                    .insert(name.into(), NamedTimes { first: (u64::MAX, 0), times: TimeStatistics::with_digits(2) });
            }
            if let Some(named) = self.named.get_mut(name) {
                named.first = named.first.min((intended, place));
                named.times.record(*nanos);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: PhaseTimes) {
        let PhaseTimes { dns, connect, tls, wait, first_byte, receive, named } = other;
        self.dns.merge(dns);
        self.connect.merge(connect);
        self.tls.merge(tls);
        self.wait.merge(wait);
        self.first_byte.merge(first_byte);
        self.receive.merge(receive);
        for (name, more) in named {
            match self.named.entry(name) {
                Entry::Occupied(mut sum) => {
                    let sum = sum.get_mut();
                    sum.first = sum.first.min(more.first);
                    sum.times.merge(more.times);
                }
                Entry::Vacant(place) => {
                    place.insert(more);
                }
            }
        }
    }
}
