//! [`MetricReport`]: a custom metric. [`CheckReport`]: how a check went.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::run_report::RunReport;
use crate::metrics::{CheckCounts, MetricFigures, MetricKey, MetricKind, MetricName, MetricPoint, MetricStats, Tags};

/// A custom metric: all that was recorded in it, and what was with each combination of tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricReport {
    name: Arc<str>,
    kind: MetricKind,
    #[serde(default)]
    unit: Arc<str>,
    parts: Vec<Part>,
    #[serde(default)]
    series: Vec<MetricPoint>,
    #[serde(skip)]
    derived: Derived,
}

/// What follows from the parts.
#[derive(Clone, Debug, Default, PartialEq)]
struct Derived {
    run: Duration,
    all: Option<MetricFigures>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Part {
    #[serde(default)]
    tags: Tags,
    stats: MetricStats,
}

impl MetricReport {
    /// All metrics of a run, by name.
    pub(super) fn all(
        figures: BTreeMap<Arc<MetricKey>, Box<MetricStats>>,
        mut series: BTreeMap<MetricName, Vec<MetricPoint>>,
    ) -> Vec<MetricReport> {
        let mut reports: Vec<MetricReport> = Vec::new();
        for (key, stats) in figures {
            let part = Part { tags: key.tags.clone(), stats: *stats };
            match reports.last_mut().filter(|last| last.name == key.name && last.kind == key.kind) {
                Some(last) => last.add(part),
                None => reports.push(MetricReport {
                    name: key.name.clone(),
                    kind: key.kind,
                    unit: key.unit.clone(),
                    parts: vec![part],
                    series: series.remove(&(key.name.clone(), key.kind)).unwrap_or_default(),
                    derived: Derived::default(),
                }),
            }
        }
        reports
    }

    /// The same tags may come with different units.
    fn add(&mut self, part: Part) {
        match self.parts.iter_mut().find(|known| known.tags == part.tags) {
            Some(known) => known.stats.merge(part.stats),
            None => self.parts.push(part),
        }
    }

    pub(super) fn derive(&mut self, run: Duration) {
        self.derived.run = run;
        self.derived.all = Some(self.sum(&Tags::default()));
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its kind.
    pub fn kind(&self) -> MetricKind {
        self.kind
    }

    /// The unit of its figures; empty if none was given.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// All that was recorded, whatever its tags.
    #[expect(clippy::missing_panics_doc, reason = "it is derived whenever a report is made")]
    pub fn figures(&self) -> &MetricFigures {
        #[expect(clippy::expect_used, reason = "as above")]
        self.derived.all.as_ref().expect("the figures of a metric are derived")
    }

    /// What was recorded with these tags, and perhaps others; `None` if nothing was.
    pub fn tagged(&self, tags: &[(&str, &str)]) -> Option<MetricFigures> {
        let tags = Tags::new(tags.iter().copied());
        self.parts.iter().any(|part| part.tags.have(&tags)).then(|| self.sum(&tags))
    }

    /// Each combination of tags that occurred (`kind=express, region=eu`; empty without tags) with its figures. What
    /// there were too many for is under `(other)`.
    pub fn parts(&self) -> impl Iterator<Item = (String, MetricFigures)> {
        let figures = |part: &Part| MetricFigures::new(part.stats.clone(), self.derived.run);
        self.parts.iter().map(move |part| (part.tags.to_string(), figures(part)))
    }

    /// Whether something was recorded with tags.
    pub fn is_tagged(&self) -> bool {
        self.parts.iter().any(|part| !part.tags.is_empty())
    }

    /// Second by second, all tags together; seconds in which nothing was recorded are left out.
    pub fn series(&self) -> &[MetricPoint] {
        &self.series
    }

    fn sum(&self, tags: &Tags) -> MetricFigures {
        let mut sum = MetricStats::new(self.kind);
        self.parts.iter().filter(|part| part.tags.have(tags)).for_each(|part| sum.merge(part.stats.clone()));
        MetricFigures::new(sum, self.derived.run)
    }
}

/// How often a check was made, and how often it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    name: Arc<str>,
    #[serde(flatten)]
    counts: CheckCounts,
}

impl CheckReport {
    pub(super) fn all(checks: BTreeMap<Arc<str>, CheckCounts>) -> Vec<CheckReport> {
        checks.into_iter().map(|(name, counts)| CheckReport { name, counts }).collect()
    }

    /// Its name: that given with [`Check::name`](crate::check::Check::name), or else what it looks for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often it was made.
    pub fn count(&self) -> u64 {
        self.counts.passed + self.counts.failed
    }

    /// How often it passed.
    pub fn passed_count(&self) -> u64 {
        self.counts.passed
    }

    /// How often it failed.
    pub fn failed_count(&self) -> u64 {
        self.counts.failed
    }
}

impl RunReport {
    /// All that was recorded in the custom metric of this name; `None` if nothing was.
    pub fn metric(&self, name: &str) -> Option<&MetricFigures> {
        self.metrics.iter().find(|metric| metric.name() == name).map(MetricReport::figures)
    }

    /// All custom metrics in which something was recorded, by name.
    pub fn metrics(&self) -> &[MetricReport] {
        &self.metrics
    }

    /// How the checks of this name went, on all requests together; `None` if none was made.
    pub fn check(&self, name: &str) -> Option<&CheckReport> {
        self.checks.iter().find(|check| check.name() == name)
    }

    /// All checks that were made, by name. Unnamed checks inside of [`all_of`](crate::check::all_of) and
    /// [`any_of`](crate::check::any_of) are not among them.
    pub fn checks(&self) -> &[CheckReport] {
        &self.checks
    }

    /// How many values of custom metrics, and checks, were counted as `(other)`, because there were too many names or
    /// tags.
    pub fn folded_metrics(&self) -> u64 {
        self.folded_metrics
    }
}
