//! Fake data: names, addresses, texts, numbers and dates, generated from a user's own random numbers.
//!
//! [`fake_records`](crate::feeder::fake_records) is a feeder that generates records without a file, and [`Fake`] is the kind of a field. In texts, the
//! functions `#{fakeName()}`, `#{fakeEmail()}` and so on generate the same data; see the
//! [expression language](crate::expression). A run with the same seed generates the same data.
//!
//! ```
//! use loadspiker_core::fake::{Fake, Locale};
//! use loadspiker_core::feeder::fake_records;
//! use loadspiker_core::dsl::*;
//! # use loadspiker_core::inject::at_once_users;
//!
//! let customers = fake_records()
//!     .locale(Locale::De)
//!     .field("id", Fake::Sequence(1))
//!     .field("name", Fake::Name)
//!     .field("city", Fake::City)
//!     .field("age", Fake::Integer(18..=80))
//!     .field("tier", Fake::one_of(["gold", "silver"]));
//!
//! let visit = scenario("Visit").feed(customers).dummy("hello #{name} of #{city}, call #{fakePhone(en)}", 1);
//! # let report = Simulation::new("fake").with(visit.inject([at_once_users(1)])).simulated_clock().run().unwrap();
//! # assert_eq!(report.users_failed(), 0, "{:?}", report.step_errors());
//! ```

mod draw;
mod locale;
mod words;

use std::ops::RangeInclusive;

pub use locale::Locale;

pub(crate) use draw::draw;
pub(crate) use words::{from_call, names};

use crate::value::Value;

/// The kind of a field of fake data. All kinds except numbers and booleans are texts, in the language of the [`Locale`]
/// where it is supported.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fake {
    /// First and last name: `Ada Miller`.
    Name,
    /// A first name.
    FirstName,
    /// A last name.
    LastName,
    /// An email address in a domain reserved for examples (RFC 2606), so that no mail is delivered:
    /// `ada.miller@example.com`. Not unique.
    Email,
    /// An account name: `ada_miller42`. Not unique.
    UserName,
    /// 12 to 20 letters and digits.
    Password,
    /// A telephone number, in one of the usual notations.
    Phone,
    /// Street and number.
    Street,
    /// A city.
    City,
    /// A postal code.
    ZipCode,
    /// A state or province.
    State,
    /// A country.
    Country,
    /// Street, postal code and city, on one line.
    Address,
    /// The name of a company.
    Company,
    /// A profession.
    Job,
    /// A Latin word.
    Word,
    /// A sentence of 4 to 12 Latin words.
    Sentence,
    /// 3 to 6 sentences.
    Paragraph,
    /// The user agent of a browser.
    UserAgent,
    /// An IPv4 address.
    IpAddress,
    /// A UUID, version 4.
    Uuid,
    /// A date from the first to the second, both included: `1990-07-31`. Give each as year, month and day.
    Date(FakeDate, FakeDate),
    /// An integer in this range.
    Integer(RangeInclusive<i64>),
    /// A number in this range, with two decimals.
    Amount(RangeInclusive<f64>),
    /// True or false.
    Bool,
    /// Consecutive integers that start at this one. Each is used once in the whole run; see
    /// [`generate`](crate::feeder::generate). In texts, use `#{counter(name)}`.
    Sequence(i64),
    /// One of these values.
    OneOf(Vec<Value>),
}

/// Year, month and day.
pub type FakeDate = (i32, u8, u8);

impl Fake {
    /// One of these values, each equally likely.
    pub fn one_of<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Fake {
        Fake::OneOf(values.into_iter().map(Into::into).collect())
    }

    /// What cannot be drawn, if anything.
    pub(crate) fn mistake(&self) -> Option<String> {
        match self {
            Fake::Date(from, to) => match (draw::date(*from), draw::date(*to)) {
                (Some(from), Some(to)) if from <= to => None,
                (Some(_), Some(_)) => Some("its dates end before they begin; give the earlier one first".to_owned()),
                _ => Some(format!("{from:?} to {to:?} are not valid dates; write (year, month, day)")),
            },
            Fake::Integer(range) if range.is_empty() => {
                Some(format!("there is no integer in {range:?}; give the least one first"))
            }
            Fake::Amount(range) if !(range.start().is_finite() && range.end().is_finite()) || range.is_empty() => {
                Some(format!("there is no number in {range:?}; give two finite ones, the lesser first"))
            }
            Fake::OneOf(values) if values.is_empty() => {
                Some("there is nothing to choose from; give at least one value".to_owned())
            }
            _ => None,
        }
    }
}
