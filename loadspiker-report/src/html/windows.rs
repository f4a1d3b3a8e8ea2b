//! Histograms of windows, as the page reads them: as the report has them, or of longer windows, where those would make a
//! page too large to be sent to somebody.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use loadspiker_core::metrics::{WindowFigures, WindowTimes, Windows};
use loadspiker_core::report::RunReport;
use serde::Serialize;

use super::grid;

/// Above so many bytes windows are made longer.
const ROOM: usize = 1_500_000;

/// The windows of a page, as JSON; nothing where there are none.
pub(super) fn of(report: &RunReport) -> Option<serde_json::Value> {
    let windows = report.windows();
    if windows.is_empty() {
        return None;
    }
    let mut step = windows.step().as_secs().max(1);
    let mut written = serde_json::to_value(windows).ok()?;
    while size(&written) > ROOM && step.saturating_mul(4) < report.info().duration.as_secs() {
        step *= 2;
        written = serde_json::to_value(longer(report, windows, step)).ok()?;
    }
    Some(written)
}

fn size(written: &serde_json::Value) -> usize {
    let lists = ["requests", "groups"].into_iter().filter_map(|name| written.get(name)?.as_array());
    let texts = lists.flatten().filter_map(|one| one.get("response_time")?.as_str());
    texts.map(str::len).sum()
}

/// The form of the report's own windows.
#[derive(Serialize)]
struct Longer {
    version: u32,
    step_secs: u64,
    seconds: u64,
    buckets_per_doubling: u64,
    requests: Vec<Request>,
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Request {
    groups: Vec<String>,
    name: String,
    response_time: String,
}

#[derive(Serialize)]
struct Group {
    path: Vec<String>,
    response_time: String,
}

fn longer(report: &RunReport, windows: &Windows, step: u64) -> Longer {
    let bits = windows.buckets_per_doubling().ilog2();
    let seconds = windows.step().as_secs() * windows.len() as u64;
    let (mut requests, mut groups) = (HashMap::new(), HashMap::new());
    for window in 0..seconds.div_ceil(step) {
        let time = |window: u64| Duration::from_secs(window * step);
        let selected = windows.select(time(window), time(window + 1));
        selected.requests.iter().for_each(|(name, figures)| add(&mut requests, name, window, figures, bits));
        selected.groups.iter().for_each(|(name, figures)| add(&mut groups, name, window, figures, bits));
    }
    let owned = |path: &mut dyn Iterator<Item = &str>| path.map(str::to_owned).collect();
    Longer {
        version: 1,
        step_secs: step,
        seconds,
        buckets_per_doubling: windows.buckets_per_doubling(),
        requests: report
            .requests()
            .iter()
            .filter_map(|request| {
                let response_time = requests.remove(&request.path())?.packed();
                Some(Request { groups: owned(&mut request.groups()), name: request.name().to_owned(), response_time })
            })
            .collect(),
        groups: report
            .groups()
            .iter()
            .filter_map(|group| {
                let response_time = groups.remove(&group.path())?.packed();
                Some(Group { path: owned(&mut group.groups()), response_time })
            })
            .collect(),
    }
}

/// The windows of one name.
#[derive(Default)]
struct Slots {
    next: u64,
    bytes: Vec<u8>,
}

fn add(all: &mut HashMap<String, Slots>, name: &str, window: u64, figures: &WindowFigures, bits: u32) {
    let slots = all.entry(name.to_owned()).or_default();
    put(&mut slots.bytes, window - slots.next);
    slots.next = window + 1;
    for times in [&figures.ok, &figures.failed] {
        let cell = cell(times, bits);
        put(&mut slots.bytes, cell.len() as u64);
        slots.bytes.extend(cell);
    }
}

impl Slots {
    fn packed(self) -> String {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        // Into memory: neither fails.
        let _ = encoder.write_all(&self.bytes);
        STANDARD.encode(encoder.finish().unwrap_or_default())
    }
}

/// Least time, what the greatest is more, sum, and the counts of buckets between them; see `windows.ts`.
fn cell(times: &WindowTimes, bits: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let count = times.count();
    if count == 0 {
        return bytes;
    }
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let (min, max) = (micros(times.min()), micros(times.max()));
    put(&mut bytes, min);
    put(&mut bytes, max - min);
    put(&mut bytes, micros(times.mean()).saturating_mul(count));
    let mut next = grid::bucket(min, bits);
    for (from, _, count) in times.buckets() {
        // The bucket of the least time may begin below it.
        let bucket = grid::bucket(micros(from).max(min), bits);
        if bucket > next {
            put(&mut bytes, 2 * (bucket - next) - 1);
        }
        put(&mut bytes, 2 * count);
        next = bucket + 1;
    }
    bytes
}

/// A number, seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use loadspiker_core::dsl::*;
    use loadspiker_core::inject::constant_users_per_sec;
    use loadspiker_core::{DurationExt, Session};

    use super::*;

    fn run(seconds: u64) -> RunReport {
        let visit = scenario("Visit")
            .exec(dummy("a", 40.millis()))
            .exec(group(
                "g",
                dummy("b", |session: &Session| Duration::from_micros(900 + session.user_id() * 77 % 90_000)),
            ))
            .pause(1);
        let visit = visit.inject(constant_users_per_sec(2).during(seconds.secs()));
        Simulation::new("long").with(visit).simulated_clock().run().unwrap()
    }

    #[test]
    fn longer_windows_are_read_as_the_reports_own_and_hold_the_same() {
        let report = run(1_500);
        let windows = report.windows();
        let step = windows.step().as_secs();
        let mut written = serde_json::to_value(longer(&report, windows, step * 4)).unwrap();
        assert_eq!(written["groups"][0]["path"][0], "g");
        // The core wants the durations of groups, too, of which the page has no use.
        written["groups"] = serde_json::json!([]);
        let read: Windows = serde_json::from_value(written).unwrap();
        assert_eq!(read.step().as_secs(), step * 4);
        for range in [(0, 2_000), (0, step * 4), (step * 8, step * 12)] {
            let [from, to] = [range.0, range.1].map(Duration::from_secs);
            let (own, longer) = (windows.select(from, to), read.select(from, to));
            assert_eq!(longer.requests.len(), own.requests.len());
            for ((name, a), (other, b)) in own.requests.iter().zip(&longer.requests) {
                assert_eq!(name, other);
                let figures = |times: &WindowTimes| (times.count(), times.min(), times.max(), times.buckets());
                assert_eq!(figures(&a.ok), figures(&b.ok));
                assert!(a.ok.mean().abs_diff(b.ok.mean()) <= Duration::from_micros(1));
            }
        }
    }

    #[test]
    fn a_short_run_has_its_own_windows() {
        let report = run(20);
        assert_eq!(of(&report), Some(serde_json::to_value(report.windows()).unwrap()));
    }
}
