//! [`Python`]: a web server of Python's standard library, in HTTP/1.0 or HTTP/1.1.

use std::ops::Deref;

use super::recipe::Recipe;
use super::running::Running;
use crate::folder::Folder;

/// A server in Python. See [`Running`] for what else it can do.
#[derive(Debug)]
pub struct Python {
    running: Running,
    /// The address for requests.
    pub url: String,
}

impl Python {
    /// Starts a web server that speaks `HTTP/1.0` or `HTTP/1.1`.
    #[track_caller]
    pub fn start(version: &'static str) -> Self {
        Self::script(include_str!("server.py"), &[version])
    }

    /// Starts this script. It gets the port as its first argument, then `arguments`, and prints `ready` when it listens on
    /// that port of 127.0.0.1.
    #[track_caller]
    pub fn script(script: &'static str, arguments: &[&'static str]) -> Self {
        let arguments = arguments.to_vec();
        let recipe = Recipe::new("python3", "python3", move |command, folder, port| {
            command.arg(folder.write("server.py", script)).arg(port.to_string()).args(&arguments);
        });
        let running = Running::start(Folder::new(), recipe.ready_when_it_says("ready").ended_by("KILL"));
        let url = format!("http://{}", running.address());
        Python { running, url }
    }
}

impl Deref for Python {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}
