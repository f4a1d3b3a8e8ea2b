//! Where records come from, and the functions a feeder starts with.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use super::builder::Feeder;
use super::builder::IntoFeeder;
use super::combined::{read_chained, read_zipped};
use super::drawn::{Drawn, read_drawn};
use super::error::FeederError;
use super::external::{RecordSource, read_external};
use super::json::{read_array, read_lines};
use super::packed;
use super::record::Record;
use super::separated::read_separated;
use super::sink::{Halt, Sink};
use super::sitemap::read_sitemap;
use super::table::{Table, TableBuilder};

/// Records of a user's iterator, or the message of its panic. The iterator runs when they are first asked for.
type Collected = LazyLock<Result<Arc<Table>, String>, Box<dyn FnOnce() -> Result<Arc<Table>, String> + Send>>;

/// Where records come from.
#[derive(Clone)]
pub(super) enum Source {
    Separated {
        function: &'static str,
        path: PathBuf,
        separator: char,
    },
    Json(PathBuf),
    JsonLines(PathBuf),
    Sitemap(PathBuf),
    Records(Arc<Collected>),
    External(Arc<dyn RecordSource>),
    Drawn(Drawn),
    /// Side by side.
    Zip(Feeder, Feeder),
    /// One after the other.
    Chain(Feeder, Feeder),
}

/// A CSV file (RFC 4180) in UTF-8, with or without a byte order mark. The first line names the columns; all values are texts.
/// The path is relative to the current directory.
///
/// The file may be compressed with gzip, or be the only file in a zip archive. This is detected from its first bytes, and
/// holds for all functions that read a file.
pub fn csv(path: impl AsRef<Path>) -> Feeder {
    separated("csv", path.as_ref(), ',')
}

/// Like [`csv`](csv()), with tabs as separators.
pub fn tsv(path: impl AsRef<Path>) -> Feeder {
    separated("tsv", path.as_ref(), '\t')
}

/// Like [`csv`](csv()), with semicolons as separators.
pub fn ssv(path: impl AsRef<Path>) -> Feeder {
    separated("ssv", path.as_ref(), ';')
}

/// Like [`csv`](csv()), with another separator: any ASCII character except a quotation mark or a line break.
pub fn separated_values(path: impl AsRef<Path>, separator: char) -> Feeder {
    separated("separated_values", path.as_ref(), separator)
}

/// A JSON file with an array of objects. Values keep their types; objects may lack fields.
pub fn json(path: impl AsRef<Path>) -> Feeder {
    Source::Json(path.as_ref().to_owned()).into()
}

/// A file with one JSON object per line. Values keep their types; objects may lack fields.
pub fn json_lines(path: impl AsRef<Path>) -> Feeder {
    Source::JsonLines(path.as_ref().to_owned()).into()
}

/// A sitemap, as read by search engines: one record per page, with the fields `loc` (its URL), `lastmod`, `changefreq` and
/// `priority`, if the page has them. All values are texts.
///
/// The URLs are absolute. If the run targets another host, change them with [`transform`](Feeder::transform).
pub fn sitemap(path: impl AsRef<Path>) -> Feeder {
    Source::Sitemap(path.as_ref().to_owned()).into()
}

/// Records from memory. The iterator returns arrays, vectors or maps of names and values, or a type that implements
/// [`Record`].
///
/// The iterator is consumed when the simulation is compiled. For an endless iterator, use
/// [`lazy_records`](super::lazy_records), or limit it with [`take`](Iterator::take).
///
/// ```
/// use loadspiker_core::Value;
/// use loadspiker_core::feeder::records;
///
/// let ids = records((1..=1000).map(|id| [("id", id)]));
/// let users = records([
///     [("name", Value::from("anna")), ("age", Value::from(31))],
///     [("name", Value::from("ben")), ("age", Value::from(27))],
/// ]);
/// ```
pub fn records<I>(records: I) -> Feeder
where
    I: IntoIterator + Send + 'static,
    I::Item: Record,
{
    let collect = move || {
        let mut builder = TableBuilder::default();
        for record in records {
            for (name, value) in record.fields() {
                builder.field(&name, value);
            }
            builder.end_record();
        }
        Arc::new(builder.finish())
    };
    Source::Records(Arc::new(LazyLock::new(Box::new(|| guarded(collect))))).into()
}

impl<I> IntoFeeder for I
where
    I: IntoIterator + Send + 'static,
    I::Item: Record,
{
    fn into_feeder(self) -> Feeder {
        records(self)
    }
}

fn separated(function: &'static str, path: &Path, separator: char) -> Feeder {
    Source::Separated { function, path: path.to_owned(), separator }.into()
}

impl Source {
    /// What the feeder is called in messages: its path as it was given, or `records`.
    pub(super) fn name(&self) -> String {
        let of = |feeder: &Feeder| feeder.definition().source.name();
        match self {
            Source::Separated { path, .. } | Source::Json(path) | Source::JsonLines(path) | Source::Sitemap(path) => {
                path.display().to_string()
            }
            Source::Records(_) => "records".to_owned(),
            Source::External(source) => source.name(),
            Source::Drawn(drawn) => drawn.name(),
            Source::Zip(a, b) | Source::Chain(a, b) => format!("{} and {}", of(a), of(b)),
        }
    }

    /// Hands all records to `sink`.
    pub(super) fn read(&self, sink: &mut dyn Sink) -> Result<(), Halt> {
        match self {
            Source::Separated { path, separator, .. } => read_separated(path, *separator, sink),
            Source::Json(path) => read_array(path, sink),
            Source::JsonLines(path) => read_lines(path, sink),
            Source::Sitemap(path) => read_sitemap(path, sink),
            Source::Records(collected) => collect(collected)?
                .pour_into(sink)
                .map_err(|refusal| refusal.at(|problem| FeederError::Invalid { feeder: self.name(), problem })),
            Source::External(source) => read_external(&**source, sink),
            Source::Drawn(drawn) => read_drawn(drawn, sink),
            Source::Zip(left, right) => read_zipped(self.name(), left, right, sink),
            Source::Chain(first, second) => read_chained(first, second, sink),
        }
    }

    /// All records, where they lie in memory already.
    pub(super) fn table(&self) -> Option<Result<Arc<Table>, FeederError>> {
        match self {
            Source::Records(collected) => Some(collect(collected)),
            _ => None,
        }
    }

    /// Whether how many records there are shows only when they are read.
    pub(super) fn has_external(&self) -> bool {
        match self {
            Source::External(_) => true,
            Source::Zip(a, b) | Source::Chain(a, b) => {
                a.definition().source.has_external() || b.definition().source.has_external()
            }
            _ => false,
        }
    }

    /// The bytes of its files.
    pub(super) fn size(&self) -> Result<u64, FeederError> {
        match self {
            Source::Separated { path, .. } | Source::Json(path) | Source::JsonLines(path) | Source::Sitemap(path) => {
                packed::size(path)
            }
            Source::Records(_) | Source::External(_) | Source::Drawn(_) => Ok(0),
            Source::Zip(a, b) | Source::Chain(a, b) => {
                Ok(a.definition().size()?.saturating_add(b.definition().size()?))
            }
        }
    }
}

fn collect(collected: &Collected) -> Result<Arc<Table>, FeederError> {
    (**collected).clone().map_err(|message| FeederError::Panicked {
        feeder: "records".to_owned(),
        what: "the iterator of records",
        message,
    })
}

/// Runs the user's code; a panic becomes its message.
pub(super) fn guarded<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| message(&*payload))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

/// As the user wrote it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Separated { function: "separated_values", path, separator } => {
                write!(f, "separated_values({path:?}, {separator:?})")
            }
            Source::Separated { function, path, .. } => write!(f, "{function}({path:?})"),
            Source::Json(path) => write!(f, "json({path:?})"),
            Source::JsonLines(path) => write!(f, "json_lines({path:?})"),
            Source::Sitemap(path) => write!(f, "sitemap({path:?})"),
            Source::Records(_) => f.write_str("records(…)"),
            Source::External(source) => f.write_str(&source.describe()),
            Source::Drawn(drawn) => drawn.fmt(f),
            Source::Zip(left, right) => write!(f, "{left}.zip({right})"),
            Source::Chain(first, second) => write!(f, "{first}.chain({second})"),
        }
    }
}
