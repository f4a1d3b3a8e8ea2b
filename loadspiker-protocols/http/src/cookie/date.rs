//! [`parse`]: dates of cookies, by the algorithm of RFC 6265 §5.1.1.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

const MONTHS: [(&str, Month); 12] = [
    ("jan", Month::January),
    ("feb", Month::February),
    ("mar", Month::March),
    ("apr", Month::April),
    ("may", Month::May),
    ("jun", Month::June),
    ("jul", Month::July),
    ("aug", Month::August),
    ("sep", Month::September),
    ("oct", Month::October),
    ("nov", Month::November),
    ("dec", Month::December),
];

/// The date that a text means: its parts may come in any order, and what else is in it, such as a weekday or a time zone,
/// is passed over. The time is always UTC. `None` if it is not a date, or one before the year 1601.
pub(super) fn parse(text: &str) -> Option<OffsetDateTime> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        if time.is_none() && set(&mut time, time_of(token)) {
            continue;
        }
        if day.is_none() && set(&mut day, number(token, 1, 2)) {
            continue;
        }
        if month.is_none() && set(&mut month, month_of(token)) {
            continue;
        }
        if year.is_none() {
            year = number(token, 2, 4);
        }
    }
    let (hour, minute, second) = time?;
    let year = match year? {
        year @ 70..=99 => 1900 + year,
        year @ 0..=69 => 2000 + year,
        year => year,
    };
    if year < 1601 {
        return None;
    }
    let date = Date::from_calendar_date(year.into(), month?, u8::try_from(day?).ok()?).ok()?;
    let time = Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, u8::try_from(second).ok()?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc())
}

/// Takes what was found; whether there was anything.
fn set<T>(place: &mut Option<T>, found: Option<T>) -> bool {
    *place = found;
    place.is_some()
}

fn is_delimiter(c: char) -> bool {
    matches!(c, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~')
}

/// `hh:mm:ss`, each of one digit or two. What follows it must not be a digit.
fn time_of(token: &str) -> Option<(u16, u16, u16)> {
    let (hour, rest) = token.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    Some((all_digits(hour)?, all_digits(minute)?, number(second, 1, 2)?))
}

fn all_digits(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| number(text, 1, 2)).flatten()
}

fn month_of(token: &str) -> Option<Month> {
    let name = token.get(..3)?;
    MONTHS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, month)| *month)
}

/// The number with which a token begins, if it has so many digits.
fn number(token: &str, least: usize, most: usize) -> Option<u16> {
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    if digits < least || digits > most { None } else { token[..digits].parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_order_and_with_whatever_else_is_in_them() {
        for text in [
            "Wed, 21 Oct 2015 07:28:00 GMT",
            "Wednesday, 21-Oct-15 07:28:00 GMT",
            "Wed Oct 21 07:28:00 2015",
            "Wed, 21 Oct 2015 07:28:00 UTC",
            "21 october 2015 7:28:0",
            "2015 07:28:00 21 OCT",
            "Wed, 21-Oct-2015 07:28:00 +0200",
            "(21)Oct;2015;07:28:00",
            "Wed, 21st Oct 2015 07:28:00.123 GMT",
        ] {
            assert_eq!(parse(text).map(OffsetDateTime::unix_timestamp), Some(1_445_412_480), "{text}");
        }
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 UTC", 0),
            ("Thu, 1 Jan 1970 0:0:0 GMT", 0),
            ("Thu, 01-Jan-70 00:00:01 GMT", 1),
            ("Tue, 01-Jan-69 00:00:00 GMT", 3_124_224_000),
            ("Mon, 01 Jan 1601 00:00:00 GMT", -11_644_473_600),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] {
            assert_eq!(parse(text).map(OffsetDateTime::unix_timestamp), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "never",
            "0",
            "Wed, 21 Oct 2015",
            "21 2015 07:28:00",
            "Oct 2015 07:28:00",
            "Wed, 21 Oct 07:28:00",
            "Wed, 32 Oct 2015 07:28:00 GMT",
            "Wed, 00 Oct 2015 07:28:00 GMT",
            "Mon, 30 Feb 2015 07:28:00 GMT",
            "Wed, 21 Oct 2015 24:00:00 GMT",
            "Wed, 21 Oct 2015 07:60:00 GMT",
            "Wed, 21 Oct 2015 07:28:60 GMT",
            "Wed, 21 Oct 2015 007:28:00 GMT",
            "Wed, 21 Oct 2015 07:28 GMT",
            "Wed, 21 Oct 1600 07:28:00 GMT",
            "Wed, 21 Oct 20155 07:28:00 GMT",
            "Mär 21 2015 07:28:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".*") {
            let _ = parse(&text);
        }
    }
}
