//! Against files of SQLite.

use std::str::FromStr;

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::{Simulation, Steps, dummy, scenario};
use loadspiker_core::inject::at_once_users;
use loadspiker_sql::sql_feeder;
use loadspiker_testkit::Folder;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};

use super::support::{mistake, records, typed};

/// A file in which these statements were run, and its URL.
fn database(folder: &Folder, statements: &str) -> String {
    let url = format!("sqlite://{}", folder.at("shop.db").display());
    let options = SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        connection.execute(sqlx::raw_sql(statements)).await.unwrap();
        connection.close().await.unwrap();
    });
    url
}

#[test]
fn rows_of_sqlite_are_records_with_the_types_that_are_stored() {
    let folder = Folder::new();
    let url = database(
        &folder,
        "CREATE TABLE kinds (n integer, f real, t text, b blob, flag boolean, price decimal, day date, absent text);
         INSERT INTO kinds VALUES (5, 1.5, 'tëxt', x'00ff', 1, 12.5, '2026-03-01', NULL);",
    );
    assert_eq!(
        typed(&sql_feeder(&url, "SELECT *, count(*) AS total FROM kinds")),
        [
            "n integer 5",
            "f float 1.5",
            "t text tëxt",
            "b bytes \u{0}\u{fffd}",
            "flag bool true",
            "price float 12.5",
            "day text 2026-03-01",
            "absent null null",
            "total integer 1",
        ]
    );
}

#[test]
fn users_are_fed_from_a_query_that_runs_once() {
    let folder = Folder::new();
    let url = database(
        &folder,
        "CREATE TABLE users (id integer, name text);
         INSERT INTO users WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)
         SELECT i, 'user' || i FROM n;",
    );
    let users = sql_feeder(&url, "SELECT id, name FROM users ORDER BY id DESC").circular();
    let visit = scenario("Visit").feed(users).exec(dummy("#{name} #{id}", 10.millis())).inject([at_once_users(4)]);
    let report = Simulation::new("sql").with(visit).simulated_clock().run().unwrap();
    for (name, count) in [("user3 3", 2), ("user2 2", 1), ("user1 1", 1)] {
        assert_eq!(report.request(name).unwrap().count(), count, "{name}");
    }
}

#[test]
fn a_large_result_is_streamed() {
    let folder = Folder::new();
    let url = database(
        &folder,
        "CREATE TABLE large (id integer, text text);
         INSERT INTO large WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         SELECT i, hex(zeroblob(50000)) FROM n;",
    );
    let feeder = sql_feeder(&url, "SELECT id, text FROM large ORDER BY id");
    let opened = feeder.open().unwrap();
    assert_eq!(opened.records(), None, "120 MB are not held in memory");
    let ids: Vec<_> = records(&feeder).into_iter().map(|record| record[0].as_i64().unwrap()).collect();
    assert!(ids.into_iter().eq(1..=1200));
}

#[test]
fn nothing_is_written_and_no_file_is_made() {
    let folder = Folder::new();
    let url = database(&folder, "CREATE TABLE users (id integer);");
    let message = mistake(&sql_feeder(&url, "INSERT INTO users VALUES (1); SELECT id FROM users"));
    assert!(message.contains("attempt to write a readonly database"), "{message}");
    let absent = format!("sqlite://{}", folder.at("absent.db").display());
    let message = mistake(&sql_feeder(absent, "SELECT 1 AS a"));
    assert!(
        message.contains("absent.db cannot be opened: unable to open database file; a path is relative"),
        "{message}"
    );
    assert!(!folder.at("absent.db").exists());
}
