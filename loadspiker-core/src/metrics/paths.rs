//! [`Paths`]: how the requests of each name went, second by second.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bounds::Bounds;
use super::key::RequestPath;
use super::live::LiveRequest;
use super::series::{RequestPoint, SeriesSet, quantiles};
use super::times::TimeStatistics;
use super::totals::Totals;

/// How the requests of each name went, second by second, all scenarios together.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Paths {
    #[serde(with = "super::totals::pairs")]
    all: BTreeMap<RequestPath, Path>,
    series: SeriesSet<RequestPath, RequestPoint>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Path {
    first_ns: u64,
    ok: u64,
    failed: u64,
    last: RequestPoint,
}

/// The requests of one name within a second.
struct Second {
    first_ns: u64,
    ok: u64,
    failed: u64,
    response_time: TimeStatistics,
}

impl Paths {
    /// None yet; all series together may have so many points.
    pub(crate) fn new(limit: usize) -> Self {
        Paths { all: BTreeMap::new(), series: SeriesSet::new(limit) }
    }

    /// Takes in a complete second, in two parts; says whether it lies within the warm-up. Gives the response times of
    /// all its requests.
    pub(crate) fn complete(&mut self, second: u64, warm_up: bool, totals: [&Totals; 2]) -> TimeStatistics {
        let mut paths: BTreeMap<&RequestPath, Second> = BTreeMap::new();
        for (key, stats) in totals.into_iter().flat_map(|part| &part.requests) {
            let path = paths.entry(&key.path).or_insert_with(|| Second {
                first_ns: u64::MAX,
                ok: 0,
                failed: 0,
                response_time: TimeStatistics::default(),
            });
            path.first_ns = path.first_ns.min(stats.first_ns);
            path.ok += stats.ok_count();
            path.failed += stats.failed_count();
            path.response_time.merge(stats.ok.response_time.clone());
            path.response_time.merge(stats.failed.response_time.clone());
        }
        let mut all = TimeStatistics::default();
        for (path, figures) in paths {
            self.add(path, second, warm_up, &figures);
            all.merge(figures.response_time);
        }
        all
    }

    fn add(&mut self, path: &RequestPath, second: u64, warm_up: bool, figures: &Second) {
        let [p50, p95, p99, max] = quantiles(&figures.response_time);
        let (ok, failed) = (figures.ok, figures.failed);
        let point = RequestPoint { second, span: 1, ok, failed, p50, p95, p99, max, warm_up };
        self.series.push(path, point.clone());
        if !self.all.contains_key(path) {
            let new = Path { first_ns: u64::MAX, ok: 0, failed: 0, last: RequestPoint::default() };
            self.all.insert(path.clone(), new);
        }
        let Some(path) = self.all.get_mut(path) else { return };
        path.first_ns = path.first_ns.min(figures.first_ns);
        path.ok += ok;
        path.failed += failed;
        path.last = point;
    }

    pub(crate) fn ok(&self) -> u64 {
        self.all.values().map(|path| path.ok).sum()
    }

    pub(crate) fn failed(&self) -> u64 {
        self.all.values().map(|path| path.failed).sum()
    }

    /// A row for each, as of the second `last`.
    pub(crate) fn live(&self, bounds: &Bounds, last: Option<u64>) -> Vec<LiveRequest> {
        let row = |(name, path): (&RequestPath, &Path)| {
            let nothing = RequestPoint::default();
            let now = if last == Some(path.last.second) { &path.last } else { &nothing };
            LiveRequest {
                path: name.to_string(),
                ok: path.ok,
                failed: path.failed,
                requests_per_sec: now.ok + now.failed,
                p50: now.p50,
                p95: now.p95,
                p99: now.p99,
            }
        };
        self.ordered(bounds).into_iter().map(row).collect()
    }

    /// All series, in the order of the report.
    pub(crate) fn into_series(self, bounds: &Bounds) -> Vec<(RequestPath, Vec<RequestPoint>)> {
        let order: Vec<RequestPath> = self.ordered(bounds).into_iter().map(|(name, _)| name.clone()).collect();
        let mut series = self.series.into_all();
        let with_series = |name| {
            let points = series.remove(&name).unwrap_or_default();
            (name, points)
        };
        order.into_iter().map(with_series).collect()
    }

    fn ordered(&self, bounds: &Bounds) -> Vec<(&RequestPath, &Path)> {
        let mut ordered: Vec<_> = self.all.iter().collect();
        ordered.sort_by_key(|(name, path)| (bounds.rank(name), path.first_ns));
        ordered
    }
}
