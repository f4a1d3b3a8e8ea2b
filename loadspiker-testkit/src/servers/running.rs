//! [`Running`]: a server as long as a test needs it.

use std::fs::File;
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::process::{Guard, signal};
use super::recipe::{Ready, Recipe};
use crate::folder::Folder;
use crate::machine::unused_port;

/// How long a server may take to be ready, or to end. Some take seconds on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the server writes on standard output and standard error.
const OUTPUT: &str = "server.log";

/// A running server. It is ended, and its folder removed, when this is dropped, or else with the test process.
#[derive(Debug)]
pub struct Running {
    recipe: Recipe,
    /// `None` while it is stopped.
    process: Option<(Child, Guard)>,
    folder: Folder,
    port: u16,
}

impl Running {
    /// Starts a server in this folder, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If it is not ready in time, with what it said.
    #[track_caller]
    pub fn start(folder: Folder, recipe: Recipe) -> Self {
        Self::try_start(folder, recipe).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`start`](Self::start), for programs that are no tests.
    ///
    /// # Errors
    ///
    /// It is not ready in time: what it said.
    pub fn try_start(folder: Folder, recipe: Recipe) -> Result<Self, String> {
        let mut error = String::new();
        // Between choosing a port and binding it, another process may take it.
        for _ in 0..5 {
            let port = unused_port();
            match spawn(&recipe, &folder, port) {
                Ok(process) => return Ok(Running { recipe, process: Some(process), folder, port }),
                Err(said) => error = said,
            }
        }
        Err(error)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The number of its process.
    ///
    /// # Panics
    ///
    /// If it is stopped.
    pub fn process(&self) -> u32 {
        self.process.as_ref().map(|(child, _)| child.id()).expect("the server is stopped")
    }

    /// What it has written on standard output and standard error.
    pub fn output(&self) -> String {
        self.folder.read(OUTPUT)
    }

    /// Ends it in good order and waits for its end. Its folder and port stay for [`start_again`](Self::start_again).
    pub fn stop(&mut self) {
        let name = self.recipe.signal;
        self.end(name);
    }

    /// Kills it at once, as a crash would.
    pub fn kill(&mut self) {
        self.end("KILL");
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill), in its folder, on its port.
    ///
    /// # Panics
    ///
    /// If it runs already, or is not ready in time.
    #[track_caller]
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        self.process = Some(spawn(&self.recipe, &self.folder, self.port).unwrap_or_else(|error| panic!("{error}")));
    }

    /// [`stop`](Self::stop) and [`start_again`](Self::start_again).
    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    fn end(&mut self, name: &str) {
        let Some((mut child, guard)) = self.process.take() else { return };
        if matches!(child.try_wait(), Ok(None)) {
            signal(child.id(), name);
        }
        let begin = Instant::now();
        while matches!(child.try_wait(), Ok(None)) {
            if begin.elapsed() > PATIENCE {
                let _ = child.kill();
            }
            thread::sleep(Duration::from_millis(2));
        }
        drop(guard);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The process, when it is ready.
fn spawn(recipe: &Recipe, folder: &Folder, port: u16) -> Result<(Child, Guard), String> {
    let mut command = recipe.command(folder, port);
    let output = File::create(folder.at(OUTPUT)).map_err(|error| error.to_string())?;
    let errors = output.try_clone().map_err(|error| error.to_string())?;
    recipe.give(folder);
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut child = command.spawn().map_err(|error| format!("{recipe} cannot be started: {error}"))?;
    let guard = Guard::of(child.id(), recipe.signal, folder);
    let begin = Instant::now();
    while matches!(child.try_wait(), Ok(None)) && begin.elapsed() < PATIENCE {
        if is_ready(recipe, folder, port, child.id()) {
            return Ok((child, guard));
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    drop(guard);
    Err(format!("{recipe} does not start: {}{}", folder.read(OUTPUT), folder.read("error.log")))
}

fn is_ready(recipe: &Recipe, folder: &Folder, port: u16, process: u32) -> bool {
    match recipe.ready {
        Ready::Connects => TcpStream::connect(("127.0.0.1", port)).is_ok(),
        Ready::Says(text) => folder.read(OUTPUT).contains(text),
        Ready::Pid(file) => folder.read(file).trim() == process.to_string(),
    }
}
