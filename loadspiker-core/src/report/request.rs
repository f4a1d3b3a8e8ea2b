//! [`RequestReport`]: the requests of one name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::run_report::RunReport;
use super::statistics::Statistics;
use crate::metrics::{RequestPath, RequestPoint, RequestStats};

/// The requests of one name in one group, all scenarios together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestReport {
    pub(super) path: RequestPath,
    /// By scenario.
    pub(super) scenarios: BTreeMap<Arc<str>, RequestStats>,
    pub(super) series: Vec<RequestPoint>,
    #[serde(skip)]
    pub(super) statistics: Statistics,
}

impl RequestReport {
    /// Nothing was counted.
    pub(super) fn empty(path: RequestPath) -> Self {
        RequestReport { path, scenarios: BTreeMap::new(), series: Vec::new(), statistics: Statistics::default() }
    }

    pub(super) fn derive(&mut self, run: Duration) {
        self.statistics = Statistics::new(self.scenarios.values(), run);
    }

    /// Its full name: `group / name`.
    pub fn path(&self) -> String {
        self.path.to_string()
    }

    /// The groups it is in, outermost first.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.path.groups.iter().map(|group| &**group)
    }

    /// The figures of those in a scenario, if there are any.
    pub(crate) fn within(&self, scenario: &str, report: &RunReport) -> Option<Statistics> {
        let figures = self.scenarios.get(scenario)?;
        Some(Statistics::new([figures], report.info().rate_window()))
    }

    /// Its name within its groups.
    pub fn name(&self) -> &str {
        &self.path.name
    }

    /// Its figures.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Second by second; seconds without such requests are left out.
    pub fn series(&self) -> &[RequestPoint] {
        &self.series
    }
}
