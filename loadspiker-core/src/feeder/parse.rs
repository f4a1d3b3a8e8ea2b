//! [`parse_records`]: parses records from bytes, for sources other than files.

use std::io::Read;

use super::drawn::Fields;
use super::error::FeederError;
use super::input::Input;
use super::json::{read_array, read_lines};
use super::separated::read_separated;
use super::sink::Halt;
use super::sitemap::read_sitemap;
use super::table::TableBuilder;

/// The format of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Values with this separator, as read by [`csv`](super::csv()) and [`separated_values`](super::separated_values).
    Separated(char),
    /// An array of objects, as read by [`json`](super::json()).
    Json,
    /// One object per line, as read by [`json_lines`](super::json_lines).
    JsonLines,
    /// The pages of a site, as read by [`sitemap`](super::sitemap()).
    Sitemap,
}

/// Parses records from memory, like the feeders of files do, for an [`AsyncSource`](super::AsyncSource) or a
/// [`RecordSource`](super::RecordSource) that gets them from a service page by page. Input without records is not an error.
///
/// ```
/// use loadspiker_core::feeder::{Format, parse_records};
///
/// let page = parse_records("page 1", Format::Separated(','), b"id,name\n1,anna\n2,ben\n")?;
/// assert_eq!(page[1][1], ("name".into(), "ben".into()));
/// let error = parse_records("page 2", Format::Json, b"[{\"id\": 1}, 2]").unwrap_err();
/// assert_eq!(error.to_string(), "feeder page 2: record 2: this is a number; each record has to be an object");
/// # Ok::<(), loadspiker_core::feeder::FeederError>(())
/// ```
///
/// # Errors
///
/// What is wrong, with the line. `name` is the name of the input in the message.
pub fn parse_records(name: &str, format: Format, bytes: &[u8]) -> Result<Vec<Fields>, FeederError> {
    let input = InMemory(name, bytes);
    let mut builder = TableBuilder::default();
    let read = match format {
        Format::Separated(separator) => read_separated(&input, separator, &mut builder),
        Format::Json => read_array(&input, &mut builder),
        Format::JsonLines => read_lines(&input, &mut builder),
        Format::Sitemap => read_sitemap(&input, &mut builder),
    };
    match read {
        Ok(()) | Err(Halt::Enough | Halt::Wrong(FeederError::Empty { .. })) => {}
        Err(Halt::Wrong(error)) => return Err(error),
    }
    let table = builder.finish();
    let record = |number| {
        let cells = table.columns.iter().cloned().zip(table.row(number));
        cells.filter_map(|(name, cell)| Some((name, cell.clone()?))).collect()
    };
    Ok((0..table.records).map(record).collect())
}

/// Bytes in memory.
pub(super) struct InMemory<'a>(pub(super) &'a str, pub(super) &'a [u8]);

impl Input for InMemory<'_> {
    fn name(&self) -> String {
        self.0.to_owned()
    }

    fn bytes(&self) -> Result<Box<dyn Read + '_>, FeederError> {
        Ok(Box::new(self.1))
    }
}
