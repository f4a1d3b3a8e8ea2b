//! How durations are shown in steps: as the user would write them.

use std::fmt;
use std::time::Duration;

/// A duration in the largest unit that holds it exactly: `90.secs()`, `1500.millis()`, `2.minutes()`.
pub(super) struct ShownDuration(pub(super) Duration);

impl fmt::Display for ShownDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let units = [
            (3_600_000_000_000, "hours"),
            (60_000_000_000, "minutes"),
            (1_000_000_000, "secs"),
            (1_000_000, "millis"),
            (1_000, "micros"),
        ];
        if nanos == 0 {
            return f.write_str("0.secs()");
        }
        match units.iter().find(|(unit, _)| nanos.is_multiple_of(*unit)) {
            Some((unit, name)) => write!(f, "{}.{name}()", nanos / unit),
            None => write!(f, "Duration::from_nanos({nanos})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_the_largest_whole_unit() {
        let shown = |duration| ShownDuration(duration).to_string();
        assert_eq!(shown(Duration::ZERO), "0.secs()");
        assert_eq!(shown(Duration::from_secs(7200)), "2.hours()");
        assert_eq!(shown(Duration::from_secs(120)), "2.minutes()");
        assert_eq!(shown(Duration::from_secs(90)), "90.secs()");
        assert_eq!(shown(Duration::from_millis(1500)), "1500.millis()");
        assert_eq!(shown(Duration::from_micros(1501)), "1501.micros()");
        assert_eq!(shown(Duration::from_nanos(1501)), "Duration::from_nanos(1501)");
    }
}
