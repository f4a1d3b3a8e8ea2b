//! [`SimulationMain::main`]: a load-test program's whole `main`.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use loadspiker_core::Error;
use loadspiker_core::dsl::Simulation;
use loadspiker_core::report::format::{printable, printable_lines};
use loadspiker_core::report::{EndReason, RunReport};

use crate::cli::CommandLine;
use crate::folder::write_run_folder;
use crate::live::Progress;
use crate::screen::Screen;
use crate::summary::Summary;

/// Makes a program of a simulation. In the prelude, so that `simulation.main()` is at hand.
pub trait SimulationMain {
    /// Reads the command line, runs the simulation with live progress, prints the summary, writes the result to a run
    /// folder, and says how it went:
    ///
    /// | exit code | meaning |
    /// |---|---|
    /// | 0 | the run came to its end and all assertions hold |
    /// | 1 | an assertion failed, or what is done after the run did, or code of the user's panicked |
    /// | 2 | the simulation or the command line is wrong, the run could not start, or its result could not be written |
    /// | 3 | the run was aborted: Ctrl-C, SIGTERM, `crash_load_generator`, a feeder that ran out |
    ///
    /// Run the program with `--help` for what the command line understands.
    fn main(self) -> ExitCode;

    /// As [`main`](Self::main), with these arguments (the first is the program's name) instead of the process's.
    fn main_with(self, args: impl IntoIterator<Item = OsString>) -> ExitCode;
}

impl SimulationMain for Simulation {
    fn main(self) -> ExitCode {
        self.main_with(std::env::args_os())
    }

    fn main_with(self, args: impl IntoIterator<Item = OsString>) -> ExitCode {
        ExitCode::from(run(self, args))
    }
}

const PASSED: u8 = 0;
const ASSERTION_FAILED: u8 = 1;
const WRONG: u8 = 2;
const ABORTED: u8 = 3;

fn run(simulation: Simulation, args: impl IntoIterator<Item = OsString>) -> u8 {
    let line = match CommandLine::parse(simulation.name(), args) {
        Ok(line) => line,
        Err(error) => {
            if error.use_stderr() {
                // It quotes what was given.
                say(&mut std::io::stderr(), &printable_lines(&error.to_string()));
                return WRONG;
            }
            // A closed pipe is nothing to complain about.
            let _ = error.print();
            return PASSED;
        }
    };
    if line.check {
        return match simulation.plan(&line.options) {
            Ok(plan) => {
                say(&mut std::io::stdout(), &printable_lines(&plan.to_string()));
                PASSED
            }
            Err(error) => fail(&error),
        };
    }
    // Before the run: an hour of load for nothing would be a pity.
    let made = match line.report_dir.as_deref().map(make_folder).transpose() {
        Ok(made) => made.flatten(),
        Err(error) => return fail(&error),
    };
    let mut progress = Progress::new(line.quiet, std::io::stderr().is_terminal());
    let outcome = simulation.run_with(&line.options, &mut progress);
    progress.clear();
    match outcome {
        Ok(report) => tell(&report, &line),
        Err(error) => {
            // Leaves no empty folder behind; one with results in it stays.
            made.iter().for_each(|dir| drop(std::fs::remove_dir(dir)));
            fail(&error)
        }
    }
}

/// Prints and writes what came out.
fn tell(report: &RunReport, line: &CommandLine) -> u8 {
    let written = line.report_dir.as_deref().map(|dir| write_run_folder(report, dir)).transpose();
    if line.json {
        say(&mut std::io::stdout(), &(harmless_json(&report.to_json()) + "\n"));
    }
    if line.quiet {
        if let EndReason::Aborted(_) = report.info().end {
            complain(format_args!("error: {}", report.info().end));
        }
        if let Some(cause) = &report.info().after_error {
            complain(format_args!("error: after failed: {cause}"));
        }
        let failed = report.assertions().iter().filter(|result| !result.passed);
        let other = matches!(report.info().end, EndReason::Aborted(_)) || report.info().after_error.is_some();
        if !report.passed() && !other && failed.clone().next().is_none() {
            // It was interrupted, or steps have panicked and no assertion is about that.
            say(&mut std::io::stderr(), &format!("{}\n", report.verdict()));
        }
        for result in failed {
            complain(format_args!("{result}"));
            result.look_at.iter().for_each(|line| complain(format_args!("    {line}")));
        }
    } else {
        let screen = if line.json { Screen::stderr() } else { Screen::stdout() };
        let mut text = Summary::new(report).on(screen).to_string();
        if let Ok(Some(folder)) = &written {
            text.push_str(&format!("results in {}\n", folder.path.display()));
        }
        if line.json {
            say(&mut std::io::stderr(), &text);
        } else {
            say(&mut std::io::stdout(), &text);
        }
    }
    match written {
        Ok(_) => exit_code(report),
        Err(error) => fail(&error),
    }
}

/// Makes the folder for results; gives it back if it was not there.
fn make_folder(dir: &Path) -> Result<Option<PathBuf>, Error> {
    if dir.is_dir() {
        return Ok(None);
    }
    match std::fs::create_dir_all(dir) {
        Ok(()) => Ok(Some(dir.to_owned())),
        Err(cause) => Err(Error::Io {
            path: format!("folder for results {}", dir.display()),
            cause: format!("{cause}; choose another with --report-dir, or write none with --no-report"),
        }),
    }
}

fn exit_code(report: &RunReport) -> u8 {
    match &report.info().end {
        EndReason::Interrupted | EndReason::Aborted(_) => ABORTED,
        _ if report.passed() => PASSED,
        _ => ASSERTION_FAILED,
    }
}

fn fail(error: &Error) -> u8 {
    let text = format!("error: {error}\n");
    say(&mut std::io::stderr(), &printable_lines(&text));
    WRONG
}

/// A line on standard error.
fn complain(line: std::fmt::Arguments<'_>) {
    say(&mut std::io::stderr(), &(printable(&line.to_string()) + "\n"));
}

/// JSON with all that is harmful to a terminal written as escapes of JSON, which mean the same.
fn harmless_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        // Between texts there are newlines only.
        if c.is_ascii_graphic() || c == ' ' || c == '\n' || printable(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            safe.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
        }
    }
    safe
}

/// Writes what is safe to be printed.
fn say(to: &mut dyn Write, text: &str) {
    // Whoever closed the pipe does not want to read it.
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
