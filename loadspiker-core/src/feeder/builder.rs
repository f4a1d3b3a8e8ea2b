//! [`Feeder`]: the builder that users call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::source::Source;
use super::typed::{Shape, TypedRecord};
use crate::units::FixedDuration;
use crate::value::Value;

/// The order in which a feeder gives out its records, and what happens after the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// Each record once, in order. Running out ends the run with an error.
    #[default]
    Queue,
    /// Each record once, in random order. Running out ends the run with an error.
    Shuffle,
    /// A random record each time.
    Random,
    /// In order, starting over after the last one.
    Circular,
    /// User 1 always gets the first record, user 2 the second, and so on. More users than records end the run with an error.
    UniquePerUser,
}

pub(super) type Transform = Arc<dyn Fn(&str, Value) -> Value + Send + Sync>;

/// A source of records, and the order in which users get them. Create one with [`csv`](super::csv()),
/// [`json`](super::json()), [`records`](super::records) or another function of this module.
///
/// **Clones of a feeder share one cursor.** Methods that change a setting return a different feeder with its own cursor.
///
/// ```
/// use loadspiker_core::feeder::csv;
///
/// let users = csv("data/users.csv").circular();
/// assert!(users.clone().shares_cursor_with(&users));
/// assert!(!csv("data/users.csv").circular().shares_cursor_with(&users));
/// ```
#[derive(Clone)]
#[must_use = "a feeder does nothing until it is passed to `feed`"]
pub struct Feeder(Arc<Definition>);

#[derive(Clone)]
pub(super) struct Definition {
    pub(super) source: Source,
    pub(super) strategy: Strategy,
    pub(super) transforms: Vec<Transform>,
    /// The type that records are converted to.
    pub(super) shape: Option<Shape>,
    /// Whether the machines of a distributed run each have a part of the records.
    pub(super) sharded: bool,
    pub(super) keeping: Keeping,
    /// The fields, where the user has named them.
    pub(super) fields: Option<Arc<[Arc<str>]>>,
    /// How long a user waits for a record.
    pub(super) patience: Option<Duration>,
}

/// Whether the records are held in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keeping {
    /// Unless the file is large.
    #[default]
    BySize,
    Loaded,
    Streamed,
}

impl From<Source> for Feeder {
    fn from(source: Source) -> Self {
        let (strategy, transforms, keeping, shape, sharded) = Default::default();
        let (fields, patience) = (None, None);
        Feeder(Arc::new(Definition { source, strategy, transforms, shape, sharded, keeping, fields, patience }))
    }
}

impl Feeder {
    /// Gives out each record once, in order. This is the default. If users need more records, the run ends with an error.
    pub fn queue(self) -> Feeder {
        self.strategy(Strategy::Queue)
    }

    /// Gives out each record once, in an order that depends on the seed of the run. If users need more records, the run ends with
    /// an error.
    pub fn shuffle(self) -> Feeder {
        self.strategy(Strategy::Shuffle)
    }

    /// Gives out a random record each time.
    pub fn random(self) -> Feeder {
        self.strategy(Strategy::Random)
    }

    /// Gives out the records in order, and starts over after the last one.
    pub fn circular(self) -> Feeder {
        self.strategy(Strategy::Circular)
    }

    /// Gives each user its own record, the same one every time: the first user of the population gets the first record, the
    /// second user the second. If there are more users than records, the run ends with an error.
    ///
    /// Populations that share a feeder share its records. Each user then gets the record with the number of its
    /// [`user_id`](crate::Session::user_id), which depends on how the arrivals of the populations interleave.
    pub fn unique_per_user(self) -> Feeder {
        self.strategy(Strategy::UniquePerUser)
    }

    /// Transforms each value, given the name of its field. Called once per value when it is read. If called several times, the
    /// transformations run in that order.
    ///
    /// ```
    /// use loadspiker_core::Value;
    /// use loadspiker_core::feeder::csv;
    ///
    /// let users = csv("data/users.csv").transform(|name, value| match name {
    ///     "age" => value.as_f64().into(),
    ///     _ => value,
    /// });
    /// ```
    pub fn transform<V: Into<Value>>(self, change: impl Fn(&str, Value) -> V + Send + Sync + 'static) -> Feeder {
        self.with(|definition| definition.transforms.push(Arc::new(move |name, value| change(name, value).into())))
    }

    /// Checks the columns, and converts all values to the field types of a struct with `#[derive(Record)]`: an `age: u8` becomes
    /// an integer in the session. Transformations run first, in any order of calls.
    ///
    /// A missing or unknown column, or a value that does not fit, is an error before the run. The message names file, line,
    /// column, value and type. A field of type `Option` may be empty or missing; its value is then null.
    pub fn typed<R: TypedRecord>(self) -> Feeder {
        self.with(|definition| definition.shape = Some(Shape::of::<R>()))
    }

    /// Splits the records among the machines of a distributed run, so that no two machines use the same record. Of `n` machines,
    /// the first has the records 1, n + 1, 2n + 1, … By default, each machine uses all records.
    ///
    /// This applies to every strategy: a random or circular feeder only uses its machine's share. `unique_per_user` does not
    /// need it, because users are numbered across all machines. On a single machine, it has no effect.
    pub fn shard(self) -> Feeder {
        self.with(|definition| definition.sharded = true)
    }

    /// Reads the file in pieces during the run, in bounded memory, instead of before the run. This is the default for files of
    /// 100 MiB or more (uncompressed).
    ///
    /// Works with [`queue`](Self::queue) and [`circular`](Self::circular), which read the file from start to end. The other
    /// strategies need all records at once. A thread reads ahead, and each shard takes records in blocks. With several shards,
    /// the order is therefore only approximately that of the file. A shard that is faster than the disk waits for it. The first
    /// 1000 records are checked before the run; an error in a later one ends the run with a message that names its line. All
    /// fields of JSON files and sitemaps must occur within the first 1000 records.
    pub fn streamed(self) -> Feeder {
        self.with(|definition| definition.keeping = Keeping::Streamed)
    }

    /// Reads the whole file into memory before the run, regardless of its size.
    pub fn loaded(self) -> Feeder {
        self.with(|definition| definition.keeping = Keeping::Loaded)
    }

    /// Names the fields of a source that produces records during the run ([`generate`](super::generate),
    /// [`lazy_records`](super::lazy_records), [`async_records`](super::async_records)), so that expressions can be checked before
    /// the run. Records may lack some of these fields, but must not have others. On other feeders, this is a mistake.
    pub fn fields(self, names: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Feeder {
        let names = names.into_iter().map(Into::into).collect();
        self.with(|definition| definition.fields = Some(names))
    }

    /// How long a user waits for a record of a source that may not have one yet; see [`async_records`](super::async_records).
    /// Default: 60 s. When the time is over, the step fails and the user continues. On other feeders, this is a mistake.
    pub fn wait_at_most(self, patience: impl FixedDuration) -> Feeder {
        let patience = patience.fixed();
        self.with(|definition| definition.patience = Some(patience))
    }

    /// Whether two values are clones of the same feeder, and so share its records.
    pub fn shares_cursor_with(&self, other: &Feeder) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn definition(&self) -> &Definition {
        &self.0
    }

    fn strategy(self, strategy: Strategy) -> Feeder {
        self.with(|definition| definition.strategy = strategy)
    }

    fn with(self, change: impl FnOnce(&mut Definition)) -> Feeder {
        let mut definition = Arc::unwrap_or_clone(self.0);
        change(&mut definition);
        Feeder(Arc::new(definition))
    }
}

/// As the user wrote it, for the plan: `csv("data/users.csv").circular()`.
impl fmt::Display for Feeder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.source.fmt(f)?;
        for _ in &self.0.transforms {
            f.write_str(".transform(…)")?;
        }
        if let Some(shape) = &self.0.shape {
            write!(f, ".typed::<{}>()", shape.type_name)?;
        }
        f.write_str(match self.0.keeping {
            Keeping::BySize => "",
            Keeping::Loaded => ".loaded()",
            Keeping::Streamed => ".streamed()",
        })?;
        f.write_str(if self.0.sharded { ".shard()" } else { "" })?;
        if let Some(fields) = &self.0.fields {
            write!(f, ".fields({fields:?})")?;
        }
        if let Some(patience) = self.0.patience {
            write!(f, ".wait_at_most({patience:?})")?;
        }
        f.write_str(match self.0.strategy {
            Strategy::Queue => "",
            Strategy::Shuffle => ".shuffle()",
            Strategy::Random => ".random()",
            Strategy::Circular => ".circular()",
            Strategy::UniquePerUser => ".unique_per_user()",
        })
    }
}

impl fmt::Debug for Feeder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Types that can be used as a feeder: a [`Feeder`], or an iterator of records as in [`records`](super::records).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a feeder",
    label = "neither a feeder nor an iterator of records",
    note = "make one with `csv(…)`, `records(…)` or another function of `loadspiker::feeder`"
)]
pub trait IntoFeeder {
    /// Converts the value into a feeder.
    fn into_feeder(self) -> Feeder;
}

impl IntoFeeder for Feeder {
    fn into_feeder(self) -> Feeder {
        self
    }
}

impl IntoFeeder for &Feeder {
    fn into_feeder(self) -> Feeder {
        self.clone()
    }
}
