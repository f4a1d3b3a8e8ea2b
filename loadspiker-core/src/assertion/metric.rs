//! [`Metric`]: a statistic, waiting for a condition.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::criterion::{Criterion, Windowed};
use super::failures::FailureKinds;
use super::scope::Place;
use super::status::StatusCodes;
use super::value::{Number, Percent};
use super::{Assertion, Claim};
use crate::metrics::UserStatistics;
use crate::units::FixedDuration;

/// A statistic, waiting for a condition: a [`Duration`], a count (`u64`), a [`Percent`], or a rate ([`Number`]).
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a metric alone asserts nothing; go on with a condition such as `.lt(…)`"]
pub struct Metric<Q> {
    place: Place,
    measure: Measure,
    quantity: PhantomData<Q>,
}

/// Which figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Measure {
    Min,
    Max,
    Mean,
    StdDev,
    Percentile(f64),
    All,
    Failed,
    Successful,
    Status(StatusCodes),
    Failures(FailureKinds),
    Rate,
    Users,
    FailedUsers,
    StepErrors,
    Panics,
    AllChecks,
    FailedChecks,
    PassedChecks,
    Recorded,
    PerSecond,
    NonZero,
    Last,
    Sum,
}

impl<Q> Metric<Q> {
    pub(super) fn new(place: Place, measure: Measure) -> Self {
        Metric { place, measure, quantity: PhantomData }
    }

    /// Computes the metric over sliding windows instead of the whole run. It is evaluated once per second, over the last
    /// `window` of the run. A condition then makes it a [`Criterion`].
    ///
    /// The window must be whole seconds, from 1 s to 1 h. For details, see [`Criterion`].
    ///
    /// ```
    /// use loadspiker_core::DurationExt;
    /// use loadspiker_core::assertion::global;
    ///
    /// let broken = global().failed_requests().percent().over(10.secs()).gt(50);
    /// assert_eq!(broken.to_string(), "global: percentage of failed requests over 10 s > 50 %");
    /// ```
    pub fn over(self, window: impl FixedDuration) -> Windowed<Q> {
        Windowed { metric: self, window: window.fixed() }
    }
}

impl Measure {
    /// Whether it is about users rather than their requests.
    pub(super) fn is_of_users(&self) -> bool {
        matches!(self, Measure::Users | Measure::FailedUsers | Measure::StepErrors | Measure::Panics)
    }

    /// How many of these there are, and how many users have failed in addition: `(3, 2)` are two failed users of five that
    /// have ended.
    pub(super) fn of_users(&self, users: &UserStatistics) -> (u64, u64) {
        match self {
            Measure::FailedUsers => (users.ended.saturating_sub(users.failed), users.failed),
            Measure::StepErrors => (users.step_errors.total(), 0),
            Measure::Panics => (users.panics, 0),
            _ => (users.started, 0),
        }
    }
}

/// The conditions on a metric whose thresholds are written as `$value` and kept as `$quantity`: of the whole run, and of
/// windows.
macro_rules! conditions {
    ($quantity:ty, $value:ty, $into:expr, $claim:expr) => {
        conditions!(Metric<$quantity>, Assertion, $quantity, $value, $into);
        conditions!(Windowed<$quantity>, Criterion, $quantity, $value, $into);

        impl Metric<$quantity> {
            fn make(self, condition: Condition<$quantity>) -> Assertion {
                Assertion { place: self.place, claim: $claim(self.measure, condition) }
            }
        }

        impl Windowed<$quantity> {
            fn make(self, condition: Condition<$quantity>) -> Criterion {
                Criterion { assertion: self.metric.make(condition), window: self.window }
            }
        }
    };
    ($metric:ty, $made:ty, $quantity:ty, $value:ty, $into:expr) => {
        impl $metric {
            /// The metric must be less than `threshold`.
            pub fn lt(self, threshold: $value) -> $made {
                self.make(Condition::Lt($into(threshold)))
            }

            /// The metric must be at most `threshold`.
            pub fn lte(self, threshold: $value) -> $made {
                self.make(Condition::Lte($into(threshold)))
            }

            /// The metric must be greater than `threshold`.
            pub fn gt(self, threshold: $value) -> $made {
                self.make(Condition::Gt($into(threshold)))
            }

            /// The metric must be at least `threshold`.
            pub fn gte(self, threshold: $value) -> $made {
                self.make(Condition::Gte($into(threshold)))
            }

            /// The metric must be exactly `value`.
            pub fn is(self, value: $value) -> $made {
                self.make(Condition::Is($into(value)))
            }

            /// The metric must be between `low` and `high`, both included.
            pub fn between(self, low: $value, high: $value) -> $made {
                self.make(Condition::Between($into(low), $into(high)))
            }

            /// The metric must differ from `value` by at most `distance`.
            pub fn around(self, value: $value, distance: $value) -> $made {
                self.make(Condition::Around($into(value), $into(distance)))
            }

            /// The metric must differ from `value` by at most `percent` percent of `value`; 10 is a tenth.
            pub fn deviates_around(self, value: $value, percent: impl Into<f64>) -> $made {
                self.make(Condition::DeviatesAround($into(value), percent.into()))
            }

            /// The metric must be exactly one of `values`.
            pub fn one_of(self, values: impl IntoIterator<Item = $value>) -> $made {
                self.make(Condition::OneOf(values.into_iter().map($into).collect()))
            }
        }
    };
}

conditions!(Duration, Duration, std::convert::identity, Claim::Time);
conditions!(u64, u64, std::convert::identity, Claim::Count);
conditions!(Percent, impl Into<f64>, |value| Percent(Into::into(value)), Claim::Percent);
conditions!(Number, impl Into<f64>, |value| Number(Into::into(value)), Claim::Number);

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::Min => f.write_str("minimum"),
            Measure::Max => f.write_str("maximum"),
            Measure::Mean => f.write_str("mean"),
            Measure::StdDev => f.write_str("standard deviation"),
            Measure::Percentile(percent) => write!(f, "{percent}{} percentile", ordinal(*percent)),
            Measure::All => f.write_str("all requests"),
            Measure::Failed => f.write_str("failed requests"),
            Measure::Successful => f.write_str("successful requests"),
            Measure::Status(codes) => write!(f, "requests with status {codes}"),
            Measure::Failures(kinds) => write!(f, "requests that failed by {kinds}"),
            Measure::Rate => f.write_str("requests per second"),
            Measure::Users => f.write_str("users"),
            Measure::FailedUsers => f.write_str("failed users"),
            Measure::StepErrors => f.write_str("errors of steps"),
            Measure::Panics => f.write_str("panics"),
            Measure::AllChecks => f.write_str("all checks"),
            Measure::FailedChecks => f.write_str("failed checks"),
            Measure::PassedChecks => f.write_str("passed checks"),
            Measure::Recorded => f.write_str("count"),
            Measure::PerSecond => f.write_str("count per second"),
            Measure::NonZero => f.write_str("values that are not zero"),
            Measure::Last => f.write_str("last value"),
            Measure::Sum => f.write_str("sum"),
        }
    }
}

/// The ending of an ordinal number, by the last digit written.
fn ordinal(number: f64) -> &'static str {
    let text = number.to_string();
    let teen = ["11", "12", "13"].iter().any(|teen| text.ends_with(teen));
    match text.chars().last() {
        Some('1') if !teen => "st",
        Some('2') if !teen => "nd",
        Some('3') if !teen => "rd",
        _ => "th",
    }
}
