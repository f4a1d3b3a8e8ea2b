//! What happened: samples, histograms, snapshots.
//!
//! Each shard owns a [`Recorder`]; recording touches nothing that another core writes. Once a second the shard hands
//! over a [`Snapshot`] of the interval, which can be sent anywhere and merged with others without loss. The
//! [`Collector`](crate::collector::Collector) gathers the snapshots of all shards, keeps the totals and a series per second, shows a [`LiveView`]
//! while the run goes on and makes the [`RunReport`](crate::report::RunReport) at its end.
//!
//! Memory depends on the number of names, never on the number of requests: times go into histograms of fixed
//! resolution, and what a test could let grow without end (names, groups, error texts, points of a series) has a
//! bound in [`Limits`].
//!
//! # Custom metrics
//!
//! Beside requests there are figures of the user's own: [counters, gauges, rates and trends](crate::custom_metric).

mod bounds;
mod custom;
mod errors;
mod events;
mod exchanges;
mod group_stats;
mod hdr;
mod histogram;
mod holds;
mod key;
mod limits;
mod live;
mod packed;
mod paths;
mod phase_sums;
mod phases;
mod recorder;
mod request_stats;
mod reserved;
mod sample;
mod sample_log;
mod series;
mod snapshot;
mod table;
mod times;
mod totals;
mod usage;
mod user_stats;
mod waits;
mod windows;

#[cfg(test)]
pub(crate) mod tests;

pub use custom::{MetricFigures, MetricKind, MetricPoint, ValueStatistics};
pub use errors::ErrorGroup;
pub use events::{EventKind, RunEvent};
pub use exchanges::KeptExchange;
pub use holds::Holds;
pub use limits::{Limits, OTHER, OTHER_ERRORS};
pub use live::{LiveError, LiveMetric, LiveRequest, LiveScenario, LiveView};
pub use phase_sums::PhaseSums;
pub use phases::{PhaseTimes, Phases};
pub(crate) use recorder::Dropped;
pub use recorder::Recorder;
pub use sample::{GroupId, NameId, Sample, SampleKind, SampleName, ScenarioId, Status};
pub use sample_log::SampleLogInfo;
pub(crate) use sample_log::{LoggedRun, SampleLog, SampleLogPlan};
pub use series::{RequestPoint, SeriesPoint};
pub use snapshot::Snapshot;
pub use times::TimeStatistics;
pub use user_stats::UserStatistics;
pub use waits::RecordWaits;
pub use windows::{Selection, WindowFigures, WindowTimes, Windows};

pub(crate) use bounds::Bounds;
pub(crate) use custom::{
    Book, CheckCounts, GivenTags, Handle, KeptMetrics, MetricKey, MetricName, MetricStats, NO_TAGS, PackedMetric, Tags,
    exact, wrong_number,
};
pub(crate) use errors::ErrorCounts;
pub(crate) use events::MOST_EVENTS;
pub(crate) use exchanges::bounded as bounded_exchanges;
pub(crate) use group_stats::GroupStats;
pub(crate) use key::{EventKey, Groups, RequestPath, SEPARATOR, TagKey};
pub(crate) use limits::clip;
pub(crate) use packed::PackedTimes;
pub(crate) use paths::Paths;
pub(crate) use request_stats::RequestStats;
pub(crate) use reserved::Reserved;
pub(crate) use sample::{SampleTag, sample_methods, tag};
pub(crate) use series::{push, quantiles, round, thin};
pub(crate) use snapshot::EndOf;
pub(crate) use totals::Totals;
pub(crate) use usage::Usage;
