//! The result of a run as one value: [`RunReport`].
//!
//! Whatever shows a result (console, HTML, JUnit, CSV, a comparison of runs) reads this value, never the engine. It
//! is written as JSON with a version of its schema, and read again without loss: histograms are in it.

mod assertion_result;
mod bottleneck;
mod document;
mod group;
mod info;
mod load;
mod metric;
mod planned;
mod request;
mod run_report;
mod scenario;
mod statistics;
mod summary;
mod tag;
mod verdict;
mod warm_up;
mod warnings;

#[cfg(test)]
mod tests;

pub use assertion_result::AssertionResult;
pub use bottleneck::{Bottleneck, LateCause};
pub use group::GroupReport;
pub use info::{EndReason, RunInfo};
pub use load::{HostLoad, StuckStep};
pub use metric::{CheckReport, MetricReport};
pub use planned::{LoadKind, PlannedLoad};
pub use request::RequestReport;
pub use run_report::{RunReport, SCHEMA_VERSION};
pub use scenario::ScenarioReport;
pub use statistics::Statistics;
pub use tag::TagReport;
pub use warm_up::WarmUp;

pub use crate::metrics::SampleLogInfo;
