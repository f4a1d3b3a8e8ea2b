//! [`Bottleneck`]: what kept a run from the load that was planned.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::run_report::RunReport;
use super::statistics::Statistics;
use crate::metrics::Holds;
use crate::report::HostLoad;

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
    /// The machine that the load generator ran on: others had its cores.
    Host,
    /// Code of the user's in a step, which kept others on its shard from their turn.
    BlockingCode,
    /// The target: users came faster than it served them, and waited for it until there were as many of them as allowed.
    Target,
    /// The limit on users: there were as many as allowed, and they spent their time in pauses, not in waiting for the
    /// target.
    MaximumUsers,
}

/// Why a load generator is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LateCause {
    /// It used more than 90 % of its cores.
    OwnCpu,
    /// Code of the user's in a step held up its shards; [`RunInfo::holds`](super::RunInfo::holds) names it.
    BlockingCode,
    /// Others had the cores of its machine; [`RunInfo::host_load`](super::RunInfo::host_load) has the figures.
    HostBusy,
    /// Nothing that was measured explains it.
    Unknown,
}

impl From<LateCause> for Bottleneck {
    fn from(cause: LateCause) -> Self {
        match cause {
            LateCause::OwnCpu | LateCause::Unknown => Bottleneck::LoadGenerator,
            LateCause::BlockingCode => Bottleneck::BlockingCode,
            LateCause::HostBusy => Bottleneck::Host,
        }
    }
}

/// Who was later than this was dropped, where the load generator stood still.
const PATIENCE: Duration = Duration::from_secs(1);

impl RunReport {
    /// What kept the run from the load that was planned; `None` if nothing did.
    ///
    /// Where it says the load generator, it is the machine instead if that was busy with others, and code in a step if that
    /// held up its shards; see [`late_because`](Self::late_because). A lateness that cannot matter counts for nothing.
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
        if self.has_no_cpu_to_spare() || too_late > crowded {
            return Some(self.late_because().into());
        }
        if crowded > 0 && self.users_mostly_waited() {
            return Some(Bottleneck::Target);
        }
        if too_late > 0 || self.requests_late().is_some() || self.arrivals_late().is_some() {
            return Some(self.late_because().into());
        }
        (crowded > 0).then_some(Bottleneck::MaximumUsers)
    }

    /// Why the load generator was late, if it was: what its own processor time, its steps and its machine say of it.
    pub fn late_because(&self) -> LateCause {
        let (share, longest) = (self.info().held_share(), self.info().holds.values().map(Holds::longest).max());
        let lag = self.start_lag().percentile(99.0).max(self.users().arrival_lag.percentile(99.0));
        // To be in one of a hundred figures, it must have held up for a hundredth of the time.
        let held = share >= 0.01 && longest.is_some_and(|longest| longest * 2 >= lag.min(PATIENCE));
        if share >= 0.5 {
            LateCause::BlockingCode
        } else if self.has_no_cpu_to_spare() {
            LateCause::OwnCpu
        } else if held {
            LateCause::BlockingCode
        } else if self.info().host_load.as_ref().is_some_and(HostLoad::is_busy) {
            LateCause::HostBusy
        } else {
            LateCause::Unknown
        }
    }

    fn has_no_cpu_to_spare(&self) -> bool {
        self.info().cpu_share().is_some_and(|share| share > CPU)
    }

    /// How late one in a hundred requests was, if that can matter.
    pub(super) fn requests_late(&self) -> Option<Duration> {
        self.matters(self.start_lag().percentile(99.0))
    }

    /// How late one in a hundred users was, if that can matter.
    pub(super) fn arrivals_late(&self) -> Option<Duration> {
        self.matters(self.users().arrival_lag.percentile(99.0))
    }

    /// A lateness that can matter: it is above 10 ms, and above a hundredth of the usual response time.
    pub(super) fn matters(&self, lateness: Duration) -> Option<Duration> {
        let usual = self.global().response_time().percentile(50.0);
        (lateness > LAG && lateness * 100 > usual).then_some(lateness)
    }

    /// Arrivals that were dropped because as many users as allowed were active.
    pub(super) fn users_crowded_out(&self) -> u64 {
        let others = self.users().dropped_late + self.users().dropped_at_end;
        self.users_dropped().saturating_sub(others)
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
