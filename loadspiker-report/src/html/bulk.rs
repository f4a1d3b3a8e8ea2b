//! The second block of data: what is drawn. JSON, compressed with DEFLATE (RFC 1951) and written as base64, since it is
//! most of a page's size.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use loadspiker_core::metrics::{KeptExchange, TimeStatistics};
use loadspiker_core::report::RunReport;
use serde::Serialize;

use super::grid::{FINE, LESS_FINE, packed as pack};
use super::series::{self, Columns};
use super::windows;

/// Points of all series of requests together.
const REQUEST_POINTS: usize = 36_000;
/// The fewest points of a series, however many there are.
const FEWEST_POINTS: usize = 60;
/// With more requests than this histograms are coarser, lest a page becomes too large to be sent to somebody.
const MANY: usize = 100;

#[derive(Serialize)]
struct Bulk<'a> {
    /// The bits of the grid of `times`.
    bits: u32,
    /// In the order of the rows of the first block.
    times: Vec<RowTimes>,
    series: Vec<Option<Columns>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    windows: Option<serde_json::Value>,
    /// Failed requests with what was sent and received.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exchanges: Vec<Exchange<'a>>,
}

#[derive(Serialize)]
struct Exchange<'a> {
    /// In seconds.
    at: f64,
    path: Vec<&'a str>,
    error: &'a str,
    request: &'a str,
    response: &'a str,
}

/// Histograms of a row, in the form of [`grid`](super::grid).
#[derive(Serialize)]
struct RowTimes {
    ok: Vec<u64>,
    failed: Vec<u64>,
    service: Vec<u64>,
}

impl<'a> Exchange<'a> {
    fn of(kept: &'a KeptExchange) -> Self {
        Exchange {
            at: kept.at.as_secs_f64(),
            path: kept.groups.iter().map(|group| &**group).chain([&*kept.name]).collect(),
            error: &kept.error,
            request: &kept.request,
            response: &kept.response,
        }
    }
}

/// The block for this report.
pub(super) fn packed(report: &RunReport) -> String {
    let most = (REQUEST_POINTS / report.requests().len().max(1)).max(FEWEST_POINTS);
    let bits = if report.requests().len() > MANY { LESS_FINE } else { FINE };
    let row = |ok: &TimeStatistics, failed: &TimeStatistics, service: &TimeStatistics| RowTimes {
        ok: pack(ok, bits),
        failed: pack(failed, bits),
        service: pack(service, bits),
    };
    let all = report.global();
    let mut times = vec![row(all.successful_response_time(), all.failed_response_time(), all.service_time())];
    let mut series = vec![None];
    for group in report.groups() {
        times.push(row(group.successful_response_time(), group.failed_response_time(), group.service_time()));
        series.push(None);
    }
    for request in report.requests() {
        let all = request.statistics();
        times.push(row(all.successful_response_time(), all.failed_response_time(), all.service_time()));
        series.push(Some(series::of_request(request.series(), most)));
    }
    let exchanges = report.exchanges().iter().map(Exchange::of).collect();
    let json = serde_json::to_vec(&Bulk { bits, times, series, windows: windows::of(report), exchanges });
    let json = json.unwrap_or_default();
    deflate(&json)
}

fn deflate(bytes: &[u8]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Into memory: neither fails.
    let _ = encoder.write_all(bytes);
    STANDARD.encode(encoder.finish().unwrap_or_default())
}
