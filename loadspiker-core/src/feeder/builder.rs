//! [`Feeder`]: what the user writes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::source::Source;
use super::typed::{Shape, TypedRecord};
use crate::units::FixedDuration;
use crate::value::Value;

/// In which order a feeder gives its records, and what happens after the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// Each record once, in their order; running out ends the run with an error.
    #[default]
    Queue,
    /// Each record once, in random order; running out ends the run with an error.
    Shuffle,
    /// Any record each time.
    Random,
    /// In their order, and from the beginning again after the last.
    Circular,
    /// User 1 always gets the first record, user 2 the second, and so on; more users than records end the run with
    /// an error.
    UniquePerUser,
}

pub(super) type Transform = Arc<dyn Fn(&str, Value) -> Value + Send + Sync>;

/// A source of records and the order in which users get them. Starts with [`csv`](super::csv()),
/// [`json`](super::json()), [`records`](super::records) or one of their relatives.
///
/// A feeder is a value that can be cloned; **clones share one cursor**. Each call of a method that changes it makes
/// another feeder with a cursor of its own.
///
/// ```
/// use loadspiker_core::feeder::csv;
///
/// let users = csv("data/users.csv").circular();
/// assert!(users.clone().shares_cursor_with(&users));
/// assert!(!csv("data/users.csv").circular().shares_cursor_with(&users));
/// ```
#[derive(Clone)]
#[must_use = "a feeder does nothing until it is given to `feed`"]
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
    /// Gives each record once, in their order (the default). When there are no more, the run ends with an error that
    /// says so.
    pub fn queue(self) -> Feeder {
        self.strategy(Strategy::Queue)
    }

    /// Gives each record once, in an order that follows from the seed of the run. When there are no more, the run
    /// ends with an error that says so.
    pub fn shuffle(self) -> Feeder {
        self.strategy(Strategy::Shuffle)
    }

    /// Gives any record each time.
    pub fn random(self) -> Feeder {
        self.strategy(Strategy::Random)
    }

    /// Gives the records in their order, and starts again after the last.
    pub fn circular(self) -> Feeder {
        self.strategy(Strategy::Circular)
    }

    /// Gives each user a record of its own, and the same each time: the first user of the population the first, the
    /// second the second. With more users than records the run ends with an error that says so.
    ///
    /// Populations that share a feeder share its records: there each user has the record of its
    /// [`user_id`](crate::Session::user_id), and which that is depends on how the arrivals of the populations happen to
    /// follow one another.
    pub fn unique_per_user(self) -> Feeder {
        self.strategy(Strategy::UniquePerUser)
    }

    /// Changes each value, given its field's name. Called once for each value as it is read; several transformations
    /// are applied in the order in which they were added.
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

    /// Checks the columns and converts every value to the types of a struct with `#[derive(Record)]`: an `age: u8` is an
    /// integer in the session. Transformations come first, wherever they are written.
    ///
    /// Before the run it is an error if a column is missing or unknown, or a value does not fit; the message names
    /// file, line, column, value and type. A field that is an `Option` may be empty or missing, and is null then.
    pub fn typed<R: TypedRecord>(self) -> Feeder {
        self.with(|definition| definition.shape = Some(Shape::of::<R>()))
    }

    /// Splits the records among the machines of a distributed run, so that no two of them use the same one: of `n`
    /// machines, the first has the records 1, n + 1, 2n + 1, … Without it, each machine uses all records.
    ///
    /// It holds for every strategy: a random or circular feeder then only uses the part of its machine. With
    /// `unique_per_user` records differ anyway, as users are numbered through over all machines. On one machine it
    /// changes nothing: the users of a run never get the same record of a queue.
    pub fn shard(self) -> Feeder {
        self.with(|definition| definition.sharded = true)
    }

    /// Reads the file piece by piece while the run goes on, instead of before it, in bounded memory; this is the
    /// default for files of 100 MiB or more (unpacked).
    ///
    /// It is possible with [`queue`](Self::queue) and [`circular`](Self::circular), which go through the file from
    /// beginning to end; the other strategies need all records at once. A thread reads ahead; each shard takes records
    /// in blocks, so that over several shards the order is that of the file only roughly, and a shard that is faster
    /// than the disk waits for it. The first 1000 records are checked before the run; what is wrong with a later one
    /// ends the run with a message that names its line. The fields of JSON and sitemaps have to occur within these.
    pub fn streamed(self) -> Feeder {
        self.with(|definition| definition.keeping = Keeping::Streamed)
    }

    /// Reads the whole file into memory before the run, however large it is.
    pub fn loaded(self) -> Feeder {
        self.with(|definition| definition.keeping = Keeping::Loaded)
    }

    /// Names the fields of a source that is drawn while the run goes on ([`generate`](super::generate),
    /// [`lazy_records`](super::lazy_records), [`async_records`](super::async_records)), so that expressions which read them
    /// can be checked before the run. A record may lack some of them, and must have no others. On other feeders, whose
    /// fields are known, it is a mistake.
    pub fn fields(self, names: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Feeder {
        let names = names.into_iter().map(Into::into).collect();
        self.with(|definition| definition.fields = Some(names))
    }

    /// How long a user waits for a record of a source that may have none yet, 60 s if nothing is said; see
    /// [`async_records`](super::async_records). After that its step fails, and it goes on. On other feeders, for which
    /// nobody waits, it is a mistake.
    pub fn wait_at_most(self, patience: impl FixedDuration) -> Feeder {
        let patience = patience.fixed();
        self.with(|definition| definition.patience = Some(patience))
    }

    /// Whether the two are clones of the same feeder, and so never both give the same record of a queue.
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

/// What becomes a feeder: one, or an iterator of records as [`records`](super::records) takes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no feeder",
    label = "neither a feeder nor an iterator of records",
    note = "make one with `csv(…)`, `records(…)` or another function of `loadspiker::feeder`"
)]
pub trait IntoFeeder {
    /// The feeder.
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
