//! Connections to the databases.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::future::Future;
use std::str::FromStr;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::Duration;

#[cfg(feature = "mysql")]
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnectOptions, PgConnection};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

/// How long connecting may take.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(feature = "sqlite")]
pub(crate) async fn sqlite(url: &str) -> Result<SqliteConnection, String> {
    let options = SqliteConnectOptions::from_str(url).map_err(|error| misread(&error))?;
    // Nothing is written, and a file that is not there is not made.
    let options = options.create_if_missing(false).read_only(true).disable_statement_logging();
    let file = options.get_filename().display().to_string();
    let folder = std::env::current_dir().unwrap_or_default();
    SqliteConnection::connect_with(&options).await.map_err(|error| {
        let cause = cause(&error);
        format!(
            "the file {file} cannot be opened: {cause}; a path is relative to the folder in which the program is started ({})",
            folder.display()
        )
    })
}

#[cfg(feature = "postgres")]
pub(crate) async fn postgres(url: &str) -> Result<PgConnection, String> {
    let options = PgConnectOptions::from_str(url).map_err(|error| misread(&error))?;
    let options = options.disable_statement_logging();
    in_time(PgConnection::connect_with(&options)).await
}

#[cfg(feature = "mysql")]
pub(crate) async fn mysql(url: &str) -> Result<MySqlConnection, String> {
    let options = MySqlConnectOptions::from_str(url).map_err(|error| misread(&error))?;
    let options = options.disable_statement_logging();
    in_time(MySqlConnection::connect_with(&options)).await
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn in_time<C>(connect: impl Future<Output = Result<C, sqlx::Error>>) -> Result<C, String> {
    match tokio::time::timeout(PATIENCE, connect).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error @ sqlx::Error::Database(_))) => {
            Err(format!("the database refused the connection: {}; check user, password and database", cause(&error)))
        }
        Ok(Err(error)) => {
            Err(format!("cannot connect: {}; is the server running, and are host and port right?", cause(&error)))
        }
        Err(_) => Err(format!("no connection within {} s; check host and port", PATIENCE.as_secs())),
    }
}

fn misread(error: &sqlx::Error) -> String {
    format!(
        "the URL cannot be read: {}; characters such as @ : / in a password are written as %40 %3A %2F",
        cause(error)
    )
}

/// What went wrong, without the library's words around it.
fn cause(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Configuration(error) => error.to_string(),
        other => other.to_string(),
    }
}
