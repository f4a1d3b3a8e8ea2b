//! [`MariaDb`]: MariaDB.

use std::ops::Deref;

use super::recipe::Recipe;
use super::running::Running;
use crate::folder::Folder;

/// MariaDB with the user `shop`, whose password is `s3cret`, and the database `shop`. See [`Running`] for what else it can do.
#[derive(Debug)]
pub struct MariaDb(Running);

/// Run at each start, statement by statement: a user with a password, and a database of its own.
const INIT: &str = "CREATE DATABASE IF NOT EXISTS shop;
CREATE USER IF NOT EXISTS 'shop'@'%' IDENTIFIED BY 's3cret';
GRANT ALL ON shop.* TO 'shop'@'%';
";

impl MariaDb {
    /// Makes a data folder and starts its server, which takes seconds.
    #[track_caller]
    pub fn start() -> Self {
        let recipe = Recipe::new("mariadbd", "mariadb-server", |command, folder, port| {
            command.args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-log-bin"]);
            command.args(["--innodb-flush-log-at-trx-commit=0", &format!("--port={port}")]);
            for (option, file) in
                [("datadir", "data"), ("socket", "socket"), ("pid-file", "pid"), ("init-file", "init.sql")]
            {
                command.arg(format!("--{option}={}", folder.file(file)));
            }
        });
        // It refuses to run as root.
        let recipe = recipe.run_as("mysql").ready_when_it_says("ready for connections");
        let folder = Folder::new();
        folder.write("init.sql", INIT);
        recipe.prepare(&folder, "mariadb-install-db", "mariadb-server", |command| {
            command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
            command.arg(format!("--datadir={}", folder.file("data")));
        });
        MariaDb(Running::start(folder, recipe))
    }

    /// The URL of the database, with user and password.
    pub fn url(&self) -> String {
        format!("mysql://shop:s3cret@{}/shop", self.0.address())
    }
}

impl Deref for MariaDb {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}
