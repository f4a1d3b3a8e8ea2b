//! What came out of a run, in one plain sentence or two.

use loadspiker_core::format::{count, human};
use loadspiker_core::metrics::SeriesPoint;
use loadspiker_core::parse_duration;
use loadspiker_core::report::RunReport;
use std::time::Duration;

use crate::text::{clock, counted, rate};

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
            " The {percent}th percentile first crossed {} after {}{}.",
            human(limit),
            clock(Duration::from_secs(point.second)),
            with_users(point)
        ))
    })
}

/// When requests began to fail, unless they did from the first second on.
fn first_failure(report: &RunReport) -> Option<String> {
    let point = report.series().iter().find(|point| point.failed > 0 && !point.warm_up)?;
    (point.second > 0).then(|| {
        format!(" The first request failed after {}{}.", clock(Duration::from_secs(point.second)), with_users(point))
    })
}

/// Where all users of a second have left by its end, their number says nothing.
fn with_users(point: &SeriesPoint) -> String {
    if point.users_active == 0 { String::new() } else { format!(", with {}", counted(point.users_active, "user")) }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no sixteen digits")]
fn share(part: u64, whole: u64) -> String {
    let percent = part as f64 * 100.0 / whole as f64;
    if percent >= 0.01 { format!("{percent:.2} %") } else { count(part) }
}

#[cfg(test)]
mod tests {
    use loadspiker_core::assertion::global;
    use loadspiker_core::dsl::*;
    use loadspiker_core::inject::constant_users_per_sec;
    use loadspiker_core::{DurationExt, Session};

    use super::*;

    /// Answers take 20 ms, and a fifth of a second from the thirtieth user on.
    fn run() -> RunReport {
        let duration = |session: &Session| Duration::from_millis(if session.user_id() < 30 { 20 } else { 200 });
        let visit = scenario("Visit").exec(dummy("page", duration)).inject(constant_users_per_sec(3).during(20.secs()));
        Simulation::new("shop")
            .with(visit)
            .assert(global().response_time().percentile(95.0).lt(100.millis()))
            .simulated_clock()
            .run()
            .unwrap()
    }

    #[test]
    fn it_says_what_was_held_and_since_when_a_limit_was_not() {
        let said = sentence(&run());
        assert!(
            said.starts_with("Held 3.0 requests/s for 19.9 s without a failure; 95 % were answered within 200 ms."),
            "{said}"
        );
        assert!(said.ends_with(" The 95th percentile first crossed 100 ms after 00:00:09."), "{said}");
    }

    #[test]
    fn a_share_is_never_shown_as_none() {
        assert_eq!((share(1, 3), share(1, 1_000_000)), ("33.33 %".to_owned(), "1".to_owned()));
    }
}
