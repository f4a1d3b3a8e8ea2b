//! How an assertion is evaluated on a report.

use super::condition::Condition;
use super::metric::Measure;
use super::names::{not_found, nothing};
use super::scope::Place;
use super::value::{Number, Percent, Quantity};
use super::{Assertion, AssertionResult, Claim};
use crate::metrics::TimeStatistics;
use crate::report::{GroupReport, RunReport, Statistics};

/// The figures of requests or of a group that an assertion may look at.
pub(super) struct Figures<'a> {
    pub(super) response_time: &'a TimeStatistics,
    pub(super) ok: u64,
    pub(super) failed: u64,
    pub(super) rate: f64,
}

impl<'a> Figures<'a> {
    fn of(statistics: &'a Statistics) -> Self {
        Figures {
            response_time: statistics.response_time(),
            ok: statistics.ok_count(),
            failed: statistics.failed_count(),
            rate: statistics.requests_per_sec(),
        }
    }

    fn of_group(group: &'a GroupReport) -> Self {
        Figures {
            response_time: group.response_time(),
            ok: group.ok_count(),
            failed: group.failed_count(),
            rate: group.requests_per_sec(),
        }
    }
}

impl Assertion {
    /// Evaluates it: one result, or one for each request in the case of [`for_all`](super::for_all).
    ///
    /// A time of which there is no value fails: in a run in which nothing was measured, nothing was fast.
    pub fn evaluate(&self, report: &RunReport) -> Vec<AssertionResult> {
        match &self.place {
            Place::Global => vec![self.claim.result("global", &Figures::of(report.global()), report)],
            Place::ForAll if report.requests().is_empty() => {
                vec![self.claim.without_figure("for all", nothing(report).to_owned())]
            }
            Place::ForAll => {
                let requests = report.requests().iter();
                requests.map(|one| self.claim.result(&one.path(), &Figures::of(one.statistics()), report)).collect()
            }
            Place::Details(path) => {
                let figures = report.request(path).map(Figures::of);
                let figures = figures.or_else(|| report.group(path).map(Figures::of_group));
                vec![match figures {
                    Some(figures) => self.claim.result(path, &figures, report),
                    None => self.claim.without_figure(path, not_found(path, report)),
                }]
            }
        }
    }
}

/// What a figure comes to.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) holds: bool,
    /// The figure.
    pub(super) shown: String,
    /// How far it is on the wrong side of the condition; below zero on the right one. For comparing figures of one
    /// claim.
    pub(super) miss: f64,
}

impl Claim {
    fn result(&self, place: &str, figures: &Figures<'_>, report: &RunReport) -> AssertionResult {
        let Some(found) = self.find(figures) else {
            return self.without_figure(place, format!("there is no response time: {}", nothing(report)));
        };
        AssertionResult {
            description: format!("{place}: {self}"),
            passed: found.holds,
            expected: self.condition(),
            message: format!("was {}", found.shown),
            actual: found.shown,
        }
    }

    /// `None` for a time where there is none.
    pub(super) fn find(&self, figures: &Figures<'_>) -> Option<Finding> {
        let time = figures.response_time;
        let all = figures.ok + figures.failed;
        Some(match self {
            Claim::Time(..) if time.is_empty() => return None,
            Claim::Time(measure, condition) => {
                let actual = match measure {
                    Measure::Min => time.min(),
                    Measure::Mean => time.mean(),
                    Measure::StdDev => time.std_dev(),
                    Measure::Percentile(percent) => time.percentile(*percent),
                    _ => time.max(),
                };
                finding(condition, actual)
            }
            Claim::Count(measure, condition) => {
                let actual = match measure {
                    Measure::Failed => figures.failed,
                    Measure::Successful => figures.ok,
                    _ => all,
                };
                finding(condition, actual)
            }
            Claim::Percent(measure, condition) => {
                let actual = match measure {
                    Measure::Failed if all == 0 => 100.0,
                    Measure::Failed => percent(figures.failed, all),
                    Measure::Successful => percent(figures.ok, all),
                    _ => percent(all, all),
                };
                finding(condition, Percent(actual))
            }
            Claim::Rate(condition) => finding(condition, Number(figures.rate)),
        })
    }

    fn without_figure(&self, place: &str, message: String) -> AssertionResult {
        AssertionResult {
            description: format!("{place}: {self}"),
            passed: false,
            actual: String::new(),
            expected: self.condition(),
            message,
        }
    }
}

fn finding<Q: Quantity>(condition: &Condition<Q>, actual: Q) -> Finding {
    Finding { holds: condition.holds(actual), shown: condition.show(actual), miss: condition.miss(actual) }
}

/// How many percent of all; 0 if there are none.
#[expect(clippy::cast_precision_loss, reason = "a percentage needs no sixteen digits")]
fn percent(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 * 100.0 / all as f64 }
}
