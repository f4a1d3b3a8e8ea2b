//! [`Postgres`]: PostgreSQL.

use std::ops::Deref;

use super::recipe::Recipe;
use super::running::Running;
use crate::folder::Folder;

/// PostgreSQL with the user `shop`, whose password is `s3cret`, and the database `postgres`. See [`Running`] for what else it
/// can do.
#[derive(Debug)]
pub struct Postgres(Running);

impl Postgres {
    /// Makes a database cluster and starts its server, which takes seconds.
    #[track_caller]
    pub fn start() -> Self {
        let recipe = Recipe::new("postgres", "postgresql", |command, folder, port| {
            command.arg("-D").arg(folder.at("data")).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
            command.arg("-k").arg(folder.path()).args(["-c", "fsync=off"]);
        });
        // It refuses to run as root.
        let recipe = recipe.run_as("postgres").ready_when_it_says("ready to accept connections").ended_by("INT");
        let folder = Folder::new();
        let password = folder.write("password", "s3cret");
        recipe.prepare(&folder, "initdb", "postgresql", |command| {
            command.args(["--username", "shop", "--auth", "scram-sha-256", "--no-sync", "--encoding", "UTF8"]);
            command.args(["--locale", "C", "--pwfile", &password, "--pgdata"]).arg(folder.at("data"));
        });
        Postgres(Running::start(folder, recipe))
    }

    /// The URL of the database, with user and password.
    pub fn url(&self) -> String {
        format!("postgres://shop:s3cret@{}/postgres", self.0.address())
    }
}

impl Deref for Postgres {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}
