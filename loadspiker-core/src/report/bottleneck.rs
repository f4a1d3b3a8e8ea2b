//! [`Bottleneck`]: what kept a run from the load that was planned.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::run_report::RunReport;

/// A start lag above which response times say more of the load generator than of the target.
pub(super) const LAG: Duration = Duration::from_millis(10);

/// The share of its cores above which a load generator is taken to be the bottleneck.
pub(super) const CPU: f64 = 0.9;

/// What kept a run from the load that was planned; see [`RunReport::bottleneck`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Bottleneck {
    /// The load generator: it was late, had no processor time to spare, or stood still.
    LoadGenerator,
    /// The target: users came faster than it served them, and waited for it until there were as many of them as allowed.
    Target,
    /// The limit on users: there were as many as allowed, and they spent their time in pauses, not in waiting for the
    /// target.
    MaximumUsers,
}

impl RunReport {
    /// What kept the run from the load that was planned; `None` if nothing did.
    ///
    /// It is the load generator if the 99th percentile of a start lag (of requests or arrivals) is above 10 ms, if it
    /// used more than 90 % of its cores, or if arrivals were dropped because it stood still or came too late. Else, where
    /// arrivals were dropped because as many users as [allowed](crate::dsl::Simulation::maximum_users) were active, it is
    /// the target if these users spent most of their time in requests, and otherwise the limit.
    ///
    /// A closed profile has no bottleneck of its own: its users wait for the target, and the load is what comes of that.
    pub fn bottleneck(&self) -> Option<Bottleneck> {
        if self.is_generator_saturated() {
            return Some(Bottleneck::LoadGenerator);
        }
        (self.users_crowded_out() > 0)
            .then(|| if self.users_mostly_waited() { Bottleneck::Target } else { Bottleneck::MaximumUsers })
    }

    fn is_generator_saturated(&self) -> bool {
        let lag = |times: &crate::metrics::TimeStatistics| times.percentile(99.0) > LAG;
        lag(self.start_lag())
            || lag(&self.users().arrival_lag)
            || self.info().cpu_share().is_some_and(|share| share > CPU)
            || self.users().dropped_late > 0
    }

    /// Arrivals that were dropped because as many users as allowed were active.
    pub(super) fn users_crowded_out(&self) -> u64 {
        self.users_dropped().saturating_sub(self.users().dropped_late)
    }

    /// Whether users spent at least half of the time in which they were there in requests. There are as many users as
    /// the series says, second by second; all their requests, those of the warm-up too, are in the statistics.
    fn users_mostly_waited(&self) -> bool {
        let present: u128 =
            self.series().iter().map(|point| u128::from(point.users_active) * u128::from(point.span)).sum();
        let warm_up = self.warm_up().map(|warm_up| warm_up.statistics().response_time().sum()).unwrap_or_default();
        let waited = self.global().response_time().sum() + warm_up;
        waited * 2 >= present * Duration::from_secs(1).as_nanos()
    }
}
