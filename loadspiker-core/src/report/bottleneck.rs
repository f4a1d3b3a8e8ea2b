//! [`Bottleneck`]: what kept a run from the load that was planned.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::run_report::RunReport;
use super::statistics::Statistics;
use crate::metrics::TimeStatistics;

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
    /// It is the load generator if it used more than 90 % of its cores, or if most of the arrivals that were dropped were
    /// so because it stood still or came too late. Else, where arrivals were dropped because as many users as
    /// [allowed](crate::dsl::Simulation::maximum_users) were active, it is the target if these users spent most of their
    /// time in requests. That time is counted without the load generator's part: twice the start lag, as a load generator
    /// that is late to send is as late to read. If they did not, it is the load generator again if it was late (the 99th
    /// percentile of a start lag, of requests or arrivals, is above 10 ms, or arrivals were too late), and otherwise the
    /// limit on users.
    ///
    /// A closed profile has no bottleneck of its own: its users wait for the target, and the load is what comes of that.
    pub fn bottleneck(&self) -> Option<Bottleneck> {
        let (crowded, too_late) = (self.users_crowded_out(), self.users().dropped_late);
        if self.info().cpu_share().is_some_and(|share| share > CPU) || too_late > crowded {
            return Some(Bottleneck::LoadGenerator);
        }
        if crowded > 0 && self.users_mostly_waited() {
            return Some(Bottleneck::Target);
        }
        let late = |times: &TimeStatistics| times.percentile(99.0) > LAG;
        if too_late > 0 || late(self.start_lag()) || late(&self.users().arrival_lag) {
            return Some(Bottleneck::LoadGenerator);
        }
        (crowded > 0).then_some(Bottleneck::MaximumUsers)
    }

    /// Arrivals that were dropped because as many users as allowed were active.
    pub(super) fn users_crowded_out(&self) -> u64 {
        self.users_dropped().saturating_sub(self.users().dropped_late)
    }

    /// Whether users spent at least half of the time in which they were there waiting for the target. There are as many
    /// users as the series says, second by second; all their requests, those of the warm-up too, are in the statistics.
    fn users_mostly_waited(&self) -> bool {
        let present: u128 =
            self.series().iter().map(|point| u128::from(point.users_active) * u128::from(point.span)).sum();
        let waited = |all: &Statistics| all.response_time().sum().saturating_sub(2 * all.start_lag().sum());
        let waited = waited(self.global()) + self.warm_up().map_or(0, |warm_up| waited(warm_up.statistics()));
        waited * 2 >= present * Duration::from_secs(1).as_nanos()
    }
}
