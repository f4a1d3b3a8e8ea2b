//! The functions of made-up data in expressions: `#{fakeName()}`.

use super::{Fake, FakeDate, Locale};

/// The functions that take a locale, or nothing.
static ALL: [(&str, Fake); 21] = [
    ("fakeName", Fake::Name),
    ("fakeFirstName", Fake::FirstName),
    ("fakeLastName", Fake::LastName),
    ("fakeEmail", Fake::Email),
    ("fakeUserName", Fake::UserName),
    ("fakePassword", Fake::Password),
    ("fakePhone", Fake::Phone),
    ("fakeStreet", Fake::Street),
    ("fakeCity", Fake::City),
    ("fakeZipCode", Fake::ZipCode),
    ("fakeState", Fake::State),
    ("fakeCountry", Fake::Country),
    ("fakeAddress", Fake::Address),
    ("fakeCompany", Fake::Company),
    ("fakeJob", Fake::Job),
    ("fakeWord", Fake::Word),
    ("fakeSentence", Fake::Sentence),
    ("fakeParagraph", Fake::Paragraph),
    ("fakeUserAgent", Fake::UserAgent),
    ("fakeIpAddress", Fake::IpAddress),
    ("fakeBool", Fake::Bool),
];

const DATE: &str = "fakeDate";

/// The names of all functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name).chain([DATE])
}

/// What a call draws; `None` if there is no such function.
pub(crate) fn from_call(name: &str, arguments: &[&str]) -> Option<Result<(Fake, Locale), String>> {
    if name == DATE {
        return Some(dates(arguments).map(|fake| (fake, Locale::En)));
    }
    let (_, fake) = ALL.iter().find(|(known, _)| *known == name)?;
    Some(match arguments {
        [] => Ok((fake.clone(), Locale::En)),
        [locale] => {
            Locale::named(locale).map(|locale| (fake.clone(), locale)).map_err(|error| format!("{name}(): {error}"))
        }
        _ => Err(format!("wrong number of arguments ({}): write {name}() or {name}(locale)", arguments.len())),
    })
}

fn dates(arguments: &[&str]) -> Result<Fake, String> {
    let usage = "write fakeDate(from,to), such as fakeDate(1950-01-01,2005-12-31)";
    let [from, to] = arguments else {
        return Err(format!("wrong number of arguments ({}): {usage}", arguments.len()));
    };
    let read = |text: &str| date(text).ok_or_else(|| format!("fakeDate(): \"{text}\" is not a valid date; {usage}"));
    let fake = Fake::Date(read(from)?, read(to)?);
    match fake.mistake() {
        None => Ok(fake),
        Some(mistake) => Err(format!("fakeDate({from},{to}): {mistake}; {usage}")),
    }
}

fn date(text: &str) -> Option<FakeDate> {
    let mut parts = text.splitn(3, '-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
