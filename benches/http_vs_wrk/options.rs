//! The bench's command line.

use std::fmt;

pub(crate) const HELP: &str = "\
Usage: cargo bench --bench http_vs_wrk -- [OPTIONS]

  --rounds N      how often wrk and the engine take turns (default 3)
  --seconds S     how long each runs (default 8)
  --target T      what is asked for: `return` (128 bytes, made by nginx itself; default) or `file` (a static file of 4 KiB)
  --journey       the engine's users go through a whole journey, a request in it: feeder, expressions in URL and header,
                  checks on status and JSON, a value saved, a group, a pause of zero; wrk repeats the GET as ever";

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Run both in turn.
    Compare(Options),
    /// Be the child that runs the engine.
    Engine {
        url: String,
        seconds: u64,
        scenario: Scenario,
    },
    Help,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) seconds: u64,
    pub(crate) target: Target,
    pub(crate) scenario: Scenario,
}

/// What the engine's users do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// What wrk does.
    Get,
    Journey,
}

impl Scenario {
    /// The option that makes a child do this.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Scenario::Get => "--engine",
            Scenario::Journey => "--engine-journey",
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Return,
    File,
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
    let mut options = Options { rounds: 3, seconds: 8, target: Target::Return, scenario: Scenario::Get };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--rounds" => options.rounds = positive("--rounds", arguments.next().as_deref())?,
            "--seconds" => options.seconds = positive("--seconds", arguments.next().as_deref())?,
            "--target" => {
                options.target = match arguments.next().as_deref() {
                    Some("return") => Target::Return,
                    Some("file") => Target::File,
                    other => {
                        let other = other.unwrap_or_default();
                        return Err(format!("--target is `return` or `file`, not \"{other}\""));
                    }
                }
            }
            "--journey" => options.scenario = Scenario::Journey,
            "--engine" | "--engine-journey" => {
                let scenario = if argument == "--engine" { Scenario::Get } else { Scenario::Journey };
                let url = arguments.next().ok_or_else(|| format!("{argument} needs a URL"))?;
                let seconds = positive(&format!("{argument} URL"), arguments.next().as_deref())?;
                return Ok(Task::Engine { url, seconds, scenario });
            }
            "--help" | "-h" => return Ok(Task::Help),
            other => return Err(format!("there is no option \"{other}\"")),
        }
    }
    Ok(Task::Compare(options))
}

fn positive<T: std::str::FromStr + Default + PartialEq>(option: &str, value: Option<&str>) -> Result<T, String> {
    let number = value.and_then(|text| text.parse().ok()).filter(|number| *number != T::default());
    number.ok_or_else(|| format!("{option} needs a whole number above 0, not \"{}\"", value.unwrap_or_default()))
}
