//! Incomplete assertions: they do not compile, and the compiler says what is missing.

use super::Assertion;
use super::criterion::{Criterion, Requirement};
use super::measured::{CheckCount, CheckScope, MetricScope};
use super::scope::{RequestCount, ResponseTime, Scope};

/// Types that [`Simulation::assert`](crate::dsl::Simulation::assert) takes: an [`Assertion`] or a [`Criterion`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a whole assertion",
    label = "not a whole assertion",
    note = "an assertion has a scope, a statistic, a metric and a condition: `global().response_time().percentile(95.0).lt(800.millis())`"
)]
pub trait IntoRequirement {
    /// Converts the value into a requirement.
    fn into_requirement(self) -> Requirement;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Requirement>> IntoRequirement for T {
    fn into_requirement(self) -> Requirement {
        self.into()
    }
}

/// Types that [`Simulation::stop_when`](crate::dsl::Simulation::stop_when) and
/// [`fail_when`](crate::dsl::Simulation::fail_when) take: a [`Criterion`], a condition on windows of a run.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a criterion: a criterion has a window and a condition",
    label = "not a criterion",
    note = "put the window before the condition: `global().failed_requests().percent().over(10.secs()).gt(50)`"
)]
pub trait IntoCriterion {
    /// The criterion.
    fn into_criterion(self) -> Criterion;
}

impl IntoCriterion for Criterion {
    fn into_criterion(self) -> Criterion {
        self
    }
}

/// A statistic with a single value, which can be compared. Incomplete statistics do not implement this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no condition yet: it is not a single figure",
    label = "a metric is missing before this",
    note = "for a response time, choose a metric first: `.percentile(95.0)`, `.max()`, `.mean()`, `.min()` or `.std_dev()`",
    note = "for a set of requests or checks, add `.count()` or `.percent()`",
    note = "for a scope, choose a statistic first, such as `.response_time()` or `.failed_requests()`"
)]
pub trait SingleFigure<T> {
    /// The assertion.
    fn compared(self, threshold: T) -> Assertion;
}

/// The names of all conditions, on a statistic that is not a single figure.
macro_rules! without_metric {
    ($($statistic:ty),*) => {$(
        #[doc(hidden)]
        impl $statistic {
            pub fn lt<T>(self, threshold: T) -> Assertion where Self: SingleFigure<T> {
                self.compared(threshold)
            }
            pub fn lte<T>(self, threshold: T) -> Assertion where Self: SingleFigure<T> {
                self.compared(threshold)
            }
            pub fn gt<T>(self, threshold: T) -> Assertion where Self: SingleFigure<T> {
                self.compared(threshold)
            }
            pub fn gte<T>(self, threshold: T) -> Assertion where Self: SingleFigure<T> {
                self.compared(threshold)
            }
            pub fn is<T>(self, value: T) -> Assertion where Self: SingleFigure<T> {
                self.compared(value)
            }
            pub fn one_of<T>(self, values: T) -> Assertion where Self: SingleFigure<T> {
                self.compared(values)
            }
            pub fn between<T>(self, low: T, high: T) -> Assertion where Self: SingleFigure<(T, T)> {
                self.compared((low, high))
            }
            pub fn around<T>(self, value: T, distance: T) -> Assertion where Self: SingleFigure<(T, T)> {
                self.compared((value, distance))
            }
            pub fn deviates_around<T, P>(self, value: T, percent: P) -> Assertion where Self: SingleFigure<(T, P)> {
                self.compared((value, percent))
            }
        }
    )*};
}
without_metric!(Scope, ResponseTime, RequestCount, CheckScope, CheckCount, MetricScope);
