//! [`Number`]: numbers as values hold them, compared exactly.
//!
//! Integers and decimals written as texts compare digit by digit, at any length. A float compares with an integer by the
//! shortest decimal that reads as that float, which is how it is displayed; with a text that has a fraction it compares as
//! a float, since both come from a decimal that was rounded.

use std::borrow::Cow;
use std::cmp::Ordering;

/// Up to this size, all integers have a float of their own.
const EXACT: i128 = 1 << 53;

/// A number, not rounded.
#[derive(Clone, Debug)]
pub(crate) enum Number<'a> {
    Int(i128),
    /// An integer of more digits than an `i128` holds, or a number with a fraction.
    Decimal(Decimal<'a>),
    Float(f64),
}

/// A number as its digits: without leading zeros before the point, without trailing ones behind it.
#[derive(Clone, Debug)]
pub(crate) struct Decimal<'a> {
    negative: bool,
    whole: Cow<'a, str>,
    fraction: Cow<'a, str>,
}

impl<'a> Number<'a> {
    /// The number that a text says: `5`, `-0.5`, `1e3`, `NaN`, with spaces around it or without.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if let Some(int) = short_integer(text) {
            return Some(Number::Int(int));
        }
        match Decimal::read(text) {
            Some(decimal) => Some(decimal.as_int().map_or(Number::Decimal(decimal), Number::Int)),
            None => text.parse().ok().map(Number::Float),
        }
    }

    /// Which number is less; `None` if one of them is not a number (NaN).
    pub(crate) fn order(&self, other: &Number<'_>) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(one), Number::Int(other)) => Some(one.cmp(other)),
            (Number::Float(one), other) => other.order_with(*one).map(Ordering::reverse),
            (one, Number::Float(other)) => one.order_with(*other),
            (one, other) => Some(one.decimal().order(&other.decimal())),
        }
    }

    /// How it compares with a float.
    fn order_with(&self, float: f64) -> Option<Ordering> {
        match self {
            Number::Float(number) => number.partial_cmp(&float),
            #[expect(clippy::cast_precision_loss, reason = "so small that a float holds it exactly")]
            Number::Int(int) if (-EXACT..=EXACT).contains(int) => (*int as f64).partial_cmp(&float),
            Number::Decimal(decimal) if !decimal.fraction.is_empty() => decimal.as_f64().partial_cmp(&float),
            _ if float.is_nan() => None,
            _ if float.is_infinite() => Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater }),
            whole => {
                let text = float.to_string();
                Some(whole.decimal().order(&Decimal::read(&text)?))
            }
        }
    }

    fn decimal(&self) -> Decimal<'_> {
        match self {
            Number::Int(int) => {
                let digits = if *int == 0 { String::new() } else { int.unsigned_abs().to_string() };
                Decimal { negative: *int < 0, whole: digits.into(), fraction: "".into() }
            }
            Number::Decimal(Decimal { negative, whole, fraction }) => {
                Decimal { negative: *negative, whole: (**whole).into(), fraction: (**fraction).into() }
            }
            Number::Float(_) => Decimal { negative: false, whole: "".into(), fraction: "".into() },
        }
    }
}

/// An integer of up to 18 digits, as nearly all numbers in texts are; `None` for all else.
fn short_integer(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value: i64 = 0;
    for byte in digits.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(i128::from(if digits.len() < text.len() { -value } else { value }))
}

impl<'a> Decimal<'a> {
    /// `None` if this is more, or less, than digits with a sign and a point.
    fn read(text: &'a str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let negative = text.starts_with('-') && !(whole.is_empty() && fraction.is_empty());
        Some(Decimal { negative, whole: whole.into(), fraction: fraction.into() })
    }

    fn as_int(&self) -> Option<i128> {
        if !self.fraction.is_empty() {
            return None;
        }
        let int: i128 = if self.whole.is_empty() { 0 } else { self.whole.parse().ok()? };
        Some(if self.negative { -int } else { int })
    }

    fn as_f64(&self) -> f64 {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}.{}", self.whole, self.fraction).parse().unwrap_or(f64::NAN)
    }

    fn order(&self, other: &Decimal<'_>) -> Ordering {
        if self.negative != other.negative {
            return if self.negative { Ordering::Less } else { Ordering::Greater };
        }
        let order = (self.whole.len(), &*self.whole, &*self.fraction).cmp(&(
            other.whole.len(),
            &*other.whole,
            &*other.fraction,
        ));
        if self.negative { order.reverse() } else { order }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(one: &str, other: &str) -> Option<Ordering> {
        Number::read(one)?.order(&Number::read(other)?)
    }

    #[test]
    fn texts_are_compared_digit_by_digit_at_any_length() {
        let long = "1".repeat(60);
        for (less, more) in [
            ("9223372036854775788", "9223372036854775789"),
            ("18446744073709551615", "18446744073709551616"),
            (&*format!("{long}0"), &*format!("{long}1")),
            (&*format!("-{long}1"), &*format!("-{long}0")),
            ("-1", "0.0"),
            ("0.1", "0.10000000000000000001"),
            ("9007199254740992", "9007199254740993.0"),
            ("1234567890123.4567890123", "1234567890123.4567890124"),
            ("2.9", "10"),
            ("-0.5", ".5"),
        ] {
            assert_eq!(order(less, more), Some(Ordering::Less), "{less} < {more}");
            assert_eq!(order(more, less), Some(Ordering::Greater), "{more} > {less}");
            assert_eq!(order(less, less), Some(Ordering::Equal), "{less}");
        }
        for (one, same) in [("5", " +5.0 "), ("-0", "0"), ("007", "7"), ("1e3", "1000"), (".5", "0.50"), ("5.", "5")] {
            assert_eq!(order(one, same), Some(Ordering::Equal), "{one} = {same}");
        }
        assert_eq!(order("nan", "1"), None);
        assert_eq!((order("inf", &long), order(&long, "-inf")), (Some(Ordering::Greater), Some(Ordering::Greater)));
        for text in ["", "-", ".", "1,5", "one", "1_000", "0x1", "- 1", "1.2.3"] {
            assert!(Number::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_float_is_compared_with_what_it_says() {
        let float = |float: f64, text: &str| Number::Float(float).order(&Number::read(text).unwrap());
        assert_eq!(float(0.1, "0.1"), Some(Ordering::Equal));
        assert_eq!(float(std::f64::consts::PI, "3.14159265358979323846"), Some(Ordering::Equal));
        assert_eq!(float(9_007_199_254_740_992.0, "9007199254740993"), Some(Ordering::Less));
        assert_eq!(float(1e23, "100000000000000000000000"), Some(Ordering::Equal));
        assert_eq!(float(1e300, "1"), Some(Ordering::Greater));
        assert_eq!(float(f64::NAN, "99999999999999999999"), None);
    }

    proptest! {
        #[test]
        fn integers_are_ordered_as_they_are(one in any::<i128>(), other in any::<i128>()) {
            prop_assert_eq!(order(&one.to_string(), &other.to_string()), Some(one.cmp(&other)));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[-+0-9.eE ]{0,50}") {
            if let Some(number) = Number::read(&text) {
                prop_assert_eq!(number.order(&number), Some(Ordering::Equal));
            }
        }
    }
}
