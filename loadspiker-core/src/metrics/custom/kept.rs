//! [`KeptMetrics`]: custom metrics second by second.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::key::MetricKind;
use super::point::MetricPoint;
use super::stats::MetricStats;
use crate::metrics::live::LiveMetric;
use crate::metrics::series::SeriesSet;
use crate::metrics::totals::Totals;

/// A metric with all of its tags.
pub(crate) type MetricName = (Arc<str>, MetricKind);

/// Custom metrics second by second, all tags of one together.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptMetrics {
    series: SeriesSet<MetricName, MetricPoint>,
    /// For a display of the progress only.
    #[serde(skip)]
    so_far: BTreeMap<MetricName, SoFar>,
}

/// What is told of a metric while the run goes on.
#[derive(Debug, Default)]
struct SoFar {
    unit: Arc<str>,
    count: u64,
    non_zero: Option<u64>,
    last: Option<f64>,
    /// Of the last second in which something was recorded.
    latest: MetricPoint,
}

impl KeptMetrics {
    /// None yet; all series together may have so many points.
    pub(crate) fn new(limit: usize) -> Self {
        KeptMetrics { series: SeriesSet::new(limit), so_far: BTreeMap::new() }
    }

    /// Takes in a complete second, in two parts.
    pub(crate) fn complete(&mut self, second: u64, warm_up: bool, totals: [&Totals; 2]) {
        let mut all: BTreeMap<MetricName, MetricStats> = BTreeMap::new();
        for (key, stats) in totals.into_iter().flat_map(|part| &part.metrics) {
            let sum = all.entry((key.name.clone(), key.kind)).or_insert_with(|| MetricStats::new(key.kind));
            sum.merge((**stats).clone());
            if !key.unit.is_empty() {
                let so_far = self.so_far.entry((key.name.clone(), key.kind)).or_default();
                so_far.unit = key.unit.clone();
            }
        }
        for (name, stats) in all {
            let point = MetricPoint::of(second, warm_up, stats);
            self.so_far.entry(name.clone()).or_default().add(&point);
            self.series.push(&name, point);
        }
    }

    /// How each metric goes; `last` is the last complete second.
    pub(crate) fn live(&self, last: Option<u64>) -> Vec<LiveMetric> {
        self.so_far.iter().map(|((name, kind), so_far)| so_far.live(name, *kind, last)).collect()
    }

    /// The series of each metric.
    pub(crate) fn into_series(self) -> BTreeMap<MetricName, Vec<MetricPoint>> {
        self.series.into_all()
    }
}

impl SoFar {
    fn add(&mut self, point: &MetricPoint) {
        self.count += point.count;
        self.non_zero = point.non_zero.map(|more| self.non_zero.unwrap_or_default() + more);
        self.last = point.last.or(self.last);
        self.latest = point.clone();
    }

    fn live(&self, name: &str, kind: MetricKind, last: Option<u64>) -> LiveMetric {
        let is_recent = last == Some(self.latest.second);
        #[expect(clippy::cast_precision_loss, reason = "a percentage needs no sixteen digits")]
        let percent = |yes: u64| yes as f64 * 100.0 / self.count as f64;
        let mut live = LiveMetric::new(name, kind);
        self.unit.as_ref().clone_into(&mut live.unit);
        live.count = self.count;
        live.per_sec = if is_recent { self.latest.count } else { 0 };
        live.last = self.last;
        live.percent = self.non_zero.filter(|_| self.count > 0).map(percent);
        (live.p50, live.p95) = (self.latest.p50, self.latest.p95);
        live
    }
}
