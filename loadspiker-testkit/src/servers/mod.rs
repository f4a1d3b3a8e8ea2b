//! Real servers, each in a folder of its own on a free port of 127.0.0.1.
//!
//! A server is a [`Recipe`]: the program, its Debian package, its arguments, and how one sees that it is ready. [`Running`]
//! makes one of it: it waits until the server is ready, for a minute at most, and ends it when it is dropped. A server in a
//! `static` is never dropped; it ends with the test process. Its folder goes with it. Keep a server that takes long to
//! start in a `LazyLock`, so that all tests of a program share it.
//!
//! Redis, for example, is no more than this:
//!
//! ```no_run
//! use loadspiker_testkit::Folder;
//! use loadspiker_testkit::servers::{Recipe, Running};
//!
//! let recipe = Recipe::new("redis-server", "redis-server", |command, folder, port| {
//!     command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"]).arg(folder.path());
//! });
//! let redis = Running::start(Folder::new(), recipe.ready_when_it_says("Ready to accept connections"));
//! println!("{}", redis.address());
//! ```
//!
//! A new program goes into the list of `xtask/src/setup.rs`, which installs what tests need.

mod apache;
mod kdc;
mod mariadb;
mod mosquitto;
mod nginx;
mod postgres;
mod process;
mod python;
mod recipe;
mod redis;
mod running;

pub use apache::Apache;
pub use kdc::Kdc;
pub use mariadb::MariaDb;
pub use mosquitto::Mosquitto;
pub use nginx::{Logged, Nginx};
pub use postgres::Postgres;
pub use process::{run_to_end, signal};
pub use python::Python;
pub use recipe::Recipe;
pub use redis::Redis;
pub use running::Running;
