//! From the columns of a row to values, as native as they can be.

#[cfg(feature = "postgres")]
pub(crate) mod array;
#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use loadspiker_core::Value;

/// A 64-bit float holds so many decimal digits, whatever the number.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const DIGITS: usize = 15;

/// An integer; a text if it has more than 64 bits.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn integer(text: &str) -> Value {
    match (text.parse::<i64>(), text.parse::<u64>()) {
        (Ok(integer), _) => integer.into(),
        (_, Ok(integer)) => integer.into(),
        (Err(_), Err(_)) => text.into(),
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn float(text: &str) -> Value {
    match text.parse::<f64>() {
        Ok(float) => float.into(),
        Err(_) => text.into(),
    }
}

/// A number with decimals as a native one if that holds all its digits; a text otherwise, which is exact.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn decimal(text: &str) -> Value {
    if let number @ (Value::Int(_) | Value::UInt(_)) = integer(text) {
        return number;
    }
    let digits = text.trim_start_matches(['-', '0', '.']).chars().filter(char::is_ascii_digit).count();
    let is_plain = text.chars().all(|character| character.is_ascii_digit() || "-.".contains(character));
    if is_plain && digits <= DIGITS { float(text) } else { text.into() }
}

/// A date with a time as in ISO 8601: a `T` in between, minutes in the offset.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn moment(text: &str) -> Value {
    let mut iso = text.replacen(' ', "T", 1);
    let hours = iso.len().checked_sub(3).and_then(|at| iso.get(at..));
    if hours.is_some_and(|hours| hours.starts_with(['+', '-'])) && iso.contains(':') {
        iso.push_str(":00");
    }
    iso.into()
}

/// Whatever a JSON text holds; the text itself if no value can hold it exactly.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap_or_else(|_| text.into())
}

#[cfg(all(test, any(feature = "postgres", feature = "mysql")))]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_numbers_where_no_digit_is_lost() {
        assert_eq!(decimal("12.50"), Value::Float(12.5));
        assert_eq!(decimal("-0.001"), Value::Float(-0.001));
        assert_eq!(decimal("7"), Value::Int(7));
        assert_eq!(decimal("123456789012.345"), Value::Float(123_456_789_012.345));
        assert_eq!(decimal("1234567890123.4567"), Value::from("1234567890123.4567"));
        assert_eq!(decimal("99999999999999999999"), Value::from("99999999999999999999"));
        assert_eq!(decimal("18446744073709551615"), Value::from(u64::MAX));
        assert_eq!(decimal("NaN"), Value::from("NaN"));
    }

    #[test]
    fn integers_of_64_bits_are_integers_and_longer_ones_keep_their_digits() {
        assert_eq!(integer("18446744073709551615"), Value::from(u64::MAX));
        assert_eq!(integer("-9223372036854775808"), Value::from(i64::MIN));
        assert_eq!(integer("18446744073709551616"), Value::from("18446744073709551616"));
    }

    #[test]
    fn json_with_an_integer_that_cannot_be_kept_stays_a_text() {
        assert_eq!(json(r#"{"n": 18446744073709551615}"#).to_string(), r#"{"n":18446744073709551615}"#);
        assert_eq!(json(r#"{"n": 18446744073709551616}"#), Value::from(r#"{"n": 18446744073709551616}"#));
    }

    #[test]
    fn moments_are_as_in_iso_8601() {
        assert_eq!(moment("2026-03-01 12:00:00"), Value::from("2026-03-01T12:00:00"));
        assert_eq!(moment("2026-03-01 12:00:00.5+00"), Value::from("2026-03-01T12:00:00.5+00:00"));
        assert_eq!(moment("2026-03-01 12:00:00-03:30"), Value::from("2026-03-01T12:00:00-03:30"));
        assert_eq!(moment("infinity"), Value::from("infinity"));
    }
}
