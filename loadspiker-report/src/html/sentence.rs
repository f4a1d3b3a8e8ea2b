//! What came out of a run, in one plain sentence or two.

use loadspiker_core::metrics::SeriesPoint;
use loadspiker_core::parse_duration;
use loadspiker_core::report::RunReport;
use loadspiker_core::report::format::{count, human};
use std::time::Duration;

use crate::text::{clock, rate};

/// Such as "Held 420 requests/s for 10 min 0 s. The 95th percentile crossed 800 ms after 00:03:20, with 380 users."
pub(crate) fn sentence(report: &RunReport) -> String {
    let all = report.global();
    let info = report.info();
    if all.count() == 0 {
        return match info.warm_up {
            Some(_) if report.ended_within_warm_up() => {
                "The run ended within its warm-up: nothing was measured.".to_owned()
            }
            _ => "No request was made.".to_owned(),
        };
    }
    let time = human(info.measured());
    let mut text = match all.failed_count() {
        0 => format!("Held {} requests/s for {time} without a failure", rate(all.requests_per_sec())),
        failed if failed == all.count() => format!("All {} requests failed, in {time}", count(failed)),
        failed => format!(
            "{} requests/s for {time}, of which {} failed",
            rate(all.requests_per_sec()),
            share(failed, all.count())
        ),
    };
    if all.failed_count() < all.count() {
        let [p95] = all.response_time().percentiles([95.0]);
        text.push_str(&format!("; 95 % were answered within {}.", human(p95)));
    } else {
        text.push('.');
    }
    if let Some(crossed) = crossed(report) {
        text.push_str(&crossed);
    } else if let Some(first) = first_failure(report) {
        text.push_str(&first);
    }
    text
}

/// Which percentile of all requests was to stay below which time, and since when it did not.
fn crossed(report: &RunReport) -> Option<String> {
    report.assertions().iter().filter(|result| !result.passed).find_map(|result| {
        let percent = result.description.strip_prefix("global: ")?.split_once("th percentile of response time")?.0;
        let of: fn(&SeriesPoint) -> Duration = match percent {
            "50" => |point| point.p50,
            "95" => |point| point.p95,
            "99" => |point| point.p99,
            _ => return None,
        };
        let limit = result.expected.strip_prefix('<')?.trim_start_matches('=').trim_start();
        let limit = parse_duration(&limit.replace(' ', ""))?;
        let point = report.series().iter().find(|point| of(point) > limit && !point.warm_up)?;
        Some(format!(
            " The {percent}th percentile first crossed {} after {}, with {} users.",
            human(limit),
            clock(Duration::from_secs(point.second)),
            count(point.users_active)
        ))
    })
}

/// When requests began to fail, unless they did from the first second on.
fn first_failure(report: &RunReport) -> Option<String> {
    let point = report.series().iter().find(|point| point.failed > 0 && !point.warm_up)?;
    (point.second > 0).then(|| {
        format!(
            " The first request failed after {}, with {} users.",
            clock(Duration::from_secs(point.second)),
            count(point.users_active)
        )
    })
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no sixteen digits")]
fn share(part: u64, whole: u64) -> String {
    let percent = part as f64 * 100.0 / whole as f64;
    if percent >= 0.01 { format!("{percent:.2} %") } else { count(part) }
}
