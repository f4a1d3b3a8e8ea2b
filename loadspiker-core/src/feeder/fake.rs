//! [`fake_records`]: a feeder of fake records.

use std::fmt::Write;
use std::sync::Arc;

use super::drawn::made;
use super::{Feeder, IntoFeeder};
use crate::fake::{Fake, Locale, draw};

/// An endless feeder of fake records. Created by [`fake_records`]; [`feed`](crate::dsl::feed) accepts it directly.
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing until it is passed to `feed`"]
pub struct FakeRecords {
    fields: Vec<(Arc<str>, Fake, Locale)>,
    locale: Locale,
}

/// Creates records of fake data. Add fields with [`field`](FakeRecords::field). Values are drawn from the random numbers of
/// the user that takes the record, so a run with the same seed gives the same data.
///
/// [`into_feeder`](IntoFeeder::into_feeder) makes it a [`Feeder`], which can be [transformed](Feeder::transform),
/// [combined](Feeder::zip) with records of a file, or made [unique per user](Feeder::unique_per_user), so that a user gets
/// the same record every time.
pub fn fake_records() -> FakeRecords {
    FakeRecords::default()
}

impl FakeRecords {
    /// Adds a field.
    pub fn field(mut self, name: impl Into<Arc<str>>, fake: Fake) -> FakeRecords {
        self.fields.push((name.into(), fake, self.locale));
        self
    }

    /// The language of the fields added after this call. Default: English.
    pub fn locale(self, locale: Locale) -> FakeRecords {
        FakeRecords { locale, ..self }
    }
}

impl IntoFeeder for FakeRecords {
    fn into_feeder(self) -> Feeder {
        let mut written = "fake_records()".to_owned();
        for (name, fake, _) in &self.fields {
            // Writing into a String cannot fail.
            let _ = write!(written, ".field({name:?}, {fake:?})");
        }
        let wrong = |(name, fake, _): &(Arc<str>, Fake, Locale)| {
            fake.mistake().map(|mistake| format!("field \"{name}\": {mistake}"))
        };
        let mut names = std::collections::BTreeSet::new();
        let twice = self.fields.iter().map(|(name, ..)| name).find(|name| !names.insert(*name));
        let twice = twice.map(|name| format!("it has the field \"{name}\" twice; rename one of them"));
        let mistake = self.fields.iter().find_map(wrong).or(twice);
        made(written, mistake, move |number, random| {
            let fields = self.fields.iter();
            fields.map(|(name, fake, locale)| (name.clone(), draw(fake, *locale, number, random))).collect()
        })
    }
}
