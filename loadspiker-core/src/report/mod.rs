//! The result of a run as one value: [`RunReport`].
//!
//! Whatever shows a result (console, HTML, JUnit, CSV, a comparison of runs) reads this value, never the engine. It
//! is written as JSON with a version of its schema, and read again without loss: histograms are in it.

mod bottleneck;
mod document;
pub mod format;
mod group;
mod info;
mod journal;
mod load;
mod metric;
mod request;
mod run_report;
mod scenario;
mod statistics;
mod summary;
mod verdict;
mod warm_up;
mod warnings;

#[cfg(test)]
mod tests;

pub use bottleneck::{Bottleneck, LateCause};
pub use group::GroupReport;
pub(crate) use info::seconds;
pub use info::{EndReason, RunInfo};
pub(crate) use journal::Journal;
pub use journal::{JOURNAL, UNFINISHED_JOURNAL, journal_is_in_use};
pub use load::{HostLoad, StuckStep};
pub use metric::{CheckReport, MetricReport};
pub use request::RequestReport;
pub use run_report::{RunReport, SCHEMA_VERSION};
pub use scenario::ScenarioReport;
pub use statistics::Statistics;
pub(crate) use statistics::per_second;
pub use warm_up::WarmUp;
