//! [`SimulationMain::main`]: a load-test program's whole `main`.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use loadspiker_core::Error;
use loadspiker_core::dsl::Simulation;
use loadspiker_core::format::{printable, printable_lines};
use loadspiker_core::report::{EndReason, RunReport};

use crate::cli::CommandLine;
use crate::folder::{RunFolder, died, rescue};
use crate::live::Progress;
use crate::log;
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
    /// | 2 | the simulation or the command line is wrong, the run could not start, or its result could not be written or printed |
    /// | 3 | the run was aborted: Ctrl-C, SIGTERM, SIGHUP, SIGQUIT, `crash_load_generator`, a feeder that ran out |
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
    let mut line = match CommandLine::parse(simulation.name(), args) {
        Ok(line) => line,
        Err(error) => {
            if error.use_stderr() {
                // It quotes what was given.
                say(&mut std::io::stderr(), &printable_lines(&error.to_string()));
                return WRONG;
            }
            let printed = error.print().and_then(|()| std::io::stdout().flush());
            return unless_closed(printed, "standard output").map_or_else(|error| fail(&error), |()| PASSED);
        }
    };
    if line.check {
        return match simulation.plan(&line.options) {
            Ok(plan) => {
                let printed = print(&printable_lines(&plan.to_string()), true);
                printed.map_or_else(|error| fail(&error), |()| PASSED)
            }
            Err(error) => fail(&error),
        };
    }
    let logged = match line.log.take().map_or_else(log::of_environment, |filter| Ok(Some(filter))) {
        Ok(filter) => filter,
        Err(error) => {
            complain(format_args!("error: {error}"));
            return WRONG;
        }
    };
    let is_logging = logged.is_some();
    if logged.is_some_and(|filter| !log::begin(filter)) && !line.quiet {
        complain(format_args!("note: the program has set a tracing subscriber of its own; it gets the log"));
    }
    // Before the run: an hour of load for nothing would be a pity.
    line.report_dir.iter().filter(|_| !line.quiet).for_each(|dir| tell_of_the_dead(dir));
    let folder = line.report_dir.as_deref().map(|dir| RunFolder::open(dir, simulation.name())).transpose();
    let folder = match folder {
        Ok(folder) => folder,
        Err(error) => return fail(&error),
    };
    line.options.journal = folder.as_ref().map(RunFolder::journal);
    let mut progress = Progress::new(line.quiet, std::io::stderr().is_terminal() && !is_logging);
    let outcome = simulation.run_with(&line.options, &mut progress);
    progress.clear();
    match outcome {
        Ok(report) => {
            let shown = unless_closed(progress.take_lost(), "standard error");
            tell(&report, &line, folder.as_ref(), shown)
        }
        Err(error) => {
            folder.into_iter().for_each(RunFolder::discard);
            fail(&error)
        }
    }
}

/// Prints and writes what came out; `shown` says whether all that came on the way could be printed.
fn tell(report: &RunReport, line: &CommandLine, folder: Option<&RunFolder>, shown: Result<(), Error>) -> u8 {
    let written = folder.map(|folder| folder.conclude(report)).transpose();
    let json = || print(&(harmless_json(&report.to_json()) + "\n"), true);
    let mut printed = if line.json { shown.and(json()) } else { shown };
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
        if let (Ok(_), Some(folder)) = (&written, folder) {
            text.push_str(&format!("results in {}\n", folder.path().display()));
        }
        printed = printed.and(print(&text, !line.json));
    }
    if let Err(error) = written {
        return fail(&error);
    }
    match (exit_code(report), printed) {
        // A terminal that was closed has ended the run, and takes no text.
        (code, Ok(())) | (code @ ABORTED, _) => code,
        (_, Err(error)) => fail(&error),
    }
}

/// How many runs that died are told of.
const DEAD: usize = 3;

/// Says which runs in this folder have died, and what is left of them.
fn tell_of_the_dead(dir: &Path) {
    let dead = died(dir);
    dead.iter().take(DEAD).for_each(|journal| complain(format_args!("note: {}", rescue(journal))));
    if dead.len() > DEAD {
        complain(format_args!("note: {} more runs in {} died", dead.len() - DEAD, dir.display()));
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

/// Says something on the way, on which nothing depends; it must be safe to print.
fn say(to: &mut dyn Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

/// Prints what the program was run for, on standard output or else on standard error.
fn print(text: &str, out: bool) -> Result<(), Error> {
    let print = |to: &mut dyn Write| to.write_all(text.as_bytes()).and_then(|()| to.flush());
    if out {
        unless_closed(print(&mut std::io::stdout()), "standard output")
    } else {
        unless_closed(print(&mut std::io::stderr()), "standard error")
    }
}

/// Whoever closed the pipe does not want to read what is written; a full disk is an error.
fn unless_closed(written: std::io::Result<()>, to: &str) -> Result<(), Error> {
    match written {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
            Err(Error::Io { path: to.to_owned(), cause: cause.to_string() })
        }
        _ => Ok(()),
    }
}
