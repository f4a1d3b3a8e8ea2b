//! Human-readable numbers and durations: `12.3 ms`, `1.20 s`, `850 µs`.

use std::time::Duration;

pub use crate::shown::{printable, printable_lines};

const UNITS: [(&str, u32); 4] = [("ns", 1), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

/// A duration with three significant digits, in a suitable unit: `850 µs`, `12.3 ms`, `1.20 s`; from two minutes on
/// `2 min 5 s`, from an hour on `1 h 2 min`. Zero is `0 ms`.
///
/// ```
/// use std::time::Duration;
/// use loadspiker_core::format::human;
///
/// assert_eq!(human(Duration::from_micros(12_345)), "12.3 ms");
/// assert_eq!(human(Duration::from_millis(1200)), "1.20 s");
/// assert_eq!(human(Duration::from_micros(850)), "850 µs");
/// ```
pub fn human(time: Duration) -> String {
    if time.is_zero() {
        return "0 ms".to_owned();
    }
    if time >= Duration::from_secs(120) {
        let seconds = (time + Duration::from_millis(500)).as_secs();
        return match seconds {
            0..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
            _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        };
    }
    if time < Duration::from_micros(1) {
        return format!("{} ns", time.as_nanos());
    }
    digits(time, 3)
}

/// The exact duration, without trailing zeros: `800 ms`, `1.203456 s`.
pub fn precise(time: Duration) -> String {
    if time.is_zero() {
        return "0 ms".to_owned();
    }
    let (name, nanos) = unit(time);
    let nanos_in_unit = u128::from(nanos);
    let (whole, rest) = (time.as_nanos() / nanos_in_unit, time.as_nanos() % nanos_in_unit);
    let width = nanos.ilog10() as usize;
    trim(&format!("{whole}.{rest:0width$}"), name)
}

/// A duration with so many significant digits, without zeros at its end: `1.203 s` with four.
pub(crate) fn significant(time: Duration, significant: usize) -> String {
    if time.is_zero() {
        return "0 ms".to_owned();
    }
    let text = digits(time, significant);
    match text.split_once(' ') {
        Some((number, name)) => trim(number, name),
        None => text,
    }
}

/// A number with up to so many decimals, without zeros at its end.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A number with about four significant digits, and all digits before the point: `12.35`, `0.001234`, `1,234,567`.
///
/// ```
/// use loadspiker_core::format::figure;
///
/// assert_eq!(figure(12.3456), "12.35");
/// assert_eq!(figure(-1_234_567.8), "-1,234,568");
/// assert_eq!(figure(0.0), "0");
/// ```
pub fn figure(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1e15 {
        return format!("{value:.3e}");
    }
    if magnitude >= 1e4 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at just above")]
        let whole = count(magnitude.round() as u64);
        return if value < 0.0 { format!("-{whole}") } else { whole };
    }
    let places = [(1e3, 0), (1e2, 1), (1e1, 2), (1.0, 3), (1e-1, 4), (1e-2, 5), (1e-3, 6)];
    match places.into_iter().find(|(least, _)| magnitude >= *least) {
        Some((_, decimals)) => number(value, decimals),
        None if magnitude == 0.0 => "0".to_owned(),
        None => format!("{value:.3e}"),
    }
}

/// A count with thousands separators: `12,345`.
///
/// ```
/// assert_eq!(loadspiker_core::format::count(1_234_567), "1,234,567");
/// ```
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn unit(time: Duration) -> (&'static str, u32) {
    let fits = UNITS.iter().rev().find(|(_, nanos)| time.as_nanos() >= u128::from(*nanos));
    *fits.unwrap_or(&UNITS[0])
}

/// A time of at least a nanosecond with so many significant digits.
fn digits(time: Duration, significant: usize) -> String {
    let (mut name, mut nanos) = unit(time);
    let in_unit = |nanos: u32| time.as_secs_f64() * 1e9 / f64::from(nanos);
    let text = |value: f64| {
        let decimals = |value: f64| significant.saturating_sub(format!("{:.0}", value.trunc()).len());
        // 9.996 with three digits is 10.0, not 10.00.
        let rounded = format!("{value:.*}", decimals(value)).parse().unwrap_or(value);
        format!("{rounded:.*}", decimals(rounded))
    };
    let mut number = text(in_unit(nanos));
    if let Some((next, more)) = UNITS.iter().find(|(_, more)| *more > nanos)
        && number.parse::<f64>().is_ok_and(|number| number >= 1000.0)
    {
        (name, nanos) = (next, *more);
        number = text(in_unit(nanos));
    }
    format!("{number} {name}")
}

fn trim(number: &str, unit: &str) -> String {
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    format!("{number} {unit}")
}
