//! [`Limit`]: a deadline, and the setting it comes from.

use std::fmt;
use std::time::Duration;

use loadspiker_core::Moment;

/// A deadline, and the setting it comes from. Displays as that setting: `connect timeout 10 s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    until: Moment,
    length: Duration,
    setting: Setting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    Connect,
    Request,
}

impl Limit {
    /// The deadline set by the connect timeout.
    pub fn connect(from: Moment, timeout: Duration) -> Self {
        Limit { until: from + timeout, length: timeout, setting: Setting::Connect }
    }

    /// The deadline set by the request timeout.
    pub fn request(from: Moment, timeout: Duration) -> Self {
        Limit { until: from + timeout, length: timeout, setting: Setting::Request }
    }

    /// The deadline.
    pub fn until(self) -> Moment {
        self.until
    }

    /// The earlier of two limits; `self` if they are equal.
    #[must_use]
    pub fn earlier(self, other: Limit) -> Limit {
        if other.until < self.until { other } else { self }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let setting = match self.setting {
            Setting::Connect => "connect",
            Setting::Request => "request",
        };
        if self.length >= Duration::from_secs(1) {
            write!(f, "{setting} timeout {} s", self.length.as_secs_f64())
        } else {
            write!(f, "{setting} timeout {} ms", self.length.as_secs_f64() * 1e3)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_that_ends_first_counts_and_names_its_setting() {
        let connect = Limit::connect(Moment::START, Duration::from_secs(10));
        let request = Limit::request(Moment::START, Duration::from_millis(1500));
        assert_eq!(connect.earlier(request).to_string(), "request timeout 1.5 s");
        let equal = Limit::request(Moment::START, Duration::from_secs(10));
        assert_eq!(connect.earlier(equal).to_string(), "connect timeout 10 s");
    }
}
