//! Where records come from, and the functions a feeder starts with.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use super::builder::Feeder;
use super::error::FeederError;
use super::json::{parse_array, parse_lines};
use super::record::Record;
use super::separated::parse_separated;
use super::table::{Table, TableBuilder};

/// Records of a user's iterator, or the message of its panic. The iterator runs when they are first asked for.
type Collected = LazyLock<Result<Arc<Table>, String>, Box<dyn FnOnce() -> Result<Arc<Table>, String> + Send>>;

/// Where records come from.
#[derive(Clone)]
pub(super) enum Source {
    Separated { function: &'static str, path: PathBuf, separator: char },
    Json(PathBuf),
    JsonLines(PathBuf),
    Records(Arc<Collected>),
}

/// A file of comma-separated values as in RFC 4180, in UTF-8, with or without a byte-order mark. Its first line names
/// the columns; all values are texts. The path is relative to the folder in which the program is started.
pub fn csv(path: impl AsRef<Path>) -> Feeder {
    separated("csv", path.as_ref(), ',')
}

/// As [`csv`](csv()), with tabs in between.
pub fn tsv(path: impl AsRef<Path>) -> Feeder {
    separated("tsv", path.as_ref(), '\t')
}

/// As [`csv`](csv()), with semicolons in between.
pub fn ssv(path: impl AsRef<Path>) -> Feeder {
    separated("ssv", path.as_ref(), ';')
}

/// As [`csv`](csv()), with another separator: any ASCII character but a quotation mark or a line end.
pub fn separated_values(path: impl AsRef<Path>, separator: char) -> Feeder {
    separated("separated_values", path.as_ref(), separator)
}

/// A JSON file that holds an array of objects. Values keep their types; a field may be missing in some objects.
pub fn json(path: impl AsRef<Path>) -> Feeder {
    Source::Json(path.as_ref().to_owned()).into()
}

/// A file that holds a JSON object a line. Values keep their types; a field may be missing in some objects.
pub fn json_lines(path: impl AsRef<Path>) -> Feeder {
    Source::JsonLines(path.as_ref().to_owned()).into()
}

/// Records from memory: whatever the iterator gives, each an array, vector or map of names and values, or a type
/// that implements [`Record`].
///
/// The iterator runs once, to its end, when the simulation is compiled; an endless one has to be cut with
/// [`take`](Iterator::take).
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

fn separated(function: &'static str, path: &Path, separator: char) -> Feeder {
    Source::Separated { function, path: path.to_owned(), separator }.into()
}

impl Source {
    /// What the feeder is called in messages: its path as it was given, or `records`.
    pub(super) fn name(&self) -> String {
        match self {
            Source::Separated { path, .. } | Source::Json(path) | Source::JsonLines(path) => path.display().to_string(),
            Source::Records(_) => "records".to_owned(),
        }
    }

    /// Reads all records.
    pub(super) fn load(&self) -> Result<Arc<Table>, FeederError> {
        let name = self.name();
        let table = match self {
            Source::Separated { path, separator, .. } => parse_separated(&name, text(&read(path)?), *separator)?,
            Source::Json(path) => parse_array(&name, text(&read(path)?))?,
            Source::JsonLines(path) => parse_lines(&name, text(&read(path)?))?,
            Source::Records(collected) => {
                return (***collected).clone().map_err(|message| FeederError::Panicked {
                    feeder: name,
                    what: "the iterator of records",
                    message,
                });
            }
        };
        Ok(Arc::new(table))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, FeederError> {
    std::fs::read(path).map_err(|error| {
        let given = path.display().to_string();
        if error.kind() == std::io::ErrorKind::NotFound {
            let start = std::env::current_dir().unwrap_or_default();
            let folder = if path.is_absolute() { path.parent().unwrap_or(path) } else { &start };
            FeederError::NotFound { path: given, folder: folder.display().to_string() }
        } else {
            FeederError::Read { path: given, cause: error.to_string() }
        }
    })
}

/// The contents without the byte-order mark.
fn text(data: &[u8]) -> &[u8] {
    data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data)
}

/// Runs code of the user's; a panic becomes its message.
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
            Source::Records(_) => f.write_str("records(…)"),
        }
    }
}
