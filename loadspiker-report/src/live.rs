//! [`Progress`]: shows how the run goes, on a terminal or in a log.

use std::io::Write;
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use loadspiker_core::compile::Plan;
use loadspiker_core::engine::{Observer, RunHandle};
use loadspiker_core::metrics::LiveView;
use loadspiker_core::report::EndReason;
use loadspiker_core::report::format::precise;

use crate::page::{Title, line, page};
use crate::screen::Screen;

/// Shows the progress of a run on standard error: a page that is drawn over on a terminal, a line every five seconds
/// elsewhere.
#[derive(Debug)]
pub struct Progress {
    mode: Mode,
    name: String,
    planned: Option<Duration>,
    last_line: Duration,
    notice: Option<String>,
}

#[derive(Debug)]
enum Mode {
    Quiet,
    Lines,
    Page(ProgressBar),
}

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

impl Progress {
    /// A display for standard error. A quiet one shows nothing but the exchanges of `--debug`. Without a terminal (or
    /// on one that cannot move its cursor, `TERM=dumb`) it writes lines.
    pub fn new(quiet: bool, is_terminal: bool) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let mode = match (quiet, is_terminal && !is_dumb) {
            (true, _) => Mode::Quiet,
            (false, false) => Mode::Lines,
            (false, true) => {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                // The template is a constant; were it wrong, the default style would do.
                bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
                Mode::Page(bar)
            }
        };
        Progress { mode, name: String::new(), planned: None, last_line: Duration::ZERO, notice: None }
    }

    /// Takes the page off the terminal, to make room for the summary.
    pub fn clear(&self) {
        if let Mode::Page(bar) = &self.mode {
            bar.finish_and_clear();
        }
    }

    fn print(&self, text: &str) {
        match &self.mode {
            Mode::Page(bar) => bar.println(text),
            // A closed pipe is nothing to complain about.
            _ => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }
}

impl Observer for Progress {
    fn started(&mut self, plan: &Plan, _: &RunHandle) {
        plan.name().clone_into(&mut self.name);
        self.planned = plan.injection();
    }

    fn hook(&mut self, name: &str) {
        match &self.mode {
            Mode::Quiet => {}
            Mode::Lines => self.print(&format!("{name} …")),
            Mode::Page(bar) => bar.set_message(format!("{name} …")),
        }
    }

    fn progress(&mut self, view: &LiveView) {
        let title = Title { name: &self.name, planned: self.planned, notice: self.notice.as_deref() };
        match &self.mode {
            Mode::Quiet => {}
            Mode::Lines => {
                if view.elapsed >= self.last_line + LINE_EVERY {
                    self.last_line = view.elapsed;
                    self.print(&line(title, view));
                }
            }
            Mode::Page(bar) => {
                // Asked each time: windows change their size. The cursor stands in the last line.
                let height = usize::from(Term::stderr().size().0).saturating_sub(1);
                let page = page(title, view, Screen::stderr(), height);
                // The view changes once a second; drawing the same page again would only flicker.
                if bar.message() != page {
                    bar.set_message(page);
                }
            }
        }
    }

    fn debug(&mut self, text: &str) {
        self.print(text);
    }

    fn stopping(&mut self, reason: &EndReason, grace: Duration) {
        let notice = if grace.is_zero() {
            format!("{reason}: ending now")
        } else {
            format!("{reason}: users have {} to finish; Ctrl-C ends the run at once", precise(grace))
        };
        if matches!(self.mode, Mode::Lines) {
            self.print(&notice);
        }
        self.notice = Some(notice);
    }
}
