//! [`Recipe`]: how a server is started, when it is ready, and how it is ended.

use std::fmt;
use std::process::Command;

use super::process::{command_as, give, run_to_end};
use crate::folder::Folder;
use crate::machine::program;

type MakeCommand = Box<dyn Fn(Option<&'static str>, &Folder, u16) -> Command + Send + Sync>;

/// How a server is started, when it is ready, and how it is ended.
#[must_use]
pub struct Recipe {
    /// What it is called in messages.
    name: String,
    /// For a user, a folder and a port.
    command: MakeCommand,
    user: Option<&'static str>,
    pub(super) ready: Ready,
    pub(super) signal: &'static str,
}

/// When a server is ready.
#[derive(Debug)]
pub(super) enum Ready {
    /// It takes connections. Another's server on the same port would, too; what it says itself proves more.
    Connects,
    /// Its output has this text.
    Says(&'static str),
    /// It has written the number of its process into this file.
    Pid(&'static str),
}

impl Recipe {
    /// A server that is the program `name` of the Debian package `package`. `arguments` completes its command, for a folder
    /// and a port; it may write files into the folder. The server has to stay in the foreground. It is ended by `TERM`.
    ///
    /// # Panics
    ///
    /// If the program is not installed.
    pub fn new(
        name: &str,
        package: &str,
        arguments: impl Fn(&mut Command, &Folder, u16) + Send + Sync + 'static,
    ) -> Self {
        let program = program(name, package);
        Self::of(name.to_owned(), move |user, folder, port| {
            let mut command = command_as(&program, user);
            arguments(&mut command, folder, port);
            command
        })
    }

    /// A server that is this command, which stays in the foreground, for a folder and a port.
    pub fn from_command(command: impl Fn(&Folder, u16) -> Command + Send + Sync + 'static) -> Self {
        Self::of("the server".to_owned(), move |_, folder, port| command(folder, port))
    }

    fn of(
        name: String,
        command: impl Fn(Option<&'static str>, &Folder, u16) -> Command + Send + Sync + 'static,
    ) -> Self {
        Recipe { name, command: Box::new(command), user: None, ready: Ready::Connects, signal: "TERM" }
    }

    /// It is ready when it has written this on standard output or standard error. Without this and
    /// [`ready_with_pid_file`](Self::ready_with_pid_file) it is ready as soon as it takes a connection.
    pub fn ready_when_it_says(mut self, text: &'static str) -> Self {
        self.ready = Ready::Says(text);
        self
    }

    /// It is ready when it has written the number of its process into this file of its folder.
    pub fn ready_with_pid_file(mut self, name: &'static str) -> Self {
        self.ready = Ready::Pid(name);
        self
    }

    /// The signal that ends it at once and in good order, such as `INT`.
    pub fn ended_by(mut self, signal: &'static str) -> Self {
        self.signal = signal;
        self
    }

    /// Where tests run as root, the server runs as this user, to whom its folder is given.
    pub fn run_as(mut self, user: &'static str) -> Self {
        self.user = Some(user);
        self
    }

    /// Has another program prepare the folder: run it to its end, as the user of the server.
    pub fn prepare(&self, folder: &Folder, name: &str, package: &str, arguments: impl FnOnce(&mut Command)) {
        self.give(folder);
        let mut command = command_as(&program(name, package), self.user);
        arguments(&mut command);
        run_to_end(&mut command);
    }

    pub(super) fn give(&self, folder: &Folder) {
        if let Some(user) = self.user {
            give(folder.path(), user);
        }
    }

    pub(super) fn command(&self, folder: &Folder, port: u16) -> Command {
        (self.command)(self.user, folder, port)
    }
}

/// What it is called.
impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipe").field("name", &self.name).finish_non_exhaustive()
    }
}
