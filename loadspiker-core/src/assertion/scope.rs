//! [`Scope`]: the part of a run that an assertion is about.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failures::FailureKinds;
use super::metric::{Measure, Metric};
use super::status::StatusCodes;
use super::value::{Number, Percent};
use crate::metrics::SampleKind;

/// All requests of the run together, or all users.
pub fn global() -> Scope<RequestsAndUsers> {
    Scope(Place::Global, PhantomData)
}

/// Each request separately. There is one result per request, and the assertion passes if all of them do.
///
/// The assertion fails if the run made no requests.
pub fn for_all() -> Scope {
    Scope(Place::ForAll, PhantomData)
}

/// A request or a group by its path: `"name"`, or `"group / name"` for a request within a group. Paths are resolved as by
/// [`RunReport::request`](crate::report::RunReport::request). For a group, counts are passes through it, the response time
/// is the sum over its requests, and status codes are those of its requests.
///
/// The assertion fails if there is no such request or group.
pub fn details(path: impl Into<String>) -> Scope {
    Scope(Place::Details(path.into()), PhantomData)
}

/// All requests of the scenario with this name together, or all its users.
///
/// A name that no scenario has is a mistake, reported before the run.
pub fn scenario_details(name: impl Into<String>) -> Scope<RequestsAndUsers> {
    Scope(Place::Scenario(name.into()), PhantomData)
}

/// All requests with this tag together, of whichever name.
///
/// If there is none, the assertion fails.
///
/// ```
/// use loadspiker_core::DurationExt;
/// use loadspiker_core::assertion::tagged;
///
/// let fast = tagged("tier", "gold").response_time().percentile(99.0).lt(200.millis());
/// assert_eq!(fast.to_string(), "tag tier=gold: 99th percentile of response time < 200 ms");
/// ```
pub fn tagged(name: impl Into<String>, value: impl Into<String>) -> Scope {
    Scope(Place::Tagged(name.into(), value.into()), PhantomData)
}

/// The messages `"name"`, or `"group / name"` within a group, found as by
/// [`RunReport::message`](crate::report::RunReport::message): those that a server pushed, say. They count as requests do here.
///
/// If there is none, the assertion fails.
pub fn message_details(path: impl Into<String>) -> Scope {
    Scope(Place::Event(SampleKind::Message, path.into()), PhantomData)
}

/// The connections `"name"`, or `"group / name"` within a group, found as by
/// [`RunReport::connection`](crate::report::RunReport::connection). They count as requests do here.
///
/// If there is none, the assertion fails.
pub fn connection_details(path: impl Into<String>) -> Scope {
    Scope(Place::Event(SampleKind::Connection, path.into()), PhantomData)
}

/// Where a figure is looked for. `S` says what there is: of some places only figures of [`Requests`], of others those of
/// [users](RequestsAndUsers), too.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a scope alone asserts nothing; go on with a statistic such as `.response_time()`"]
pub struct Scope<S = Requests>(Place, PhantomData<S>);

/// Marker for a [`Scope`] with statistics of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requests;

/// Marker for a [`Scope`] with statistics of requests and of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestsAndUsers;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Place {
    Global,
    ForAll,
    Details(String),
    Scenario(String),
    Check(String),
    Metric(MetricPlace),
    /// A tag, with its value.
    Tagged(String, String),
    /// Messages or connections.
    Event(SampleKind, String),
}

/// What samples of this kind are called.
pub(super) fn what(kind: SampleKind) -> &'static str {
    match kind {
        SampleKind::Request => "request",
        SampleKind::Message => "message",
        SampleKind::Connection => "connection",
    }
}

/// Where a figure of a custom metric is looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct MetricPlace {
    pub(super) name: String,
    pub(super) tags: Vec<(String, String)>,
    /// Given with the metric itself, and then it need not have been recorded.
    pub(super) kind: Option<crate::metrics::MetricKind>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Global => f.write_str("global"),
            Place::ForAll => f.write_str("for all"),
            Place::Details(path) => f.write_str(path),
            Place::Scenario(name) => write!(f, "scenario {name}"),
            Place::Check(name) => write!(f, "check {name}"),
            Place::Tagged(name, value) => write!(f, "tag {name}={value}"),
            Place::Event(kind, path) => write!(f, "{} {path}", what(*kind)),
            Place::Metric(MetricPlace { name, tags, .. }) => {
                write!(f, "metric {name}")?;
                let tags: Vec<_> = tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
                if tags.is_empty() { Ok(()) } else { write!(f, " ({})", tags.join(", ")) }
            }
        }
    }
}

impl<S> Scope<S> {
    /// The time from the moment at which a user intended to send a request to the last byte, over all requests, including failed
    /// ones.
    pub fn response_time(self) -> ResponseTime {
        ResponseTime(self.0)
    }

    /// All requests.
    pub fn all_requests(self) -> RequestCount {
        RequestCount(self.0, Measure::All)
    }

    /// The requests that failed.
    pub fn failed_requests(self) -> RequestCount {
        RequestCount(self.0, Measure::Failed)
    }

    /// The requests that succeeded.
    pub fn successful_requests(self) -> RequestCount {
        RequestCount(self.0, Measure::Successful)
    }

    /// The requests whose response had this status code, or one of these: `404`, `500..600`, `500..=599`, `[429, 503]`,
    /// `"NOAUTH"`.
    /// They may have ended well or not: that is for [checks](crate::check) to say.
    /// The requests whose response had this status code, or one of these: `404`, `500..600`, `500..=599`, `[429, 503]`. They may
    /// have succeeded or failed, depending on their [checks](crate::check).
    ///
    /// ```
    /// use loadspiker_core::assertion::{details, for_all, global};
    ///
    /// let assertions = [
    ///     global().status(404).count().is(0),
    ///     for_all().status(500..600).percent().lt(0.1),
    ///     details("login").status([429, 503]).count().lte(5),
    /// ];
    /// assert_eq!(assertions[1].to_string(), "for all: percentage of requests with status 500 to 599 < 0.1 %");
    /// ```
    pub fn status(self, codes: impl Into<StatusCodes>) -> RequestCount {
        RequestCount(self.0, Measure::Status(codes.into()))
    }

    /// The requests that failed by one of these kinds of failures.
    ///
    /// ```
    /// use loadspiker_core::FailureKind;
    /// use loadspiker_core::assertion::{FailureKinds, details, global};
    ///
    /// let assertions = [
    ///     global().failures(FailureKind::Refused).count().is(0),
    ///     details("login").failures(FailureKinds::timeouts()).percent().lt(0.1),
    /// ];
    /// assert_eq!(assertions[1].to_string(), "login: percentage of requests that failed by timeout < 0.1 %");
    /// ```
    pub fn failures(self, kinds: impl Into<FailureKinds>) -> RequestCount {
        RequestCount(self.0, Measure::Failures(kinds.into()))
    }

    /// Requests per second, as the mean over the run, for as long as users were planned to start at least: see
    /// [`RunInfo::rate_window`](crate::report::RunInfo::rate_window).
    pub fn requests_per_sec(self) -> Metric<Number> {
        Metric::new(self.0, Measure::Rate)
    }
}

impl Scope<RequestsAndUsers> {
    /// The virtual users that started.
    ///
    /// ```
    /// use loadspiker_core::assertion::{global, scenario_details};
    ///
    /// let assertions = [
    ///     global().users().count().gt(0),
    ///     global().failed_users().percent().lt(1),
    ///     scenario_details("Browse").step_errors().count().is(0),
    /// ];
    /// assert_eq!(assertions[1].to_string(), "global: percentage of failed users < 1 %");
    /// ```
    ///
    /// A single request has no users:
    ///
    /// ```compile_fail
    /// use loadspiker_core::assertion::details;
    ///
    /// details("login").users().count().gt(0);
    /// ```
    pub fn users(self) -> EventCount {
        EventCount(self.0, Measure::Users)
    }

    /// The virtual users that ended marked as failed: because of a failed request, an error or panic of a step, or your own
    /// code. Users that were interrupted at the end of the run are not included. Users are counted over the whole run, including
    /// the [warm-up](crate::dsl::Simulation::warm_up).
    pub fn failed_users(self) -> UserCount {
        UserCount(self.0)
    }

    /// Errors of steps other than requests: an `Err` of `exec_fn` or of an imperative scenario, an expression that cannot be
    /// evaluated, a panic. Errors during the warm-up are not included.
    pub fn step_errors(self) -> EventCount {
        EventCount(self.0, Measure::StepErrors)
    }

    /// Panics in your code that were caught. A run with panics does not pass, unless assertions say how many are allowed: for
    /// each scenario with a panic, or with `global()`. For example, `global().panics().count().lte(3)` allows three.
    pub fn panics(self) -> EventCount {
        EventCount(self.0, Measure::Panics)
    }
}

/// Users that failed. Choose their number or their share.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "add `.count()` or `.percent()`"]
pub struct UserCount(Place);

impl UserCount {
    /// The number of these users.
    pub fn count(self) -> Metric<u64> {
        Metric::new(self.0, Measure::FailedUsers)
    }

    /// The share of these users among all users that have ended, 0 to 100. If no user has ended, the assertion fails.
    pub fn percent(self) -> Metric<Percent> {
        Metric::new(self.0, Measure::FailedUsers)
    }
}

/// Users, errors or panics. They have a number, but no share.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "add `.count()`"]
pub struct EventCount(Place, Measure);

impl EventCount {
    /// The number of these events.
    pub fn count(self) -> Metric<u64> {
        Metric::new(self.0, self.1)
    }
}

/// The response time. Choose a statistic.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "add a metric such as `.percentile(95.0)`"]
pub struct ResponseTime(Place);

impl ResponseTime {
    /// The shortest response time.
    pub fn min(self) -> Metric<Duration> {
        Metric::new(self.0, Measure::Min)
    }

    /// The longest response time.
    pub fn max(self) -> Metric<Duration> {
        Metric::new(self.0, Measure::Max)
    }

    /// The arithmetic mean.
    pub fn mean(self) -> Metric<Duration> {
        Metric::new(self.0, Measure::Mean)
    }

    /// The standard deviation.
    pub fn std_dev(self) -> Metric<Duration> {
        Metric::new(self.0, Measure::StdDev)
    }

    /// The time that `percent` of all response times (0 to 100, such as 99.9) do not exceed.
    pub fn percentile(self, percent: impl Into<f64>) -> Metric<Duration> {
        Metric::new(self.0, Measure::Percentile(percent.into()))
    }
}

/// A set of requests. Choose its number or its share.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "add `.count()` or `.percent()`"]
pub struct RequestCount(Place, Measure);

impl RequestCount {
    /// The number of these requests.
    pub fn count(self) -> Metric<u64> {
        Metric::new(self.0, self.1)
    }

    /// The share of these requests among all requests in the scope, 0 to 100. Without any requests, 100 % have failed and 0 %
    /// succeeded, and an assertion on status codes fails.
    pub fn percent(self) -> Metric<Percent> {
        Metric::new(self.0, self.1)
    }
}
