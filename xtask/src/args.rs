//! The command line of `cargo xtask`.

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask COMMAND

Commands:
  test    install what the tests need, then check all: format, clippy, documentation,
          each feature alone, tests, instructions; ends with a line `N passed, N failed`
  setup   only install what the tests need
  instructions [--update]
          only count the instructions of a request and of the steps around it, and compare
          them with what is written down, or write it down anew
  help    print this";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Test,
    Setup,
    /// To compare, or to write down.
    Instructions {
        update: bool,
    },
    Help,
}

/// Reads the arguments, the program's own name left out.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Task, String> {
    let mut task = match arguments.next().as_deref() {
        Some("test") => Task::Test,
        Some("setup") => Task::Setup,
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
        assert_eq!(parsed("instructions"), Ok(Task::Instructions { update: false }));
        assert_eq!(parsed("instructions --update"), Ok(Task::Instructions { update: true }));
        for help in ["help", "--help", "-h"] {
            assert_eq!(parsed(help), Ok(Task::Help));
        }
    }

    #[test]
    fn the_help_names_every_command() {
        for command in ["test", "setup", "instructions", "help"] {
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
