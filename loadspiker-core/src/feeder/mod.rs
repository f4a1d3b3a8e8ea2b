//! Feeders: records of test data, one for each user that asks.
//!
//! A [`Feeder`] has a source ([`csv`](csv()), [`tsv`], [`ssv`], [`separated_values`], [`json`](json()), [`json_lines`],
//! [`sitemap`](sitemap()), [`records`]) and a strategy. [`Feeder::open`] reads the source once, before the run; errors are
//! [`FeederError`]s. Other sources produce records during the run: [`generate`], [`lazy_records`], [`async_records`]. Other
//! crates implement [`RecordSource`] or [`AsyncSource`]. [`OpenFeeder::bind`] lays out the records for the shards of a run.
//! [`BoundFeeder::feed`] then gives them to users, without locks or allocations.
//!
//! On their way, records can be [transformed](Feeder::transform), [converted](Feeder::typed) to the types of a struct, and
//! combined [side by side](Feeder::zip) or [one after the other](Feeder::chain). Files may be compressed. Large files are
//! [streamed](Feeder::streamed) in bounded memory.
//!
//! Clones of a feeder share one cursor: two scenarios that use clones never get the same record of a queue. To ensure this,
//! the compiler opens and binds each feeder once.
//!
//! ```
//! use loadspiker_core::feeder::records;
//! use loadspiker_core::{Schema, Session};
//! # use std::rc::Rc;
//!
//! let users = records([
//!     [("name", "anna"), ("city", "Oslo")],
//!     [("name", "ben"), ("city", "Rome")],
//! ]).circular();
//!
//! let mut schema = Schema::default();
//! let bound = users.open()?.bind(1, 42, &mut |name| schema.intern(name));
//! let mut session = Session::new(Rc::new(schema), 1, 1);
//! bound.feed(0, &mut session)?;
//! assert_eq!(session.get_str("city")?, "Oslo");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bound;
mod builder;
mod combined;
mod drawn;
mod error;
mod external;
#[cfg(feature = "fake")]
mod fake;
mod finish;
mod flow;
mod input;
mod json;
mod layout;
mod live;
mod open;
mod packed;
mod parse;
mod read;
mod record;
mod run;
mod separated;
mod sink;
mod sitemap;
mod source;
mod stored;
mod stream;
mod table;
mod tap;
mod typed;

pub(crate) use bound::at_once;
pub use bound::{BoundFeeder, MOST_AT_ONCE};
pub use builder::{Feeder, IntoFeeder, Strategy};
pub(crate) use drawn::Fields;
pub use drawn::{generate, lazy_records};
pub use error::{FeedError, FeederError};
pub use external::{ReadError, RecordSink, RecordSource};
#[cfg(feature = "fake")]
#[cfg_attr(docsrs, doc(cfg(feature = "fake")))]
pub use fake::{FakeRecords, fake_records};
pub(crate) use layout::copied;
pub(crate) use live::Live;
pub use live::{AsyncSource, IntoNextRecord, NextRecord, async_records};
pub use open::OpenFeeder;
pub use parse::{Format, parse_records};
pub use record::Record;
pub(crate) use run::{MetFeeder, RunFeeders};
pub use source::{csv, json, json_lines, records, separated_values, sitemap, ssv, tsv};
pub use stream::STREAMED_FROM;
pub(crate) use table::Table;
pub use typed::{Column, TypedRecord, field};

#[cfg(test)]
mod tests;
