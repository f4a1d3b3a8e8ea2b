//! [`Pattern`]: what `#{currentDate(pattern)}` writes, with the pattern letters of Java's `DateTimeFormatter`. The time is
//! UTC, so that all machines and all days of the year agree.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    DayOfYear,
    Weekday,
    HalfOfDay,
    Hour,
    HourOfHalf,
    Minute,
    Second,
    /// The fraction of the second.
    Fraction,
    /// The offset from UTC, `Z` for none.
    OffsetOrZ,
    Offset,
    OffsetPlain,
    Zone,
}

/// Each letter with the longest run of it.
const LETTERS: [(char, Field, usize); 16] = [
    ('y', Field::Year, 4),
    ('u', Field::Year, 4),
    ('M', Field::Month, 4),
    ('d', Field::Day, 2),
    ('D', Field::DayOfYear, 3),
    ('E', Field::Weekday, 4),
    ('a', Field::HalfOfDay, 1),
    ('H', Field::Hour, 2),
    ('h', Field::HourOfHalf, 2),
    ('m', Field::Minute, 2),
    ('s', Field::Second, 2),
    ('S', Field::Fraction, 9),
    ('X', Field::OffsetOrZ, 3),
    ('x', Field::Offset, 3),
    ('Z', Field::OffsetPlain, 3),
    ('z', Field::Zone, 3),
];

#[derive(Debug)]
enum Item {
    Text(Box<str>),
    Field(Field, usize),
}

#[derive(Debug)]
pub(super) struct Pattern(Box<[Item]>);

impl Pattern {
    /// Letters are fields, repeated for their width; texts are in single quotes, a quote is doubled; all else stands for
    /// itself.
    pub(super) fn parse(source: &str) -> Result<Pattern, String> {
        let call = format!("currentDate({source})");
        let mut items = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some(first) = rest.chars().next() {
            if let Some(quoted) = rest.strip_prefix('\'') {
                rest = quote(quoted, &mut text).ok_or_else(|| format!("{call}: a ' is opened but never closed"))?;
                continue;
            }
            let run = rest.len() - rest.trim_start_matches(first).len();
            let (same, after) = rest.split_at(run);
            rest = after;
            if !first.is_ascii_alphabetic() {
                text.push_str(same);
                continue;
            }
            let Some((_, field, longest)) = LETTERS.iter().find(|(letter, ..)| *letter == first) else {
                let known: String = LETTERS.map(|(letter, ..)| letter).iter().collect();
                return Err(format!(
                    "{call}: unknown letter {first}; the letters are {known}, and texts are in single quotes"
                ));
            };
            if run > *longest {
                return Err(format!("{call}: {same} is too long; write at most {}", same[..*longest].to_owned()));
            }
            if !text.is_empty() {
                items.push(Item::Text(std::mem::take(&mut text).into()));
            }
            items.push(Item::Field(*field, run));
        }
        if !text.is_empty() {
            items.push(Item::Text(text.into()));
        }
        Ok(Pattern(items.into()))
    }

    pub(super) fn write_now(&self, out: &mut String) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanos = i128::try_from(since.as_nanos()).unwrap_or(0);
        self.write(OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH), out);
    }

    fn write(&self, at: OffsetDateTime, out: &mut String) {
        for item in &self.0 {
            match item {
                Item::Text(text) => out.push_str(text),
                Item::Field(field, width) => field.write(*width, at, out),
            }
        }
    }
}

/// Appends the text up to the closing quote, and returns what follows it.
fn quote<'s>(quoted: &'s str, text: &mut String) -> Option<&'s str> {
    if let Some(rest) = quoted.strip_prefix('\'') {
        text.push('\'');
        return Some(rest);
    }
    let mut rest = quoted;
    loop {
        let (inside, after) = rest.split_once('\'')?;
        text.push_str(inside);
        rest = after;
        let Some(more) = rest.strip_prefix('\'') else { return Some(rest) };
        text.push('\'');
        rest = more;
    }
}

impl Field {
    fn write(self, width: usize, at: OffsetDateTime, out: &mut String) {
        let number = match self {
            Field::Year if width == 2 => at.year().rem_euclid(100),
            Field::Year => at.year(),
            Field::Month if width > 2 => return name(&at.month().to_string(), width, out),
            Field::Month => u8::from(at.month()).into(),
            Field::Day => at.day().into(),
            Field::DayOfYear => at.ordinal().into(),
            Field::Weekday => return name(&at.weekday().to_string(), width, out),
            Field::HalfOfDay => return out.push_str(if at.hour() < 12 { "AM" } else { "PM" }),
            Field::Hour => at.hour().into(),
            Field::HourOfHalf => i32::from((at.hour() + 11) % 12 + 1),
            Field::Minute => at.minute().into(),
            Field::Second => at.second().into(),
            Field::Fraction => {
                let digits = format!("{:09}", at.nanosecond());
                return out.push_str(&digits[..width]);
            }
            Field::OffsetOrZ => return out.push('Z'),
            Field::Offset => return out.push_str(["+00", "+0000", "+00:00"][width - 1]),
            Field::OffsetPlain => return out.push_str("+0000"),
            Field::Zone => return out.push_str("UTC"),
        };
        // Writing into a String cannot fail.
        let _ = write!(out, "{number:0width$}");
    }
}

/// In full with four letters, else the first three characters.
fn name(full: &str, width: usize, out: &mut String) {
    out.push_str(if width == 4 { full } else { full.get(..3).unwrap_or(full) });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64, pattern: &str) -> String {
        let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap() + std::time::Duration::from_nanos(7_089_000);
        let mut out = String::new();
        Pattern::parse(pattern).unwrap().write(time, &mut out);
        out
    }

    #[test]
    fn patterns_write_what_java_writes() {
        // 2026-03-05 15:04:09 UTC, a Thursday, day 64.
        let time = 1_772_723_049;
        for (pattern, expected) in [
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-03-05T15:04:09.007Z"),
            ("yy/M/d H:m:s", "26/3/5 15:4:9"),
            ("EEE, dd MMM uuuu hh:mm a z", "Thu, 05 Mar 2026 03:04 PM UTC"),
            ("EEEE d MMMM D DDD", "Thursday 5 March 64 064"),
            ("S SSSSSS SSSSSSSSS", "0 007089 007089000"),
            ("x xx xxx Z", "+00 +0000 +00:00 +0000"),
            ("h 'o''clock' ''", "3 o'clock '"),
            ("", ""),
            ("é 1", "é 1"),
        ] {
            assert_eq!(at(time, pattern), expected, "{pattern}");
        }
        assert_eq!(at(0, "h a H yyyy-MM-dd"), "12 AM 0 1970-01-01");
        assert_eq!(at(43_200, "h a"), "12 PM");
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        let error = |pattern: &str| Pattern::parse(pattern).unwrap_err();
        assert_eq!(
            error("yyyy-MM-ddTHH"),
            "currentDate(yyyy-MM-ddTHH): unknown letter T; the letters are yuMdDEaHhmsSXxZz, and texts are in single \
             quotes"
        );
        assert_eq!(error("'T"), "currentDate('T): a ' is opened but never closed");
        assert_eq!(error("HHH"), "currentDate(HHH): HHH is too long; write at most HH");
    }

    proptest! {
        #[test]
        fn no_pattern_panics_and_every_time_can_be_written(
            pattern in r"([yuMdDEaHhmsSXxZz'é ]){0,10}", seconds in 0_i64..200_000_000_000
        ) {
            if let Ok(pattern) = Pattern::parse(&pattern) {
                pattern.write(OffsetDateTime::from_unix_timestamp(seconds).unwrap(), &mut String::new());
            }
        }
    }
}
