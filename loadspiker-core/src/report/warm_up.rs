//! [`WarmUp`]: what happened before the figures begin.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::run_report::RunReport;
use super::statistics::Statistics;
use crate::metrics::{RequestStats, Totals};
use crate::numbers::seconds;

/// The beginning of a run that is left out of its figures; see
/// [`Simulation::warm_up`](crate::dsl::Simulation::warm_up).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmUp {
    #[serde(rename = "duration_secs", with = "seconds")]
    duration: Duration,
    figures: RequestStats,
    #[serde(skip)]
    statistics: Statistics,
}

impl WarmUp {
    /// How long it was meant to last. A run that was over sooner measured nothing.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The figures of all requests that ended within it.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Computes what follows from the parts, in a run whose [rates](super::info::RunInfo::rate_window) are counted by so
    /// long, with the warm-up.
    pub(super) fn derive(&mut self, run: Duration) {
        self.statistics = Statistics::new([&self.figures], self.duration.min(run));
    }
}

impl RunReport {
    /// The warm-up, which is left out of all other figures but the series; `None` if there was none.
    pub fn warm_up(&self) -> Option<&WarmUp> {
        self.warm_up.as_ref()
    }

    /// Whether the run was over before its warm-up was: nothing was measured.
    pub fn ended_within_warm_up(&self) -> bool {
        self.info.warm_up.is_some() && self.info.measured().is_zero()
    }

    /// With what was counted within the warm-up.
    pub(crate) fn with_warm_up(mut self, totals: Option<Totals>) -> Self {
        let mut figures = RequestStats::default();
        for (_, stats) in totals.into_iter().flat_map(|totals| totals.requests) {
            figures.merge(*stats, None);
        }
        self.warm_up = self.info.warm_up.map(|duration| {
            let mut warm_up = WarmUp { duration, figures, statistics: Statistics::default() };
            warm_up.derive(self.info.whole_window());
            warm_up
        });
        self
    }
}
