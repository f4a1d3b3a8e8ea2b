//! A list of runs: as a table for a terminal, and as a page with links to their reports.

use std::time::Duration;

use loadspiker_core::format::{count, human};
use loadspiker_core::report::RunReport;

use crate::folder::civil;
use crate::html::escape;
use crate::screen::{Screen, Tone};
use crate::table::{Cell, Table, numbers, words};

/// The page around the rows.
const SHELL: &str = include_str!("../web/dist/runs.html");

/// What a list of runs says of one of them. Runs are ordered by the time at which they began.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedRun {
    started_at_ms: u64,
    folder: String,
    simulation: String,
    passed: bool,
    duration: Duration,
    users: u64,
    requests: u64,
    failed: u64,
    /// Median, 95th and 99th percentile.
    times: [Duration; 3],
    /// Requests a second, in hundredths.
    rate: u64,
}

impl ListedRun {
    /// The run whose results are in the folder of this name.
    pub fn new(folder: impl Into<String>, report: &RunReport) -> Self {
        let all = report.global();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is positive and far below u64"
        )]
        let rate = (all.requests_per_sec() * 100.0).round() as u64;
        ListedRun {
            started_at_ms: report.info().started_at_ms,
            folder: folder.into(),
            simulation: report.info().simulation.clone(),
            passed: report.passed(),
            duration: report.info().duration,
            users: report.users_started(),
            requests: all.count(),
            failed: all.failed_count(),
            times: all.response_time().percentiles([50.0, 95.0, 99.0]),
            rate,
        }
    }

    fn started(&self) -> String {
        let [year, month, day, hour, minute, second] = civil(self.started_at_ms / 1000);
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }

    fn verdict(&self) -> &'static str {
        if self.passed { "passed" } else { "failed" }
    }

    fn figures(&self) -> [String; 8] {
        let [p50, p95, p99] = self.times.map(human);
        let rate = format!("{}.{}", self.rate / 100, self.rate / 10 % 10);
        [human(self.duration), count(self.users), count(self.requests), count(self.failed), rate, p50, p95, p99]
    }
}

const FIGURES: [&str; 8] = ["duration", "users", "requests", "failed", "per second", "p50", "p95", "p99"];

/// The runs as a table in plain text, in the order given. Times of day are UTC.
pub fn run_table(runs: &[ListedRun]) -> String {
    let columns = [words("run"), words("started (UTC)"), words("verdict")].into_iter().chain(FIGURES.map(numbers));
    let mut table = Table::new(columns);
    for run in runs {
        let tone = if run.passed { Tone::Good } else { Tone::Bad };
        let texts = [Cell::from(run.folder.as_str()), run.started().into(), Cell::from(run.verdict()).tone(tone)];
        table.row(texts.into_iter().chain(run.figures().map(Cell::from)));
    }
    table.lines(Screen::stdout()).join("\n")
}

/// The runs as a page, in the order given, with links to `<folder>/report.html`. It needs nothing beside itself.
pub fn run_index(runs: &[ListedRun]) -> String {
    let head: String = FIGURES.iter().map(|name| format!("<th scope=\"col\" class=\"n\">{name}</th>")).collect();
    let rows: String = runs.iter().map(row).collect();
    let table = format!(
        "<table><thead><tr><th scope=\"col\">run</th><th scope=\"col\">started (UTC)</th><th scope=\"col\">verdict</th>\
         {head}</tr></thead><tbody>\n{rows}</tbody></table>"
    );
    SHELL.replacen("<!--runs-->", &table, 1)
}

fn row(run: &ListedRun) -> String {
    let (mark, verdict) = if run.passed { ("✓", "ok") } else { ("✗", "fail") };
    let figures: String = run.figures().iter().map(|text| format!("<td class=\"n\">{}</td>", escape(text))).collect();
    format!(
        "<tr><th scope=\"row\"><a href=\"{}/report.html\">{}</a><small>{}</small></th><td>{}</td>\
         <td class=\"{verdict}\">{mark} {}</td>{figures}</tr>\n",
        escape(&percent_encoded(&run.folder)),
        escape(&run.simulation),
        escape(&run.folder),
        run.started(),
        run.verdict(),
    )
}

/// A folder's name as a part of a relative address (RFC 3986).
fn percent_encoded(name: &str) -> String {
    let encoded = name.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    // A colon in the first part would make a scheme of it.
    format!("./{}", encoded.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_neither_markup_nor_addresses_elsewhere() {
        let run = ListedRun {
            started_at_ms: 1_795_443_330_000,
            folder: "javascript:x y".to_owned(),
            simulation: "<script>alert(1)</script>".to_owned(),
            passed: false,
            duration: Duration::from_secs(90),
            users: 1,
            requests: 12_345,
            failed: 3,
            times: [Duration::from_millis(1); 3],
            rate: 13_716,
        };
        let page = run_index(std::slice::from_ref(&run));
        assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script"), "{page}");
        assert!(page.contains("href=\"./javascript%3Ax%20y/report.html\""), "{page}");
        assert!(
            page.contains("2026-11-23 14:15:30") && page.contains("✗ failed") && page.contains(">137.1<"),
            "{page}"
        );
        let table = run_table(&[run]);
        assert!(table.contains("12,345") && table.contains("failed"), "{table}");
    }
}
