//! Where a figure is looked for, and which.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::metric::{Measure, Metric};
use super::status::StatusCodes;
use super::value::{Number, Percent};

/// All requests of the run together.
pub fn global() -> Scope {
    Scope(Place::Global)
}

/// Each request by itself: there is a result for every one, and it passes if all do.
///
/// In a run without any request it fails: nothing was tested.
pub fn for_all() -> Scope {
    Scope(Place::ForAll)
}

/// The request `"name"`, or `"group / name"` within a group, found as by
/// [`RunReport::request`](crate::report::RunReport::request); or the group of that name. On a group counts are passes
/// through it, and the response time is the cumulated one; status codes are those of the requests inside.
///
/// If there is neither, the assertion fails.
pub fn details(path: impl Into<String>) -> Scope {
    Scope(Place::Details(path.into()))
}

/// All requests of the scenario of this name together.
///
/// If there is no such scenario, the assertion fails.
pub fn scenario_details(name: impl Into<String>) -> Scope {
    Scope(Place::Scenario(name.into()))
}

/// Where a figure is looked for.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a scope alone asserts nothing; go on with a statistic such as `.response_time()`"]
pub struct Scope(Place);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Place {
    Global,
    ForAll,
    Details(String),
    Scenario(String),
    Check(String),
    Metric(MetricPlace),
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
            Place::Metric(MetricPlace { name, tags, .. }) => {
                write!(f, "metric {name}")?;
                let tags: Vec<_> = tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
                if tags.is_empty() { Ok(()) } else { write!(f, " ({})", tags.join(", ")) }
            }
        }
    }
}

impl Scope {
    /// The time from intention to the last byte, of all requests, failed ones included.
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

    /// The requests that ended well.
    pub fn successful_requests(self) -> RequestCount {
        RequestCount(self.0, Measure::Successful)
    }

    /// The requests whose response had this status code, or one of these: `404`, `500..600`, `500..=599`, `[429, 503]`.
    /// They may have ended well or not: that is for [checks](crate::check) to say.
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

    /// Requests per second, as the mean over the whole run.
    pub fn requests_per_sec(self) -> Metric<Number> {
        Metric::new(self.0, Measure::Rate)
    }
}

/// The response time, of which a metric is to be chosen.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "go on with a metric such as `.percentile(95.0)`"]
pub struct ResponseTime(Place);

impl ResponseTime {
    /// The shortest.
    pub fn min(self) -> Metric<Duration> {
        Metric::new(self.0, Measure::Min)
    }

    /// The longest.
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

    /// What `percent` of all (0 to 100, such as 99.9) do not exceed.
    pub fn percentile(self, percent: impl Into<f64>) -> Metric<Duration> {
        Metric::new(self.0, Measure::Percentile(percent.into()))
    }
}

/// A set of requests, of which the number or the share is to be chosen.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "go on with `.count()` or `.percent()`"]
pub struct RequestCount(Place, Measure);

impl RequestCount {
    /// Their number.
    pub fn count(self) -> Metric<u64> {
        Metric::new(self.0, self.1)
    }

    /// Their share of all requests in the scope, 0 to 100. Without any request 100 % have failed and none were
    /// successful, and of status codes there is no share: the assertion fails.
    pub fn percent(self) -> Metric<Percent> {
        Metric::new(self.0, self.1)
    }
}
