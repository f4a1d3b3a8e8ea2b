//! [`Progress`]: how the run goes, on a terminal or in a log.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use loadspiker_core::compile::Plan;
use loadspiker_core::engine::Observer;
use loadspiker_core::metrics::LiveView;
use loadspiker_core::report::EndReason;
use loadspiker_core::report::format::{count as thousands, human};

use crate::table::{Table, rate};

/// Shows the progress of a run on standard error: a page that is drawn over on a terminal, a line every five seconds
/// elsewhere.
#[derive(Debug)]
pub struct Progress {
    mode: Mode,
    name: String,
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
/// How many requests a page shows; more would not fit.
const REQUESTS_SHOWN: usize = 15;

impl Progress {
    /// A display for standard error. A quiet one shows nothing but the exchanges of `--debug`.
    pub fn new(quiet: bool, is_terminal: bool) -> Self {
        let mode = match (quiet, is_terminal) {
            (true, _) => Mode::Quiet,
            (false, false) => Mode::Lines,
            (false, true) => {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                // The template is a constant; were it wrong, the default style would do.
                bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
                Mode::Page(bar)
            }
        };
        Progress { mode, name: String::new(), last_line: Duration::ZERO, notice: None }
    }

    /// Takes the page off the terminal, to make room for the summary.
    pub fn clear(&self) {
        if let Mode::Page(bar) = &self.mode {
            bar.finish_and_clear();
        }
    }

    fn print(&self, text: &str) {
        use std::io::Write;
        match &self.mode {
            Mode::Page(bar) => bar.println(text),
            // A closed pipe is nothing to complain about.
            _ => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }
}

impl Observer for Progress {
    fn started(&mut self, plan: &Plan) {
        plan.name().clone_into(&mut self.name);
    }

    fn progress(&mut self, view: &LiveView) {
        match &self.mode {
            Mode::Quiet => {}
            Mode::Lines => {
                if view.elapsed >= self.last_line + LINE_EVERY {
                    self.last_line = view.elapsed;
                    self.print(&line(view));
                }
            }
            Mode::Page(bar) => bar.set_message(page(&self.name, view, self.notice.as_deref())),
        }
    }

    fn debug(&mut self, text: &str) {
        self.print(text);
    }

    fn stopping(&mut self, reason: &EndReason, grace: Duration) {
        if matches!(self.mode, Mode::Quiet) {
            return;
        }
        let notice = if grace.is_zero() {
            format!("{reason}: ending now")
        } else {
            format!("{reason}: users have {} to finish; Ctrl-C ends the run at once", human(grace))
        };
        self.print(&notice);
        self.notice = Some(notice);
    }
}

fn clock(elapsed: Duration) -> String {
    let secs = elapsed.as_secs();
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// One line for a log.
fn line(view: &LiveView) -> String {
    format!(
        "{}  users {} active, {} started, {} done  requests {} ok, {} failed  {}/s, {} errors/s  p50 {}  p95 {}  p99 {}",
        clock(view.elapsed),
        thousands(view.users_active),
        thousands(view.users_started),
        thousands(view.users_done),
        thousands(view.ok),
        thousands(view.failed),
        thousands(view.requests_per_sec),
        thousands(view.errors_per_sec),
        human(view.p50),
        human(view.p95),
        human(view.p99),
    )
}

/// A page for a terminal.
fn page(name: &str, view: &LiveView, notice: Option<&str>) -> String {
    let mut page = format!(
        "{name}  {}\n  users     {} active  {} started  {} done\n  requests  {} ok  {} failed  {}/s  {} errors/s\n  last second  p50 {}  p95 {}  p99 {}  max {}\n",
        clock(view.elapsed),
        thousands(view.users_active),
        thousands(view.users_started),
        thousands(view.users_done),
        thousands(view.ok),
        thousands(view.failed),
        thousands(view.requests_per_sec),
        thousands(view.errors_per_sec),
        human(view.p50),
        human(view.p95),
        human(view.p99),
        human(view.max),
    );
    let mut table = Table::new(1, ["request", "ok", "failed", "/s", "p50", "p95", "p99"]);
    for request in view.requests.iter().take(REQUESTS_SHOWN) {
        table.row([
            request.path.clone(),
            thousands(request.ok),
            thousands(request.failed),
            #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
            rate(request.requests_per_sec as f64),
            human(request.p50),
            human(request.p95),
            human(request.p99),
        ]);
    }
    if !table.is_empty() {
        page.push('\n');
        page.push_str(&table.to_string());
    }
    if let Some(more) = view.requests.len().checked_sub(REQUESTS_SHOWN + 1) {
        page.push_str(&format!("  and {} more\n", more + 1));
    }
    if !view.errors.is_empty() {
        page.push_str("\n  errors\n");
        for error in view.errors.iter().take(5) {
            page.push_str(&format!("  {:>8}  {}\n", thousands(error.count), error.text));
        }
    }
    if let Some(notice) = notice {
        page.push_str(&format!("\n  {notice}\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_users_requests_and_percentiles() {
        let mut view = LiveView::default();
        view.elapsed = Duration::from_secs(3725);
        view.users_active = 1200;
        view.ok = 5;
        view.p95 = Duration::from_millis(12);
        let line = line(&view);
        assert!(line.starts_with("01:02:05  users 1,200 active"), "{line}");
        assert!(line.contains("requests 5 ok, 0 failed") && line.contains("p95 12"), "{line}");
    }

    #[test]
    fn a_page_names_the_run_and_the_notice() {
        let page = page("shop", &LiveView::default(), Some("stopped"));
        assert!(page.starts_with("shop  00:00:00") && page.ends_with("stopped\n"), "{page}");
    }
}
