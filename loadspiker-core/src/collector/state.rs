//! [`State`]: what a collector has gathered so far, to go on from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Collector;
use crate::assertion::{SavedWatches, Watches};
use crate::metrics::{ErrorCounts, KeptMetrics, Paths, SeriesPoint, Totals, UserStatistics, Windows};

/// What a collector has gathered of all complete seconds, as it is written.
#[derive(Serialize)]
pub(crate) struct State<'a> {
    open: u64,
    totals: &'a Totals,
    warm_up: Option<&'a Totals>,
    watches: SavedWatches,
    users: &'a UserStatistics,
    errors: &'a ErrorCounts,
    series: &'a [SeriesPoint],
    step: u64,
    stalled: &'a BTreeSet<(u64, u64)>,
    paths: &'a Paths,
    metrics: &'a KeptMetrics,
    windows: &'a Windows,
}

/// The same, as it is read.
#[derive(Deserialize)]
pub(crate) struct SavedState {
    open: u64,
    totals: Totals,
    warm_up: Option<Totals>,
    watches: SavedWatches,
    users: UserStatistics,
    errors: ErrorCounts,
    series: Vec<SeriesPoint>,
    step: u64,
    stalled: BTreeSet<(u64, u64)>,
    paths: Paths,
    metrics: KeptMetrics,
    windows: Windows,
}

impl<'a> State<'a> {
    pub(crate) fn of(collector: &'a Collector) -> Self {
        State {
            open: collector.open,
            totals: &collector.totals,
            warm_up: collector.warm_up.as_ref().map(|(_, totals)| totals),
            watches: collector.watches.save(),
            users: &collector.users,
            errors: &collector.errors,
            series: &collector.series,
            step: collector.step,
            stalled: &collector.stalled,
            paths: &collector.paths,
            metrics: &collector.metrics,
            windows: &collector.windows,
        }
    }
}

impl Collector {
    /// Goes on from what another collector of the same run has gathered.
    pub(crate) fn restore(&mut self, saved: SavedState) {
        let SavedState {
            open,
            totals,
            warm_up,
            watches,
            users,
            errors,
            series,
            step,
            stalled,
            paths,
            metrics,
            windows,
        } = saved;
        (self.open, self.totals, self.users, self.errors) = (open, totals, users, errors);
        if let Some((_, kept)) = &mut self.warm_up {
            *kept = warm_up.unwrap_or_default();
        }
        Watches::restore(&mut self.watches, watches);
        (self.series, self.step, self.stalled) = (series, step.max(1), stalled);
        (self.paths, self.metrics, self.windows) = (paths, metrics, windows);
    }
}
