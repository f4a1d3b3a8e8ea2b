//! [`Progress`]: shows how the run goes, on a terminal or in a log.

use std::io::{self, Write};
use std::time::Duration;

use console::Term;
use loadspiker_core::compile::{Plan, PlannedScenario};
use loadspiker_core::engine::{Observer, RunHandle};
use loadspiker_core::format::precise;
use loadspiker_core::format::{printable, printable_lines};
use loadspiker_core::metrics::LiveView;
use loadspiker_core::report::EndReason;

use crate::drawn::Drawn;
use crate::page::{Title, line, page};
use crate::screen::Screen;

/// Shows the progress of a run on standard error: a page that is drawn over on a terminal, a line every five seconds
/// elsewhere.
#[derive(Debug)]
pub struct Progress {
    mode: Mode,
    name: String,
    planned: Option<Duration>,
    scenarios: Vec<PlannedScenario>,
    last_line: Duration,
    notice: Option<String>,
    /// Why something could not be printed.
    lost: Option<io::Error>,
}

#[derive(Debug)]
enum Mode {
    Quiet,
    Lines,
    Page(Drawn),
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
            (false, true) => Mode::Page(Drawn::on_stderr()),
        };
        Progress {
            mode,
            name: String::new(),
            planned: None,
            scenarios: Vec::new(),
            last_line: Duration::ZERO,
            notice: None,
            lost: None,
        }
    }

    /// Takes the page off the terminal, to make room for the summary.
    pub fn clear(&mut self) {
        if let Mode::Page(drawn) = &mut self.mode {
            drawn.clear();
        }
    }

    /// Why something could not be printed, such as an exchange of `--debug`, if that was so.
    pub(crate) fn take_lost(&mut self) -> io::Result<()> {
        self.lost.take().map_or(Ok(()), Err)
    }

    /// Writes a text that stays, of one line or several. What is harmful in it is written as escapes.
    fn print(&mut self, text: &str) {
        let text = &*printable_lines(text);
        match &mut self.mode {
            Mode::Page(drawn) => drawn.print(text),
            _ => {
                if let Err(cause) = writeln!(io::stderr(), "{text}") {
                    self.lost = self.lost.take().or(Some(cause));
                }
            }
        }
    }
}

impl Observer for Progress {
    fn started(&mut self, plan: &Plan, _: &RunHandle) {
        plan.name().clone_into(&mut self.name);
        self.planned = plan.injection();
        self.scenarios = plan.scenarios();
    }

    fn hook(&mut self, name: &str) {
        match &mut self.mode {
            Mode::Quiet => {}
            Mode::Lines => self.print(&format!("{name} …")),
            Mode::Page(drawn) => drawn.draw(printable(&format!("{name} …")).into_owned()),
        }
    }

    fn progress(&mut self, view: &LiveView) {
        let (name, scenarios) = (&self.name, &self.scenarios);
        let title = Title { name, planned: self.planned, scenarios, notice: self.notice.as_deref() };
        match &mut self.mode {
            Mode::Quiet => {}
            Mode::Lines => {
                if view.elapsed >= self.last_line + LINE_EVERY {
                    self.last_line = view.elapsed;
                    let line = line(title, view);
                    self.print(&line);
                }
            }
            Mode::Page(drawn) => {
                // Asked each time: windows change their size. The cursor stands below the page.
                let height = usize::from(Term::stderr().size().0).saturating_sub(1);
                drawn.draw(page(title, view, Screen::stderr(), height));
            }
        }
    }

    fn debug(&mut self, text: &str) {
        self.print(text);
    }

    fn warning(&mut self, text: &str) {
        // Also where nothing else is shown: it may be the last that is heard of the run.
        self.print(&format!("warning: {text}"));
    }

    fn stopping(&mut self, reason: &EndReason, grace: Duration) {
        let notice = if grace.is_zero() {
            format!("{reason}: ending now")
        } else {
            format!("{reason}: users have {} to finish; Ctrl-C ends the run at once", precise(grace))
        };
        if matches!(self.mode, Mode::Lines) {
            self.print(&printable(&notice));
        }
        self.notice = Some(notice);
    }
}
