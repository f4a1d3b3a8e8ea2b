//! Durations as one writes them: `200.millis()`, `10.secs()`, `1.5.secs()`, `2.minutes()`.

use std::time::Duration;

/// Durations from numbers. Implemented for `u64` (and so for integer literals) and `f64`.
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
/// A negative or undefined float is zero; one too large for a [`Duration`] is [`Duration::MAX`].
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

fn seconds(secs: f64) -> Duration {
    if secs > 0.0 { Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX) } else { Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_floats_do_not_panic() {
        assert_eq!((-1.0).secs(), Duration::ZERO);
        assert_eq!(f64::NAN.millis(), Duration::ZERO);
        assert_eq!(f64::INFINITY.secs(), Duration::MAX);
        assert_eq!(u64::MAX.hours(), Duration::from_secs(u64::MAX));
    }
}
