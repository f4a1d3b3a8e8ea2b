//! [`fake_records`]: a feeder of made-up records.

use std::fmt::Write;
use std::sync::Arc;

use super::drawn::made;
use super::{Feeder, IntoFeeder};
use crate::fake::{Fake, Locale, draw};

/// A feeder of made-up records, without end. Made by [`fake_records`]; [`feed`](crate::dsl::feed) takes it as it is.
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing until it is given to `feed`"]
pub struct FakeRecords {
    fields: Vec<(Arc<str>, Fake, Locale)>,
    locale: Locale,
}

/// Records of made-up data: name their fields with [`field`](FakeRecords::field). They are drawn from the random numbers
/// of the user that takes them, so a run with the same seed makes the same data.
///
/// With [`into_feeder`](IntoFeeder::into_feeder) it is a [`Feeder`], which may be
/// [transformed](Feeder::transform), [put beside](Feeder::zip) records of a file, or
/// [unique per user](Feeder::unique_per_user): the same record for a user each time.
pub fn fake_records() -> FakeRecords {
    FakeRecords::default()
}

impl FakeRecords {
    /// Adds a field.
    pub fn field(mut self, name: impl Into<Arc<str>>, fake: Fake) -> FakeRecords {
        self.fields.push((name.into(), fake, self.locale));
        self
    }

    /// The language of the fields that follow; English if nothing is said.
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
