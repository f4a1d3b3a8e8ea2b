//! The files that a run's results are written to.

mod histograms;
mod markdown;
mod tables;

use loadspiker_core::report::RunReport;

use crate::html::html;
use crate::junit::junit;

/// The file that all others are made from.
pub(crate) const REPORT: &str = "report.json";

/// A file's name, and what writes it.
type ResultFile = (&'static str, fn(&RunReport) -> String);

/// All of them.
pub(crate) const FILES: [ResultFile; 7] = [
    (REPORT, RunReport::to_json),
    ("report.html", html),
    ("junit.xml", junit),
    ("summary.md", markdown::summary),
    ("requests.csv", tables::requests),
    ("series.csv", tables::series),
    ("response-times.hlog", histograms::log),
];
