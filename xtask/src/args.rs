//! The command line of `cargo xtask`.

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask COMMAND

Commands:
  test    install what the tests need, then check all: format, clippy, documentation,
          each feature alone, tests, instructions; ends with a line `N passed, N failed`
  setup   only install what the tests need
  bench-peers [--rounds N] [--seconds S] [--with-oha]
          install wrk, h2load, goose and locust (and oha, which takes minutes to build),
          run them and LoadSpiker in turn, write the tables to benches/RESULTS.md
  bench-build
          how long a new load test takes to build, and again after a change, beside goose;
          written to benches/RESULTS.md, too
  instructions [--update]
          only count the instructions of a request and of the steps around it, and compare
          them with what is written down, or write it down anew
  help    print this";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Test,
    Setup,
    BenchPeers(Comparison),
    BenchBuild,
    /// To compare, or to write down.
    Instructions {
        update: bool,
    },
    Help,
}

/// What is asked of a comparison with peers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// How often all of them take turns; the bench's default if it is not said.
    pub(crate) rounds: Option<u32>,
    /// How long each runs; the bench's default if it is not said.
    pub(crate) seconds: Option<u32>,
    /// Whether oha is built, if it is not there.
    pub(crate) with_oha: bool,
}

/// Reads the arguments, the program's own name left out.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Task, String> {
    let mut task = match arguments.next().as_deref() {
        Some("test") => Task::Test,
        Some("setup") => Task::Setup,
        Some("bench-peers") => return comparison(arguments).map(Task::BenchPeers),
        Some("bench-build") => Task::BenchBuild,
        Some("instructions") => Task::Instructions { update: false },
        Some("help" | "--help" | "-h") => Task::Help,
        Some(other) => return Err(format!("there is no command \"{other}\"")),
        None => return Err("a command is missing".to_owned()),
    };
    for extra in arguments {
        match (&mut task, extra.as_str()) {
            (Task::Instructions { update }, "--update") => *update = true,
            (Task::Instructions { .. }, _) => {
                return Err(format!("instructions takes no argument but --update, and \"{extra}\" was given"));
            }
            _ => return Err(format!("this command takes no arguments, but \"{extra}\" was given")),
        }
    }
    Ok(task)
}

fn comparison(mut arguments: impl Iterator<Item = String>) -> Result<Comparison, String> {
    let mut comparison = Comparison::default();
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--rounds" => comparison.rounds = Some(positive(&option, arguments.next())?),
            "--seconds" => comparison.seconds = Some(positive(&option, arguments.next())?),
            "--with-oha" => comparison.with_oha = true,
            other => return Err(format!("bench-peers has no option \"{other}\"")),
        }
    }
    Ok(comparison)
}

fn positive(option: &str, value: Option<String>) -> Result<u32, String> {
    let value = value.unwrap_or_default();
    let number = value.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{option} needs a whole number above 0, not \"{value}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_command_is_understood() {
        assert_eq!(parsed("test"), Ok(Task::Test));
        assert_eq!(parsed("setup"), Ok(Task::Setup));
        assert_eq!(parsed("bench-build"), Ok(Task::BenchBuild));
        assert_eq!(parsed("instructions"), Ok(Task::Instructions { update: false }));
        assert_eq!(parsed("instructions --update"), Ok(Task::Instructions { update: true }));
        for help in ["help", "--help", "-h"] {
            assert_eq!(parsed(help), Ok(Task::Help));
        }
    }

    #[test]
    fn a_comparison_takes_options() {
        let comparison = |line: &str| parsed(&format!("bench-peers {line}"));
        assert_eq!(comparison(""), Ok(Task::BenchPeers(Comparison::default())));
        let all = Comparison { rounds: Some(5), seconds: Some(8), with_oha: true };
        assert_eq!(comparison("--seconds 8 --with-oha --rounds 5"), Ok(Task::BenchPeers(all)));
        assert_eq!(comparison("--rounds 0").unwrap_err(), "--rounds needs a whole number above 0, not \"0\"");
        assert_eq!(comparison("--seconds").unwrap_err(), "--seconds needs a whole number above 0, not \"\"");
        assert_eq!(comparison("--oha").unwrap_err(), "bench-peers has no option \"--oha\"");
    }

    #[test]
    fn the_help_names_every_command() {
        for command in ["test", "setup", "instructions", "bench-peers", "bench-build", "help"] {
            assert!(HELP.lines().any(|line| line.trim_start().starts_with(command)), "{command}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert_eq!(parsed("tset").unwrap_err(), "there is no command \"tset\"");
        assert_eq!(parsed("").unwrap_err(), "a command is missing");
        assert_eq!(parsed("test now").unwrap_err(), "this command takes no arguments, but \"now\" was given");
        assert!(parsed("instructions now").unwrap_err().contains("--update, and \"now\""));
    }
}
