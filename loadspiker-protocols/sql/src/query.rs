//! Running a query on a thread of its own, which hands over what it gives piece by piece.
//!
//! A thread, as whoever reads may be in a runtime, where nothing may block on another; and a short queue, so that a large
//! result never lies in memory as a whole.

use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};
use std::thread;

use futures_util::{StreamExt, TryStreamExt};
use loadspiker_core::Value;
use sqlx::{Column, Row};

use crate::connect;
use crate::database::Database;
#[cfg(feature = "mysql")]
use crate::value::mysql;
#[cfg(feature = "postgres")]
use crate::value::postgres;
#[cfg(feature = "sqlite")]
use crate::value::sqlite;

/// What a query gives.
pub(crate) enum Message {
    /// The names of the columns of the rows that follow.
    Columns(Vec<String>),
    Rows(Vec<Vec<Value>>),
    /// It ended early: why, and what to do.
    Failed(String),
}

/// So many rows are handed over at once, …
const ROWS: usize = 256;
/// … and so many of these pieces wait to be taken.
const AHEAD: usize = 4;

/// Runs the query, until it is done or the receiver is dropped.
pub(crate) fn run(database: Database, url: &str, query: &str) -> Result<Receiver<Message>, String> {
    let (sender, receiver) = sync_channel(AHEAD);
    let (url, query) = (url.to_owned(), query.to_owned());
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let outcome = match runtime {
            Ok(runtime) => runtime.block_on(read(database, &url, &query, &sender)),
            Err(error) => Err(Halt::Failed(format!("no runtime can be made to read it ({error})"))),
        };
        if let Err(Halt::Failed(problem)) = outcome {
            // Nobody listens any more if it fails.
            let _ = sender.send(Message::Failed(problem));
        }
    };
    let started = thread::Builder::new().name("sql feeder".to_owned()).spawn(work);
    started.map(|_| receiver).map_err(|error| format!("no thread can be started to read it ({error})"))
}

/// Why reading ended before its time.
enum Halt {
    Failed(String),
    /// Nobody wants any more.
    Enough,
}

impl From<SendError<Message>> for Halt {
    fn from(_: SendError<Message>) -> Self {
        Halt::Enough
    }
}

async fn read(database: Database, url: &str, query: &str, sender: &SyncSender<Message>) -> Result<(), Halt> {
    /// The same for each database, whose rows have nothing in common but their methods.
    macro_rules! rows {
        ($connect:ident, $value:path) => {{
            let mut connection = connect::$connect(url).await.map_err(Halt::Failed)?;
            let rows = sqlx::raw_sql(query).fetch(&mut connection).map_err(|error| Halt::Failed(failed(&error)));
            let mut pieces = rows.try_ready_chunks(ROWS);
            let mut known: Option<Vec<String>> = None;
            while let Some(piece) = pieces.next().await {
                let (rows, failure) = match piece {
                    Ok(rows) => (rows, None),
                    Err(error) => (error.0, Some(error.1)),
                };
                let mut converted = Vec::with_capacity(rows.len());
                for row in &rows {
                    let columns = row.columns();
                    let is_known = known.as_ref().is_some_and(|known| {
                        known.len() == columns.len()
                            && known.iter().zip(columns).all(|(name, column)| *name == column.name())
                    });
                    if !is_known {
                        if !converted.is_empty() {
                            sender.send(Message::Rows(std::mem::take(&mut converted)))?;
                        }
                        let names: Vec<String> = columns.iter().map(|column| column.name().to_owned()).collect();
                        known = Some(names.clone());
                        sender.send(Message::Columns(names))?;
                    }
                    let values = (0..columns.len()).map(|column| {
                        $value(row, column).map_err(|problem| {
                            let name = row.column(column).name();
                            Halt::Failed(format!("column \"{name}\": {problem}; cast it to a text in the query"))
                        })
                    });
                    converted.push(values.collect::<Result<Vec<Value>, _>>()?);
                }
                if !converted.is_empty() {
                    sender.send(Message::Rows(converted))?;
                }
                if let Some(failure) = failure {
                    return Err(failure);
                }
            }
            Ok(())
        }};
    }
    match database {
        #[cfg(feature = "sqlite")]
        Database::Sqlite => rows!(sqlite, sqlite::value),
        #[cfg(feature = "postgres")]
        Database::Postgres => rows!(postgres, postgres::value),
        #[cfg(feature = "mysql")]
        Database::MySql => rows!(mysql, mysql::value),
    }
}

/// The database's answer to a query.
fn failed(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => {
            format!("the database rejected the query: {}; try the query in a client of the database", error.message())
        }
        other => format!("the query failed: {other}"),
    }
}
