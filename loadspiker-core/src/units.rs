//! Readable durations: `200.millis()`, `10.secs()`, `1.5.secs()`, `2.minutes()`.

use std::time::Duration;

/// Converts numbers to durations. Implemented for `u64` (and so for integer literals) and `f64`.
///
/// ```
/// use std::time::Duration;
/// use loadspiker_core::DurationExt;
///
/// assert_eq!(200.millis(), Duration::from_millis(200));
/// assert_eq!(1.5.secs(), Duration::from_millis(1500));
/// assert_eq!(2.minutes(), 120.secs());
/// ```
///
/// A negative float or NaN becomes zero; a float too large for a [`Duration`] becomes [`Duration::MAX`].
pub trait DurationExt: Sized {
    /// This many microseconds.
    fn micros(self) -> Duration;
    /// This many milliseconds.
    fn millis(self) -> Duration;
    /// This many seconds.
    fn secs(self) -> Duration;
    /// This many minutes.
    fn minutes(self) -> Duration;
    /// This many hours.
    fn hours(self) -> Duration;
}

impl DurationExt for u64 {
    fn micros(self) -> Duration {
        Duration::from_micros(self)
    }
    fn millis(self) -> Duration {
        Duration::from_millis(self)
    }
    fn secs(self) -> Duration {
        Duration::from_secs(self)
    }
    fn minutes(self) -> Duration {
        Duration::from_secs(self.saturating_mul(60))
    }
    fn hours(self) -> Duration {
        Duration::from_secs(self.saturating_mul(3600))
    }
}

impl DurationExt for f64 {
    fn micros(self) -> Duration {
        seconds(self / 1e6)
    }
    fn millis(self) -> Duration {
        seconds(self / 1e3)
    }
    fn secs(self) -> Duration {
        seconds(self)
    }
    fn minutes(self) -> Duration {
        seconds(self * 60.0)
    }
    fn hours(self) -> Duration {
        seconds(self * 3600.0)
    }
}

/// Types that can be used as a duration fixed before the run: a [`Duration`] (`500.millis()`), or an integer (`u64`), which is
/// a number of seconds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a length of time",
    label = "not a duration",
    note = "write whole seconds as an integer literal or a `u64`, such as `10`, or a duration such as `500.millis()`, `1.5.secs()`, `2.minutes()`"
)]
pub trait FixedDuration {
    /// Converts the value into a duration.
    fn fixed(self) -> Duration;
}

impl FixedDuration for Duration {
    fn fixed(self) -> Duration {
        self
    }
}

impl FixedDuration for u64 {
    fn fixed(self) -> Duration {
        Duration::from_secs(self)
    }
}

/// Parses a duration: `500ms`, `1.5s`, `2m`, `1h30m`; a plain number is seconds. Units are `us` (or `µs`), `ms`, `s`, `m` (or
/// `min`), `h`.
///
/// ```
/// use loadspiker_core::{DurationExt, parse_duration};
///
/// assert_eq!(parse_duration("1h30m"), Some(90.minutes()));
/// assert_eq!(parse_duration("1.5"), Some(1500.millis()));
/// assert_eq!(parse_duration("soon"), None);
/// ```
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let number_ends = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(number_ends);
        let behind = behind.trim_start();
        let (unit, behind) = behind.split_at(behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len()));
        let secs = match unit {
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            // A bare number is in seconds, if it is all there is.
            "" if number.len() == text.trim().len() => 1.0,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number.parse::<f64>().ok()? * secs).ok()?)?;
        rest = behind.trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

fn seconds(secs: f64) -> Duration {
    if secs > 0.0 { Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX) } else { Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let millis = |text| parse_duration(text).map(|duration| duration.as_millis());
        assert_eq!(millis("200ms"), Some(200));
        assert_eq!(millis(" 1.5s "), Some(1500));
        assert_eq!(millis("2m"), Some(120_000));
        assert_eq!(millis("1h 30m"), Some(5_400_000));
        assert_eq!(parse_duration("10µs"), Some(Duration::from_micros(10)));
        for bad in ["", "-1", "-1s", "s", "1x", "1 2", "1e400s", "NaN", "inf"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn odd_floats_do_not_panic() {
        assert_eq!((-1.0).secs(), Duration::ZERO);
        assert_eq!(f64::NAN.millis(), Duration::ZERO);
        assert_eq!(f64::INFINITY.secs(), Duration::MAX);
        assert_eq!(u64::MAX.hours(), Duration::from_secs(u64::MAX));
    }
}
