//! SQL for LoadSpiker: records from SQLite, PostgreSQL, MySQL and MariaDB, with sqlx.
//!
//! [`sql_feeder`] creates a feeder from a query:
//!
//! ```no_run
//! use loadspiker_core::dsl::{Simulation, Steps, dummy, scenario};
//! use loadspiker_core::inject::at_once_users;
//! use loadspiker_sql::sql_feeder;
//!
//! let users = sql_feeder("postgres://shop:secret@db.test/shop", "SELECT id, email FROM users WHERE active").circular();
//! let report = Simulation::new("shop")
//!     .with(scenario("Visit").feed(users).exec(dummy("#{email}", 0)).inject([at_once_users(10)]))
//!     .run()?;
//! # Ok::<(), loadspiker_core::Error>(())
//! ```
//!
//! # Databases
//!
//! Each is a feature: `sqlite`, `postgres`, `mysql` (MySQL and MariaDB). All are on by default; the crate `loadspiker` turns
//! on those that are asked for.
//!
//! | URL | database |
//! |---|---|
//! | `sqlite:shop.db`, `sqlite:///var/shop.db` | an SQLite file, read-only |
//! | `postgres://user:password@host:5432/database` (or `postgresql://`) | PostgreSQL |
//! | `mysql://user:password@host:3306/database` (or `mariadb://`) | MySQL, MariaDB |
//!
//! Other parts of a URL, such as `?sslmode=require`, are those of sqlx. TLS uses rustls with the system's certificates.
//! Passwords are masked in messages and plans.
//!
//! # Values
//!
//! | column | value |
//! |---|---|
//! | integers, `YEAR`, `BIT` | integer |
//! | `REAL`, `FLOAT`, `DOUBLE` | float |
//! | `NUMERIC`, `DECIMAL` | integer or float if it holds all digits (up to 15), otherwise text |
//! | booleans, `TINYINT(1)` of MySQL | bool |
//! | dates and times | text in ISO 8601: `2026-03-01`, `2026-03-01T12:00:00`, `2026-03-01T12:00:00+00:00` |
//! | `UUID`, texts, enumerations, all other types | text |
//! | `JSON`, `JSONB` | the JSON value: map, list, text, number, … |
//! | PostgreSQL arrays | list |
//! | `BLOB`, `BYTEA`, `BINARY` | bytes |
//! | `NULL` | null |

#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(not(any(feature = "postgres", feature = "mysql", feature = "sqlite")))]
compile_error!("loadspiker-sql needs a database: turn on at least one of the features `postgres`, `mysql`, `sqlite`");

mod connect;
mod database;
mod feeder;
mod query;
mod value;

pub use feeder::sql_feeder;
