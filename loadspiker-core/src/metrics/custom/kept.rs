//! [`KeptMetrics`]: custom metrics second by second.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::key::MetricKind;
use super::point::MetricPoint;
use super::stats::MetricStats;
use crate::metrics::series::SeriesSet;
use crate::metrics::totals::Totals;

/// A metric with all of its tags.
pub(crate) type MetricName = (Arc<str>, MetricKind);

/// Custom metrics second by second, all tags of one together.
#[derive(Debug)]
pub(crate) struct KeptMetrics(SeriesSet<MetricName, MetricPoint>);

impl KeptMetrics {
    /// None yet; all series together may have so many points.
    pub(crate) fn new(limit: usize) -> Self {
        KeptMetrics(SeriesSet::new(limit))
    }

    /// Takes in a complete second, in two parts.
    pub(crate) fn complete(&mut self, second: u64, warm_up: bool, totals: [&Totals; 2]) {
        let mut all: BTreeMap<MetricName, MetricStats> = BTreeMap::new();
        for (key, stats) in totals.into_iter().flat_map(|part| &part.metrics) {
            let sum = all.entry((key.name.clone(), key.kind)).or_insert_with(|| MetricStats::new(key.kind));
            sum.merge((**stats).clone());
        }
        for (name, stats) in all {
            self.0.push(&name, MetricPoint::of(second, warm_up, stats));
        }
    }

    /// The series of each metric.
    pub(crate) fn into_series(self) -> BTreeMap<MetricName, Vec<MetricPoint>> {
        self.0.into_all()
    }
}
