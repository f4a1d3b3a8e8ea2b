//! Figures and lists as people read them.

use std::time::Duration;

use loadspiker_core::format::count;

/// A rate: one decimal where it is small.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second < 100.0 {
        return format!("{per_second:.1}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is positive and far below u64")]
    count(per_second.round() as u64)
}

/// Bytes in a unit that leaves few digits; units are powers of 1000.
pub(crate) fn bytes(n: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut amount = n as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if amount < 1000.0 {
            return if unit == "B" { format!("{n} B") } else { format!("{amount:.1} {unit}") };
        }
        amount /= 1000.0;
    }
    format!("{amount:.1} TB")
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

/// `01:02:05`.
pub(crate) fn clock(time: Duration) -> String {
    let secs = time.as_secs();
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!((rate(0.25), rate(99.9), rate(12_345.6)), ("0.2".into(), "99.9".into(), "12,346".into()));
        assert_eq!((bytes(999), bytes(1000), bytes(2_500_000)), ("999 B".into(), "1.0 kB".into(), "2.5 MB".into()));
        assert_eq!((counted(1, "error"), counted(1000, "error")), ("1 error".into(), "1,000 errors".into()));
        assert_eq!(clock(Duration::from_secs(3725)), "01:02:05");
    }
}
