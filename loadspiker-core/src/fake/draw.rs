//! Drawing made-up data, with the words of the crate `fake`.

use std::convert::Infallible;

use fake::Fake as _;
use fake::faker::{address, company, internet, job, lorem, name, phone_number};
use fake::locales::{AR_SA, DE_DE, EN, FR_FR, IT_IT, JA_JP, NL_NL, PT_BR, TR_TR, ZH_CN};
use fake::rand::rand_core::TryRng;
use time::Date;

use super::{Fake, FakeDate, Locale};
use crate::uuid::uuid;
use crate::value::Value;

/// A user's random numbers, as the crate `fake` wants them.
struct Source<'a>(&'a mut fastrand::Rng);

impl TryRng for Source<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.u32(..))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.u64(..))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

/// A text of a faker that takes a locale and perhaps more.
macro_rules! text {
    ($random:expr, $locale:expr, $($faker:ident)::+ $(, $argument:expr)*) => {{
        let random = &mut Source($random);
        let text: String = match $locale {
            Locale::En => $($faker)::+(EN $(, $argument)*).fake_with_rng(random),
            Locale::De => $($faker)::+(DE_DE $(, $argument)*).fake_with_rng(random),
            Locale::Fr => $($faker)::+(FR_FR $(, $argument)*).fake_with_rng(random),
            Locale::It => $($faker)::+(IT_IT $(, $argument)*).fake_with_rng(random),
            Locale::Nl => $($faker)::+(NL_NL $(, $argument)*).fake_with_rng(random),
            Locale::Pt => $($faker)::+(PT_BR $(, $argument)*).fake_with_rng(random),
            Locale::Tr => $($faker)::+(TR_TR $(, $argument)*).fake_with_rng(random),
            Locale::Ja => $($faker)::+(JA_JP $(, $argument)*).fake_with_rng(random),
            Locale::Zh => $($faker)::+(ZH_CN $(, $argument)*).fake_with_rng(random),
            Locale::Ar => $($faker)::+(AR_SA $(, $argument)*).fake_with_rng(random),
        };
        text
    }};
}

/// Draws what `fake` says, for record `number` of a feeder.
pub(crate) fn draw(fake: &Fake, locale: Locale, number: u64, random: &mut fastrand::Rng) -> Value {
    let text = match fake {
        Fake::Name => text!(random, locale, name::raw::Name),
        Fake::FirstName => text!(random, locale, name::raw::FirstName),
        Fake::LastName => text!(random, locale, name::raw::LastName),
        Fake::Email => text!(random, Locale::En, internet::raw::SafeEmail),
        Fake::UserName => text!(random, Locale::En, internet::raw::Username),
        Fake::Password => text!(random, Locale::En, internet::raw::Password, 12..21),
        Fake::Phone => text!(random, locale, phone_number::raw::PhoneNumber),
        Fake::Street => street(locale, random),
        Fake::City => text!(random, locale, address::raw::CityName),
        Fake::ZipCode => text!(random, locale, address::raw::ZipCode),
        Fake::State => text!(random, locale, address::raw::StateName),
        Fake::Country => text!(random, locale, address::raw::CountryName),
        Fake::Address => {
            let street = street(locale, random);
            let zip_code = text!(random, locale, address::raw::ZipCode);
            format!("{street}, {zip_code} {}", text!(random, locale, address::raw::CityName))
        }
        Fake::Company => text!(random, locale, company::raw::CompanyName),
        Fake::Job => text!(random, locale, job::raw::Title),
        Fake::Word => text!(random, Locale::En, lorem::raw::Word),
        Fake::Sentence => text!(random, Locale::En, lorem::raw::Sentence, 4..13),
        Fake::Paragraph => text!(random, Locale::En, lorem::raw::Paragraph, 3..7),
        Fake::UserAgent => text!(random, Locale::En, internet::raw::UserAgent),
        Fake::IpAddress => text!(random, Locale::En, internet::raw::IPv4),
        Fake::Uuid => uuid(random.u128(..)),
        Fake::Date(from, to) => match (date(*from), date(*to)) {
            (Some(from), Some(to)) => day(random.i32(from..=to.max(from))),
            _ => return Value::Null,
        },
        Fake::Integer(range) if !range.is_empty() => return random.i64(range.clone()).into(),
        Fake::Amount(range) => return amount(*range.start(), *range.end(), random).into(),
        Fake::Bool => return random.bool().into(),
        Fake::Sequence(first) => return first.saturating_add_unsigned(number).into(),
        Fake::OneOf(values) => return random.choice(values).cloned().unwrap_or_default(),
        Fake::Integer(_) => return Value::Null,
    };
    text.into()
}

fn street(locale: Locale, random: &mut fastrand::Rng) -> String {
    let street = text!(random, locale, address::raw::StreetName);
    let number = text!(random, locale, address::raw::BuildingNumber);
    // In most languages the number comes last.
    if locale == Locale::En { format!("{number} {street}") } else { format!("{street} {number}") }
}

/// Rounded to two decimals.
fn amount(from: f64, to: f64, random: &mut fastrand::Rng) -> f64 {
    let drawn = from + (to - from) * random.f64();
    ((drawn * 100.0).round() / 100.0).clamp(from, to)
}

/// The number of a day.
pub(super) fn date((year, month, day): FakeDate) -> Option<i32> {
    let month = time::Month::try_from(month).ok()?;
    Date::from_calendar_date(year, month, day).ok().map(Date::to_julian_day)
}

/// The day of a number, as in ISO 8601.
fn day(number: i32) -> String {
    let Ok(date) = Date::from_julian_day(number) else { return String::new() };
    let (year, month, day) = date.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}
