//! Which clients there are, how each is started, and which are left out.

use std::ffi::OsString;
use std::path::Path;

use crate::client::{Client, read_h2load, read_line, read_oha, read_wrk};
use crate::options::{Options, Scenario};
use crate::support::machine::said_by;
use crate::{CONNECTIONS, LOADSPIKER, SESSION, WRK};

/// What a run is about.
pub(crate) struct Task<'a> {
    pub(crate) core: Option<usize>,
    pub(crate) url: &'a str,
    pub(crate) options: &'a Options,
}

/// Looks for a client; if it is not there, says what would help.
type Find = fn(&Task<'_>) -> Result<Client, String>;

/// The clients of a comparison.
pub(crate) struct Clients {
    /// wrk is the first, which the others are set against; LoadSpiker the second.
    pub(crate) all: Vec<Client>,
    /// Those that are not there, each with what would help.
    pub(crate) left_out: Vec<String>,
}

impl Clients {
    /// Looks for all that can repeat a GET.
    pub(crate) fn of_get(task: &Task<'_>) -> Result<Self, String> {
        let engine = engine(task, Scenario::Get, task.url)?;
        let mut clients = Clients { all: vec![wrk(task)?, engine], left_out: Vec::new() };
        let known: [(&str, Find); 4] = [("h2load", h2load), ("oha", oha), ("goose", goose), ("locust", locust)];
        let only = task.options.only.as_ref();
        if let Some(unknown) = only.into_iter().flatten().find(|name| known.iter().all(|(one, _)| one != name)) {
            return Err(format!("--only knows no client \"{unknown}\""));
        }
        for (name, find) in known {
            if only.is_some_and(|only| !only.iter().any(|one| one == name)) {
                continue;
            }
            match find(task) {
                Ok(client) => clients.all.push(client),
                Err(cause) => clients.left_out.push(format!("{name}: {cause}")),
            }
        }
        Ok(clients)
    }

    /// wrk with its GET, and the engine with a journey on the server at `base_url`.
    pub(crate) fn of_journey(task: &Task<'_>, base_url: &str) -> Result<Self, String> {
        let mut wrk = wrk(task)?;
        wrk.arguments.splice(0..0, ["-H", SESSION].map(str::to_owned));
        Ok(Clients { all: vec![wrk, engine(task, Scenario::Journey, base_url)?], left_out: Vec::new() })
    }
}

impl Task<'_> {
    fn client(&self, name: &'static str, version: String, program: impl Into<OsString>) -> Client {
        let (core, program) = (self.core, program.into());
        Client { name, version, core, program, arguments: Vec::new(), read: read_line }
    }

    fn seconds(&self) -> String {
        self.options.seconds.to_string()
    }
}

impl Client {
    fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().copied().map(str::to_owned).collect();
        self
    }
}

fn wrk(task: &Task<'_>) -> Result<Client, String> {
    // Without arguments wrk prints its usage and ends with an error; `-v` begins with its version.
    let said = said_by("wrk", &["-v"]).ok_or("wrk is not installed; on Debian or Ubuntu: sudo apt-get install wrk")?;
    let version = said.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let (connections, duration) = (format!("-c{CONNECTIONS}"), format!("-d{}s", task.seconds()));
    let client = task.client(WRK, version, "wrk").with(&["-t1", &connections, &duration, task.url]);
    Ok(Client { read: read_wrk, ..client })
}

/// This program itself, as a child that runs the engine.
fn engine(task: &Task<'_>, scenario: Scenario, url: &str) -> Result<Client, String> {
    let program = std::env::current_exe().map_err(|error| format!("the bench does not find itself: {error}"))?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(task.client(LOADSPIKER, version, program).with(&[scenario.option(), url, &task.seconds()]))
}

fn h2load(task: &Task<'_>) -> Result<Client, String> {
    let said = said_by("h2load", &["--version"]).ok_or("not installed; on Debian or Ubuntu: nghttp2-client")?;
    let version = said.rsplit('/').next().unwrap_or_default().to_owned();
    let (connections, duration) = (format!("-c{CONNECTIONS}"), format!("-D{}", task.seconds()));
    let client = task.client("h2load", version, "h2load").with(&["--h1", "-t1", &connections, &duration, task.url]);
    Ok(Client { read: read_h2load, ..client })
}

fn oha(task: &Task<'_>) -> Result<Client, String> {
    let program = task.options.oha.as_deref().unwrap_or("oha");
    let said =
        said_by(program, &["--version"]).ok_or("not installed; `cargo xtask bench-peers --with-oha` builds it")?;
    let version = said.trim_start_matches("oha ").to_owned();
    let (connections, duration) = (CONNECTIONS.to_string(), format!("{}s", task.seconds()));
    let arguments = ["--no-tui", "--output-format", "json", "-c", &connections, "-z", &duration, task.url];
    Ok(Client { read: read_oha, ..task.client("oha", version, program).with(&arguments) })
}

fn goose(task: &Task<'_>) -> Result<Client, String> {
    let not_built = "not built; `cargo xtask bench-peers` does that";
    let program = task.options.goose.as_deref().ok_or(not_built)?;
    let version = said_by(program, &["--version"]).ok_or(not_built)?;
    Ok(task.client("goose", version, program).with(&[task.url, &CONNECTIONS.to_string(), &task.seconds()]))
}

fn locust(task: &Task<'_>) -> Result<Client, String> {
    let not_there = "not installed; `cargo xtask bench-peers` does that, where there is Python with venv";
    let python = task.options.locust.as_deref().ok_or(not_there)?;
    let version = said_by(python, &["-c", "import locust; print(locust.__version__)"]).ok_or(not_there)?;
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/locust.py");
    let program = program.to_str().ok_or("the repository's path is not UTF-8")?;
    let arguments = [program, task.url, &CONNECTIONS.to_string(), &task.seconds()];
    Ok(task.client("locust", version, python).with(&arguments))
}
