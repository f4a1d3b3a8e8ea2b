//! Carrying out checks one after another, with headings and times, up to the first that fails.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::totals::Totals;

/// One check: a command that must end well.
#[derive(Debug)]
pub(crate) struct Check {
    /// What is checked, in a word or two.
    pub(crate) title: String,
    /// The command.
    pub(crate) command: Command,
    /// What usually helps if it fails.
    pub(crate) remedy: &'static str,
    /// Whether the command prints what `cargo test` prints, to be counted.
    pub(crate) counted: bool,
}

/// Runs all checks in `folder`. The numbers of passed and failed tests are printed on a line of their own, at the end.
///
/// # Errors
///
/// The first check that fails, how to run it by itself, and what usually helps.
pub(crate) fn all(checks: Vec<Check>, folder: &Path) -> Result<(), String> {
    let (count, start) = (checks.len(), Instant::now());
    let mut totals = None;
    let mut outcome = Ok(());
    for (number, mut check) in (1..).zip(checks) {
        let line = shown(&check.command);
        println!("\n==> [{number}/{count}] {}: {line}", check.title);
        check.command.current_dir(folder).stdin(Stdio::null());
        let since = Instant::now();
        let passed = if check.counted {
            counted(&mut check.command, &mut totals, &mut io::stdout())
        } else {
            plain(&mut check.command)
        };
        let seconds = since.elapsed().as_secs_f64();
        match passed {
            Ok(true) => println!("    {} passed in {seconds:.1} s", check.title),
            Ok(false) => outcome = Err(format!("{} failed after {seconds:.1} s: {line}", check.title)),
            Err(error) => outcome = Err(format!("{} could not be run: {line}: {error}", check.title)),
        }
        if let Err(message) = &mut outcome {
            *message += &format!("\n       {}", check.remedy);
            break;
        }
    }
    if outcome.is_ok() {
        println!("\nall {count} checks passed in {:.1} s", start.elapsed().as_secs_f64());
    }
    if let Some(totals) = totals {
        println!("{totals}");
    }
    outcome
}

fn plain(command: &mut Command) -> io::Result<bool> {
    Ok(command.status()?.success())
}

/// Runs the command, passes on to `terminal` what it prints, and adds up the tests in it.
fn counted(command: &mut Command, totals: &mut Option<Totals>, terminal: &mut impl Write) -> io::Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let totals = totals.get_or_insert_default();
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line)? > 0 {
            terminal.write_all(&line)?;
            totals.read(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
    Ok(child.wait()?.success())
}

/// The command as one would type it, with the variables set for it.
fn shown(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        let (name, value) = (name.to_string_lossy(), value?.to_string_lossy());
        Some(format!("{name}=\"{value}\""))
    });
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy().into_owned());
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn check(script: &str, counted: bool) -> Check {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Check { title: script.to_owned(), command, remedy: "try harder", counted }
    }

    fn folder() -> &'static Path {
        Path::new("/")
    }

    #[test]
    fn the_first_failure_ends_it_and_is_named_with_its_remedy() {
        let message = all(vec![check("true", false), check("exit 3", false), check("exit 4", false)], folder());
        let message = message.unwrap_err();
        assert!(message.starts_with("exit 3 failed"), "{message}");
        assert!(message.contains("sh -c exit 3") && message.ends_with("try harder"), "{message}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let missing = Check { command: Command::new("/no/such-program"), ..check("true", false) };
        let message = all(vec![missing], folder()).unwrap_err();
        assert!(message.contains("could not be run: such-program"), "{message}");
    }

    #[test]
    fn tests_are_counted_even_if_some_fail_and_their_output_is_passed_on() {
        let (mut totals, mut terminal) = (None, Vec::new());
        let mut failing = check("echo 'test result: FAILED. 2 passed; 1 failed; 0 ignored'; exit 101", true);
        assert!(!counted(&mut failing.command, &mut totals, &mut terminal).unwrap());
        assert_eq!(totals.unwrap().to_string(), "2 passed, 1 failed");
        assert_eq!(terminal, b"test result: FAILED. 2 passed; 1 failed; 0 ignored\n");
    }

    #[test]
    fn checks_see_no_input() {
        all(vec![check("test -z \"$(cat)\"", false)], folder()).unwrap();
    }

    #[test]
    fn a_command_is_shown_with_its_variables() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings").env_remove("CARGO_PKG_NAME");
        assert_eq!(shown(&command), "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps");
    }
}
