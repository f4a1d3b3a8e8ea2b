//! The tables of the comparisons, for the terminal and as Markdown.

use std::fmt::Write;

use crate::LOADSPIKER;
use crate::rounds::Row;
use crate::support::machine::Machine;

pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) left_out: Vec<String>,
    /// Who ran where, against what, for how long.
    pub(crate) setting: String,
    /// The part of wrk's rate that the engine is to reach, where one is set.
    pub(crate) goal: Option<f64>,
}

impl Table {
    /// The medians, for the terminal.
    pub(crate) fn text(&self) -> String {
        let head = ["median of", "req/s", "of wrk", "µs CPU/req", "peak MiB"];
        let mut text = format!("{:>12} {:>10} {:>8} {:>11} {:>9}\n", head[0], head[1], head[2], head[3], head[4]);
        for Row { name, median, ratio: [ratio, ..], .. } in &self.rows {
            let (rate, cost) = (median.requests_per_second, median.micros_per_request);
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{name:>12} {rate:>10.0} {ratio:>8.3} {cost:>11.2} {:>9.1}", median.peak_mebibytes);
        }
        if let Some(verdict) = self.verdict() {
            let _ = writeln!(text, "\n{verdict}");
        }
        text
    }

    /// Whether the goal is reached, in a sentence.
    fn verdict(&self) -> Option<String> {
        let goal = self.goal?;
        let [ratio, ..] = self.rows.iter().find(|row| row.name == LOADSPIKER)?.ratio;
        let verdict = if ratio >= goal { "holds" } else { "MISSED" };
        Some(format!("Claimed of {LOADSPIKER}: {goal} of wrk's rate or more. Found: {ratio:.2}, {verdict}."))
    }

    fn write(&self, text: &mut String) {
        let _ = write!(text, "\n### {}\n\n- Setting: {}.\n", self.title, self.setting);
        for client in &self.left_out {
            let _ = writeln!(text, "- Left out: {client}.");
        }
        text.push_str(
            "\n| client | version | requests/s | of wrk's rate | CPU µs/request | peak memory |\n\
             |---|---|---:|---:|---:|---:|\n",
        );
        for Row { name, version, median, ratio: [ratio, low, high] } in &self.rows {
            let (rate, cost) = (median.requests_per_second, median.micros_per_request);
            let _ = writeln!(
                text,
                "| {name} | {version} | {rate:.0} | {ratio:.2} ({low:.2}–{high:.2}) | {cost:.2} | {:.1} MiB |",
                median.peak_mebibytes
            );
        }
        if let Some(verdict) = self.verdict() {
            let _ = writeln!(text, "\n{verdict}");
        }
    }
}

/// The tables with all that their figures depend on.
pub(crate) fn markdown(tables: &[Table], server: &str) -> String {
    let mut text = format!(
        "- Machine: {}.\n\
         - Server: {server}, one process.\n\n\
         Medians of all rounds. The ratio is that of the rates within a round; in brackets the lowest and the highest. \
         Processor time and memory are the client's, from its start to its end.\n",
        Machine::this()
    );
    tables.iter().for_each(|table| table.write(&mut text));
    text
}
