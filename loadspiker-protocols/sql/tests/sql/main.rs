//! SQL feeders against real databases: a file of SQLite, PostgreSQL, MariaDB.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod mariadb;
mod mistakes;
mod postgres;
mod sqlite;
mod support;
