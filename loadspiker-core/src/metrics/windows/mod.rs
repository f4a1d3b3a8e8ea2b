//! [`Windows`]: histograms of stretches of a run, per request and group.
//!
//! From them the figures of any part of a run can be told: those of its windows, added up. They are coarser than the
//! histograms of the whole run, so that a long run of many names has room in a page.

mod cell;
mod document;
mod figures;
mod scale;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use cell::{Cell, Counts};
pub use figures::{Selection, WindowFigures, WindowTimes};
pub(crate) use scale::Scale;

use super::key::{Groups, RequestPath};
use super::times::TimeStatistics;
use super::totals::Totals;

/// Up to here there is a window for each second: ten minutes, and the last users of a run of ten minutes.
const BY_THE_SECOND: u64 = 660;
/// How many windows a longer run has at most.
const WINDOWS: u64 = 60;
/// How long windows become at first in a longer run; afterwards twice as long, each time.
const FIRST_STEP: u64 = 20;
/// What is kept takes about so many bytes at most; then windows become longer earlier.
const ROOM: usize = 16 << 20;
/// How often, in seconds, it is looked at how much there is.
const SIZED_EVERY: u64 = 8;
/// What a cell takes beside its bytes.
const SLOT: usize = size_of::<Slot>();
/// A report whose windows would take more bytes has coarser ones.
const WRITTEN: usize = 400 << 10;

/// Histograms of stretches of a run, per request and group.
///
/// A run of up to ten minutes has a window for each second, a longer one up to 60 windows of equal length (runs with
/// very many names have longer windows, too). Windows hold what the figures of the report hold: the warm-up is left
/// out. [`select`](Self::select) adds up those of a part of the run.
///
/// Numbers, least and greatest times and sums are exact, to a microsecond. Percentiles come from histograms that have,
/// between one power of two and the next, 32 buckets, or fewer (16 or 8) where the report would become too large: they
/// are right to 1.6 %, 3.1 % or 6.3 %.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    step: u64,
    /// How many seconds of the run there are.
    seconds: u64,
    scale: Scale,
    requests: BTreeMap<RequestPath, Vec<Slot>>,
    /// The durations of passes, and their cumulated response times.
    groups: BTreeMap<Groups, [Vec<Slot>; 2]>,
}

/// What there is of one name in one window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Slot {
    window: u64,
    ok: Cell,
    failed: Cell,
}

impl Default for Windows {
    fn default() -> Self {
        Windows { step: 1, seconds: 0, scale: Scale::FINEST, requests: BTreeMap::new(), groups: BTreeMap::new() }
    }
}

impl Windows {
    /// How long each window is, in whole seconds; the last one may be cut short by the end of the run.
    pub fn step(&self) -> Duration {
        Duration::from_secs(self.step)
    }

    /// How many windows there are. The first begins with the run.
    pub fn len(&self) -> usize {
        usize::try_from(self.seconds.div_ceil(self.step)).unwrap_or(usize::MAX)
    }

    /// Whether there are none: the run was over at once, or the report is of a version that kept none.
    pub fn is_empty(&self) -> bool {
        self.seconds == 0
    }

    /// How many buckets its histograms have between one power of two and the next: 32, 16 or 8.
    pub fn buckets_per_doubling(&self) -> u64 {
        self.scale.buckets()
    }

    /// Windows to which the seconds of a run are added.
    pub(crate) fn add(&mut self, second: u64, totals: &Totals) {
        self.seconds = self.seconds.max(second + 1);
        let most = if self.step == 1 { BY_THE_SECOND } else { WINDOWS * self.step };
        if self.seconds > most {
            self.lengthen();
        }
        let (window, scale) = (second / self.step, self.scale);
        for (key, stats) in &totals.requests {
            let slots = entry(&mut self.requests, &key.path);
            push(slots, window, [&stats.ok.response_time, &stats.failed.response_time], scale);
        }
        for (key, stats) in &totals.groups {
            let [durations, times] = entry(&mut self.groups, &key.path);
            push(durations, window, [&stats.ok.duration, &stats.failed.duration], scale);
            push(times, window, [&stats.ok.cumulated, &stats.failed.cumulated], scale);
        }
        // Looked at now and then: it looks at each window of each name.
        while second.is_multiple_of(SIZED_EVERY) && self.size() > ROOM && self.len() > 8 {
            self.lengthen();
        }
    }

    /// About how many bytes it takes.
    fn size(&self) -> usize {
        let slots = self.all().map(|slots| slots.iter().map(Slot::len).sum::<usize>());
        slots.sum()
    }

    fn all(&self) -> impl Iterator<Item = &Vec<Slot>> {
        self.requests.values().chain(self.groups.values().flatten())
    }

    /// Makes windows longer.
    fn lengthen(&mut self) {
        let step = if self.step == 1 { FIRST_STEP } else { self.step.saturating_mul(2) };
        let (before, scale) = (self.step, self.scale);
        self.change(|slots| {
            let mut longer: Vec<Slot> = Vec::new();
            for slot in slots {
                let slot = Slot { window: slot.window * before / step, ..slot };
                match longer.last_mut() {
                    Some(last) if last.window == slot.window => last.merge(&slot, scale),
                    _ => longer.push(slot),
                }
            }
            longer
        });
        self.step = step;
    }

    fn change(&mut self, change: impl Fn(Vec<Slot>) -> Vec<Slot>) {
        for slots in self.requests.values_mut().chain(self.groups.values_mut().flatten()) {
            *slots = change(std::mem::take(slots));
        }
    }

    /// As a report has it: small enough to be looked at.
    pub(crate) fn finished(mut self) -> Self {
        while self.scale != Scale::COARSEST && self.written() > WRITTEN {
            let (from, to) = (self.scale, self.scale.coarser());
            let coarser = |cell: &Cell| cell.unpack(from).rescaled(from, to).pack();
            self.change(|slots| {
                let slots = slots.into_iter();
                slots
                    .map(|Slot { window, ok, failed }| Slot { window, ok: coarser(&ok), failed: coarser(&failed) })
                    .collect()
            });
            self.scale = to;
        }
        self
    }
}

impl Slot {
    fn merge(&mut self, later: &Slot, scale: Scale) {
        for (sum, more) in [(&mut self.ok, &later.ok), (&mut self.failed, &later.failed)] {
            if sum.is_empty() {
                sum.clone_from(more);
            } else if !more.is_empty() {
                let mut counts = sum.unpack(scale);
                counts.merge(&more.unpack(scale), scale);
                *sum = counts.pack();
            }
        }
    }

    fn len(&self) -> usize {
        SLOT + self.ok.len() + self.failed.len()
    }
}

fn entry<'a, K: Ord + Clone, V: Default>(all: &'a mut BTreeMap<K, V>, key: &K) -> &'a mut V {
    if !all.contains_key(key) {
        all.insert(key.clone(), V::default());
    }
    all.entry(key.clone()).or_default()
}

/// Adds times of a window that is the last one or a later one.
fn push(slots: &mut Vec<Slot>, window: u64, [ok, failed]: [&TimeStatistics; 2], scale: Scale) {
    if ok.is_empty() && failed.is_empty() {
        return;
    }
    let pack = |times: &TimeStatistics| Counts::of(times, scale).pack();
    let slot = Slot { window, ok: pack(ok), failed: pack(failed) };
    match slots.last_mut() {
        Some(last) if last.window == window => last.merge(&slot, scale),
        _ => slots.push(slot),
    }
}
