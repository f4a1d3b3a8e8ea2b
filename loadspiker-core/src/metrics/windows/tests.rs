//! Windows of whole runs.

use proptest::prelude::*;

use super::*;
use crate::metrics::tests::{Event, collector, event, run};
use crate::metrics::{GroupStats, Limits};
use crate::report::{RunInfo, RunReport};

fn all(report: &RunReport) -> Selection {
    report.windows().select(Duration::ZERO, Duration::MAX)
}

/// That what windows tell is what whole-run figures tell, as far as their histograms are fine enough.
fn assert_same(times: &WindowTimes, whole: &TimeStatistics, windows: &Windows) {
    let whole = Counts::of(whole, windows.scale);
    // Each window's sum is rounded to a microsecond.
    assert!(times.counts().sum.abs_diff(whole.sum) <= windows.len() as u64);
    assert_eq!(Counts { sum: whole.sum, ..times.counts().clone() }, whole);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn all_windows_together_are_the_totals(events in proptest::collection::vec(event(), 1..300), shards in 1_usize..4) {
        let report = run(&events, shards, Limits::default());
        let selected = all(&report);
        prop_assert_eq!(selected.requests.len(), report.requests().len());
        for request in report.requests() {
            let figures = selected.request(&request.path()).unwrap();
            assert_same(&figures.ok, request.statistics().successful_response_time(), report.windows());
            assert_same(&figures.failed, request.statistics().failed_response_time(), report.windows());
            assert_same(&figures.all, request.statistics().response_time(), report.windows());
        }
        prop_assert_eq!(selected.groups.len(), report.groups().len());
        for (path, figures) in &selected.groups {
            assert_same(&figures.all, report.group(path).unwrap().response_time(), report.windows());
        }
        for (path, figures) in &selected.durations {
            assert_same(&figures.all, report.group(path).unwrap().duration(), report.windows());
        }
        let read = RunReport::from_json(&report.to_json()).unwrap();
        prop_assert_eq!(read.windows(), report.windows());
    }
}

/// The report of a run with such events in each second, so many seconds long.
fn every_second(seconds: u64, events: impl Fn(u64) -> Vec<Event>) -> RunReport {
    let (mut collector, mut recorders) = collector(1);
    for second in 0..seconds {
        events(second).iter().for_each(|event| event.record(&mut recorders[0]));
        collector.absorb(0, recorders[0].take_snapshot(second));
    }
    collector.finish(RunInfo::new("long"))
}

#[test]
fn ten_minutes_are_told_by_the_second_and_a_day_by_sixty_windows_at_most() {
    let visits = |second| vec![Event::ok(second, 0, 1000 + second), Event::ok(second, 0, 500_000)];
    for (seconds, windows, step) in [(600, 600, 1), (660, 660, 1), (661, 34, 20), (1201, 31, 40), (3000, 38, 80)] {
        let report = every_second(seconds, visits);
        assert_eq!((report.windows().len(), report.windows().step()), (windows, Duration::from_secs(step)));
        let figures = all(&report);
        let login = figures.request("login").unwrap();
        assert_eq!((login.all.count(), login.all.max()), (2 * seconds, Duration::from_millis(500)));
        assert_same(&login.all, report.request("login").unwrap().response_time(), report.windows());
    }
}

#[test]
fn a_selection_snaps_to_the_edges_of_windows() {
    let report = every_second(700, |second| vec![Event::ok(second, 0, if second < 40 { 1000 } else { 9000 })]);
    let selected = report.windows().select(Duration::from_millis(21_500), Duration::from_millis(40_001));
    assert_eq!((selected.from, selected.to), (Duration::from_secs(20), Duration::from_secs(60)));
    let login = &selected.request("login").unwrap().ok;
    assert_eq!((login.count(), login.min(), login.max()), (40, Duration::from_millis(1), Duration::from_millis(9)));
    assert_eq!(login.mean(), Duration::from_millis(5));
    assert!(login.std_dev().abs_diff(Duration::from_millis(4)) < Duration::from_micros(150), "{:?}", login.std_dev());
    let close = |percent, millis| {
        let got = login.percentile(percent);
        let exact = Duration::from_millis(millis);
        assert!(got.abs_diff(exact) <= exact / 60, "p{percent}: {got:?}");
    };
    close(50.0, 1);
    close(51.0, 9);
    assert_eq!(login.buckets().iter().map(|(_, _, count)| count).sum::<u64>(), 40);

    let nothing = report.windows().select(Duration::from_secs(5000), Duration::from_secs(6000));
    assert!(nothing.requests.is_empty());
}

#[test]
fn windows_of_another_version_are_an_error_that_says_so() {
    let json = every_second(3, |second| vec![Event::ok(second, 0, 1000)]).to_json();
    let error = |from: &str, to: &str| {
        let changed = json.replacen(from, to, 1);
        assert_ne!(changed, json);
        RunReport::from_json(&changed).unwrap_err().to_string()
    };
    let windows = json.find("\"windows\"").unwrap();
    let version = json[windows..].find("\"version\": 1").map(|place| &json[windows..windows + place + 12]).unwrap();
    assert!(error(version, &version.replace('1', "2")).contains("windows have version 2"));
    assert!(error("\"buckets_per_doubling\": 32", "\"buckets_per_doubling\": 7").contains("7 buckets"));
    assert!(error("\"step_secs\": 1", "\"step_secs\": 0").contains("windows of 0 s"));
    assert!(error("\"seconds\": 3", "\"seconds\": 1").contains("something else"));
}

/// Log-normal response times around `median` microseconds.
fn times(random: &mut fastrand::Rng, median: f64, count: usize) -> TimeStatistics {
    let mut times = TimeStatistics::default();
    for _ in 0..count {
        let normal = (-2.0 * random.f64().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time is positive")]
        times.record((median * 1000.0 * (0.5 * normal).exp()) as u64);
    }
    times
}

/// What the windows of so many names, each with so many requests a window, take in a report.
fn written(names: usize, seconds: u64, requests: usize) -> (Windows, usize) {
    let mut random = fastrand::Rng::with_seed(7);
    // As the end of a longer run leaves them, without the work of all its seconds.
    let step = if seconds > BY_THE_SECOND { seconds / 60 } else { 1 };
    let mut windows = Windows { step, seconds, ..Windows::default() };
    let mut pool: Vec<TimeStatistics> = Vec::new();
    for number in 0..200_u32 {
        pool.push(times(&mut random, 20_000.0 * f64::from(number % 7 + 1), requests));
    }
    for name in 0..names {
        let path = RequestPath { groups: [].into(), name: format!("request {name}").into() };
        let slots = entry(&mut windows.requests, &path);
        for window in 0..seconds / windows.step {
            push(slots, window, [&pool[random.usize(..pool.len())], &TimeStatistics::default()], Scale::FINEST);
        }
    }
    let windows = windows.finished();
    let size = serde_json::to_string(&windows).unwrap().len();
    (windows, size)
}

#[test]
fn fifty_names_over_ten_minutes_take_well_under_a_megabyte() {
    // 10,000 requests a second.
    let (windows, size) = written(50, 600, 200);
    assert_eq!((windows.len(), windows.scale), (600, Scale::COARSEST));
    assert!(size < 600_000, "{size}");
    // Where there is room, nothing is lost.
    let (windows, size) = written(3, 600, 200);
    assert_eq!(windows.scale, Scale::FINEST);
    assert!(size < 100_000, "{size}");
}

#[test]
fn five_hundred_names_over_a_day_take_less_than_four_megabytes() {
    // A quarter of them, at 60 windows each.
    let (windows, size) = written(125, 86_400, 3_000);
    assert_eq!((windows.len(), windows.scale), (60, Scale::COARSEST));
    assert!(size < 750_000, "{size}");
}

#[test]
fn memory_stays_bounded_with_very_many_names() {
    let mut windows = Windows::default();
    let mut random = fastrand::Rng::with_seed(7);
    let stats = |times: TimeStatistics| {
        let mut stats = Box::new(GroupStats::default());
        stats.ok.duration = times;
        stats
    };
    let mut totals = Totals::default();
    for name in 0..1000_u32 {
        let key = crate::metrics::key::GroupKey { scenario: "S".into(), path: [format!("{name}").into()].into() };
        totals.groups.insert(key.into(), stats(times(&mut random, 20_000.0, 20)));
    }
    for second in 0..=400 {
        windows.add(second, &totals);
    }
    assert!(windows.size() <= ROOM && windows.len() > 8, "{} in {}", windows.size(), windows.len());
    let selected = windows.select(Duration::ZERO, Duration::MAX);
    assert!(selected.durations.iter().all(|(_, figures)| figures.ok.count() == 401 * 20));
}
