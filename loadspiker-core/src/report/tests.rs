//! The report of whole runs.

use std::time::Duration;

use super::*;
use crate::assertion::global;
use crate::format::{human, precise, significant};
use crate::metrics::tests::{Event, run};
use crate::metrics::{Limits, TimeStatistics};
use crate::units::DurationExt;

fn in_group(group: &'static str, event: Event) -> Event {
    Event { group: Some(group), ..event }
}

fn sample_report() -> RunReport {
    let failed = Event { error: Some("status.is(200), found 500"), scenario: 1, ..Event::ok(1, 1, 40_000) };
    let events = [
        Event { name: Err("later"), ..Event::ok(1, 0, 700) },
        Event { name: Err("earlier"), ..Event::ok(0, 0, 600) },
        in_group("shop", Event::ok(0, 1, 10_000)),
        in_group("cart", failed),
        in_group("cart", failed),
        Event::ok(0, 0, 1_000),
        Event::ok(1, 0, 3_000),
    ];
    run(&events, 2, Limits::default())
}

#[test]
fn requests_are_found_by_path_or_by_name() {
    let report = sample_report();
    assert_eq!(report.request("login").unwrap().count(), 2);
    assert_eq!(report.request("shop / list").unwrap().count(), 1);
    assert_eq!(report.request("cart / list").unwrap().failed_count(), 2);
    assert_eq!(report.request("list").unwrap().count(), 3);
    assert!(report.request("shop").is_none());
    assert!(report.request("shop / login").is_none());
    let paths: Vec<_> = report.requests().iter().map(RequestReport::path).collect();
    assert_eq!(paths, ["login", "shop / list", "cart / list", "earlier", "later"]);
}

#[test]
fn a_name_outside_of_groups_hides_those_within() {
    let report = run(&[Event::ok(0, 0, 10), in_group("shop", Event::ok(0, 0, 10))], 1, Limits::default());
    assert_eq!(report.request("login").unwrap().count(), 1);
    let report = run(&[in_group("shop", Event::ok(0, 0, 10))], 1, Limits::default());
    assert_eq!(report.request("login").unwrap().count(), 1);
}

#[test]
fn statistics_add_up() {
    let report = sample_report();
    let global = report.global();
    assert_eq!((global.count(), global.ok_count(), global.failed_count()), (7, 5, 2));
    assert_eq!(global.requests_per_sec(), 3.5);
    assert_eq!(global.response_time().max(), 40.millis());
    assert_eq!(global.successful_response_time().max(), 10.millis());
    assert_eq!(global.failed_response_time().min(), 40.millis());
    assert_eq!(global.service_time().max(), 36.millis());
    assert_eq!(global.start_lag().max(), 400.micros());
    assert_eq!(global.errors(), [("status.is(200), found 500", 2)]);
    assert_eq!(global.status_codes().iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>(), [(200, 5), (500, 2)]);
    assert_eq!((global.bytes_sent(), global.bytes_received()), (700, 95_300));
    let phases: Vec<_> = global.phases().iter().map(|(name, times)| (name, times.count())).collect();
    assert_eq!(phases, [("first byte", 7)]);
    assert_eq!(report.scenario("Browse").unwrap().count(), 5);
    assert_eq!(report.scenario("Buy").unwrap().failed_count(), 2);
    assert!(report.scenario("Sell").is_none());
    assert_eq!(report.scenarios()[1].users().failed, 2);
    assert_eq!(report.users_started(), 7);
}

#[test]
fn a_group_has_a_duration_and_a_cumulated_response_time() {
    let report = sample_report();
    let group = report.group("cart").unwrap();
    assert_eq!((group.count(), group.failed_count(), group.requests().count()), (2, 2, 2));
    assert_eq!((group.duration().max(), group.response_time().max()), (80.millis(), 40.millis()));
    assert_eq!(group.status_codes().len(), 1);
    assert!(report.group("list").is_none());
    let paths: Vec<_> = report.groups().iter().map(GroupReport::path).collect();
    assert_eq!(paths, ["shop", "cart"]);
}

#[test]
fn an_empty_run_makes_a_report() {
    let report = run(&[], 1, Limits::default());
    assert_eq!(report.global().count(), 0);
    assert_eq!(report.global().response_time().percentile(99.0), Duration::ZERO);
    assert!(report.passed() && report.warnings().is_empty());
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn json_is_read_as_it_was_written() {
    let mut report = sample_report();
    report.info.end = EndReason::Stopped("enough".to_owned());
    report.info.cpu = Some(Duration::from_nanos(1_234_567_891));
    report.evaluate(&[global().failed_requests().count().is(0)]);
    let json = report.to_json();
    let read = RunReport::from_json(&json).unwrap();
    assert_eq!(read, report);
    assert_eq!(read.to_json(), json);
    assert_eq!(read.group("cart").unwrap().duration().max(), 80.millis());

    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["schema_version"], 2);
    assert_eq!(value["passed"], false);
    assert_eq!(value["summary"]["global"]["response_time_ms"]["max"], 40.0);
    assert_eq!(value["summary"]["requests"][0]["name"], "login");
}

#[test]
fn a_foreign_json_is_an_error_that_says_so() {
    let error = |json: &str| RunReport::from_json(json).unwrap_err().to_string();
    assert!(error("[]").contains("no run report"));
    assert!(error("{").contains("no run report"));
    assert!(error(r#"{"schema_version": 2}"#).contains("missing field"));
    let json = sample_report().to_json().replacen("HISTF", "????", 1);
    assert!(RunReport::from_json(&json.replacen("\"histogram\": \"", "\"histogram\": \"?", 1)).is_err());
}

#[test]
fn a_report_of_another_schema_version_says_who_wrote_it_and_that_it_cannot_be_read() {
    let error = |json: &str| RunReport::from_json(json).unwrap_err().to_string();
    let mut old: serde_json::Value = serde_json::from_str(&sample_report().to_json()).unwrap();
    old["schema_version"] = 1.into();
    old["run"]["version"] = "0.0.9".into();
    let own = env!("CARGO_PKG_VERSION");
    assert_eq!(
        error(&old.to_string()),
        format!(
            "run report: written by LoadSpiker 0.0.9 with the older schema version 1, it cannot be read: LoadSpiker {own} \
             reads schema version 2; read it with the LoadSpiker that wrote it, or run the load test again"
        )
    );
    assert!(serde_json::from_value::<RunReport>(old).unwrap_err().to_string().contains("older schema version 1"));
    for newer in [r#"{"schema_version": 3}"#, r#"{"schema_version": 3, "run": ["?"]}"#] {
        assert!(
            error(newer).contains("written by another LoadSpiker with the newer schema version 3"),
            "{}",
            error(newer)
        );
    }
}

#[test]
fn nobody_is_said_to_have_come_unless_a_shard_is_missing_from_the_figures() {
    let info = sample_report().info;
    let mut report = RunReport::from_parts(info, Vec::new(), Vec::new(), Vec::new(), Vec::new(), 0, Vec::new());
    assert_eq!(report.verdict(), "passed: nothing was asserted; no user started");
    let step = StuckStep { shard: 0, user: 1, step: None, held: 2.secs(), given_up: true };
    report.info.stuck.push(step);
    assert!(!report.verdict().contains("no user started"), "{}", report.verdict());
}

#[test]
fn a_warning_of_the_plan_that_asks_ends_with_its_question_mark() {
    let mut report = sample_report();
    report.info.plan_warnings = vec!["did you mean \"token\"?".into(), "no users".into()];
    let warnings = report.warnings();
    assert!(warnings.iter().any(|warning| warning.ends_with("did you mean \"token\"?")), "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.ends_with(": no users.")), "{warnings:?}");
}

#[test]
fn a_clean_run_has_no_warnings() {
    assert_eq!(sample_report().warnings(), Vec::<String>::new());
}

#[test]
fn warnings_say_why_figures_are_not_to_be_trusted() {
    let limits = Limits { names: 0, ..Limits::default() };
    let events = [Event { name: Err("a"), ..Event::ok(0, 0, 2_000_000) }, Event::ok(0, 0, 4_000_000_000)];
    let mut report = run(&events, 1, limits);
    report.info.shards = 2;
    report.info.duration = 10.secs();
    report.info.cpu = Some(19.secs());
    [2, 5, 3].into_iter().for_each(|secs| report.info.stalls.record(secs * 1_000_000_000));
    let json = report.to_json().replace("\"dropped\": 0", "\"dropped\": 1200");
    let json = json.replace("\"dropped_late\": 0", "\"dropped_late\": 700");
    let warnings = RunReport::from_json(&json).unwrap().warnings();
    let expected = [
        "one in a hundred requests started 40.0 s or more after",
        "used 95 % of its 2 cores",
        "stood still 3 times, for up to 5.00 s",
        "1,400 arrivals were dropped, because the load generator did not get to them in time",
        "1,000 arrivals were dropped, because as many users as allowed were active",
        "1 sample was counted as \"(other)\"",
        "1 response time was longer than an hour",
    ];
    assert_eq!(warnings.len(), expected.len(), "{warnings:#?}");
    for (warning, expected) in warnings.iter().zip(expected) {
        assert!(warning.contains(expected), "{warning}");
    }
}

#[test]
fn late_users_are_warned_of_even_if_requests_are_in_time() {
    let mut report = run(&[Event::ok(0, 0, 900_000)], 1, Limits::default());
    report.info.shards = 1;
    let [warning] = &report.warnings()[..] else { panic!("{:?}", report.warnings()) };
    assert!(warning.contains("one in a hundred users started 18.0 ms or more"), "{warning}");
}

/// A run of a second in which there were so many users, and arrivals were dropped. Its two requests took 0.8 s together.
fn crowded(users: u64) -> RunReport {
    let mut report = run(&[Event::ok(0, 0, 400_000); 2], 1, Limits::default());
    let json = report.to_json().replace("\"dropped\": 0", "\"dropped\": 500");
    report = RunReport::from_json(&json).unwrap();
    report.series[0].users_active = users;
    report
}

#[test]
fn what_kept_the_load_down_is_named() {
    let target = crowded(1);
    assert_eq!(target.bottleneck(), Some(Bottleneck::Target));
    let said = target.warnings().join(" ");
    assert!(said.contains("The target was the bottleneck, not the load generator"), "{said}");

    let pauses = crowded(10);
    assert_eq!(pauses.bottleneck(), Some(Bottleneck::MaximumUsers));
    let said = pauses.warnings().join(" ");
    assert!(said.contains("Neither the target nor the load generator was the bottleneck"), "{said}");

    // Their start was late by a fifth of a second, but it is for the target that they waited.
    let mut burst = crowded(1);
    burst.users.arrival_lag.record(200_000_000);
    assert_eq!(burst.bottleneck(), Some(Bottleneck::Target));
    let mut late = crowded(10);
    late.users.arrival_lag = burst.users.arrival_lag.clone();
    assert_eq!(late.bottleneck(), Some(Bottleneck::LoadGenerator));
    let mut missed = crowded(1);
    missed.users.dropped_late = missed.users_dropped() / 2 + 1;
    assert_eq!(missed.bottleneck(), Some(Bottleneck::LoadGenerator));

    let mut generator = crowded(1);
    generator.info.shards = 1;
    generator.info.cpu = Some(generator.info.duration);
    assert_eq!(generator.bottleneck(), Some(Bottleneck::LoadGenerator));
    let said = generator.warnings().join(" ");
    assert!(said.contains("used 100 % of its 1 core") && said.contains("it may not be the target"), "{said}");
    let json: serde_json::Value = serde_json::from_str(&generator.to_json()).unwrap();
    assert_eq!(json["bottleneck"], "load_generator");

    // Nothing was kept down: whatever took long is a figure, not a bottleneck.
    assert_eq!(run(&[Event::ok(0, 0, 400_000)], 1, Limits::default()).bottleneck(), None);
}

#[test]
fn a_run_that_was_cut_short_has_not_passed() {
    let mut report = sample_report();
    assert!(report.passed());
    report.assert_passed();
    report.info.end = EndReason::MaxDuration;
    assert!(report.passed());
    report.info.end = EndReason::Interrupted;
    assert!(!report.passed());
    report.info.end = EndReason::Aborted("feeder users.csv is exhausted".to_owned());
    assert!(!report.passed());
    assert!(verdict::failure(&report).contains("aborted: feeder users.csv is exhausted"));
}

#[test]
fn a_failed_test_shows_assertions_and_errors() {
    let mut report = sample_report();
    report.evaluate(&[global().failed_requests().count().is(0), global().all_requests().count().is(7)]);
    let text = verdict::failure(&report);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "load test \"shop\" has not passed",
            "1 of 2 assertions failed:",
            "  ✗ global: count of failed requests is 0: was 2",
            "      requests: cart / list 2 of 2 failed",
            "      errors: 2 × status.is(200), found 500",
            "      worst seconds: 1 (2 failed)",
            "2 of 7 users failed",
            "7 requests, 2 failed, in 2.00 s; response time p50 3.00 ms, p95 40.0 ms, p99 40.0 ms, max 40.0 ms",
            "most frequent errors:",
            "          2  status.is(200), found 500",
        ]
    );
}

#[test]
#[should_panic(expected = "✗ global: count of failed requests is 0: was 2")]
fn assert_passed_panics_with_the_failed_assertions() {
    let mut report = sample_report();
    report.evaluate(&[global().failed_requests().count().is(0)]);
    report.assert_passed();
}

#[test]
fn durations_are_written_for_people() {
    let table = [
        (0, "0 ms"),
        (850, "850 ns"),
        (1_000, "1.00 µs"),
        (850_000, "850 µs"),
        (999_400, "999 µs"),
        (999_960, "1.00 ms"),
        (9_996_000, "10.0 ms"),
        (12_345_678, "12.3 ms"),
        (1_200_000_000, "1.20 s"),
        (119_000_000_000, "119 s"),
        (125_400_000_000, "2 min 5 s"),
        (3_599_700_000_000, "1 h 0 min"),
        (7_380_000_000_000, "2 h 3 min"),
    ];
    for (nanos, text) in table {
        assert_eq!(human(Duration::from_nanos(nanos)), text);
    }
}

#[test]
fn durations_are_written_in_full() {
    for (nanos, text) in [
        (0, "0 ms"),
        (7, "7 ns"),
        (1_500, "1.5 µs"),
        (800_000_000, "800 ms"),
        (1_203_000_001, "1.203000001 s"),
        (90_000_000_000, "90 s"),
    ] {
        assert_eq!(precise(Duration::from_nanos(nanos)), text);
    }
    assert_eq!(significant(Duration::from_micros(1_203_456), 4), "1.203 s");
    assert_eq!(significant(Duration::from_millis(100), 4), "100 ms");
    assert_eq!(significant(Duration::from_secs(100), 4), "100 s");
}

/// A run of ten seconds of which one in a hundred requests was late by this much; each took 200 ms.
fn late_by(lag: std::time::Duration) -> RunReport {
    let mut report = run(&[Event::ok(0, 0, 200_000)], 1, Limits::default());
    report.users.arrival_lag = TimeStatistics::default();
    report.users.arrival_lag.record(u64::try_from(lag.as_nanos()).unwrap());
    report.info.shards = 2;
    report.info.cores = 2;
    report.info.duration = 10.secs();
    report.info.cpu_over = Some(10.secs());
    report.info.cpu = Some(100.millis());
    report
}

#[test]
fn a_late_load_generator_is_told_from_a_busy_machine_and_from_code_that_blocks() {
    let said = |report: &RunReport| (report.bottleneck(), report.late_because(), report.warnings().join("\n"));
    let mut unknown = late_by(50.millis());
    let (bottleneck, cause, text) = said(&unknown);
    assert_eq!((bottleneck, cause), (Some(Bottleneck::LoadGenerator), LateCause::Unknown));
    assert!(text.contains("used 0 % of its cores") && text.contains("look for what stops"), "{text}");
    assert!(!text.contains("Use more cores"), "{text}");

    let mut busy = late_by(50.millis());
    busy.info.host_load = Some(HostLoad { ran: 100.millis(), waited: 300.millis(), ..HostLoad::default() });
    let (bottleneck, cause, text) = said(&busy);
    assert_eq!((bottleneck, cause), (Some(Bottleneck::Host), LateCause::HostBusy));
    assert!(text.contains("Its machine was busy with others, though it used"), "{text}");
    assert!(text.contains("ran for 100 ms and waited for a core for 300 ms"), "{text}");
    busy.info.host_load = Some(HostLoad { stolen: 0.1, ..HostLoad::default() });
    assert!(busy.late_because() == LateCause::HostBusy && busy.warnings().join(" ").contains("took 10 % of the cores"));
    assert_eq!(RunReport::from_json(&busy.to_json()).unwrap().info, busy.info);

    let mut code = late_by(50.millis());
    code.info.host_load = Some(HostLoad { ran: 1.secs(), waited: 10.millis(), ..HostLoad::default() });
    let holds = code.info.holds.entry("exec_fn at a.rs:7:9 in scenario \"S\"".into()).or_default();
    (0..10).for_each(|_| holds.count_one(60.millis()));
    let (bottleneck, cause, text) = said(&code);
    assert_eq!((bottleneck, cause), (Some(Bottleneck::BlockingCode), LateCause::BlockingCode));
    assert!(text.contains("exec_fn at a.rs:7:9 in scenario \"S\" had a shard for itself 10 times"), "{text}");
    assert!(text.contains("for up to 60.0 ms (600 ms in all)"), "{text}");

    unknown.info.cpu = Some(19.secs());
    let (bottleneck, cause, text) = said(&unknown);
    assert_eq!((bottleneck, cause), (Some(Bottleneck::LoadGenerator), LateCause::OwnCpu));
    assert!(text.contains("It had no processor time to spare. Use more cores"), "{text}");
    // Four shards on two cores have no more than these.
    unknown.info.shards = 4;
    assert_eq!(unknown.late_because(), LateCause::OwnCpu);
}

#[test]
fn a_lateness_that_cannot_matter_is_not_warned_of() {
    // Requests take 200 ms: a hundredth of that is 2 ms, but less than 10 ms is none.
    assert_eq!(late_by(9.millis()).warnings(), Vec::<String>::new());
    assert_eq!(late_by(12.millis()).warnings().len(), 1);
    let mut slow = run(&[Event::ok(0, 0, 5_000_000)], 1, Limits::default());
    slow.users.arrival_lag = late_by(30.millis()).users.arrival_lag;
    slow.info.holds.entry("a step".into()).or_default().count_one(40.millis());
    slow.info.duration = 1.secs();
    assert_eq!((slow.warnings(), slow.bottleneck()), (vec![], None));
}

#[test]
fn of_a_run_that_is_over_at_once_no_share_of_its_cores_is_told() {
    let mut report = late_by(0.secs());
    report.info.cpu_over = None;
    (report.info.duration, report.info.cpu) = (900.micros(), Some(3.millis()));
    assert_eq!((report.info.cpu_share(), report.warnings()), (None, vec![]));
    // What it takes to end is measured over the time that it takes.
    (report.info.duration, report.info.cpu_over, report.info.cpu) = (1.millis(), Some(1.secs()), Some(1.secs()));
    assert_eq!(report.info.cpu_share(), Some(0.5));
}
