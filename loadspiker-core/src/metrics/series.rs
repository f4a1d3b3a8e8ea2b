//! Points over the time of a run, in bounded number.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::phase_sums::PhaseSums;
use super::times::TimeStatistics;

/// What happened in one second of the run.
///
/// In a very long run a point stands for several seconds; then counts are sums, times are the highest of any of these
/// seconds, and active users those at the end of the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SeriesPoint {
    /// The second of the run, from 0; the first one if the point stands for several.
    pub second: u64,
    /// How many seconds it stands for: the distance to the next point.
    pub span: u64,
    /// Requests that ended well.
    pub ok: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Failed requests and errors of other steps.
    pub errors: u64,
    /// Virtual users that started.
    pub users_started: u64,
    /// Virtual users that ended or were cut off.
    pub users_ended: u64,
    /// Arrivals that were dropped.
    pub users_dropped: u64,
    /// Virtual users active at the end of the second.
    pub users_active: u64,
    /// The same of each scenario, in the order of the simulation; empty if there is but one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users_active_by_scenario: Vec<u64>,
    /// Median of the response time.
    #[serde(rename = "p50_us", with = "micros")]
    pub p50: Duration,
    /// 95th percentile of the response time.
    #[serde(rename = "p95_us", with = "micros")]
    pub p95: Duration,
    /// 99th percentile of the response time.
    #[serde(rename = "p99_us", with = "micros")]
    pub p99: Duration,
    /// Longest response time.
    #[serde(rename = "max_us", with = "micros")]
    pub max: Duration,
    /// 99th percentile of the start lag of requests: how late the load generator was.
    #[serde(rename = "start_lag_p99_us", with = "micros")]
    pub start_lag_p99: Duration,
    /// 99th percentile of how long requests waited for a throttle; zero where there is none.
    #[serde(rename = "throttle_wait_p99_us", with = "micros", skip_serializing_if = "Duration::is_zero")]
    pub throttle_wait_p99: Duration,
    /// Processor time that the load generator used, over all cores. Zero where it is not known: on the simulated clock, and
    /// elsewhere than on Linux.
    #[serde(rename = "generator_cpu_us", with = "micros", skip_serializing_if = "Duration::is_zero")]
    pub generator_cpu: Duration,
    /// Resident memory of the load generator at the end of the second, in bytes; of several seconds the most. Zero where
    /// it is not known.
    #[serde(skip_serializing_if = "is_zero")]
    pub generator_memory: u64,
    /// Bytes written.
    pub bytes_sent: u64,
    /// Bytes read.
    pub bytes_received: u64,
    /// How many responses had a status code of each hundred: those from 200 to 299 are under 2.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub statuses: BTreeMap<u16, u64>,
    /// Where the time of the requests went, in microseconds.
    #[serde(rename = "phases_us", skip_serializing_if = "PhaseSums::none")]
    pub phases: PhaseSums,
    /// Requests for which a connection was opened; all others that were sent went over one that was open.
    #[serde(skip_serializing_if = "is_zero")]
    pub connected: u64,
    /// Whether it lies within the warm-up, if only in part: requests of the warm-up are in no figures but series and
    /// [`RunReport::warm_up`](crate::report::RunReport::warm_up).
    pub warm_up: bool,
    /// Whether the load generator stood still within it, if only in part (see
    /// [`RunInfo::stalls`](crate::report::RunInfo::stalls)). Then its figures say more of the load generator than of the
    /// target, and are not to be trusted.
    pub stalled: bool,
}

/// What happened to the requests of one name in one second of the run. See [`SeriesPoint`] for points that stand for
/// several seconds. Seconds without such requests have no point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RequestPoint {
    /// The second of the run, from 0; the first one if the point stands for several.
    pub second: u64,
    /// How many seconds it stands for.
    pub span: u64,
    /// Requests that ended well.
    pub ok: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Median of the response time.
    #[serde(rename = "p50_us", with = "micros")]
    pub p50: Duration,
    /// 95th percentile of the response time.
    #[serde(rename = "p95_us", with = "micros")]
    pub p95: Duration,
    /// 99th percentile of the response time.
    #[serde(rename = "p99_us", with = "micros")]
    pub p99: Duration,
    /// Longest response time.
    #[serde(rename = "max_us", with = "micros")]
    pub max: Duration,
    /// Whether it lies within the warm-up; see [`SeriesPoint::warm_up`].
    pub warm_up: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Median, 95th and 99th percentile and maximum, in whole microseconds, as points hold them.
pub(crate) fn quantiles(times: &TimeStatistics) -> [Duration; 4] {
    times.percentiles([50.0, 95.0, 99.0, 100.0]).map(round)
}

/// To the nearest microsecond.
pub(crate) fn round(time: Duration) -> Duration {
    Duration::from_micros(micros::of(time + Duration::from_nanos(500)))
}

/// A point of a [`Series`].
pub(crate) trait Point {
    /// Its second and its span.
    fn place(&mut self) -> (&mut u64, &mut u64);
    /// Takes in a later point.
    fn absorb(&mut self, later: Self);
}

impl Point for SeriesPoint {
    fn place(&mut self) -> (&mut u64, &mut u64) {
        (&mut self.second, &mut self.span)
    }

    fn absorb(&mut self, later: Self) {
        self.ok += later.ok;
        self.failed += later.failed;
        self.errors += later.errors;
        self.users_started += later.users_started;
        self.users_ended += later.users_ended;
        self.users_dropped += later.users_dropped;
        self.users_active = later.users_active;
        self.users_active_by_scenario = later.users_active_by_scenario;
        self.p50 = self.p50.max(later.p50);
        self.p95 = self.p95.max(later.p95);
        self.p99 = self.p99.max(later.p99);
        self.max = self.max.max(later.max);
        self.start_lag_p99 = self.start_lag_p99.max(later.start_lag_p99);
        self.throttle_wait_p99 = self.throttle_wait_p99.max(later.throttle_wait_p99);
        self.generator_cpu += later.generator_cpu;
        self.generator_memory = self.generator_memory.max(later.generator_memory);
        self.bytes_sent += later.bytes_sent;
        self.bytes_received += later.bytes_received;
        for (class, count) in later.statuses {
            *self.statuses.entry(class).or_default() += count;
        }
        self.phases.merge(&later.phases);
        self.connected += later.connected;
        self.warm_up |= later.warm_up;
        self.stalled |= later.stalled;
    }
}

impl Point for RequestPoint {
    fn place(&mut self) -> (&mut u64, &mut u64) {
        (&mut self.second, &mut self.span)
    }

    fn absorb(&mut self, later: Self) {
        self.ok += later.ok;
        self.failed += later.failed;
        self.p50 = self.p50.max(later.p50);
        self.p95 = self.p95.max(later.p95);
        self.p99 = self.p99.max(later.p99);
        self.max = self.max.max(later.max);
        self.warm_up |= later.warm_up;
    }
}

/// Adds a point with ascending seconds; it joins the last one if it falls into its span.
/// Says whether the series became longer.
pub(crate) fn push<P: Point>(points: &mut Vec<P>, mut point: P, step: u64) -> bool {
    let (second, span) = point.place();
    *second -= *second % step;
    *span = step;
    let second = *second;
    if let Some(last) = points.last_mut()
        && *last.place().0 == second
    {
        last.absorb(point);
        return false;
    }
    points.push(point);
    true
}

/// The same series in steps of so many seconds.
pub(crate) fn thin<P: Point>(points: &mut Vec<P>, step: u64) {
    let mut thinned = Vec::with_capacity(points.len() / 2 + 1);
    for point in points.drain(..) {
        push(&mut thinned, point, step);
    }
    *points = thinned;
}

/// Series by a key, of which all together have a bounded number of points: when they are used up, the step of them all
/// doubles.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(
    serialize = "K: Serialize, P: Serialize",
    deserialize = "K: Deserialize<'de> + Ord, P: Deserialize<'de>"
))]
pub(crate) struct SeriesSet<K, P> {
    #[serde(with = "super::totals::pairs")]
    all: BTreeMap<K, Vec<P>>,
    points: usize,
    limit: usize,
    step: u64,
}

impl<K: Ord + Clone, P: Point> SeriesSet<K, P> {
    /// None yet; all series together may have so many points.
    pub(crate) fn new(limit: usize) -> Self {
        SeriesSet { all: BTreeMap::new(), points: 0, limit, step: 1 }
    }

    /// Adds a point with ascending seconds to the series of this key.
    pub(crate) fn push(&mut self, key: &K, point: P) {
        let longer = match self.all.get_mut(key) {
            Some(points) => push(points, point, self.step),
            None => push(self.all.entry(key.clone()).or_default(), point, self.step),
        };
        self.points += usize::from(longer);
        if self.points > self.limit {
            self.thin();
        }
    }

    /// Doubles the step. Where each series has but a point, nothing is won; then the limit is the number of keys.
    fn thin(&mut self) {
        self.step = self.step.saturating_mul(2);
        self.all.values_mut().for_each(|points| thin(points, self.step));
        self.points = self.all.values().map(Vec::len).sum();
        self.limit = self.limit.max(2 * self.all.len());
    }

    /// All of them.
    pub(crate) fn into_all(self) -> BTreeMap<K, Vec<P>> {
        self.all
    }
}

mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn of(time: Duration) -> u64 {
        u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(of(*time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(second: u64, ok: u64, p99: u64) -> RequestPoint {
        RequestPoint { second, ok, p99: Duration::from_micros(p99), ..RequestPoint::default() }
    }

    #[test]
    fn a_thinned_series_keeps_sums_and_highest_times() {
        let mut points = Vec::new();
        for (second, p99) in [(0, 10), (1, 30), (2, 20), (5, 5)] {
            push(&mut points, point(second, 7, p99), 1);
        }
        thin(&mut points, 2);
        push(&mut points, point(6, 1, 1), 2);
        push(&mut points, point(7, 1, 2), 2);
        let got: Vec<_> = points.iter().map(|p| (p.second, p.span, p.ok, p.p99.as_micros())).collect();
        assert_eq!(got, [(0, 2, 14, 30), (2, 2, 7, 20), (4, 2, 7, 5), (6, 2, 2, 2)]);
    }
}
