//! [`Redis`]: Redis.

use std::ops::{Deref, DerefMut};

use super::recipe::Recipe;
use super::running::Running;
use crate::folder::Folder;

/// Redis without persistence: after a restart it is empty. See [`Running`] for what else it can do.
#[derive(Debug)]
pub struct Redis(Running);

impl Redis {
    /// Starts it.
    #[track_caller]
    pub fn start() -> Self {
        let recipe = Recipe::new("redis-server", "redis-server", |command, folder, port| {
            command
                .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"])
                .arg(folder.path());
        });
        Redis(Running::start(Folder::new(), recipe.ready_when_it_says("Ready to accept connections")))
    }

    /// The address for clients.
    pub fn url(&self) -> String {
        format!("redis://{}", self.0.address())
    }
}

impl Deref for Redis {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}

impl DerefMut for Redis {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.0
    }
}
