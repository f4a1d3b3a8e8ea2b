//! How an assertion is evaluated on a report.

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::look::look;
use super::metric::Measure;
use super::names::{no_check, no_event, no_metric, no_request, no_scenario, no_tag, nothing};
use super::scope::{MetricPlace, Place};
use super::spot::Spot;
use super::value::{Number, Percent, Quantity};
use super::{Assertion, AssertionResult, Claim};
use crate::metrics::{MetricFigures, MetricKind, MetricStats, SampleKind, TimeStatistics, UserStatistics, exact};
use crate::report::{CheckReport, GroupReport, RunReport, Statistics};

/// The figures of requests, of a group, of checks or of a custom metric that an assertion may look at.
pub(super) struct Figures<'a> {
    pub(super) response_time: &'a TimeStatistics,
    pub(super) ok: u64,
    pub(super) failed: u64,
    pub(super) rate: f64,
    /// How many had the status or the failure that is looked for, and of how many.
    pub(super) meant: (u64, u64),
    pub(super) metric: Option<&'a MetricFigures>,
}

/// No time at all.
const NO_TIME: &TimeStatistics = &TimeStatistics::with_digits(3);

impl<'a> Figures<'a> {
    pub(super) fn of(statistics: &'a Statistics, measure: &Measure) -> Self {
        Figures {
            response_time: statistics.response_time(),
            ok: statistics.ok_count(),
            failed: statistics.failed_count(),
            rate: statistics.requests_per_sec(),
            meant: meant(statistics, measure),
            metric: None,
        }
    }

    /// Of users, their errors or panics.
    fn of_users(users: &UserStatistics, measure: &Measure) -> Self {
        let (ok, failed) = measure.of_users(users);
        Figures { response_time: NO_TIME, ok, failed, rate: 0.0, meant: (0, 0), metric: None }
    }

    fn of_group(group: &'a GroupReport, measure: &Measure) -> Self {
        Figures {
            response_time: group.response_time(),
            ok: group.ok_count(),
            failed: group.failed_count(),
            rate: group.requests_per_sec(),
            meant: meant(group.requests(), measure),
            metric: None,
        }
    }

    fn of_check(check: &CheckReport) -> Self {
        let (ok, failed) = (check.passed_count(), check.failed_count());
        Figures { response_time: NO_TIME, ok, failed, rate: 0.0, meant: (0, 0), metric: None }
    }

    pub(super) fn of_metric(metric: &'a MetricFigures) -> Self {
        Figures { response_time: NO_TIME, ok: 0, failed: 0, rate: 0.0, meant: (0, 0), metric: Some(metric) }
    }
}

fn meant(statistics: &Statistics, measure: &Measure) -> (u64, u64) {
    match measure {
        Measure::Status(codes) => {
            (codes.count(statistics.status_codes(), statistics.status_texts()), statistics.count())
        }
        Measure::Failures(kinds) => (kinds.count(statistics.failure_kinds()), statistics.count()),
        _ => (0, 0),
    }
}

impl Assertion {
    /// Evaluates the assertion. Returns one result, or one per request for [`for_all`](super::for_all).
    ///
    /// An assertion on a time fails if nothing was measured.
    pub fn evaluate(&self, report: &RunReport) -> Vec<AssertionResult> {
        let (claim, place) = (&self.claim, self.place.to_string());
        let measure = claim.measure();
        let spot = Spot::of(&self.place, &place, report);
        let one = |figures: &Figures<'_>| vec![claim.result(&place, figures, spot.as_ref(), report)];
        let none = |message: String| vec![claim.without_figure(&place, message)];
        match &self.place {
            Place::Global if measure.is_of_users() => one(&Figures::of_users(report.users(), measure)),
            Place::Global => one(&Figures::of(report.global(), measure)),
            Place::ForAll if report.requests().is_empty() => none(nothing(report).to_owned()),
            Place::ForAll => {
                let result = |path: String, statistics: &Statistics| {
                    let spot = Spot::of(&self.place, &path, report);
                    claim.result(&path, &Figures::of(statistics, measure), spot.as_ref(), report)
                };
                report.requests().iter().map(|one| result(one.path(), one.statistics())).collect()
            }
            Place::Details(path) => {
                let figures = report.request(path).map(|found| Figures::of(found, measure));
                let figures = figures.or_else(|| report.group(path).map(|found| Figures::of_group(found, measure)));
                figures.map_or_else(|| none(no_request(path, report)), |figures| one(&figures))
            }
            Place::Scenario(name) if measure.is_of_users() => match report.users_of(name) {
                Some(users) => one(&Figures::of_users(users, measure)),
                None => none(no_scenario(name, report)),
            },
            Place::Scenario(name) => match report.scenario(name) {
                Some(statistics) => one(&Figures::of(statistics, measure)),
                None => none(no_scenario(name, report)),
            },
            Place::Tagged(name, value) => match report.tagged(name, value) {
                Some(statistics) => one(&Figures::of(statistics, measure)),
                None => none(no_tag(name, value, report)),
            },
            Place::Event(kind, path) => match event(*kind, path, report) {
                Some(statistics) => one(&Figures::of(statistics, measure)),
                None => none(no_event(*kind, path, report)),
            },
            Place::Check(name) => match report.check(name) {
                Some(check) => one(&Figures::of_check(check)),
                None => none(no_check(name, report)),
            },
            Place::Metric(wanted) => match metric_figures(wanted, measure, report) {
                Ok(figures) => one(&Figures::of_metric(&figures)),
                Err(message) => none(message),
            },
        }
    }
}

/// The figures of messages or connections.
pub(super) fn event<'a>(kind: SampleKind, path: &str, report: &'a RunReport) -> Option<&'a Statistics> {
    match kind {
        SampleKind::Request => report.request(path),
        SampleKind::Message => report.message(path),
        SampleKind::Connection => report.connection(path),
    }
}

/// What was recorded in a metric, or why there is nothing that can be looked at.
pub(super) fn metric_figures(
    wanted: &MetricPlace,
    measure: &Measure,
    report: &RunReport,
) -> Result<MetricFigures, String> {
    let tags: Vec<_> = wanted.tags.iter().map(|(name, value)| (&**name, &**value)).collect();
    let kind = wanted.kind;
    let found = report
        .metrics()
        .iter()
        .find(|metric| metric.name() == wanted.name && kind.is_none_or(|kind| metric.kind() == kind));
    if let Some(problem) = found.map(|metric| metric.kind()).and_then(|kind| unfit(measure, kind)) {
        return Err(problem);
    }
    match (found.and_then(|metric| metric.tagged(&tags)), kind) {
        (Some(figures), _) => Ok(figures),
        // It is known, and nothing was recorded in it: what is counted is 0.
        (None, Some(kind)) => Ok(MetricFigures::new(MetricStats::new(kind), report.info().rate_window())),
        (None, None) => Err(no_metric(wanted, report)),
    }
}

/// Why metrics of this kind do not have such a figure, if they do not.
pub(super) fn unfit(measure: &Measure, kind: MetricKind) -> Option<String> {
    use MetricKind::{Gauge, Rate, Trend};
    let fits = match measure {
        Measure::NonZero => kind == Rate,
        Measure::Last => kind == Gauge,
        Measure::Min | Measure::Max => matches!(kind, Gauge | Trend),
        Measure::Sum | Measure::Mean | Measure::StdDev | Measure::Percentile(_) => kind == Trend,
        _ => true,
    };
    let has = match kind {
        MetricKind::Counter => "count() and per_sec()",
        Gauge => "last(), min(), max(), count() and per_sec()",
        Rate => "percent(), count() and per_sec()",
        Trend => "min(), max(), mean(), std_dev(), percentile(…), sum(), count() and per_sec()",
    };
    let asked = match measure {
        Measure::NonZero => "percentage".to_owned(),
        measure => measure.to_string(),
    };
    (!fits).then(|| format!("a {kind} has no {asked}; it has {has}"))
}

/// What a figure comes to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Finding {
    pub(super) holds: bool,
    /// The figure.
    pub(super) shown: String,
    /// How far it is on the wrong side of the condition; below zero on the right one. For comparing figures of one
    /// claim.
    #[serde(with = "exact")]
    pub(super) miss: f64,
    /// If it is on the wrong side: whether it is too much.
    pub(super) too_much: bool,
}

impl Claim {
    fn result(
        &self,
        place: &str,
        figures: &Figures<'_>,
        spot: Option<&Spot<'_>>,
        report: &RunReport,
    ) -> AssertionResult {
        let Some(found) = self.find(figures) else {
            let message = match (figures.metric, self) {
                (Some(_), _) => "nothing was recorded in it".to_owned(),
                (None, Claim::Time(..)) => format!("there is no response time: {}", nothing(report)),
                (None, claim) if claim.measure().is_of_users() => {
                    "there is no percentage: no user has ended".to_owned()
                }
                (None, _) => format!("there is no percentage: {}", nothing(report)),
            };
            return self.without_figure(place, message);
        };
        AssertionResult {
            description: format!("{place}: {self}"),
            passed: found.holds,
            expected: self.condition(),
            message: format!("was {}", found.shown),
            actual: found.shown,
            look_at: match spot {
                Some(spot) if !found.holds => look(self.measure(), found.too_much, spot, report),
                _ => Vec::new(),
            },
        }
    }

    /// `None` where there is no figure: of times and values, and of shares of which there is no whole.
    pub(super) fn find(&self, figures: &Figures<'_>) -> Option<Finding> {
        let all = figures.ok + figures.failed;
        Some(match self {
            Claim::Time(measure, condition) => {
                let time = Some(figures.response_time).filter(|time| !time.is_empty())?;
                finding(condition, measure.of_times(time))
            }
            Claim::Count(measure, condition) => {
                let actual = match measure {
                    Measure::Failed | Measure::FailedChecks | Measure::FailedUsers => figures.failed,
                    Measure::Successful | Measure::PassedChecks => figures.ok,
                    Measure::Status(_) | Measure::Failures(_) => figures.meant.0,
                    Measure::Recorded => figures.metric?.count(),
                    _ => all,
                };
                finding(condition, actual)
            }
            Claim::Percent(measure, condition) => {
                let actual = match measure {
                    Measure::Failed | Measure::Successful | Measure::FailedUsers if all == 0 => return None,
                    Measure::Failed | Measure::FailedChecks | Measure::FailedUsers => percent(figures.failed, all),
                    Measure::Successful | Measure::PassedChecks => percent(figures.ok, all),
                    Measure::Status(_) | Measure::Failures(_) if figures.meant.1 == 0 => return None,
                    Measure::Status(_) | Measure::Failures(_) => percent(figures.meant.0, figures.meant.1),
                    Measure::NonZero => figures.metric?.percent()?,
                    _ => percent(all, all),
                };
                finding(condition, Percent(actual))
            }
            Claim::Number(measure, condition) => {
                let actual = match (measure, figures.metric) {
                    (Measure::Rate, _) => figures.rate,
                    (measure, Some(metric)) => measure.of_metric(metric)?,
                    (_, None) => return None,
                };
                finding(condition, Number(actual))
            }
        })
    }

    fn without_figure(&self, place: &str, message: String) -> AssertionResult {
        AssertionResult {
            description: format!("{place}: {self}"),
            passed: false,
            actual: String::new(),
            expected: self.condition(),
            message,
            look_at: Vec::new(),
        }
    }
}

impl Measure {
    /// This figure of times that there are.
    pub(super) fn of_times(&self, time: &TimeStatistics) -> std::time::Duration {
        match self {
            Measure::Min => time.min(),
            Measure::Mean => time.mean(),
            Measure::StdDev => time.std_dev(),
            Measure::Percentile(percent) => time.percentile(*percent),
            _ => time.max(),
        }
    }

    /// This figure of a metric, if it has it.
    pub(super) fn of_metric(&self, metric: &MetricFigures) -> Option<f64> {
        match self {
            Measure::PerSecond => Some(metric.per_sec()),
            Measure::Last => metric.last(),
            Measure::Min => metric.min(),
            Measure::Max => metric.max(),
            Measure::Sum => metric.sum(),
            Measure::Mean => metric.mean(),
            Measure::StdDev => metric.std_dev(),
            Measure::Percentile(percent) => metric.percentile(*percent),
            Measure::NonZero => metric.percent(),
            _ => None,
        }
    }
}

fn finding<Q: Quantity>(condition: &Condition<Q>, actual: Q) -> Finding {
    Finding {
        holds: condition.holds(actual),
        shown: condition.show(actual),
        miss: condition.miss(actual),
        too_much: condition.too_much(actual),
    }
}

/// How many percent of all; 0 if there are none.
#[expect(clippy::cast_precision_loss, reason = "a percentage needs no sixteen digits")]
fn percent(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 * 100.0 / all as f64 }
}

impl RunReport {
    /// Evaluates assertions. The results replace those of earlier assertions and criteria.
    pub fn evaluate(&mut self, assertions: &[Assertion]) {
        let results = assertions.iter().flat_map(|assertion| assertion.evaluate(self)).collect();
        self.set_results(results);
        self.panics_judged_by(&assertions.iter().collect::<Vec<_>>());
    }

    /// Whether these assertions say how many panics there may be, of each scenario in which there were any.
    pub(crate) fn panics_judged_by(&mut self, assertions: &[&Assertion]) {
        let judged = |name: &str| assertions.iter().any(|assertion| assertion.judges_panics_of(name));
        let all = self.panics() > 0 && self.panicked().all(judged);
        if all {
            self.panics_are_asserted();
        }
    }
}
