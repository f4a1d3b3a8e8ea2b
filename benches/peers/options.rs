//! The bench's command line.

use std::fmt;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Usage: cargo bench --bench peers -- [OPTIONS]

  --rounds N       how often the clients take turns (default 3)
  --seconds S      how long each runs (default 8)
  --target T       what is asked for: `return` (128 bytes, made by nginx itself; default) or `file` (a static file of 4 KiB);
                   the full journey asks for JSON of its own
  --only A,B       these clients alone, beside wrk and loadspiker: h2load, oha, goose, locust
  --oha PROGRAM    where oha is, if it is in no folder of the PATH
  --goose PROGRAM  where the program of benches/peers/goose is
  --locust PYTHON  a Python that has locust
  --results FILE   writes the tables there, as Markdown

`cargo xtask bench-peers` installs what is needed and gives the last four.";

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Run the clients in turn.
    Compare(Options),
    /// Be the child that runs the engine.
    Engine {
        scenario: Scenario,
        url: String,
        seconds: u64,
    },
    Help,
}

/// What the engine's users repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// What all clients do.
    Get,
    /// A request with all about it that a scenario usually has.
    Journey,
}

impl Scenario {
    /// The option that makes a child of this.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Scenario::Get => "--engine",
            Scenario::Journey => "--engine-journey",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) seconds: u64,
    pub(crate) target: Target,
    /// The clients that are run beside wrk and the engine; all there are if it is not said.
    pub(crate) only: Option<Vec<String>>,
    pub(crate) oha: Option<String>,
    pub(crate) goose: Option<String>,
    pub(crate) locust: Option<String>,
    pub(crate) results: Option<PathBuf>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Return,
    File,
}

impl Target {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Target::Return => "/",
            Target::File => "/file",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Target::Return => "128 bytes made by nginx",
            Target::File => "a static file of 4 KiB",
        })
    }
}

/// Reads the arguments, the program's own name left out. `--bench` is what cargo adds.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Task, String> {
    let mut options = Options {
        rounds: 3,
        seconds: 8,
        target: Target::Return,
        only: None,
        oha: None,
        goose: None,
        locust: None,
        results: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--bench" => {}
            "--rounds" => options.rounds = positive("--rounds", &value()?)?,
            "--seconds" => options.seconds = positive("--seconds", &value()?)?,
            "--target" => {
                options.target = match value()?.as_str() {
                    "return" => Target::Return,
                    "file" => Target::File,
                    other => return Err(format!("--target is `return` or `file`, not \"{other}\"")),
                }
            }
            "--only" => options.only = Some(value()?.split(',').map(str::to_owned).collect()),
            "--oha" => options.oha = Some(value()?),
            "--goose" => options.goose = Some(value()?),
            "--locust" => options.locust = Some(value()?),
            "--results" => options.results = Some(value()?.into()),
            "--engine" | "--engine-journey" => {
                let scenario = if argument == "--engine" { Scenario::Get } else { Scenario::Journey };
                let url = value()?;
                let seconds = positive(&format!("{} URL", scenario.option()), &value()?)?;
                return Ok(Task::Engine { scenario, url, seconds });
            }
            "--help" | "-h" => return Ok(Task::Help),
            other => return Err(format!("there is no option \"{other}\"")),
        }
    }
    Ok(Task::Compare(options))
}

fn positive<T: std::str::FromStr + Default + PartialEq>(option: &str, value: &str) -> Result<T, String> {
    let number = value.parse().ok().filter(|number| *number != T::default());
    number.ok_or_else(|| format!("{option} needs a whole number above 0, not \"{value}\""))
}
