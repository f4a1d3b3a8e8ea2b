//! The command line of a load-test program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::log;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use loadspiker_core::engine::RunOptions;
use loadspiker_core::parse_duration;
use loadspiker_core::protocol::masked_url;
use tracing_subscriber::filter::Targets;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct CommandLine {
    pub(crate) options: RunOptions,
    pub(crate) report_dir: Option<PathBuf>,
    pub(crate) quiet: bool,
    pub(crate) json: bool,
    pub(crate) check: bool,
    /// What is logged, if anything is.
    pub(crate) log: Option<Targets>,
}

/// Where run folders are made unless `--report-dir` says otherwise.
pub(crate) const DEFAULT_REPORT_DIR: &str = "loadspiker-results";

impl CommandLine {
    /// Reads the arguments, the program's name first. `Err` holds what to print: help, or what is wrong.
    pub(crate) fn parse(name: &str, args: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let args: Vec<OsString> = args.into_iter().collect();
        let shown = shown(&args);
        let matches = command(name).try_get_matches_from(args)?;
        let flag = |name: &str| matches.get_flag(name);
        Ok(CommandLine {
            options: RunOptions {
                users_factor: get(&matches, "users-factor"),
                max_duration: get(&matches, "duration"),
                target: get(&matches, "base-url"),
                targets: matches.get_many("target").into_iter().flatten().cloned().collect(),
                seed: get(&matches, "seed"),
                debug: flag("debug"),
                journal: None,
                sample_log: get(&matches, "sample-log"),
                command: shown,
            },
            report_dir: (!flag("no-report")).then(|| get(&matches, "report-dir")).flatten(),
            quiet: flag("quiet"),
            json: flag("json"),
            check: flag("check"),
            log: get(&matches, "log"),
        })
    }
}

/// The command line as a report shows it: the program without its folder, and secrets masked.
fn shown(args: &[OsString]) -> Vec<String> {
    let is_secret = |option: &str| {
        let name = option.to_lowercase();
        ["key", "token", "secret", "password"].iter().any(|word| name.contains(word))
    };
    let mut hidden = false;
    let texts = args.iter().enumerate().map(|(place, arg)| {
        let text = arg.to_string_lossy();
        if place == 0 {
            return Path::new(arg).file_name().unwrap_or_default().to_string_lossy().into_owned();
        }
        if std::mem::take(&mut hidden) {
            return "•••".to_owned();
        }
        match text.strip_prefix("--").map(|option| option.split_once('=').unwrap_or((option, ""))) {
            Some((name, value)) if is_secret(name) => {
                hidden = value.is_empty();
                if hidden { text.into_owned() } else { format!("--{name}=•••") }
            }
            Some((name, value)) if !value.is_empty() => format!("--{name}={}", masked_url(value)),
            _ => masked_url(&text),
        }
    });
    texts.collect()
}

fn get<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> Option<T> {
    matches.get_one::<T>(name).cloned()
}

fn command(name: &str) -> Command {
    let value = |name: &'static str, placeholder: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(placeholder).help(help)
    };
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    Command::new("load test")
        // `loadspiker 0.1.0`
        .display_name("loadspiker")
        .version(env!("CARGO_PKG_VERSION"))
        .about(format!("Load test \"{name}\""))
        // A script that wraps the program sets its own; the last one given counts.
        .args_override_self(true)
        .arg(
            value("users-factor", "F", "Multiply numbers and rates of users by F (such as 0.1 or 3)")
                .value_parser(factor)
                // So that a number below zero is told to be no good value, and not to be no argument.
                .allow_hyphen_values(true),
        )
        .arg(
            value("duration", "D", "End the run after D (such as 90s, 5m or 1h30m), whatever the simulation says")
                .value_parser(duration)
                .allow_hyphen_values(true),
        )
        .arg(value("base-url", "URL", "Test the system at URL, by the protocols of its scheme"))
        .arg(
            value("target", "NAME_OR_SCHEME=URL", "The same for the protocols of this name or scheme; may be repeated")
                .action(ArgAction::Append)
                .value_parser(target),
        )
        .arg(
            value("seed", "N", "Seed of everything random; the same seed gives the same run")
                .value_parser(seed)
                .allow_hyphen_values(true),
        )
        .arg(
            value("report-dir", "DIR", "Make the folder with the results of the run in DIR")
                .value_parser(value_parser!(PathBuf))
                .default_value(DEFAULT_REPORT_DIR),
        )
        .arg(
            value("sample-log", "FILE", "Write every sample to FILE; a .csv, .jsonl (JSON Lines) or .jtl (JMeter)")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(flag("no-report", "Write no result files"))
        .arg(flag("quiet", "Print nothing but errors and failed assertions"))
        .arg(flag("json", "Print the result as JSON on standard output, and all else on standard error"))
        .arg(flag("check", "Compile the simulation and print its plan; run nothing"))
        .arg(flag("debug", "Run one user of each scenario once, and print every request and response"))
        .arg(
            value("log", "LEVEL", "Log connections, failures and decisions to standard error (such as info, debug or info,loadspiker_net=trace)")
                .value_parser(log::filter)
                .allow_hyphen_values(true),
        )
        .after_help(
            "Exit codes: 0 passed, 1 an assertion failed, 2 the simulation is wrong or could not start, \
             3 the run was aborted.",
        )
}

fn target(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, url)) if !name.is_empty() && !url.is_empty() => Ok((name.to_owned(), url.to_owned())),
        _ => Err("it must be a name or a scheme and a URL, such as redis=redis://127.0.0.1:6379".to_owned()),
    }
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(factor),
        _ => Err("it must be a number above 0, such as 0.5".to_owned()),
    }
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("it must be a whole number from 0 to {}, such as 42", u64::MAX))
}

fn duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("it must be a time above 0, such as 500ms, 90s, 5m or 1h30m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<CommandLine, String> {
        let args = std::iter::once("test").chain(args.iter().copied()).map(OsString::from);
        CommandLine::parse("shop", args).map_err(|error| error.to_string())
    }

    #[test]
    fn without_arguments_the_simulation_runs_as_it_is_and_results_are_written() {
        let line = parse(&[]).unwrap();
        assert_eq!(line.report_dir, Some(PathBuf::from("loadspiker-results")));
        assert!(!line.quiet && !line.json && !line.check && !line.options.debug);
        assert_eq!(line.options.seed, None);
    }

    #[test]
    fn every_option_is_understood() {
        let line = parse(&[
            "--users-factor",
            "2.5",
            "--duration",
            "1h30m",
            "--base-url",
            "http://x",
            "--target",
            "redis=redis://a?b=c",
            "--target",
            "other=http://y",
            "--seed",
            "7",
            "--report-dir",
            "out",
            "--sample-log",
            "samples.csv",
            "--quiet",
            "--json",
            "--check",
            "--debug",
        ])
        .unwrap();
        assert_eq!(line.options.users_factor, Some(2.5));
        assert_eq!(line.options.max_duration, Some(Duration::from_secs(5400)));
        assert_eq!(line.options.target.as_deref(), Some("http://x"));
        let targets: Vec<(&str, &str)> =
            line.options.targets.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
        assert_eq!(targets, [("redis", "redis://a?b=c"), ("other", "http://y")]);
        assert_eq!(line.options.seed, Some(7));
        assert_eq!(line.report_dir, Some(PathBuf::from("out")));
        assert_eq!(line.options.sample_log, Some(PathBuf::from("samples.csv")));
        assert!(line.quiet && line.json && line.check && line.options.debug);
        assert!(line.log.is_none() && parse(&["--log", "debug"]).unwrap().log.is_some());
        assert_eq!(parse(&["--no-report"]).unwrap().report_dir, None);
    }

    #[test]
    fn a_command_line_is_shown_without_its_secrets() {
        let line =
            ["/opt/bin/shop", "--base-url", "http://me:s3cret@x/?page=1", "--seed=7", "--api-key", "s3cret", "--quiet"];
        let line: Vec<_> = line.into_iter().map(OsString::from).collect();
        let expected = ["shop", "--base-url", "http://•••@x/?page=1", "--seed=7", "--api-key", "•••", "--quiet"];
        assert_eq!(shown(&line), expected);
        assert_eq!(shown(&["x".into(), "--fleet-key=s3cret".into()]), ["x", "--fleet-key=•••"]);
    }

    #[test]
    fn the_version_is_told() {
        assert_eq!(parse(&["--version"]).unwrap_err(), format!("loadspiker {}\n", env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn of_an_option_given_twice_the_last_counts() {
        assert_eq!(parse(&["--seed", "1", "--seed", "2"]).unwrap().options.seed, Some(2));
    }

    #[test]
    fn values_that_make_no_sense_are_named_with_the_remedy() {
        for (args, expected) in [
            (["--users-factor", "0"], "a number above 0"),
            (["--users-factor", "NaN"], "a number above 0"),
            (["--duration", "soon"], "such as 500ms, 90s, 5m or 1h30m"),
            (["--seed", "-1"], "it must be a whole number from 0 to 18446744073709551615"),
            (["--seed", "x"], "it must be a whole number from 0"),
            (["--target", "redis"], "such as redis=redis://127.0.0.1:6379"),
            (["--target", "=http://x"], "it must be a name or a scheme and a URL"),
            (["--duration", "-3s"], "it must be a time above 0"),
            (["--users-factor", "-.5"], "a number above 0"),
            (["--log", "loud"], "`loud` is not a valid log filter"),
        ] {
            let message = parse(&args).unwrap_err();
            assert!(message.contains(args[0]) && message.contains(expected), "{message}");
        }
    }
}
