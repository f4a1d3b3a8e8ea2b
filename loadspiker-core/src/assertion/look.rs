//! Where to look when an assertion does not hold.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use super::metric::Measure;
use super::spot::Spot;
use super::value::{Number, Percent, Quantity};
use crate::check::IMPLIED;
use crate::format::{count, significant};
use crate::metrics::{MetricFigures, MetricPoint, RequestPoint, SeriesPoint, UserStatistics};
use crate::report::{MetricReport, RequestReport, RunReport, Statistics};

/// How many requests, errors, tags and seconds are named.
const NAMED: usize = 3;

/// Where to look, each a text such as `requests: shop / list 1.203 s (2 of 100)`. The figure is wrong by being too much, or
/// too little.
pub(super) fn look(measure: &Measure, too_much: bool, spot: &Spot<'_>, report: &RunReport) -> Vec<String> {
    if measure.is_of_users() {
        return failed_users(measure, too_much, spot, report);
    }
    match spot {
        Spot::Metric(metric) => return metric_parts(measure, too_much, metric),
        Spot::Check(name) => return failed_check(name, report),
        _ => {}
    }
    let requests = spot.requests(report);
    let requests: Vec<_> = requests.iter().map(|(request, statistics)| (*request, &**statistics)).collect();
    let seconds = Seconds::of(spot, &requests, report);
    let lines = match measure {
        Measure::Min | Measure::Max | Measure::Mean | Measure::StdDev | Measure::Percentile(_) => {
            vec![times(measure, too_much, &requests), if too_much { seconds.slowest(measure) } else { None }]
        }
        Measure::Failed if !too_much => Vec::new(),
        Measure::Failed | Measure::Successful => vec![
            shares("failed", &requests, Statistics::failed_count),
            errors(requests.iter().flat_map(|(_, statistics)| statistics.errors())),
            seconds.most("failed", |second| second.failed),
        ],
        Measure::Status(codes) => {
            vec![
                shares("of them", &requests, |statistics| {
                    codes.count(statistics.status_codes(), statistics.status_texts())
                }),
                status(&requests),
            ]
        }
        Measure::Failures(kinds) => vec![
            shares("of them", &requests, |statistics| kinds.count(statistics.failure_kinds())),
            errors(requests.iter().flat_map(|(_, statistics)| statistics.errors())),
        ],
        _ if too_much => vec![shares("", &requests, Statistics::count), seconds.most("requests", Second::count)],
        _ => vec![seconds.least()],
    };
    lines.into_iter().flatten().collect()
}

type Requests<'a> = [(&'a RequestReport, &'a Statistics)];

/// Joins the first few; `None` if there are none.
fn listed(what: &str, items: impl IntoIterator<Item = String>) -> Option<String> {
    let items: Vec<_> = items.into_iter().take(NAMED).collect();
    (!items.is_empty()).then(|| format!("{what}: {}", items.join(", ")))
}

/// The requests with the worst times, where there are several.
fn times(measure: &Measure, too_much: bool, requests: &Requests<'_>) -> Option<String> {
    let timed = requests.iter().filter(|(_, statistics)| !statistics.response_time().is_empty());
    let mut timed: Vec<_> = timed
        .map(|(request, statistics)| (measure.of_times(statistics.response_time()), request, statistics))
        .collect();
    if timed.len() < 2 {
        return None;
    }
    timed.sort_by(|(a, ..), (b, ..)| if too_much { b.cmp(a) } else { a.cmp(b) });
    let all = timed.iter().map(|(_, _, statistics)| statistics.count()).sum();
    let item = |(time, request, statistics): &(Duration, &&RequestReport, &&Statistics)| {
        format!("{} {} ({} of {})", request.path(), significant(*time, 4), count(statistics.count()), count(all))
    };
    listed("requests", timed.iter().map(item))
}

/// The requests of which most are meant.
fn shares(what: &str, requests: &Requests<'_>, meant: impl Fn(&Statistics) -> u64) -> Option<String> {
    let mut found: Vec<_> =
        requests.iter().map(|(request, all)| (meant(all), all.count(), request)).filter(|(n, ..)| *n > 0).collect();
    if requests.len() < 2 {
        return None;
    }
    found.sort_by_key(|(number, ..)| std::cmp::Reverse(*number));
    listed(
        "requests",
        found.iter().map(|(number, all, request)| match what {
            "" => format!("{} {}", request.path(), count(*number)),
            "of them" => format!("{} {} of {}", request.path(), count(*number), count(*all)),
            what => format!("{} {} of {} {what}", request.path(), count(*number), count(*all)),
        }),
    )
}

fn errors<'a>(found: impl Iterator<Item = (&'a str, u64)>) -> Option<String> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    found.for_each(|(text, number)| *sums.entry(text).or_default() += number);
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    listed("errors", sums.iter().map(|(text, number)| format!("{} × {text}", count(*number))))
}

fn status(requests: &Requests<'_>) -> Option<String> {
    let mut sums: BTreeMap<u16, u64> = BTreeMap::new();
    for (_, statistics) in requests {
        statistics.status_codes().iter().for_each(|(code, number)| *sums.entry(*code).or_default() += number);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    listed("status codes", sums.iter().map(|(code, number)| format!("{} × {code}", count(*number))))
}

/// The messages of a check, and the requests it failed on. Of a request that fails by several checks only the first tells
/// its message.
fn failed_check(name: &str, report: &RunReport) -> Vec<String> {
    let name = name.split_once(IMPLIED).map_or(name, |(name, _)| name);
    let is_of = |text: &str| text.strip_prefix(name).is_some_and(|rest| rest.starts_with([':', ' ']));
    let of =
        |statistics: &Statistics| statistics.errors().into_iter().filter(|(text, _)| is_of(text)).map(|(_, n)| n).sum();
    let requests: Vec<_> = report.requests().iter().map(|request| (request, request.statistics())).collect();
    let found: Vec<_> = requests.iter().copied().filter(|(_, statistics)| of(statistics) > 0).collect();
    let mut ranked: Vec<(u64, &RequestReport)> = found.iter().map(|(request, all)| (of(all), *request)).collect();
    ranked.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let lines = [
        listed("requests", ranked.iter().map(|(number, request)| format!("{} {}", request.path(), count(*number)))),
        errors(report.global().errors().into_iter().filter(|(text, _)| is_of(text))),
    ];
    lines.into_iter().flatten().collect()
}

/// The scenarios whose users have most to do with it, and what they failed by.
fn failed_users(measure: &Measure, too_much: bool, spot: &Spot<'_>, report: &RunReport) -> Vec<String> {
    if !too_much {
        return Vec::new();
    }
    let meant = |name: &str| !matches!(spot, Spot::Scenario(wanted) if *wanted != name);
    let scenarios: Vec<_> = report.scenarios().iter().filter(|scenario| meant(scenario.name())).collect();
    let number = |users: &UserStatistics| match measure.of_users(users) {
        (_, failed) if matches!(measure, Measure::FailedUsers) => failed,
        (number, _) => number,
    };
    let mut ranked: Vec<_> = scenarios.iter().map(|one| (number(one.users()), one.name())).collect();
    ranked.retain(|(number, _)| *number > 0);
    ranked.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let several = scenarios.len() > 1;
    let steps = scenarios.iter().flat_map(|scenario| scenario.users().step_errors());
    let requests = scenarios.iter().flat_map(|scenario| scenario.statistics().errors());
    let errors = match measure {
        Measure::Users => None,
        // A user fails by its requests as well.
        Measure::FailedUsers => errors(steps.chain(requests)),
        _ => errors(steps),
    };
    let scenarios =
        several.then(|| listed("scenarios", ranked.iter().map(|(number, name)| format!("{name} {}", count(*number)))));
    scenarios.flatten().into_iter().chain(errors).collect()
}

/// What requests did in a second.
#[derive(Clone, Debug, Default)]
struct Second {
    second: u64,
    span: u64,
    ok: u64,
    failed: u64,
    /// Median, 95th and 99th percentile, and maximum, where they are known.
    times: Option<[Duration; 4]>,
}

impl Second {
    fn count(&self) -> u64 {
        self.ok + self.failed
    }

    fn name(&self) -> String {
        name_of(self.second, self.span)
    }
}

fn name_of(second: u64, span: u64) -> String {
    if span > 1 { format!("{second} to {}", second + span - 1) } else { second.to_string() }
}

struct Seconds(Vec<Second>);

impl Seconds {
    fn of(spot: &Spot<'_>, requests: &Requests<'_>, report: &RunReport) -> Self {
        let of_all = |point: &SeriesPoint| Second {
            second: point.second,
            span: point.span,
            ok: point.ok,
            failed: point.failed,
            times: (point.ok + point.failed > 0).then_some([point.p50, point.p95, point.p99, point.max]),
        };
        let of_request = |point: &RequestPoint| Second {
            second: point.second,
            span: point.span,
            ok: point.ok,
            failed: point.failed,
            times: Some([point.p50, point.p95, point.p99, point.max]),
        };
        match (spot, requests) {
            (Spot::All, _) => Seconds(report.series().iter().filter(|point| !point.warm_up).map(of_all).collect()),
            // Of a scenario there is no series, and what its requests do in others is not its own.
            (Spot::Scenario(_), _) => Seconds(Vec::new()),
            (_, [(request, _)]) => {
                Seconds(request.series().iter().filter(|point| !point.warm_up).map(of_request).collect())
            }
            _ => {
                let mut sums: BTreeMap<u64, Second> = BTreeMap::new();
                let points = requests.iter().flat_map(|(request, _)| request.series());
                for point in points.filter(|point| !point.warm_up) {
                    let new = || Second { second: point.second, span: point.span, ..Second::default() };
                    let sum = sums.entry(point.second).or_insert_with(new);
                    sum.ok += point.ok;
                    sum.failed += point.failed;
                }
                Seconds(sums.into_values().collect())
            }
        }
    }

    /// Those with the longest times, by the figure of a second that is nearest to what is asked for.
    fn slowest(&self, measure: &Measure) -> Option<String> {
        let (place, name) = nearest(measure)?;
        let mut timed: Vec<_> = self.0.iter().filter_map(|second| Some((second.times?[place], second))).collect();
        if timed.len() < 2 {
            return None;
        }
        timed.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        let item =
            |(time, second): &(Duration, &Second)| format!("{} ({name} {})", second.name(), significant(*time, 4));
        listed("worst seconds", timed.iter().map(item))
    }

    fn most(&self, what: &str, number: impl Fn(&Second) -> u64) -> Option<String> {
        let mut found: Vec<_> = self.0.iter().map(|second| (number(second), second)).filter(|(n, _)| *n > 0).collect();
        if self.0.len() < 2 {
            return None;
        }
        found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        let item = |(number, second): &(u64, &Second)| format!("{} ({} {what})", second.name(), count(*number));
        listed("worst seconds", found.iter().map(item))
    }

    /// Those with the fewest requests. The last is not a whole one.
    fn least(&self) -> Option<String> {
        let (_, whole) = self.0.split_last()?;
        let mut found: Vec<_> = whole.iter().collect();
        found.sort_by_key(|second| second.count());
        listed(
            "worst seconds",
            found.iter().map(|second| format!("{} ({} requests)", second.name(), count(second.count()))),
        )
    }
}

/// The figure of a second that says most of what is asked for: its place among median, 95th and 99th percentile and
/// maximum, and its name.
fn nearest(measure: &Measure) -> Option<(usize, &'static str)> {
    Some(match measure {
        Measure::Max => (3, "max"),
        Measure::Percentile(percent) if *percent >= 99.0 => (2, "p99"),
        Measure::Percentile(percent) if *percent >= 75.0 => (1, "p95"),
        Measure::Percentile(_) | Measure::Mean => (0, "p50"),
        _ => return None,
    })
}

/// The tags and the seconds of a metric that have most to do with it.
fn metric_parts(measure: &Measure, too_much: bool, metric: &MetricReport) -> Vec<String> {
    let order = |a: f64, b: f64| -> Ordering { if too_much { b.total_cmp(&a) } else { a.total_cmp(&b) } };
    let show = |value: f64| match measure {
        Measure::NonZero => Percent(value).short(4),
        _ if metric.unit().is_empty() => Number(value).short(6),
        _ => format!("{} {}", Number(value).short(6), metric.unit()),
    };
    let figure = |figures: &MetricFigures| match measure {
        Measure::Recorded => Some(figures.count().as_f64()),
        measure => measure.of_metric(figures),
    };
    let mut parts: Vec<(f64, String)> = Vec::new();
    for (tags, figures) in metric.parts().filter(|_| metric.is_tagged()) {
        let name = if tags.is_empty() { "no tags".to_owned() } else { tags };
        parts.extend(
            figure(&figures).map(|value| (value, format!("{name} {} ({})", show(value), count(figures.count())))),
        );
    }
    parts.sort_by(|a, b| order(a.0, b.0));
    let mut seconds: Vec<(f64, String)> = Vec::new();
    for point in metric.series().iter().filter(|point| !point.warm_up) {
        seconds.extend(of_point(measure, point).map(|(name, value)| {
            let text = format!("{} ({name}{})", name_of(point.second, point.span), show(value));
            (value, text)
        }));
    }
    seconds.sort_by(|a, b| order(a.0, b.0));
    let seconds = if seconds.len() < 2 { Vec::new() } else { seconds };
    let text = |(_, text): (f64, String)| text;
    let lines = [listed("tags", parts.into_iter().map(text)), listed("worst seconds", seconds.into_iter().map(text))];
    lines.into_iter().flatten().collect()
}

/// The figure of a second that says most of what is asked for, with its name.
fn of_point(measure: &Measure, point: &MetricPoint) -> Option<(&'static str, f64)> {
    let percent = |non_zero: u64| non_zero.as_f64() * 100.0 / point.count.max(1).as_f64();
    Some(match measure {
        Measure::Recorded | Measure::PerSecond => ("", point.count.as_f64()),
        Measure::NonZero => ("", percent(point.non_zero?)),
        Measure::Last => ("", point.last?),
        Measure::Min => ("", point.min?),
        Measure::Max => ("", point.max?),
        measure => match nearest(measure)? {
            (0, _) => ("p50 ", point.p50?),
            (1, _) => ("p95 ", point.p95?),
            _ => ("p99 ", point.p99?),
        },
    })
}
