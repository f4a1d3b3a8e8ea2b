//! [`sql_feeder`]: the rows of a query as records.

use loadspiker_core::feeder::{Feeder, ReadError, RecordSink, RecordSource};
use loadspiker_core::protocol::masked_url;

use crate::database::Database;
use crate::query::{Message, run};

/// Uses the rows of a query as records, with one field per column. The [crate documentation](crate) describes URLs and the
/// types of values.
///
/// The query runs once, before the run, regardless of the number of users. A result of more than 100 MiB is streamed like a
/// large file: the query runs again during the run, in bounded memory, so it should return rows in a fixed order
/// (`ORDER BY`). Several statements, separated by semicolons, run one after the other; all rows must have the same columns.
/// Computed columns need a name: `SELECT count(*) AS orders`.
///
/// Errors (the server, the login, the query, a column that cannot be an attribute) are reported before the run, with the
/// query and the URL, without its password.
///
/// ```no_run
/// use loadspiker_sql::sql_feeder;
///
/// let products = sql_feeder("sqlite:data/shop.db", "SELECT id, name, price FROM products").random();
/// ```
pub fn sql_feeder(url: impl Into<String>, query: impl Into<String>) -> Feeder {
    Feeder::from_source(SqlSource { url: url.into(), query: query.into() })
}

struct SqlSource {
    url: String,
    query: String,
}

/// So many characters of a query are shown.
const SHOWN: usize = 80;

impl RecordSource for SqlSource {
    fn name(&self) -> String {
        let query = self.query.split_whitespace().collect::<Vec<_>>().join(" ");
        let query = match query.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &query[..end]),
            None => query,
        };
        format!("sql_feeder({:?}, {query:?})", masked_url(&self.url))
    }

    fn read(&self, records: &mut RecordSink<'_>) -> Result<(), ReadError> {
        let database = Database::of(&self.url).map_err(ReadError::new)?;
        if self.query.trim().is_empty() {
            return Err(ReadError::new(
                "the query is empty; write one that returns rows, such as SELECT id FROM users",
            ));
        }
        let mut columns: Option<Vec<String>> = None;
        for message in run(database, &self.url, &self.query).map_err(ReadError::new)? {
            match message {
                Message::Columns(names) => match &columns {
                    None => {
                        records.columns(names.iter().map(String::as_str))?;
                        columns = Some(names);
                    }
                    Some(first) if *first == names => {}
                    Some(first) => {
                        let (first, other) = (first.join(", "), names.join(", "));
                        return Err(ReadError::new(format!(
                            "its statements return rows with different columns ({first}; {other}); all must return the same columns"
                        )));
                    }
                },
                Message::Rows(rows) => rows.into_iter().try_for_each(|row| records.values(row))?,
                Message::Failed(problem) => return Err(ReadError::new(problem)),
            }
        }
        Ok(())
    }
}
