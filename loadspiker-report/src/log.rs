//! The log of a run on standard error: `--log`, or `LOADSPIKER_LOG`. What is logged are the events of `tracing`.

use std::io::{self, Write};
use std::str::FromStr;

use loadspiker_core::format::printable;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;

/// The environment variable with the filter, where there is no `--log`.
pub(crate) const VARIABLE: &str = "LOADSPIKER_LOG";

/// Reads a filter: a level (`debug`), or several directives with a comma between (`info,loadspiker_net=trace`).
pub(crate) fn filter(text: &str) -> Result<Targets, String> {
    let wrong = |directive: &str| {
        format!(
            "`{}` is not a valid log filter: expected a level (off, error, warn, info, debug, trace) or target=level, \
             such as debug or info,loadspiker_net=trace",
            printable(directive)
        )
    };
    let mut targets = Targets::new();
    for directive in text.split(',').map(str::trim) {
        let level = |level: &str| match level.to_ascii_lowercase().as_str() {
            "off" | "error" | "warn" | "info" | "debug" | "trace" => LevelFilter::from_str(level).ok(),
            _ => None,
        };
        targets = match directive.split_once('=') {
            None => targets.with_default(level(directive).ok_or_else(|| wrong(directive))?),
            Some((target, _)) if target.trim().is_empty() => return Err(wrong(directive)),
            Some((target, of)) => targets.with_target(target.trim(), level(of.trim()).ok_or_else(|| wrong(directive))?),
        };
    }
    Ok(targets)
}

/// The filter of the environment, if there is one.
pub(crate) fn of_environment() -> Result<Option<Targets>, String> {
    match std::env::var(VARIABLE) {
        Ok(text) if !text.trim().is_empty() => filter(&text).map(Some).map_err(|error| format!("{VARIABLE}: {error}")),
        Err(std::env::VarError::NotUnicode(_)) => Err(format!("{VARIABLE}: the text is not UTF-8")),
        Ok(_) | Err(std::env::VarError::NotPresent) => Ok(None),
    }
}

/// Logs what passes the filter to standard error, for the rest of the process. `false` if the program has set a subscriber
/// of its own: that one gets the events, and nothing is changed.
pub(crate) fn begin(filter: Targets) -> bool {
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Lines(io::stderr()));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(filter).with(lines)).is_ok()
}

/// Logs as the environment variable `LOADSPIKER_LOG` says, to standard error, for the rest of the process: a level such as
/// `debug`, or directives such as `info,loadspiker_net=trace`. Without the variable, or if the program has set a subscriber
/// of its own, nothing is changed. Programs made with [`SimulationMain::main`](crate::SimulationMain::main) and tests made
/// with `#[loadspiker::test]` do this by themselves.
///
/// # Errors
///
/// What is wrong with the variable.
pub fn log_from_environment() -> Result<(), String> {
    if let Some(filter) = of_environment()? {
        begin(filter);
    }
    Ok(())
}

/// Writes each event on a line of its own, harmless for terminals. The formatter hands over one event at a time.
struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        self.0.write_all(format!("{}\n", printable(text)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_filter_is_a_level_or_levels_of_targets() {
        let all = filter("debug").unwrap();
        assert!(all.would_enable("anything", &Level::DEBUG) && !all.would_enable("anything", &Level::TRACE));
        let some = filter("Warn, loadspiker_net=TRACE").unwrap();
        assert!(some.would_enable("loadspiker_net::dial", &Level::TRACE));
        assert!(some.would_enable("other", &Level::WARN) && !some.would_enable("other", &Level::INFO));
        assert!(!filter("off").unwrap().would_enable("any", &Level::ERROR));
    }

    #[test]
    fn what_is_no_filter_is_named_with_the_remedy() {
        for wrong in ["deubg", "", "info,", "=debug", "loadspiker_net=loud", "1", "a\u{1b}[2J"] {
            let error = filter(wrong).unwrap_err();
            assert!(error.contains("is not a valid log filter: expected a level"), "{wrong}: {error}");
            assert!(!error.contains('\u{1b}'), "{error}");
        }
    }

    #[test]
    fn an_event_is_one_harmless_line() {
        let mut lines = Lines(Vec::new());
        lines.write_all(b"error=\x1b[2J a\nINFO forged\n").unwrap();
        assert_eq!(lines.0, b"error=\\u{1b}[2J a\\nINFO forged\n");
    }
}
